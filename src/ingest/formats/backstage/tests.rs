use super::*;

fn recognised(text: &str) -> bool {
    recognises(&Content::parse(text.as_bytes()).expect("a document"))
}

#[test]
fn only_entities_of_backstage_are_recognised() {
    assert!(recognised(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n"
    ));
    assert!(recognised(
        r#"[{"apiVersion":"backstage.io/v1beta1","kind":"API","metadata":{"name":"a"}}]"#
    ));
    assert!(recognised(
        r#"{"items":[{"apiVersion":"backstage.io/v1beta1","kind":"API"}],"totalItems":1}"#
    ));
    assert!(!recognised("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"));
    assert!(!recognised("[]"));
}

#[test]
fn references_take_what_they_leave_out_from_the_field_and_the_entity() {
    let of = |value: Value| Reference::of_value(&value, "group", "shop").map(|reference| reference.key());
    for (text, key) in [
        ("team-a", Some("group:shop/team-a")),
        ("user:Guest", Some("user:shop/guest")),
        ("User:other/Guest", Some("user:other/guest")),
        ("other/team-a", Some("group:other/team-a")),
        (" team-a ", Some("group:shop/team-a")),
        ("", None),
        ("user:", None),
        ("/name", None),
        ("a:b:c", None),
        ("a:b/c/d", None),
    ] {
        assert_eq!(of(Value::from(text)).as_deref(), key, "{text}");
    }
    let whole = serde_json::json!({"kind": "User", "namespace": "x", "name": "Y"});
    assert_eq!(of(whole).as_deref(), Some("user:x/y"));
    assert_eq!(of(serde_json::json!({"kind": "User"})), None);
    assert_eq!(of(Value::from(7)), None);
}
