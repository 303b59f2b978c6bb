use super::super::{AttributeError, Catalog};
use super::*;

/// A catalog with one type, which has one attribute `a` of the stated kind.
fn catalog(kind: &str) -> Catalog {
    let text = format!("[[ci_type]]\nname = \"t\"\nattributes = [{{ name = \"a\", {kind} }}]");
    let mut catalog = Catalog::default();
    let items = catalog.define(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
    for item in &items {
        catalog.apply(item);
    }
    catalog
}

fn parse_as(kind: &str, input: &Input) -> Result<AttributeValue, AttributeError> {
    let catalog = catalog(kind);
    let ci_type = catalog.ci_type_named("t").expect("just defined").id;
    let (id, value) = catalog.parse_value(ci_type, "a", input)?;
    assert_eq!(catalog.attribute_id("a"), Some(id));
    let value = value.expect("no null was sent");
    let again = catalog.parse_value(ci_type, "a", &value.to_input());
    assert_eq!(again, Ok((id, Some(value.clone()))), "{kind}: a value reads back");
    Ok(value)
}

/// Inputs in JSON that are taken, with how their values are shown, and inputs that are refused.
fn check(kind: &str, good: &[(&str, &str)], bad: &[&str]) {
    let input = |json: &str| Input::from_json(json, 10).unwrap_or_else(|| panic!("{json} is JSON"));
    for (json, shown) in good {
        let value = parse_as(kind, &input(json)).unwrap_or_else(|error| panic!("{kind} {json}: {error}"));
        assert_eq!(
            value.to_input().to_json(10, 1000).as_deref(),
            Some(*shown),
            "{kind} {json}"
        );
    }
    for json in bad {
        let refused = parse_as(kind, &input(json));
        assert!(
            matches!(refused, Err(AttributeError::Invalid { .. })),
            "{kind} {json}: {refused:?}"
        );
    }
}

#[test]
fn texts() {
    let good = [(r#"" x ""#, r#"" x ""#), ("0012.50", "0012.50")];
    check("type = 'string'", &good[..1], &["true", "[]", "{}"]);
    check("type = 'string'", &[("12.50", r#""12.50""#)], &[]);
    let pattern = "type = 'string', pattern = 'ab|c'";
    check(
        pattern,
        &[(r#""ab""#, r#""ab""#), (r#""c""#, r#""c""#)],
        &[r#""abc""#, r#""xc""#, r#""""#],
    );
}

#[test]
fn numbers() {
    let good = [
        ("4", "4"),
        (r#"" 4 ""#, "4"),
        ("-4.0", "-4"),
        ("1e3", "1000"),
        ("9223372036854775807", "9223372036854775807"),
    ];
    let bad = [
        "4.5",
        r#""four""#,
        r#""""#,
        "true",
        "9223372036854775808",
        "1e400",
        "1e-2147483648",
        "1e-1",
        "[4]",
    ];
    check("type = 'integer'", &good, &bad);
    check(
        "type = 'integer', minimum = 1, maximum = 4",
        &[("1", "1"), ("4", "4")],
        &["0", "5"],
    );
    let good = [
        ("1.50", "1.5"),
        (r#""-0.05""#, "-0.05"),
        ("1.5e-2", "0.015"),
        ("1.5E1", "15"),
    ];
    check(
        "type = 'decimal'",
        &good,
        &[r#""1,5""#, r#""NaN""#, "0.1234567890123456789", "false"],
    );
    check(
        "type = 'decimal', minimum = 0.5, maximum = '1.5'",
        &[("0.5", "0.5"), ("1.5", "1.5")],
        &["0.4", "1.51"],
    );
}

#[test]
fn booleans() {
    let good = [("true", "true"), (r#""FALSE""#, "false"), (r#"" true ""#, "true")];
    check("type = 'boolean'", &good, &["1", r#""yes""#, r#""""#]);
}

#[test]
fn times() {
    let good = [
        (r#""2026-01-31T12:00:00+01:00""#, r#""2026-01-31T11:00:00Z""#),
        (r#""2026-01-31""#, r#""2026-01-31T00:00:00Z""#),
        (r#""2026-01-31T12:00:00.1234567Z""#, r#""2026-01-31T12:00:00.123456Z""#),
    ];
    check(
        "type = 'timestamp'",
        &good,
        &[
            r#""2026-01-31T12:00:00""#,
            r#""31.01.2026""#,
            "1769860800",
            r#""2026-02-30""#,
        ],
    );
    let good = [
        ("\"4h\"", "\"PT4H\""),
        ("\"PT90M\"", "\"PT1H30M\""),
        ("\"2d\"", "\"PT48H\""),
        ("\"P1W\"", "\"PT168H\""),
    ];
    check(
        "type = 'duration'",
        &good,
        &["\"4\"", "4", "\"1 month\"", "\"P1Y\"", "\"\""],
    );
}

#[test]
fn enumerations() {
    let kind = "type = 'enumeration', values = ['in_use', 'Off', 'off']";
    let good = [
        ("\"in_use\"", "\"in_use\""),
        ("\"In Use\"", "\"in_use\""),
        ("\"Off\"", "\"Off\""),
    ];
    check(kind, &good, &["\"OFF\"", "\"\"", "\"used\"", "1"]);
}

#[test]
fn addresses() {
    let good = [
        ("\"10.0.0.1\"", "\"10.0.0.1\""),
        ("\" 2001:DB8::1 \"", "\"2001:db8::1\""),
    ];
    check(
        "type = 'ip_address'",
        &good,
        &["\"10.0.0.1/24\"", "\"10.0.0\"", "10", "\"\""],
    );
    check(
        "type = 'cidr'",
        &[("\"10.0.0.0/8\"", "\"10.0.0.0/8\"")],
        &["\"10.0.0.1/8\"", "\"10.0.0.0\"", "\"10.0.0.0/33\""],
    );
    check(
        "type = 'mac'",
        &[("\"001A.2B3C.4D5E\"", "\"00:1a:2b:3c:4d:5e\"")],
        &["\"00:1a\"", "\"\""],
    );
    let good = [
        ("\"https://a.example/x?y#z\"", "\"https://a.example/x?y#z\""),
        ("\"file:///etc\"", "\"file:///etc\""),
    ];
    check(
        "type = 'url'",
        &good,
        &[
            "\"a.example\"",
            "\"http://\"",
            "\"https://a b\"",
            "\"mailto:a@b\"",
            "\"://x\"",
        ],
    );
    let jdbc = "\"jdbc:postgresql://db01:5432/shop\"";
    check("type = 'url'", &[(jdbc, jdbc)], &["\"http:///x\""]);
    let bad = [
        "\"a\"",
        "\"@b\"",
        "\"a@\"",
        "\"a@b@c\"",
        "\"a b@c\"",
        "\"a@b..c\"",
        "\"a@b_c\"",
    ];
    check(
        "type = 'email'",
        &[("\"jo.o'neil+x@mail.example\"", "\"jo.o'neil+x@mail.example\"")],
        &bad,
    );
}

#[test]
fn lists() {
    let good = [
        ("[1,\"2\"]", "[1,2]"),
        ("\"1; 2;\"", "[1,2]"),
        ("[]", "[]"),
        ("\"\"", "[]"),
    ];
    check(
        "type = 'list', of = 'integer', maximum = 5",
        &good,
        &["[1,6]", "[[1]]", "\"1,2\"", "1", "{}"],
    );
    let kind = "type = 'list', of = 'enumeration', values = ['a', 'b']";
    check(kind, &[("[\"A\"]", "[\"a\"]")], &["[\"c\"]"]);
    check(
        "type = 'list', of = 'string'",
        &[("[\"a;b\"]", "[\"a;b\"]")],
        &["[null]"],
    );
}

#[test]
fn json_documents() {
    let good = [
        ("{\"b\": [1, null]}", "{\"b\":[1,null]}"),
        ("\"x\"", "\"x\""),
        ("1.50", "1.50"),
    ];
    check("type = 'json'", &good, &[]);
    let deep = (0..JSON_DEPTH_MAX).fold(Input::Null, |inner, _| Input::List(vec![inner]));
    assert!(parse_as("type = 'json'", &deep).is_ok());
    assert!(parse_as("type = 'json'", &Input::List(vec![deep])).is_err());
    assert!(parse_as("type = 'json'", &Input::Text("x".repeat(JSON_BYTES_MAX))).is_err());
}

#[test]
fn sizes_have_limits() {
    let text = |bytes| Input::Text("x".repeat(bytes));
    assert!(parse_as("type = 'string'", &text(TEXT_BYTES_MAX)).is_ok());
    assert!(parse_as("type = 'string'", &text(TEXT_BYTES_MAX + 1)).is_err());
    let list = |items, bytes| Input::List(vec![text(bytes); items]);
    let kind = "type = 'list', of = 'string'";
    assert!(parse_as(kind, &list(LIST_ITEMS_MAX, 1)).is_ok());
    assert!(parse_as(kind, &list(LIST_ITEMS_MAX + 1, 1)).is_err());
    assert!(parse_as(kind, &list(5, TEXT_BYTES_MAX)).is_err());
    assert!(parse_as(kind, &Input::Text("x;".repeat(LIST_ITEMS_MAX + 1))).is_err());
}

#[test]
fn null_removes() {
    let catalog = catalog("type = 'integer', required = true");
    let ci_type = catalog.ci_type_named("t").expect("just defined").id;
    let parsed = catalog.parse_value(ci_type, "a", &Input::Null).expect("a removal");
    assert_eq!(parsed.1, None);
}

#[test]
fn refusals_name_the_attribute_the_value_and_what_is_taken() {
    let refused = parse_as("type = 'integer', minimum = 1, unit = 'MiB'", &Input::from("0")).expect_err("too small");
    assert_eq!(
        refused.to_string(),
        "attribute `a` takes a number from 1 (MiB), not `0`"
    );
    let refused = parse_as("type = 'ip_address'", &Input::Text("ä".repeat(500))).expect_err("no address");
    assert!(refused.to_string().len() < 200, "{refused}");
    let refused = parse_as(
        "type = 'string', pattern = 'x+', secret = true",
        &Input::from("hunter2"),
    );
    assert!(!format!("{refused:?}").contains("hunter2"));
}

#[test]
fn an_unknown_attribute_is_refused_with_the_closest_one() {
    let catalog = super::super::tests::default_catalog();
    let server = catalog.ci_type_named("server").expect("a type").id;
    let refusal = |name: &str| {
        catalog
            .parse_value(server, name, &Input::from("x"))
            .expect_err("unknown")
            .to_string()
    };
    let close = "`server` has no attribute `serial_numer`, did you mean `serial_number`?";
    assert_eq!(refusal("serial_numer"), close);
    assert_eq!(
        refusal("colour_of_the_sky"),
        "`server` has no attribute `colour_of_the_sky`"
    );
    assert_eq!(refusal("power_state"), "`server` has no attribute `power_state`");
    assert!(refusal(&"x".repeat(1_000_000)).len() < 200);
}

#[test]
fn attributes_of_relationships_are_parsed_too() {
    let catalog = super::super::tests::default_catalog();
    let supported_by = catalog.relationship_type_named("supported_by").expect("a type").id;
    let parsed = catalog.parse_relationship_value(supported_by, "support_level", &Input::from("2"));
    assert_eq!(parsed.expect("a level").1, Some(AttributeValue::Integer(2)));
    assert!(
        catalog
            .parse_relationship_value(supported_by, "support_level", &Input::from(0))
            .is_err()
    );
    assert!(
        catalog
            .parse_relationship_value(supported_by, "outlet", &Input::from("1"))
            .is_err()
    );
}

const KINDS: [&str; 16] = [
    "type = 'string'",
    "type = 'string', pattern = '[a-z]*'",
    "type = 'integer', minimum = -5",
    "type = 'decimal', maximum = '1.5'",
    "type = 'boolean'",
    "type = 'timestamp'",
    "type = 'duration'",
    "type = 'enumeration', values = ['a', 'B b']",
    "type = 'ip_address'",
    "type = 'cidr'",
    "type = 'mac'",
    "type = 'url'",
    "type = 'email'",
    "type = 'list', of = 'decimal'",
    "type = 'list', of = 'string'",
    "type = 'json'",
];

fn any_input() -> impl proptest::strategy::Strategy<Value = Input> {
    use proptest::prelude::*;
    let numeric = "-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,12})?";
    let telling = "[-+]?P?T?[0-9]{0,19}[a-zTHMSWD:./@ -]{0,9}[0-9]{0,4}[;.:/]?[0-9a-f:]{0,8}";
    let leaf = prop_oneof![
        any::<bool>().prop_map(Input::Boolean),
        numeric.prop_map(Input::Number),
        any::<i64>().prop_map(Input::from),
        "\\PC{0,12}".prop_map(Input::Text),
        telling.prop_map(Input::Text),
        any::<String>().prop_map(Input::Text),
        any::<String>().prop_map(Input::Number),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let member = (any::<String>(), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Input::List),
            proptest::collection::vec(member, 0..4).prop_map(Input::Object),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn whatever_is_taken_reads_back(input in any_input()) {
        for kind in KINDS {
            // `parse_as` parses what it took once more, and compares.
            if let Err(error) = parse_as(kind, &input) {
                let is_refusal = matches!(error, AttributeError::Invalid { .. });
                proptest::prop_assert!(is_refusal, "{kind}: {error}");
            }
        }
    }
}
