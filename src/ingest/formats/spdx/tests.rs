use crate::ingest::formats::testing::{said, said_as};

const JSON: &str = include_str!("../../../../fixtures/ingest/spdx/good/shop.spdx.json");

#[test]
fn a_document_says_the_same_in_all_notations() {
    let json = said("spdx", JSON);
    let xml = include_str!("../../../../fixtures/ingest/spdx/good/shop.spdx.xml");
    assert_eq!(json, said("spdx", xml), "XML");
    let tag_value = include_str!("../../../../fixtures/ingest/spdx/good/shop.spdx");
    assert_eq!(json, said("spdx", tag_value), "tag-value");
    insta::assert_snapshot!(json.join("\n"));
}

#[test]
fn version_3_is_a_graph_of_elements() {
    let document = include_str!("../../../../fixtures/ingest/spdx/good/shop.spdx3.json");
    insta::assert_snapshot!(said("spdx", document).join("\n"));
}

#[test]
fn parts_that_cannot_be_read_are_reported_and_the_rest_stays() {
    let document = include_str!("../../../../fixtures/ingest/spdx/bad/parts.json");
    insta::assert_snapshot!(said("spdx", document).join("\n"));
}

#[test]
fn documents_that_cannot_be_read_say_why() {
    for (document, code, because) in [
        (
            include_str!("../../../../fixtures/ingest/spdx/bad/broken-off.json"),
            "MALFORMED_JSON",
            "EOF",
        ),
        (
            include_str!("../../../../fixtures/ingest/spdx/bad/rdf.xml"),
            "BAD_USER_INPUT",
            "RDF",
        ),
        ("{\"a\": 1}", "BAD_USER_INPUT", "spdxVersion"),
        ("some text", "BAD_USER_INPUT", "tag-value"),
        ("<a", "BAD_USER_INPUT", "XML"),
    ] {
        let said = said_as("spdx", document);
        let expected = format!("fatal {code}");
        assert!(
            said.len() == 1 && said[0].starts_with(&expected) && said[0].contains(because),
            "{document}: {said:?}"
        );
    }
}
