//! Relationships that follow from values.

use std::collections::BTreeSet;

use super::random::{check_derived, merge};
use super::*;
use crate::graph::Estate;
use crate::model::{RelationshipId, SourceName};

const RULES: &str = r#"
[[derivation]]
name = "host"
from = "application"
attribute = "description"
relationship_type = "runs_on"
to = "physical_server"

[[derivation]]
name = "service"
from = "physical_server"
attribute = "description"
relationship_type = "depends_on"
to = "business_service"
reversed = true
"#;

const TYPES: [&str; 3] = ["physical_server", "application", "business_service"];

fn define(text: &str) -> Command {
    Command::Catalog(CatalogCommand::Define {
        text: text.to_owned(),
        migration: crate::model::command::Migration::Refuse,
    })
}

fn described(number: u128, ci_type: &str, name: &str, description: &str) -> Command {
    Command::CreateCi(NewCi {
        id: Some(ci(number)),
        ci_type: ci_type.to_owned(),
        name: name.to_owned(),
        attributes: vec![("description".to_owned(), Input::Text(description.to_owned()))],
        ..NewCi::default()
    })
}

/// What is recorded as derived: rule, start and end.
fn recorded(estate: &Estate) -> BTreeSet<(Name, CiId, CiId)> {
    let mut found = BTreeSet::new();
    for relationship in estate.relationships() {
        let sources = std::iter::once(relationship.source());
        let sources = sources.chain(relationship.also_said_by().iter().map(|said| said.source));
        for source in sources.filter_map(|source| estate.source(source)) {
            if source.name.as_str() == DERIVED {
                let rule = Name::new(&source.feed).expect("a rule's name");
                found.insert((rule, estate.ci_id(relationship.from()), estate.ci_id(relationship.to())));
            }
        }
    }
    found
}

fn ends(estate: &Estate) -> Vec<(CiId, CiId)> {
    recorded(estate).into_iter().map(|(_, from, to)| (from, to)).collect()
}

fn rename(number: u128, name: &str) -> Command {
    let patch = CiPatch {
        name: Some(name.to_owned()),
        ..CiPatch::default()
    };
    Command::UpdateCi {
        ci: ci(number),
        expected: None,
        patch,
    }
}

#[test]
fn a_relationship_follows_the_value_and_whom_it_names() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    let estate = || cmdb.reader().snapshot();
    write(
        &cmdb,
        vec![define(RULES), described(1, "application", "shop", "web-01")],
    );
    assert_eq!(ends(&estate()), []);
    write(&cmdb, vec![new_ci(2, "physical_server", "web-01")]);
    assert_eq!(ends(&estate()), [(ci(1), ci(2))]);
    // A second one of the name: neither is guessed.
    write(&cmdb, vec![new_ci(3, "physical_server", "web-01")]);
    assert_eq!(ends(&estate()), []);
    let ambiguous = ambiguous_derivations(&estate());
    assert_eq!(ambiguous.len(), 1);
    assert_eq!(
        (ambiguous[0].ci, &ambiguous[0].candidates),
        (ci(1), &vec![ci(2), ci(3)])
    );
    write(&cmdb, vec![merge(ci(2), ci(3), false)]);
    assert_eq!(ends(&estate()), [(ci(1), ci(2))]);
    write(&cmdb, vec![rename(2, "web-02")]);
    assert_eq!(ends(&estate()), []);
    write(&cmdb, vec![rename(2, "web-01")]);
    let retire = Command::MoveCi {
        ci: ci(1),
        expected: None,
        stage: LifecycleStage::Retired,
    };
    write(&cmdb, vec![retire]);
    assert_eq!(ends(&estate()), []);
    check_derived(&estate());
}

