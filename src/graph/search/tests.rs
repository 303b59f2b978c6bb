use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::{
    Attributes, BeforeAfter, CiFields, ConfigurationItem, Delta, DeltaItem, LifecycleStage, Revision, Stamp,
};

fn ci(number: usize, name: &str) -> ConfigurationItem {
    let stamp = Stamp {
        revision: Revision::new(1),
        at: Timestamp::UNIX_EPOCH,
    };
    ConfigurationItem::new(CiFields {
        id: CiId::from_uuid(Uuid::from_u128(number as u128)),
        ci_type: CiTypeId::new(0),
        name: name.to_owned(),
        stage: LifecycleStage::InService,
        stage_assumed: false,
        tags: vec![format!("tag{number}")],
        attributes: Attributes::default(),
        origins: Vec::new(),
        validity: None,
        standing: crate::model::Standing::default(),
        created: stamp,
        changed: stamp,
    })
}

fn estate(names: &[&str]) -> Estate {
    let items = names
        .iter()
        .enumerate()
        .map(|(number, name)| DeltaItem::Ci(BeforeAfter::created(ci(number, name))));
    let mut estate = Estate::default();
    estate.apply(&Delta { items: items.collect() });
    estate
}

fn found(estate: &Estate, text: &str) -> Vec<String> {
    let result = search(estate, text, None, 10, &Budget::unlimited());
    result
        .hits
        .iter()
        .map(|hit| format!("{} {}", estate.ci_at(hit.slot).name(), hit.rank.score()))
        .collect()
}

#[test]
fn better_matches_come_first() {
    let estate = estate(&[
        "my payment gateway",
        "payment",
        "Payment service",
        "paymint",
        "payments hub",
        "other",
    ]);
    let hits = found(&estate, "payment");
    assert_eq!(
        hits,
        [
            "payment 100",
            "Payment service 80",
            "payments hub 80",
            "my payment gateway 60"
        ]
    );
}

#[test]
fn similar_words_are_tried_only_where_nothing_else_fits() {
    let estate = estate(&["payment", "billing", "web-01.example.org"]);
    assert_eq!(found(&estate, "paymnet"), Vec::<String>::new());
    assert_eq!(found(&estate, "paymet"), ["payment 18"]);
    assert_eq!(found(&estate, "bil"), ["billing 80"]);
    assert_eq!(found(&estate, "example"), ["web-01.example.org 60"]);
    assert_eq!(found(&estate, "xyz"), Vec::<String>::new());
    assert_eq!(found(&estate, "  "), Vec::<String>::new());
}

#[test]
fn every_word_must_be_there() {
    let estate = estate(&["web front", "web back", "front door"]);
    assert_eq!(found(&estate, "front web"), ["web front 60"]);
    assert_eq!(found(&estate, "tag1 web"), ["web back 60"]);
}

#[test]
fn a_search_beyond_its_budget_says_so() {
    let estate = estate(&["web a", "web b", "web c"]);
    let result = search(&estate, "web", None, 10, &Budget::new(2, None));
    assert_eq!(result.cut_short, Some(CutShort::Steps));
}

proptest! {
    #[test]
    fn a_removed_ci_is_found_no_more_and_the_others_still_are(
        names in prop::collection::vec("[ab]{1,3}( [ab]{1,3})?", 1..12),
        gone in prop::collection::vec(0usize..12, 0..6),
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut estate = estate(&names);
        let mut left: Vec<usize> = (0..names.len()).collect();
        for number in gone {
            if let Some(at) = left.iter().position(|one| *one == number) {
                left.remove(at);
                let before = std::sync::Arc::new(ci(number, names[number]));
                estate.apply(&Delta { items: vec![DeltaItem::Ci(BeforeAfter::removed(before))] });
            }
        }
        for name in &names {
            let word = name.split(' ').next().unwrap_or_default();
            let hits = search(&estate, word, None, 100, &Budget::unlimited()).hits;
            let mut listed: Vec<CiId> = hits.iter().map(|hit| estate.ci_id(hit.slot)).collect();
            listed.sort();
            let expected: Vec<CiId> = left.iter()
                .filter(|number| names[**number].split(' ').any(|token| token.starts_with(word)))
                .map(|number| CiId::from_uuid(Uuid::from_u128(*number as u128)))
                .collect();
            prop_assert_eq!(listed, expected);
        }
    }
}
