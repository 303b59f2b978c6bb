use super::parse::{begins_with_graph, parse};
use crate::ingest::formats::testing::{said, said_as};

#[test]
fn nodes_are_devices_and_links_the_ways_between_them() {
    let document = include_str!("../../../../fixtures/ingest/gml/good/campus.gml");
    insta::assert_snapshot!(said("gml", document).join("\n"));
}

#[test]
fn a_network_without_a_root_gets_one_that_cuts_nobody_off() {
    let document = include_str!("../../../../fixtures/ingest/gml/good/no-root.gml");
    insta::assert_snapshot!(said("gml", document).join("\n"));
}

#[test]
fn parts_that_cannot_be_read_are_reported_and_the_rest_stays() {
    let document = include_str!("../../../../fixtures/ingest/gml/bad/parts.gml");
    insta::assert_snapshot!(said("gml", document).join("\n"));
}

#[test]
fn documents_that_cannot_be_read_say_where_and_why() {
    for (document, because) in [
        (
            include_str!("../../../../fixtures/ingest/gml/bad/open.gml"),
            "line 2: a list is never closed",
        ),
        (
            include_str!("../../../../fixtures/ingest/gml/bad/no-value.gml"),
            "`id` has no value",
        ),
        (
            include_str!("../../../../fixtures/ingest/gml/bad/quote.gml"),
            "a quote is never closed",
        ),
        ("a 1", "no `graph"),
        ("\"a\" 1", "a value stands"),
        ("]", "no list is open"),
        ("<a/>", "no GML"),
    ] {
        let said = said_as("gml", document);
        assert!(
            said.len() == 1 && said[0].starts_with("fatal BAD_USER_INPUT") && said[0].contains(because),
            "{said:?}"
        );
    }
    let deep = "a [ ".repeat(100_000);
    assert!(parse(&deep).is_err());
    assert!(begins_with_graph("Creator \"me\"\ngraph\n[") && !begins_with_graph("graph 1") && !begins_with_graph("["));
}
