use super::*;

#[test]
fn only_what_is_surely_facters_is_recognised() {
    let known = |text: &str| recognises(&Content::parse(text.as_bytes()).expect("a document"));
    for text in [
        r#"{"facterversion":"4.7.0","networking":{"fqdn":"a.b"}}"#,
        "facterversion: 4.7.0\nkernelrelease: 6.1\n",
        r#"{"certname":"a.b","values":{"facterversion":"2.4","ipaddress":"10.0.0.1"}}"#,
        r#"[{"certname":"a.b","environment":"production","name":"kernel","value":"Linux"}]"#,
        r#"{"certname":"a.b","resources":[],"edges":[]}"#,
    ] {
        assert!(known(text), "{text}");
    }
    for text in [
        r#"{"ansible_hostname":"a","facter_hostname":"a"}"#,
        r#"{"networking":{}}"#,
        r#"{"certname":"a.b"}"#,
        r#"[{"name":"a","value":1}]"#,
        "[]",
        "{}",
        "<a/>",
    ] {
        assert!(!known(text), "{text}");
    }
}

#[test]
fn rows_are_gathered_by_node() {
    let rows = r#"[{"certname":"b","name":"kernel","value":"Linux"},{"certname":"a","name":"kernel","value":"SunOS"},
        {"certname":"b","name":"fqdn","value":"b.example"}]"#;
    let rows: Vec<Value> = serde_json::from_str(rows).expect("rows");
    let nodes: Vec<(String, usize)> = nodes::gather(&rows)
        .into_iter()
        .map(|(name, facts)| (name, facts.as_object().map_or(0, serde_json::Map::len)))
        .collect();
    assert_eq!(nodes, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
}

#[test]
fn a_node_without_a_given_name_is_known_by_its_board() {
    let key = |text: &str| {
        let facts: Value = serde_json::from_str(text).expect("facts");
        facts::called(&facts).map(|called| called.key)
    };
    let board = r#"{"dmi":{"product":{"uuid":"D30E43A8-C27A-4EA3-8C40-808DDE5CE052"}},"networking":{"fqdn":"foo.example.com"}}"#;
    assert_eq!(key(board).as_deref(), Some("uuid:d30e43a8-c27a-4ea3-8c40-808dde5ce052"));
    let address = r#"{"networking":{"fqdn":"foo.example.com","mac":"08:00:27:E5:87:1C"}}"#;
    assert_eq!(key(address).as_deref(), Some("mac:08:00:27:e5:87:1c"));
    assert_eq!(key(r#"{"fqdn":"Foo.example.com"}"#).as_deref(), Some("foo.example.com"));
    assert_eq!(key(r#"{"fqdn":"localhost","networking":[]}"#), None);
}
