use crate::ingest::formats::testing::{said, said_as};

const STRUCTURE: &str = include_str!("../../../../fixtures/ingest/itop/good/1-structure.xml");
const MACHINES: &str = include_str!("../../../../fixtures/ingest/itop/good/2-machines.xml");
const APPLICATIONS: &str = include_str!("../../../../fixtures/ingest/itop/good/3-applications.xml");

#[test]
fn several_files_are_one_document() {
    let all = [STRUCTURE, MACHINES, APPLICATIONS].concat();
    insta::assert_snapshot!(said("itop", &all).join("\n"));
}

#[test]
fn a_file_alone_keeps_what_it_cannot_look_up() {
    insta::assert_snapshot!(said("itop", MACHINES).join("\n"));
}

#[test]
fn parts_that_cannot_be_read_are_reported_and_the_rest_stays() {
    let document = include_str!("../../../../fixtures/ingest/itop/bad/parts.xml");
    insta::assert_snapshot!(said("itop", document).join("\n"));
}

#[test]
fn documents_that_cannot_be_read_say_why() {
    let open = include_str!("../../../../fixtures/ingest/itop/bad/open.xml");
    for document in [open, "<Other alias=\"a\" id=\"b\"/>", "{}", "text"] {
        let said = said_as("itop", document);
        assert!(
            said.len() == 1 && said[0].starts_with("fatal BAD_USER_INPUT"),
            "{said:?}"
        );
    }
}

#[test]
fn what_an_object_needs_is_what_it_says_of_redundancy() {
    for (stated, expected) in [
        ("", "min_up=\"1\""),
        ("<redundancy>disabled</redundancy>", "min_up=\"100%\""),
        ("<redundancy>2</redundancy>", "min_up=\"2\""),
        ("<redundancy>50%</redundancy>", "min_up=\"50%\""),
        ("<redundancy>500%</redundancy>", "min_up=\"1\""),
        ("<redundancy>some</redundancy>", "min_up=\"1\""),
    ] {
        let document = format!("<Set><Farm alias=\"Farm\" id=\"7\"><name>a</name>{stated}</Farm></Set>");
        let said = said("itop", &document);
        assert!(said[0].contains(expected), "{stated}: {said:?}");
    }
}
