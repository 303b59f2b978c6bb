use crate::ingest::formats::testing::{said, said_as};

#[test]
fn nodes_are_devices_and_links_the_ways_between_them() {
    let document = include_str!("../../../../fixtures/ingest/graphml/good/campus.graphml");
    insta::assert_snapshot!(said("graphml", document).join("\n"));
}

#[test]
fn parts_that_cannot_be_read_are_reported() {
    let document = include_str!("../../../../fixtures/ingest/graphml/bad/parts.graphml");
    insta::assert_snapshot!(said("graphml", document).join("\n"));
}

#[test]
fn documents_that_cannot_be_read_say_why() {
    for document in [
        include_str!("../../../../fixtures/ingest/graphml/bad/no-graph.graphml"),
        include_str!("../../../../fixtures/ingest/graphml/bad/open.graphml"),
        "{}",
    ] {
        let said = said_as("graphml", document);
        assert!(
            said.len() == 1 && said[0].starts_with("fatal BAD_USER_INPUT"),
            "{said:?}"
        );
    }
}
