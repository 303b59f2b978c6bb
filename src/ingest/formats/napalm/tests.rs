use super::*;

#[test]
fn each_getter_is_known_by_its_result() {
    let getter = |text: &str| {
        let value: Value = serde_json::from_str(text).expect("JSON");
        Getter::of_result(&value)
    };
    let facts = r#"{"hostname":"a","fqdn":"a.b","vendor":"V","os_version":"1","interface_list":[]}"#;
    assert_eq!(getter(facts), Some(Getter::Facts));
    let interfaces = r#"{"Eth1":{"is_up":true,"is_enabled":true,"mac_address":""}}"#;
    assert_eq!(getter(interfaces), Some(Getter::Interfaces));
    assert_eq!(
        getter(r#"{"Eth1":{"ipv4":{"10.0.0.1":{"prefix_length":24}}}}"#),
        Some(Getter::InterfacesIp)
    );
    assert_eq!(
        getter(r#"{"Eth1":[{"hostname":"b","port":"1"}]}"#),
        Some(Getter::LldpNeighbors)
    );
    let detail = r#"{"Eth1":[{"remote_chassis_id":"x","remote_system_name":"b","remote_port":"1"}]}"#;
    assert_eq!(getter(detail), Some(Getter::LldpNeighborsDetail));
    assert_eq!(
        getter(r#"{"1":{"name":"default","interfaces":[]}}"#),
        Some(Getter::Vlans)
    );
    assert_eq!(
        getter(r#"[{"interface":"a","mac":"b","ip":"c","age":1.0}]"#),
        Some(Getter::ArpTable)
    );
    for text in [
        "{}",
        "[]",
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        r#"{"interfaces":[]}"#,
        r#"[{"ip":"c"}]"#,
    ] {
        assert_eq!(getter(text), None, "{text}");
    }
}

#[test]
fn results_are_found_by_device_and_getter() {
    let facts = r#"{"hostname":"a","vendor":"V","os_version":"1","interface_list":[]}"#;
    let found = |text: &str| {
        let value: Value = serde_json::from_str(text).expect("JSON");
        devices(&value)
            .into_iter()
            .map(|(name, results)| (name, results.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(&format!(r#"{{"get_facts":{facts},"lldp_neighbors":{{}}}}"#)),
        [(None, 2)]
    );
    let hosts = format!(r#"{{"sw1":{{"facts":{facts}}},"sw2":{{"napalm_facts":{facts},"config":{{}}}}}}"#);
    assert_eq!(
        found(&hosts),
        [(Some("sw1".to_owned()), 1), (Some("sw2".to_owned()), 1)]
    );
    assert_eq!(found(r#"{"facts":{"a":1}}"#), []);
    assert_eq!(found(&format!(r#"{{"facts":{facts},"other":1}}"#)), []);
}
