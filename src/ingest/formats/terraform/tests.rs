use super::*;

fn recognised(text: &str) -> bool {
    recognises(&Content::parse(text.as_bytes()).expect("a document"))
}

#[test]
fn states_and_plans_are_recognised() {
    assert!(recognised(r#"{"version":4,"serial":1,"lineage":"x","resources":[]}"#));
    assert!(recognised(
        r#"{"version":4,"resources":[{"type":"a","name":"b","instances":[]}]}"#
    ));
    assert!(
        recognised(r#"{"version":2,"serial":1,"lineage":"x"}"#),
        "to be told why it is refused"
    );
    assert!(recognised(r#"{"format_version":"1.0","planned_values":{}}"#));
    assert!(!recognised(r#"{"version":4}"#));
    assert!(!recognised(r#"{"format_version":"1.0"}"#));
    assert!(!recognised(r#"{"version":1,"resources":["a"]}"#));
    assert!(!recognised("[]"));
}
