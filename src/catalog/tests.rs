use super::*;
use crate::model::definition::{AttributeDefinition, ValueType};
use crate::model::{Attribute, AttributeValue, Attributes, ImpactState, SourceId, Strength, Threshold};

pub(super) fn default_catalog() -> Catalog {
    static DEFAULT: std::sync::LazyLock<Catalog> = std::sync::LazyLock::new(file_by_file);
    DEFAULT.clone()
}

fn file_by_file() -> Catalog {
    let mut catalog = Catalog::default();
    for (file, text) in embedded::FILES {
        let items = catalog.define(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        apply(&mut catalog, &items);
    }
    catalog
}

pub(super) fn apply(catalog: &mut Catalog, items: &[DeltaItem]) {
    for item in items {
        catalog.apply(item);
    }
}

fn id(catalog: &Catalog, name: &str) -> CiTypeId {
    catalog
        .ci_type_named(name)
        .unwrap_or_else(|| panic!("no CI type {name}"))
        .id
}

fn names(catalog: &Catalog, ids: &[CiTypeId]) -> Vec<String> {
    let definitions = ids.iter().map(|id| catalog.ci_type(*id).expect("a listed type"));
    definitions.map(|definition| definition.name.to_string()).collect()
}

#[test]
fn the_embedded_items_turn_the_empty_catalog_into_the_default_one() {
    let mut catalog = Catalog::default();
    apply(
        &mut catalog,
        &Catalog::embedded().expect("the embedded files are right"),
    );
    assert_eq!(catalog.render(), default_catalog().render());
}

#[test]
fn every_type_an_enterprise_has_is_there() {
    let catalog = default_catalog();
    let wanted = "business_capability business_service technical_service service_offering business_application \
        application application_instance application_service api database database_instance database_cluster \
        middleware web_server message_queue batch_job certificate file_share container workload kubernetes_cluster \
        kubernetes_node kubernetes_namespace virtual_machine server hypervisor hypervisor_cluster physical_server \
        chassis storage_array volume san_switch network_device switch router firewall load_balancer access_point \
        interface ip_address network circuit ups power_feed pdu rack room site cloud_account cloud_region \
        cloud_resource end_user_device printer software_product software_package licence contract document team \
        person organisation";
    let root = id(&catalog, "configuration_item");
    for name in wanted.split_whitespace() {
        let definition = catalog
            .ci_type_named(name)
            .unwrap_or_else(|| panic!("no CI type {name}"));
        assert!(!definition.is_abstract, "{name}");
        assert!(catalog.is_a(definition.id, root), "{name}");
    }
}

#[test]
fn everything_is_described_and_one_name_has_one_type_of_values() {
    let catalog = default_catalog();
    let mut value_types: HashMap<String, ValueType> = HashMap::new();
    let of_types = catalog.ci_types().flat_map(|one| &one.attributes);
    let of_relationship_types = catalog.relationship_types().flat_map(|one| &one.attributes);
    for attribute in of_types.chain(of_relationship_types) {
        assert!(!attribute.description.is_empty(), "{}", attribute.name);
        let first = value_types
            .entry(attribute.name.to_string())
            .or_insert_with(|| attribute.value_type.clone());
        assert_eq!(*first, attribute.value_type, "{}", attribute.name);
    }
    assert!(catalog.ci_types().all(|one| !one.description.is_empty()));
    assert!(catalog.relationship_types().all(|one| !one.description.is_empty()));
}

#[test]
fn strengths_and_pools_are_those_of_the_law() {
    let catalog = default_catalog();
    let (down, none) = (Strength::DOWN, Strength::NONE);
    for (name, forward, reverse, pool) in [
        ("runs_on", none, down, None),
        ("hosted_on", none, down, None),
        ("depends_on", none, down, None),
        ("uses", none, Strength::SOFT, None),
        ("powered_by", none, down, Some("power")),
        ("connects_to", none, down, Some("net")),
        ("member_of", down, none, Some("members")),
        ("part_of", down, none, Some("members")),
        ("peers_with", Strength::AT_RISK, Strength::AT_RISK, None),
        ("replicates_to", none, Strength::AT_RISK, None),
        ("backs_up", Strength::AT_RISK, none, None),
        ("monitored_by", none, Strength::WEAK, None),
        ("owned_by", none, none, None),
        ("managed_by", none, none, None),
        ("documented_by", none, none, None),
    ] {
        let definition = catalog.relationship_type_named(name).expect(name);
        let found = definition
            .pool
            .and_then(|id| catalog.pool(id))
            .map(|pool| pool.name.as_str());
        assert_eq!(
            (definition.forward, definition.reverse, found),
            (forward, reverse, pool),
            "{name}"
        );
    }
    let pool = |name| catalog.pool_named(name).expect("a pool");
    assert_eq!(pool("members").thresholds.up_min, Some(Threshold::Percent(100)));
    assert_eq!(
        pool("members").up_min_attribute.as_ref().map(Name::as_str),
        Some("min_up")
    );
    assert_eq!(pool("power").thresholds.up_min, Some(Threshold::Count(1)));
    assert_eq!(pool("net").thresholds.up_min, Some(Threshold::Count(1)));
    let grounded = |name| pool(name).grounded;
    assert_eq!(
        (grounded("members"), grounded("power"), grounded("net")),
        (false, false, true)
    );
}

#[test]
fn the_default_lifecycle_says_what_the_law_says() {
    let (stated, lawful) = (default_catalog(), Catalog::default());
    for stage in LifecycleStage::ALL {
        assert_eq!(stated.takes_part(stage), lawful.takes_part(stage), "{stage}");
        let state = |catalog: &Catalog| catalog.lifecycle(stage).current_state;
        assert_eq!(state(&stated), state(&lawful), "{stage}");
        assert!(stated.may_move(stage, stage));
    }
    assert_eq!(
        stated.lifecycle(LifecycleStage::Maintenance).current_state,
        ImpactState::Down
    );
    assert!(stated.may_move(LifecycleStage::Retired, LifecycleStage::InService));
    assert!(!stated.may_move(LifecycleStage::Disposed, LifecycleStage::InService));
    assert!(lawful.may_move(LifecycleStage::Disposed, LifecycleStage::InService));
}

#[test]
fn types_inherit_along_the_tree() {
    let catalog = default_catalog();
    let virtual_machine = id(&catalog, "virtual_machine");
    let ancestors = names(&catalog, catalog.ancestors(virtual_machine));
    assert_eq!(ancestors, ["virtual_machine", "server", "device", "configuration_item"]);
    let servers = names(&catalog, catalog.subtypes(id(&catalog, "server")));
    assert_eq!(servers, ["server", "physical_server", "hypervisor", "virtual_machine"]);
    assert!(catalog.is_a(virtual_machine, id(&catalog, "device")));
    assert!(!catalog.is_a(id(&catalog, "device"), virtual_machine));
    for attribute in ["tier", "serial_number", "memory", "power_state"] {
        assert!(
            catalog.attribute_of(virtual_machine, attribute).is_some(),
            "{attribute}"
        );
    }
    assert!(catalog.attribute_of(id(&catalog, "server"), "power_state").is_none());
    let rules = catalog
        .identification_of(virtual_machine)
        .iter()
        .map(|rule| rule.name.as_str());
    let stated = [
        "serial_number",
        "uuid",
        "asset_tag",
        "fqdn",
        "host_name_and_domain",
        "interface_mac",
    ];
    assert_eq!(rules.collect::<Vec<_>>(), stated);
    assert_eq!(catalog.default_tier(id(&catalog, "business_service")), Some(2));
    assert_eq!(catalog.default_tier(virtual_machine), None);
    let serial_number = catalog.attribute_id("serial_number").expect("declared");
    assert_eq!(
        catalog.unique_scope(virtual_machine, serial_number),
        Some(id(&catalog, "device"))
    );
}

#[test]
fn the_tree_agrees_with_a_walk_along_the_parents() {
    let catalog = default_catalog();
    let climbs = |from: CiTypeId, to: CiTypeId| {
        let first = catalog.ci_type(from);
        let mut upwards = std::iter::successors(first, |one| catalog.ci_type(one.parent?));
        upwards.any(|one| one.id == to)
    };
    let all: Vec<CiTypeId> = catalog.ci_types().map(|one| one.id).collect();
    for from in &all {
        for to in &all {
            assert_eq!(catalog.is_a(*from, *to), climbs(*from, *to));
            assert_eq!(catalog.subtypes(*to).contains(from), climbs(*from, *to));
        }
    }
}

#[test]
fn ends_include_subtypes_and_no_ends_mean_any() {
    let catalog = default_catalog();
    let allows = |relationship_type: &str, from: &str, to: &str| {
        let relationship_type = catalog.relationship_type_named(relationship_type).expect("a type").id;
        catalog.allows_ends(relationship_type, id(&catalog, from), id(&catalog, to))
    };
    assert!(allows("depends_on", "software_package", "person"));
    assert!(allows("located_in", "virtual_machine", "rack"));
    assert!(!allows("located_in", "person", "rack"));
    assert!(!allows("licensed_by", "server", "contract"));
}

#[test]
fn required_attributes_are_missed() {
    let mut catalog = default_catalog();
    let text = "[[ci_type]]\nname = \"lift\"\nparent = \"device\"\n\
        attributes = [{ name = \"serial_number\", required = true }, { name = \"floors\", type = \"integer\" }]";
    let items = catalog.define(text).expect("a right definition");
    apply(&mut catalog, &items);
    let lift = id(&catalog, "lift");
    let missing = catalog.missing_required(lift, &Attributes::default());
    assert_eq!(missing.iter().map(Name::as_str).collect::<Vec<_>>(), ["serial_number"]);
    let serial_number = Attribute {
        id: catalog.attribute_id("serial_number").expect("declared"),
        value: AttributeValue::Text("A1".into()),
        source: SourceId::MANUAL,
        first_seen: jiff::Timestamp::UNIX_EPOCH,
    };
    assert!(
        catalog
            .missing_required(lift, &Attributes::new(vec![serial_number]))
            .is_empty()
    );
}

#[test]
fn a_rendered_catalog_defines_an_equal_one() {
    let catalog = default_catalog();
    let text = catalog.render();
    assert_eq!(catalog.define(&text), Ok(Vec::new()), "nothing changes");
    let mut copy = Catalog::default();
    let items = copy.define(&text).expect("rendered text is right");
    apply(&mut copy, &items);
    assert_eq!(copy.render(), text);
    for definition in catalog.ci_types() {
        let twin = id(&copy, definition.name.as_str());
        let attributes = |catalog: &Catalog, id| -> Vec<AttributeDefinition> {
            let nameless = |one: &Arc<AttributeDefinition>| AttributeDefinition {
                id: AttributeId::new(0),
                ..AttributeDefinition::clone(one)
            };
            catalog.attributes_of(id).iter().map(nameless).collect()
        };
        assert_eq!(attributes(&copy, twin), attributes(&catalog, definition.id));
        assert_eq!(copy.identification_of(twin), catalog.identification_of(definition.id));
        assert_eq!(copy.default_tier(twin), catalog.default_tier(definition.id));
    }
}

#[test]
fn a_delta_taken_back_leaves_the_catalog_as_it_was() {
    let mut catalog = default_catalog();
    let before = catalog.render();
    let text = "[[ci_type_extension]]\nname = \"site\"\ndefault_tier = 4\n[[ci_type]]\nname = \"lift\"\n\
        parent = \"device\"\n[[relationship_type]]\nname = \"lifts\"\nreverse_phrase = \"lifted by\"";
    let delta = crate::model::Delta {
        items: catalog.define(text).expect("right definitions"),
    };
    assert_eq!(delta.items.len(), 3);
    apply(&mut catalog, &delta.items);
    assert_ne!(catalog.render(), before);
    apply(&mut catalog, &delta.inverse().items);
    assert_eq!(catalog.render(), before);
}

#[test]
fn numbers_are_not_given_out_twice() {
    let mut catalog = default_catalog();
    let text =
        "[[ci_type]]\nname = \"lift\"\nparent = \"device\"\nattributes = [{ name = \"floors\", type = \"integer\" }]";
    let items = catalog.define(text).expect("a right definition");
    apply(&mut catalog, &items);
    let (lift, floors) = (id(&catalog, "lift"), catalog.attribute_id("floors"));
    let items = catalog.remove_ci_type("lift").expect("nothing in the way");
    apply(&mut catalog, &items);
    assert!(catalog.ci_type(lift).is_none());

    // A store rebuilds the catalog from the definitions that are left, and the numbering.
    let mut rebuilt = default_catalog();
    rebuilt.reserve(&catalog.numbering());
    assert_eq!(rebuilt.numbering(), catalog.numbering());
    for catalog in [&mut catalog, &mut rebuilt] {
        let items = catalog
            .define(&text.replace("lift", "crane"))
            .expect("a right definition");
        apply(catalog, &items);
        assert!(id(catalog, "crane") > lift);
        assert_eq!(catalog.attribute_id("floors"), floors);
    }
}

#[test]
fn removals_are_refused_while_others_name_the_type() {
    let catalog = default_catalog();
    let problem = |refused: Result<Vec<DeltaItem>, CatalogError>| {
        let error = refused.expect_err("in the way");
        error.problem().expect("a known problem").clone()
    };
    let name = |name| Name::new(name).expect("a name");
    assert_eq!(
        problem(catalog.remove_ci_type("site2")),
        Problem::UnknownCiType("site2".into())
    );
    let refused = problem(catalog.remove_ci_type("server"));
    assert_eq!(refused, Problem::HasSubtypes(name("physical_server")));
    let refused = problem(catalog.remove_ci_type("certificate"));
    assert_eq!(refused, Problem::NamedByRelationshipType(name("secured_by")));
    assert!(catalog.remove_ci_type("printer").is_ok());
    assert!(catalog.remove_relationship_type("mounts").is_ok());
    assert!(catalog.remove_relationship_type("printer").is_err());
}

#[test]
fn rules_of_the_lifecycle_are_replaced_stage_by_stage() {
    let mut catalog = default_catalog();
    let mut rule = catalog.lifecycle(LifecycleStage::Disposed).clone();
    assert_eq!(catalog.set_lifecycle(&[rule.clone()]), Ok(Vec::new()));
    assert!(catalog.set_lifecycle(&[rule.clone(), rule.clone()]).is_err());
    rule.next = vec![
        LifecycleStage::Retired,
        LifecycleStage::InStock,
        LifecycleStage::Retired,
    ];
    let items = catalog.set_lifecycle(&[rule.clone()]).expect("a right rule");
    apply(&mut catalog, &items);
    assert!(catalog.may_move(LifecycleStage::Disposed, LifecycleStage::InStock));
    rule.next = vec![LifecycleStage::Disposed];
    assert!(catalog.set_lifecycle(&[rule]).is_err());
}

#[test]
fn any_set_of_definitions_has_its_tables() {
    // What no check has seen, as after damage: a circle, a missing parent.
    let mut catalog = default_catalog();
    let circle = ["rack", "room", "site"].map(|name| id(&catalog, name));
    for (position, own) in circle.iter().enumerate() {
        let before = catalog.stored_ci_type(*own).cloned().expect("a type");
        let mut after = CiTypeDefinition::clone(&before);
        after.parent = Some(circle[(position + 1) % circle.len()]);
        catalog.apply(&DeltaItem::CiType(BeforeAfter::updated(before, after)));
    }
    let root = catalog
        .stored_ci_type(id(&catalog, "configuration_item"))
        .cloned()
        .expect("the root");
    catalog.apply(&DeltaItem::CiType(BeforeAfter::removed(root)));
    let depths = circle.map(|ci_type| catalog.ancestors(ci_type).len());
    assert_eq!(depths, [3, 2, 1], "the least number counts as the root");
    assert!(catalog.subtypes(id(&catalog, "device")).len() > 5);
}

#[test]
fn the_example_for_users_is_right() {
    let readme = include_str!("../../schema/catalog/README.md");
    let (_, rest) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("an end of the example");
    let mut catalog = default_catalog();
    let items = catalog.define(example).expect("a right example");
    assert_eq!(items.len(), 3);
    apply(&mut catalog, &items);
    let lift = id(&catalog, "lift");
    assert!(
        catalog
            .attribute_of(lift, "manufacturer")
            .is_some_and(|one| one.required)
    );
    let registration = catalog.parse_value(lift, "registration_number", &"AB-123456".into());
    assert!(registration.is_ok());
}
