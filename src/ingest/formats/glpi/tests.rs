use super::*;

#[test]
fn only_what_is_surely_an_inventory_is_recognised() {
    let content = |text: &str| Content::parse(text.as_bytes()).expect("a document");
    assert!(recognises_json(&content(
        r#"{"deviceid":"a","action":"inventory","content":{}}"#
    )));
    assert!(!recognises_json(&content(r#"{"deviceid":"a","content":[]}"#)));
    assert!(!recognises_json(&content(r#"{"id":"a","content":{}}"#)));
    let xml = "<REQUEST><CONTENT></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>";
    assert!(recognises_xml(&content(xml)));
    assert!(!recognises_xml(&content("<REQUEST><BODY/></REQUEST>")));
    assert!(!recognises_json(&content(xml)));
}

#[test]
fn old_xml_reads_as_new_json() {
    let text = "<REQUEST><CONTENT><DEVICE><INFO><NAME>sw</NAME><IPS><IP>10.0.0.1</IP><IP>10.0.0.2</IP></IPS></INFO>
        <PORTS><PORT><IFNUMBER>1</IFNUMBER><CONNECTIONS><CDP>1</CDP><CONNECTION><SYSNAME>n</SYSNAME></CONNECTION></CONNECTIONS>
        <VLANS><VLAN><NUMBER>7</NUMBER></VLAN></VLANS></PORT></PORTS></DEVICE></CONTENT></REQUEST>";
    let document = roxmltree::Document::parse(text).expect("XML");
    let element = document.root_element().first_element_child().expect("CONTENT");
    let expected = serde_json::json!({"device": {
        "network_device": {"name": "sw", "ips": ["10.0.0.1", "10.0.0.2"]},
        "network_ports": {"ifnumber": "1", "lldp": true, "connections": {"sysname": "n"}, "vlans": {"number": "7"}},
    }});
    assert_eq!(xml::content(element), expected);
}

#[test]
fn local_moments_become_moments() {
    assert_eq!(offset_seconds("+0200"), Some(7200));
    assert_eq!(offset_seconds("-03:30"), Some(-12_600));
    assert_eq!(offset_seconds("CEST"), None);
}
