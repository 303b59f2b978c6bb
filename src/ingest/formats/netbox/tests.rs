use super::*;

fn recognised(text: &str) -> bool {
    recognises(&Content::parse(text.as_bytes()).expect("a document"))
}

#[test]
fn dumps_and_answers_of_netbox_are_recognised() {
    assert!(recognised(r#"[{"model":"dcim.site","pk":1,"fields":{}}]"#));
    assert!(recognised(r#"[{"model":"extras.tag","pk":1,"fields":{}}]"#));
    assert!(
        !recognised(r#"[{"model":"auth.user","pk":1,"fields":{}}]"#),
        "another Django application"
    );
    assert!(!recognised(r#"[{"model":"dcim.site","pk":1,"fields":{}},{"a":1}]"#));
    let answer = |url: &str| {
        recognised(&format!(
            r#"{{"count":1,"results":[{{"id":1,"url":"{url}","name":"x"}}]}}"#
        ))
    };
    assert!(answer("https://netbox.example.org/api/dcim/devices/1/"));
    assert!(!answer("https://other.example.org/api/shop/carts/1/"));
    assert!(!answer("https://netbox.example.org/api/dcim/devices/"));
    assert!(!recognised(r#"{"count":0,"results":[]}"#));
}

#[test]
fn what_hangs_on_what_follows_from_circuits_and_roles() {
    let device = |id: u64, role: &str| serde_json::json!({"id": id, "url": format!("/api/dcim/devices/{id}/"), "name": format!("d{id}"), "role": {"id": id, "name": role}});
    let cable = |id: u64, a: u64, b: u64| {
        let end = |device: u64| serde_json::json!([{"object_type": "dcim.interface", "object_id": id, "object": {"device": {"id": device}, "name": "p"}}]);
        serde_json::json!({"id": id, "url": format!("/api/dcim/cables/{id}/"), "a_terminations": end(a), "b_terminations": end(b)})
    };
    let links = |roles: [&str; 3]| {
        let mut objects: Vec<Value> = (1..).zip(roles).map(|(id, role)| device(id, role)).collect();
        objects.extend([cable(1, 1, 2), cable(2, 2, 3)]);
        let content = Content::Values(vec![Value::Array(objects)]);
        let mut findings = Findings::new(None);
        read(&content, &mut findings).expect("it is read");
        let mut links = Vec::new();
        for parsed in findings.into_found() {
            if let crate::ingest::formats::Parsed::Observation(observation) = parsed
                && let crate::ingest::observation::Observed::Relationship(record) = observation.observed
            {
                let carries = if record.reverse.is_some() { "" } else { "!" };
                links.push(format!("{}>{}{carries}", record.from, record.to).replace("device:", ""));
            }
        }
        links
    };
    assert_eq!(links(["Router", "Switch", "Access switch"]), ["2>1!", "2>3!", "3>2!"]);
    assert_eq!(links(["Access switch", "Core", "Core"]), ["1>2!", "2>3"]);
    assert_eq!(
        links(["Toaster", "Kettle", "Lamp"]),
        ["1>2", "2>3"],
        "nobody knows which needs which"
    );
}
