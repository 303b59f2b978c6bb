use super::super::tests::{apply, default_catalog};
use super::*;
use crate::model::AttributeId;

const RULES: &str = r#"
[[source]]
name = "scanner-1"
description = "The scanner of the north."
may_create = false
may_retire = false
on_no_match = "stage"
on_many_matches = "error"
sweep_share_max = 5

[[authority]]
name = "device-identity"
ci_type = "device"
attributes = ["serial_number", "name", "stage"]
policy = "source_priority"
sources = ["vcenter", "ansible"]
lapse = "30d"

[[authority]]
name = "server"
ci_type = "server"
policy = "write_if_empty"

[[authority]]
name = "server-serial"
ci_type = "server"
attributes = ["serial_number"]
policy = "locked_to_source"
sources = ["vcenter"]

[[junk]]
name = "ours"
attributes = ["serial_number", "name"]
values = ["Spare"]
patterns = ['(?i)dummy-\d+']

[[junk]]
name = "everywhere"
values = ["nobody knows"]

[[derivation]]
name = "node-cluster"
from = "kubernetes_object"
attribute = "cluster_name"
relationship_type = "member_of"
to = "cluster"

[[class_alias]]
name = "u_cmdb_ci_lift"
ci_type = "device"

[[ci_type_extension]]
name = "server"
retire_after = "12h"
"#;

fn with(text: &str) -> Catalog {
    let mut catalog = default_catalog();
    let items = catalog.define(text).unwrap_or_else(|error| panic!("{error}"));
    apply(&mut catalog, &items);
    catalog
}

fn id(catalog: &Catalog, name: &str) -> CiTypeId {
    catalog.ci_type_named(name).expect(name).id
}

fn attribute(catalog: &Catalog, name: &str) -> AttributeId {
    catalog.attribute_id(name).expect(name)
}

#[test]
fn sources_have_the_rights_that_are_stated_and_else_all() {
    let catalog = with(RULES);
    let rights = catalog.source_rights(&Name::new("scanner-1").expect("a name"));
    assert!(!rights.may_create && rights.may_update && !rights.may_retire && !rights.may_create_placeholders);
    assert_eq!(
        (rights.on_no_match, rights.on_many_matches, rights.sweep_share_max),
        (OnNoMatch::Stage, OnManyMatches::Error, 5)
    );
    let other = catalog.source_rights(&Name::new("scanner-2").expect("a name"));
    assert_eq!(*other, SourceRights::DEFAULT);
}

#[test]
fn the_most_specific_type_decides_and_then_the_rule_that_names_the_attribute() {
    let catalog = with(RULES);
    let policy = |ci_type: &str, attribute| catalog.authority(id(&catalog, ci_type), attribute).policy;
    let serial = attribute(&catalog, "serial_number");
    let model = attribute(&catalog, "model");
    assert_eq!(policy("switch", serial), AuthorityPolicy::SourcePriority);
    assert_eq!(policy("switch", AttributeId::NAME), AuthorityPolicy::SourcePriority);
    assert_eq!(policy("switch", AttributeId::TAGS), AuthorityPolicy::Newest);
    assert_eq!(policy("virtual_machine", serial), AuthorityPolicy::LockedToSource);
    assert_eq!(policy("virtual_machine", model), AuthorityPolicy::WriteIfEmpty);
    assert_eq!(
        policy("virtual_machine", AttributeId::NAME),
        AuthorityPolicy::WriteIfEmpty
    );
    assert_eq!(policy("rack", model), AuthorityPolicy::Newest);
    let authority = catalog.authority(id(&catalog, "switch"), serial);
    assert_eq!(authority.lapse, Some(SignedDuration::from_hours(720)));
    assert_eq!(
        authority.sources.iter().map(Name::as_str).collect::<Vec<_>>(),
        ["vcenter", "ansible"]
    );
}

