use super::*;

#[test]
fn only_what_is_surely_ansibles_is_recognised() {
    let known = |text: &str| recognises(&Content::parse(text.as_bytes()).expect("a document"));
    for text in [
        r#"{"ansible_facts":{"ansible_fqdn":"a.b"},"changed":false}"#,
        r#"{"ansible_hostname":"a","ansible_interfaces":[]}"#,
        r#"{"_meta":{"hostvars":{}},"all":{"children":["ungrouped"]}}"#,
        r#"{"a":{"ansible_facts":{"ansible_fqdn":"a.b"}},"b":{"changed":false,"unreachable":true,"msg":"no"}}"#,
        r#"{"plays":[{"tasks":[{"hosts":{"a":{"ansible_facts":{"ansible_fqdn":"a.b"}}}}]}]}"#,
        "a | SUCCESS => {\n  \"ansible_facts\": {}\n}\n",
        "a | UNREACHABLE! => {\"changed\": false, \"msg\": \"no\", \"unreachable\": true}",
    ] {
        assert!(known(text), "{text}");
    }
    for text in [
        r#"{"ci":{"key":"a","type":"server"}}"#,
        r#"{"plays":[]}"#,
        "{}",
        "[]",
        r#"{"networking":{"fqdn":"a.b"},"os":{}}"#,
        r#"{"failed":true}"#,
        "<a/>",
        "a | b",
        "kind: Pod",
    ] {
        assert!(!known(text), "{text}");
    }
}

#[test]
fn what_a_host_calls_itself_is_never_localhost() {
    let name = |text: &str| facts::own_name(&serde_json::from_str(text).expect("facts"));
    let named = r#"{"ansible_fqdn":"localhost","ansible_hostname":"dev","ansible_nodename":"db01.prod.local"}"#;
    assert_eq!(name(named).as_deref(), Some("db01.prod.local"));
    let short = r#"{"ansible_fqdn":"localhost","ansible_hostname":"dev","ansible_nodename":"dev"}"#;
    assert_eq!(name(short).as_deref(), Some("dev"));
    let nobody = r#"{"ansible_fqdn":"localhost.localdomain","ansible_hostname":"localhost","ansible_nodename":""}"#;
    assert_eq!(name(nobody), None);
}

#[test]
fn the_output_of_several_hosts_is_taken_apart() {
    let text = "a | SUCCESS => {\n  \"x\": \"} b | SUCCESS => {\"\n}\nb | FAILED! => {\"msg\": \"no\"}\n";
    let found = shapes::outputs(text).expect("two hosts");
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(shapes::outputs("a | SUCCESS => {\n\"x\": ").is_err());
    assert!(shapes::outputs("a | SUCCESS => {}\nrubbish").is_err());
}
