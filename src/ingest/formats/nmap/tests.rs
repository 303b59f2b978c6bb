use super::*;

fn content(text: &str) -> Content {
    Content::parse(text.as_bytes()).expect("XML")
}

#[test]
fn a_scan_is_known_by_its_outermost_element() {
    let doctype = "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<!-- a -->\n<nmaprun scanner=\"nmap\"/>";
    assert!(recognises(&content(doctype)));
    assert!(!recognises(&content("<other><nmaprun/></other>")));
}

#[test]
fn a_scan_that_was_cut_off_is_told_from_one_that_is_no_xml() {
    assert!(unfinished(&content("<nmaprun><host>")).is_some());
    assert!(unfinished(&content("<nmaprun><host></nmaprun>")).is_none());
    assert!(unfinished(&content("<other><host>")).is_none());
}

#[test]
fn a_host_needs_an_address() {
    let of = |text: &str| {
        let content = content(text);
        let document = content.require_xml().expect("XML");
        host::Host::of(document.root_element()).map(|host| (host.is_up, host.shown()))
    };
    let host = "<host><status state=\"up\"/><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/></host>";
    assert_eq!(of(host), Ok((true, "10.0.0.1".to_owned())));
    assert!(of("<host><status state=\"up\"/></host>").is_err());
    assert_eq!(
        of("<host><address addr=\"10.0.0.1\"/></host>"),
        Ok((false, "10.0.0.1".to_owned()))
    );
}
