use super::super::tests::{apply, default_catalog};
use super::super::{FILE_BYTES_MAX, embedded};
use super::*;

/// The refusal of a text by the default catalog, as a client sees it.
fn refusal(text: &str) -> String {
    match default_catalog().define(text) {
        Ok(items) => panic!("{} items from\n{text}", items.len()),
        Err(error) => error.to_string(),
    }
}

/// The text of a CI type `lift` with one attribute.
fn lift(attribute: &str) -> String {
    format!("[[ci_type]]\nname = \"lift\"\nparent = \"device\"\nattributes = [\n  {{ {attribute} }},\n]")
}

#[test]
fn refusals_name_line_key_and_remedy() {
    for (text, wanted) in [
        ("x = 1", "line 1 of the catalog file: unknown field `x`"),
        (
            "\n[[ci_type]]\nname = \"a\"\ncolour = 1",
            "line 4 of the catalog file: unknown field `colour`",
        ),
        ("[[ci_type]]\nname = [", "line 2 of the catalog file"),
        ("[[ci_type]]\nparent = \"device\"", "missing field `name`"),
        (
            "[[ci_type]]\nname = \"Big\"",
            "CI type `Big`: `Big` is no name: use a lower-case letter",
        ),
        (
            "\n\n[[ci_type]]\nname = \"a\"\nparent = \"b\"",
            "line 3 of the catalog file, CI type `a`: there is no CI type `b`",
        ),
        (
            "[[ci_type]]\nname = \"a\"",
            "CI type `a`: it has no parent, and `configuration_item` is the root already",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"device\"\ndefault_tier = 5",
            "`5` is no tier",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"b\"\n[[ci_type]]\nname = \"b\"\nparent = \"a\"",
            "CI type `a`: it would specialise itself through its parent `b`",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"a\"",
            "it would specialise itself",
        ),
        (
            "[[ci_type_extension]]\nname = \"a\"",
            "extension of CI type `a`: there is no CI type `a`",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"device\"\n[[ci_type]]\nname = \"a\"\nparent = \"device\"",
            "line 4 of the catalog file, CI type `a`: it is defined twice",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"device\"\nidentification = [\n{ name = \"r\", attributes = [\"x\"] }]",
            "identification rule `r` of CI type `a`: there is no attribute `x`",
        ),
        (
            "[[ci_type]]\nname = \"a\"\nparent = \"device\"\nidentification = [\n{ name = \"r\", attributes = [] }]",
            "line 5 of the catalog file, identification rule `r` of CI type `a`: `attributes` is empty",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
}

#[test]
fn pools_and_lifecycle_rules_are_refused_outside_the_law() {
    for (text, wanted) in [
        (
            "[[pool]]\nname = \"p\"\nup_min = \"120%\"",
            "pool `p`: `120%` is no threshold",
        ),
        ("[[pool]]\nname = \"p\"\nup_min = -1", "pool `p`: `-1` is no threshold"),
        (
            "[[pool]]\nname = \"p\"\nup_min_attribute = \"x\"",
            "pool `p`: there is no attribute `x`",
        ),
        (
            "[[lifecycle]]\nstage = \"gone\"\ntakes_part = false",
            "`gone` is no lifecycle stage",
        ),
        (
            "[[lifecycle]]\nstage = \"down\"\ntakes_part = true\nnext = [\"down\"]",
            "`next` lists `down` itself",
        ),
        (
            "[[lifecycle]]\nstage = \"down\"\ntakes_part = true\ncurrent_state = \"BAD\"",
            "lifecycle stage `down`: `BAD` is no state",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
}

#[test]
fn relationship_types_are_refused_with_bad_strengths_ends_and_pools() {
    for (key, wanted) in [
        (
            "forward = \"HARD\"",
            "relationship type `r`: `HARD` is no strength: use DOWN",
        ),
        ("reverse = \"[DOWN,DOWN,DOWN]\"", "`[DOWN,DOWN,DOWN]` is no strength"),
        ("from = [\"server\", \"lift\"]", "there is no CI type `lift`"),
        ("pool = \"p\"", "there is no pool `p`"),
        ("forward_phrase = \" \"", "a label or phrase is empty"),
    ] {
        let text = format!("[[relationship_type]]\nname = \"r\"\nreverse_phrase = \"s\"\n{key}");
        let refusal = refusal(&text);
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
    let unstated = refusal("[[relationship_type]]\nname = \"r\"");
    assert!(unstated.contains("`reverse_phrase` is empty"), "{unstated}");
    let error =
        default_catalog().define("[[relationship_type]]\nname = \"r\"\nreverse_phrase = \"s\"\nforward = \"X\"");
    let error = error.expect_err("no strength");
    assert!(matches!(error.problem(), Some(Problem::InvalidStrength(_))));
}

#[test]
fn attributes_are_refused_when_their_keys_do_not_fit() {
    for (attribute, wanted) in [
        (
            "name = 'x'",
            "line 5 of the catalog file, attribute `x` of CI type `lift`: `type` is missing",
        ),
        ("name = 'x', type = 'text'", "`text` is no type of values"),
        ("name = 'name', type = 'string'", "`name` is a field that every CI has"),
        ("name = 'x', type = 'list'", "`of` is missing"),
        ("name = 'x', type = 'list', of = 'list'", "a list of lists"),
        ("name = 'x', type = 'string', of = 'string'", "`of` is for"),
        ("name = 'x', type = 'enumeration'", "`values` is missing"),
        ("name = 'x', type = 'enumeration', values = []", "`values` is empty"),
        (
            "name = 'x', type = 'enumeration', values = ['a', 'a']",
            "lists one value twice",
        ),
        (
            "name = 'x', type = 'string', values = ['a']",
            "`values` is for enumeration",
        ),
        (
            "name = 'x', type = 'string', pattern = '('",
            "`(` is no usable regular expression",
        ),
        (
            "name = 'x', type = 'string', pattern = 'a)|(b'",
            "`a)|(b` is no usable regular expression",
        ),
        (
            "name = 'x', type = 'string', pattern = '(a{1000}){1000}'",
            "is no usable regular expression",
        ),
        ("name = 'x', type = 'integer', pattern = 'a'", "`pattern` is for string"),
        (
            "name = 'x', type = 'string', minimum = 1",
            "`minimum`, `maximum` and `unit` are for",
        ),
        ("name = 'x', type = 'integer', minimum = 'low'", "`low` is no bound"),
        (
            "name = 'x', type = 'integer', minimum = 2, maximum = 1",
            "`2..1` is no bound",
        ),
        ("name = 'x', type = 'json', unique = true", "`unique` is not for"),
        (
            "name = 'x', type = 'string' }, { name = 'x', type = 'string'",
            "it is defined twice",
        ),
        ("name = 'x', type = 'string', size = 1", "unknown field `size`"),
    ] {
        let refusal = refusal(&lift(attribute));
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
}

#[test]
fn a_refinement_only_narrows() {
    for (attribute, wanted) in [
        (
            "name = 'tier', type = 'string'",
            "it conflicts with CI type `configuration_item`",
        ),
        ("name = 'tier', maximum = 5", "keeps within minimum and maximum"),
        (
            "name = 'serial_number', unique = false",
            "conflicts with CI type `device`, which declares it too",
        ),
        ("name = 'fqdn', pattern = 'x'", "keeps the pattern"),
        ("name = 'power_draw', unit = 'kW'", "keeps the unit"),
        (
            "name = 'environment', values = ['production', 'moon']",
            "narrows an enumeration",
        ),
    ] {
        let refusal = refusal(&lift(attribute));
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
    for attribute in [
        "name = 'tier', maximum = 2, required = true",
        "name = 'environment', values = ['production']",
        "name = 'manufacturer', type = 'enumeration', values = ['Acme']",
    ] {
        assert!(default_catalog().define(&lift(attribute)).is_ok(), "{attribute}");
    }
}

#[test]
fn an_ancestor_may_not_be_narrowed_below_its_descendants() {
    let mut catalog = default_catalog();
    let items = catalog
        .define(&lift("name = 'floors', type = 'integer', maximum = 200"))
        .expect("right");
    apply(&mut catalog, &items);
    let text = "[[ci_type_extension]]\nname = \"device\"\nattributes = [{ name = \"floors\", type = \"integer\", maximum = 100 }]";
    let refusal = catalog.define(text).expect_err("lift allows 200").to_string();
    let wanted = "attribute `floors` of CI type `lift`: it conflicts with CI type `device`";
    assert!(refusal.contains(wanted), "{refusal}");
}

#[test]
fn a_refinement_takes_what_it_leaves_out_from_its_ancestor() {
    let mut catalog = default_catalog();
    let items = catalog
        .define(&lift("name = 'power_draw', required = true"))
        .expect("right");
    apply(&mut catalog, &items);
    let lift = catalog.ci_type_named("lift").expect("just defined").id;
    let power_draw = catalog.attribute_of(lift, "power_draw").expect("inherited");
    assert!(power_draw.required);
    assert_eq!(power_draw.unit.as_deref(), Some("W"));
    let device = catalog.ci_type_named("device").expect("a type").id;
    assert_eq!(
        power_draw.id,
        catalog.attribute_of(device, "power_draw").expect("declared").id
    );
    let attributes = (catalog.attributes_of(lift).len(), catalog.attributes_of(device).len());
    assert_eq!(attributes.0, attributes.1);
}

#[test]
fn types_may_stand_in_any_order() {
    let text = "[[relationship_type]]\nname = \"lifts\"\nreverse_phrase = \"lifted by\"\nfrom = [\"lift\"]\npool = \"p\"\n\
        [[ci_type]]\nname = \"lift\"\nparent = \"machine\"\n\
        [[ci_type]]\nname = \"machine\"\nparent = \"device\"\n[[pool]]\nname = \"p\"\nup_min = 1";
    let mut catalog = default_catalog();
    let items = catalog.define(text).expect("right");
    apply(&mut catalog, &items);
    let lift = catalog.ci_type_named("lift").expect("just defined");
    assert_eq!(lift.label, "Lift");
    assert!(catalog.is_a(lift.id, catalog.ci_type_named("device").expect("a type").id));
    let lifts = catalog.relationship_type_named("lifts").expect("just defined");
    assert_eq!(
        (lifts.forward_phrase.as_str(), lifts.from_types.clone()),
        ("lifts", vec![lift.id])
    );
    assert_eq!(catalog.define(text), Ok(Vec::new()), "the same again changes nothing");
}

#[test]
fn an_extension_adds_and_keeps() {
    let mut catalog = default_catalog();
    let text = "[[ci_type_extension]]\nname = \"site\"\ndefault_tier = 4\n\
        attributes = [{ name = \"flood_zone\", type = \"boolean\" }, { name = \"city\", required = true, type = \"string\" }]";
    let items = catalog.define(text).expect("right");
    let [DeltaItem::CiType(change)] = items.as_slice() else {
        panic!("one type changes: {items:?}");
    };
    assert!(change.before.is_some());
    apply(&mut catalog, &items);
    let site = catalog.ci_type_named("site").expect("a type");
    assert_eq!(site.default_tier, Some(4));
    assert!(catalog.attribute_of(site.id, "flood_zone").is_some());
    assert!(catalog.attribute_of(site.id, "city").is_some_and(|city| city.required));
    assert!(catalog.attribute_of(site.id, "country").is_some());
    assert_eq!(catalog.identification_of(site.id).len(), 2);
}

#[test]
fn a_file_that_says_again_what_is_there_changes_nothing() {
    let mut catalog = default_catalog();
    let whole = embedded::FILES.map(|(_, text)| text).join("\n");
    assert_eq!(catalog.define(&whole).expect("it is sound"), []);

    let floors = "{ name = \"floors\", type = \"integer\" }";
    let extended = format!(
        "{}\n[[ci_type_extension]]\nname = \"lift\"\nattributes = [{floors}]",
        lift("name = \"doors\", type = \"integer\"")
    );
    let first = catalog.define(&extended).expect("it is sound");
    assert_eq!(first.len(), 2, "{first:?}");
    apply(&mut catalog, &first);
    assert_eq!(catalog.define(&extended).expect("it is sound"), []);
    let fewer = catalog
        .define(&lift("name = \"doors\", type = \"integer\""))
        .expect("it is sound");
    assert_eq!(fewer.len(), 1, "{fewer:?}");
}

#[test]
fn sizes_have_limits() {
    let long = "#".repeat(FILE_BYTES_MAX + 1);
    assert_eq!(
        Catalog::default().define(&long),
        Err(CatalogError::FileTooLong { bytes: long.len() })
    );
    let chain = |levels: usize| -> String {
        let link = |level: usize| format!("[[ci_type]]\nname = \"t{}\"\nparent = \"t{level}\"\n", level + 1);
        (0..levels - 1)
            .map(link)
            .fold("[[ci_type]]\nname = \"t0\"\n".to_owned(), |text, link| text + &link)
    };
    assert!(Catalog::default().define(&chain(INHERITANCE_DEPTH_MAX)).is_ok());
    for levels in [INHERITANCE_DEPTH_MAX + 1, 2_000] {
        let refusal = Catalog::default()
            .define(&chain(levels))
            .expect_err("too deep")
            .to_string();
        assert!(refusal.contains("the chain of parents has"), "{refusal}");
    }
    let rows: String = (0..=super::super::ATTRIBUTES_MAX).fold(String::new(), |rows, number| {
        rows + &format!("{{ name = 'a{number}', type = 'string' }},\n")
    });
    let refusal = refusal(&format!(
        "[[ci_type]]\nname = \"a\"\nparent = \"device\"\nattributes = [{rows}]"
    ));
    assert!(refusal.contains("the list of attributes has"), "{refusal}");
    let types: String = (0..=super::super::CI_TYPES_MAX).fold(String::new(), |text, number| {
        text + &format!("[[ci_type]]\nname = \"t{number}\"\nparent = \"device\"\n")
    });
    let refusal = default_catalog().define(&types).expect_err("too many").to_string();
    assert!(refusal.contains("the list of CI types has"), "{refusal}");
}

#[test]
fn a_moved_subtree_may_not_become_too_deep() {
    let mut catalog = default_catalog();
    let link = |level: usize, letter: char| {
        let parent = if level == 0 {
            "device".to_owned()
        } else {
            format!("{letter}{}", level - 1)
        };
        format!("[[ci_type]]\nname = \"{letter}{level}\"\nparent = \"{parent}\"\n")
    };
    let text: Vec<String> = (0..15).flat_map(|level| [link(level, 't'), link(level, 'u')]).collect();
    let items = catalog.define(&text.concat()).expect("seventeen levels");
    apply(&mut catalog, &items);
    let refused = catalog
        .define("[[ci_type]]\nname = \"u0\"\nparent = \"t14\"")
        .expect_err("32 levels");
    assert!(refused.to_string().contains("the chain of parents has"), "{refused}");
    assert!(catalog.define("[[ci_type]]\nname = \"u14\"\nparent = \"t14\"").is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn any_text_is_defined_or_refused(
        file in 0..super::super::embedded::FILES.len(),
        at in 0..1_000usize,
        inserted in "[ -~\n]{0,12}",
        removed in 0..30usize,
    ) {
        // The damage keeps most of the text right, so that it reaches the checks behind the parser.
        let text = super::super::embedded::FILES[file].1;
        let offset = text.floor_char_boundary(text.len() * at / 1_000);
        let end = text.floor_char_boundary((offset + removed).min(text.len()));
        let damaged = format!("{}{inserted}{}", &text[..offset], &text[end.max(offset)..]);
        let mut catalog = default_catalog();
        if let Ok(items) = catalog.define(&damaged) {
            apply(&mut catalog, &items);
            proptest::prop_assert_eq!(catalog.define(&damaged), Ok(Vec::new()));
            let mut copy = Catalog::default();
            let items = copy.define(&catalog.render()).expect("rendered text is right");
            apply(&mut copy, &items);
            proptest::prop_assert_eq!(copy.render(), catalog.render());
        }
    }
}