#[test]
fn what_a_source_says_too_stays_when_the_rule_goes() {
    let folder = TempDir::new().expect("a folder");
    let cmdb = open(&folder);
    write(
        &cmdb,
        vec![
            define(RULES),
            new_ci(2, "physical_server", "web-01"),
            described(1, "application", "shop", "web-01"),
            described(3, "application", "cart", "web-01"),
        ],
    );
    let derived = cmdb
        .reader()
        .snapshot()
        .relationships()
        .next()
        .expect("it follows")
        .id();
    write(&cmdb, vec![Command::ConfirmRelationship { relationship: derived }]);
    // Whoever takes a derived relationship out by hand sees it come back.
    let other = RelationshipId::new(derived.number() + 1);
    write(&cmdb, vec![Command::Unrelate { relationship: other }]);
    assert_eq!(ends(&cmdb.reader().snapshot()).len(), 2);
    let gone = CatalogCommand::RemoveIngestRule {
        kind: crate::model::rule::IngestRuleKind::Derivation,
        name: "host".to_owned(),
    };
    write(&cmdb, vec![Command::Catalog(gone)]);
    let estate = cmdb.reader().snapshot();
    assert_eq!(ends(&estate), []);
    let left: Vec<RelationshipId> = estate.relationships().map(|relationship| relationship.id()).collect();
    assert_eq!(left, [derived]);
}

fn name() -> impl Strategy<Value = String> {
    (0..4u8).prop_map(|number| format!("n{number}"))
}

fn id() -> impl Strategy<Value = CiId> {
    (1..8u128).prop_map(ci)
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        5 => (1..8u128, 0..3usize, name(), name())
            .prop_map(|(number, kind, name, said)| described(number, TYPES[kind], &name, &said)),
        4 => (id(), prop::option::of(name()), prop::option::of(name())).prop_map(|(ci, name, said)| {
            let said = said.map_or(Input::Null, Input::Text);
            let patch = CiPatch { name, attributes: vec![("description".to_owned(), said)], ..CiPatch::default() };
            Command::UpdateCi { ci, expected: None, patch }
        }),
        2 => (id(), any::<bool>()).prop_map(|(ci, retired)| Command::MoveCi {
            ci,
            expected: None,
            stage: if retired { LifecycleStage::Retired } else { LifecycleStage::InService },
        }),
        1 => id().prop_map(|ci| Command::DeleteCi {
            ci,
            expected: None,
            reason: "a mistake".to_owned(),
            with_relationships: true,
        }),
        2 => (1..8u128, 1..8u128).prop_map(|(from, to)| relate(from, "runs_on", to)),
        2 => (1..60u64).prop_map(|number| Command::Unrelate { relationship: RelationshipId::new(number) }),
        1 => (1..60u64).prop_map(|number| Command::WithdrawRelationship { relationship: RelationshipId::new(number) }),
        2 => (id(), id(), any::<bool>()).prop_map(|(survivor, absorbed, take)| merge(survivor, absorbed, take)),
        1 => id().prop_map(|absorbed| Command::RevertMerge { absorbed }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(reversed, by_name)| define(&format!(
            "[[derivation]]\nname = \"service\"\nfrom = \"physical_server\"\nattribute = \"{}\"\n\
             relationship_type = \"{}\"\nto = \"business_service\"\nreversed = {reversed}\n",
            if by_name { "name" } else { "description" },
            if reversed { "depends_on" } else { "uses" },
        ))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_derived_is_what_follows_from_scratch(steps in prop::collection::vec(prop::collection::vec(command(), 1..4), 1..40)) {
        let folder = TempDir::new().expect("a folder");
        let cmdb = open(&folder);
        write(&cmdb, vec![define(RULES)]);
        for commands in steps {
            let source = ["manual", "scanner"][commands.len() % 2];
            let request = WriteRequest {
                source: Some(SourceName::plain(Name::new(source).expect("a name"))),
                mode: BatchMode::Partial,
                ..WriteRequest::commands(commands)
            };
            editor(&cmdb).write_blocking(request).expect("the write is taken");
            let estate = cmdb.reader().snapshot();
            prop_assert_eq!(recorded(&estate), derived_from_scratch(&estate));
        }
        check_derived(&cmdb.reader().snapshot());
    }
}
