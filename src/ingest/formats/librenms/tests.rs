use super::*;

#[test]
fn only_what_is_surely_librenms_is_recognised() {
    let known = |text: &str| recognises(&Content::parse(text.as_bytes()).expect("a document"));
    for text in [
        r#"{"os":{"discovery":{"devices":[{"sysName":"a"}]},"poller":"matches discovery"}}"#,
        r#"{"status":"ok","devices":[{"device_id":1,"hostname":"a"}],"count":1}"#,
        r#"{"status":"ok","links":[{"id":1,"local_device_id":1}]}"#,
    ] {
        assert!(known(text), "{text}");
    }
    for text in [
        r#"{"os":{"name":"Debian"}}"#,
        r#"{"status":"ok"}"#,
        r#"{"status":"ok","devices":[{"name":"a"}]}"#,
        r#"{"devices":[{"device_id":1}]}"#,
        "{}",
        "[]",
    ] {
        assert!(!known(text), "{text}");
    }
}

#[test]
fn a_table_that_only_the_poller_has_is_taken() {
    let capture = serde_json::json!({"os": {"discovery": {"devices": [1]}, "poller": "matches discovery"},
        "ports": {"poller": {"ports": [2, 3]}}});
    let tables = Tables::of_capture(&capture);
    assert_eq!(
        (
            tables.rows("devices").len(),
            tables.rows("ports").len(),
            tables.polled("ports").len()
        ),
        (1, 2, 2)
    );
}