#[test]
fn junk_is_compared_without_case_and_blanks_and_only_where_it_is_listed() {
    let catalog = with(RULES);
    let is = |name: &str, value: &str| {
        let id = if name == "name" {
            AttributeId::NAME
        } else {
            attribute(&catalog, name)
        };
        catalog.is_junk(id, &AttributeValue::Text(value.into()))
    };
    for (name, value) in [
        ("serial_number", " SPARE "),
        ("serial_number", "Dummy-12"),
        ("name", "spare"),
        ("serial_number", "To be filled by O.E.M."),
        ("serial_number", "0000000"),
        ("serial_number", "none"),
        ("uuid", "00000000-0000-0000-0000-000000000000"),
        ("uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
        ("uuid", "03000200-0400-0500-0006-000700080009"),
        ("fqdn", "localhost.localdomain"),
        ("fqdn", "Nobody Knows"),
        ("cluster_name", "nobody knows"),
    ] {
        assert!(is(name, value), "{name} {value}");
    }
    for (name, value) in [
        ("serial_number", "Dummy-12b"),
        ("serial_number", "CZJ4001X"),
        ("serial_number", "VMware-56 4d 0f"),
        ("name", "nobody knows"),
        ("name", "none"),
        ("description", "nobody knows"),
        ("fqdn", "spare"),
    ] {
        assert!(!is(name, value), "{name} {value}");
    }
    let mac = |text: &str| AttributeValue::Mac(text.parse().expect("a MAC address"));
    let macs = attribute(&catalog, "mac_address");
    assert!(catalog.is_junk(macs, &mac("00-00-00-00-00-00")) && catalog.is_junk(macs, &mac("FF:FF:FF:FF:FF:FF")));
    assert!(!catalog.is_junk(macs, &mac("02:42:ac:11:00:02")));
    let address = AttributeValue::IpAddress("127.0.0.53".parse().expect("an address"));
    assert!(catalog.is_junk(attribute(&catalog, "primary_ip"), &address));
}

#[test]
fn derivations_are_listed_and_aliases_and_graces_found() {
    let catalog = with(RULES);
    let [derivation] = catalog.derivations().as_ref() else {
        panic!("one derivation is declared");
    };
    assert_eq!(derivation.name.as_str(), "node-cluster");
    assert_eq!(derivation.from, id(&catalog, "kubernetes_object"));
    assert_eq!(derivation.to, id(&catalog, "cluster"));
    assert_eq!(catalog.class_alias(" U_CMDB_CI_LIFT "), Some(id(&catalog, "device")));
    assert_eq!(
        catalog.class_alias("cmdb_ci_linux_server"),
        Some(id(&catalog, "server"))
    );
    assert_eq!(catalog.class_alias("cmdb_ci_nothing"), None);
    assert_eq!(
        catalog.retire_after(id(&catalog, "virtual_machine")),
        SignedDuration::from_hours(12)
    );
    assert_eq!(
        catalog.retire_after(id(&catalog, "rack")),
        SignedDuration::from_hours(7 * 24)
    );
}

#[test]
fn rules_are_written_back_and_defined_again_without_a_difference() {
    let catalog = with(RULES);
    let text = catalog.render();
    assert_eq!(catalog.define(&text).expect("what was rendered"), []);
    let rules = |text: &str| text[text.find("[[source]]").expect("a source")..].to_owned();
    assert_eq!(rules(&with(&text).render()), rules(&text));
    assert!(text.contains("retire_after = \"12h\""), "{text}");
    assert!(text.contains("lapse = \"30d\""), "{text}");
}

#[test]
fn a_rule_of_a_known_name_replaces_it_as_a_whole_and_may_be_removed() {
    let mut catalog = with(RULES);
    let items = catalog.define("[[source]]\nname = \"scanner-1\"").expect("a source");
    assert_eq!(items.len(), 1);
    apply(&mut catalog, &items);
    let name = Name::new("scanner-1").expect("a name");
    assert_eq!(*catalog.source_rights(&name), SourceRights::DEFAULT);
    let items = catalog
        .remove_ingest_rule(IngestRuleKind::Source, "scanner-1")
        .expect("it is there");
    apply(&mut catalog, &items);
    assert!(catalog.ingest_rule(IngestRuleKind::Source, &name).is_none());
    let gone = catalog.remove_ingest_rule(IngestRuleKind::Source, "scanner-1");
    assert!(
        gone.expect_err("it is gone")
            .to_string()
            .contains("there is no such rule")
    );
    let inverse: Vec<DeltaItem> = crate::model::Delta { items }.inverse().items;
    apply(&mut catalog, &inverse);
    assert!(catalog.ingest_rule(IngestRuleKind::Source, &name).is_some());
}

#[test]
fn what_rules_name_is_not_removed() {
    let catalog = with(&format!(
        "{RULES}\n[[ci_type]]\nname = \"lift\"\nparent = \"device\"\n\
         [[class_alias]]\nname = \"u_lift\"\nci_type = \"lift\"\n\
         [[authority]]\nname = \"lifts\"\nci_type = \"lift\"\npolicy = \"newest\"\n\
         [[relationship_type]]\nname = \"hangs_in\"\nforward_phrase = \"hangs in\"\nreverse_phrase = \"holds\"\n\
         [[ci_type_extension]]\nname = \"rack\"\nidentification = [{{ name = \"w\", attributes = [\"name\"], host = \"hangs_in\" }}]"
    ));
    let refusal = catalog.remove_ci_type("lift").expect_err("a rule names it").to_string();
    assert!(refusal.contains("authority `lifts` names it"), "{refusal}");
    let refusal = catalog
        .remove_relationship_type("hangs_in")
        .expect_err("a rule names it")
        .to_string();
    assert!(
        refusal.contains("identification rule `w` of CI type `rack` names it"),
        "{refusal}"
    );
}

#[test]
fn wrong_rules_are_refused_with_line_and_remedy() {
    let identified = |rule: &str| {
        format!("[[ci_type_extension]]\nname = \"server\"\nidentification = [\n{{ name = \"r\", {rule} }}]")
    };
    for (text, wanted) in [
        ("[[source]]\nname = \"Big\"".to_owned(), "line 1 of the catalog file, source `Big`: `Big` is no name"),
        ("\n[[source]]\nname = \"a\"\non_no_match = \"guess\"".to_owned(), "line 2 of the catalog file, source `a`: `guess` is not known here: use create, error, stage"),
        ("[[source]]\nname = \"a\"\nsweep_share_max = 101".to_owned(), "`101` is no share: use 0 to 100"),
        ("[[source]]\nname = \"a\"\nmay_fly = true".to_owned(), "unknown field `may_fly`"),
        ("[[source]]\nname = \"a\"\n[[source]]\nname = \"a\"".to_owned(), "line 3 of the catalog file, source `a`: it is defined twice"),
        ("[[authority]]\nname = \"a\"\nci_type = \"sever\"\npolicy = \"newest\"".to_owned(), "authority `a`: there is no CI type `sever`"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\nattributes = [\"serial\"]\npolicy = \"newest\"".to_owned(), "there is no attribute `serial`"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\nattributes = []\npolicy = \"newest\"".to_owned(), "`attributes` is empty"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"oldest\"".to_owned(), "`oldest` is not known here: use locked_to_source,"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"locked_to_source\"".to_owned(), "`locked_to_source` needs one source"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"source_priority\"".to_owned(), "`sources` is empty"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"newest\"\nsources = [\"x\"]".to_owned(), "`sources` is for `source_priority`"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"newest\"\nlapse = \"soon\"".to_owned(), "`soon` is no length of time"),
        ("[[authority]]\nname = \"a\"\nci_type = \"server\"\npolicy = \"newest\"\n[[authority]]\nname = \"b\"\nci_type = \"server\"\npolicy = \"newest\"".to_owned(), "authority `b`: authority `a` decides the attributes that no rule names of the same type already"),
        ("[[junk]]\nname = \"a\"".to_owned(), "`values` and `patterns` is empty"),
        ("[[junk]]\nname = \"a\"\nvalues = [\" \"]".to_owned(), "one of `values` is empty"),
        ("[[junk]]\nname = \"a\"\npatterns = ['(']".to_owned(), "`(` is no usable regular expression"),
        ("[[junk]]\nname = \"a\"\nattributes = [\"serial\"]\nvalues = [\"x\"]".to_owned(), "there is no attribute `serial`"),
        ("[[junk]]\nname = \"a\"\nattributes = [\"fqdn\", \"fqdn\"]\nvalues = [\"x\"]".to_owned(), "`attributes` lists `fqdn` twice"),
        ("[[derivation]]\nname = \"a\"\nfrom = \"server\"\nattribute = \"fqdn\"\nrelationship_type = \"member\"\nto = \"cluster\"".to_owned(), "there is no relationship type `member`"),
        ("[[derivation]]\nname = \"a\"\nfrom = \"server\"\nattribute = \"cluster\"\nrelationship_type = \"member_of\"\nto = \"cluster\"".to_owned(), "there is no attribute `cluster`"),
        ("[[derivation]]\nname = \"a\"\nfrom = \"server\"\nattribute = \"fqdn\"\nrelationship_type = \"member_of\"\nto = \"cluster\"\nto_attribute = \"description\"".to_owned(), "`description` does not tell CIs apart"),
        ("[[derivation]]\nname = \"a\"\nfrom = \"server\"\nattribute = \"fqdn\"\nrelationship_type = \"based_at\"\nto = \"site\"".to_owned(), "relationship type `based_at` does not allow these ends"),
        ("[[class_alias]]\nname = \"u_x\"\nci_type = \"nothing\"".to_owned(), "class alias `u_x`: there is no CI type `nothing`"),
        ("[[ci_type_extension]]\nname = \"server\"\nretire_after = \"-1d\"".to_owned(), "`-1d` is no length of time"),
        (identified("attributes = [\"name\"], host = \"contained_in\""), "identification rule `r` of CI type `server`: there is no relationship type `contained_in`"),
        (identified("related = { relationship_type = \"hosted_on\", ci_type = \"nic\", attributes = [\"mac_address\"] }"), "there is no CI type `nic`"),
        (identified("related = { relationship_type = \"hosted_on\", ci_type = \"interface\", attributes = [\"mac\"] }"), "there is no attribute `mac`"),
        (identified("related = { relationship_type = \"hosted_on\", ci_type = \"interface\", attributes = [] }"), "`attributes` of `related` is empty"),
        (identified("host = \"hosted_on\""), "`attributes` is empty"),
    ] {
        let refusal = match default_catalog().define(&text) {
            Ok(items) => panic!("{} items from\n{text}", items.len()),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains(wanted), "{refusal}\nwanted {wanted}");
    }
}
