use crate::ingest::formats::testing::{said, said_as};

const JSON: &str = include_str!("../../../../fixtures/ingest/cyclonedx/good/shop.json");
const XML: &str = include_str!("../../../../fixtures/ingest/cyclonedx/good/shop.xml");

#[test]
fn a_document_says_the_same_in_both_notations() {
    let json = said("cyclonedx", JSON);
    assert_eq!(json, said("cyclonedx", XML));
    insta::assert_snapshot!(json.join("\n"));
}

#[test]
fn without_a_dependency_graph_the_subject_is_made_of_its_components() {
    let document = include_str!("../../../../fixtures/ingest/cyclonedx/good/no-graph.json");
    insta::assert_snapshot!(said("cyclonedx", document).join("\n"));
}

#[test]
fn parts_that_cannot_be_read_are_reported_and_the_rest_stays() {
    let document = include_str!("../../../../fixtures/ingest/cyclonedx/bad/parts.json");
    insta::assert_snapshot!(said("cyclonedx", document).join("\n"));
}

#[test]
fn documents_that_cannot_be_read_say_why() {
    for (document, code) in [
        (
            include_str!("../../../../fixtures/ingest/cyclonedx/bad/broken-off.json"),
            "MALFORMED_JSON",
        ),
        (
            include_str!("../../../../fixtures/ingest/cyclonedx/bad/not-closed.xml"),
            "BAD_USER_INPUT",
        ),
        (
            include_str!("../../../../fixtures/ingest/cyclonedx/bad/entity.xml"),
            "BAD_USER_INPUT",
        ),
        ("[1]", "BAD_USER_INPUT"),
        ("<other/>", "BAD_USER_INPUT"),
        ("some text", "BAD_USER_INPUT"),
    ] {
        let said = said_as("cyclonedx", document);
        assert!(
            said.len() == 1 && said[0].starts_with(&format!("fatal {code}")),
            "{document}: {said:?}"
        );
    }
}

#[test]
fn components_may_stand_in_each_other_only_so_deep() {
    let open = r#"{"name":"a","bom-ref":"r","components":["#.repeat(70);
    let document = format!(
        r#"{{"bomFormat":"CycloneDX","components":[{open}{}]}}"#,
        "]}".repeat(70)
    );
    assert!(
        said("cyclonedx", &document)[0].starts_with("fatal MALFORMED_JSON"),
        "deeper than JSON may be"
    );
    let xml = "<component><name>a</name><components>".repeat(100);
    let end = "</components></component>".repeat(100);
    let document =
        format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.4'><components>{xml}{end}</components></bom>");
    let said = said("cyclonedx", &document);
    assert!(said.iter().any(|line| line.contains("IGNORED")), "{said:?}");
}
