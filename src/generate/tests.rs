use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use crate::ingest::payload::{parse_line, write_line};

use super::*;

fn text(cis: u64, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for record in estate(cis, seed) {
        write_line(&mut out, &record).expect("memory takes it");
    }
    out
}

#[test]
fn the_same_size_and_seed_give_the_same_bytes() {
    assert_eq!(text(1_000, 7), text(1_000, 7));
    assert_ne!(text(1_000, 7), text(1_000, 8));
    let digest = Sha256::digest(text(2_000, 42));
    insta::assert_snapshot!(format!("{digest:x}"));
}

#[test]
fn there_are_exactly_as_many_cis_as_asked_for() {
    for cis in [CIS_MIN, 401, 999, 1_000, 12_345] {
        let made = estate(cis, 1).filter(|record| matches!(record, Record::Ci(_))).count();
        assert_eq!(made as u64, cis);
        assert_eq!(estate(cis, 1).cis(), cis);
    }
    assert_eq!(estate(0, 1).cis(), CIS_MIN);
}

#[test]
fn every_ci_comes_before_what_names_it_and_nothing_comes_twice() {
    for (cis, seed) in [(CIS_MIN, 0), (700, 3), (5_000, 1), (30_000, 2)] {
        let mut keys = HashSet::new();
        let mut names = HashSet::new();
        let mut relationships = HashSet::new();
        let mut groups = HashSet::new();
        for record in estate(cis, seed) {
            match record {
                Record::Header(_) | Record::Catalog(_) => {}
                Record::Ci(ci) => {
                    assert!(names.insert((ci.ci_type, ci.name.clone())), "{:?} twice", ci.name);
                    assert!(keys.insert(ci.key.expect("generated CIs have keys")));
                }
                Record::Relationship(link) => {
                    assert!(keys.contains(&link.from) && keys.contains(&link.to), "{link:?}");
                    assert_ne!(link.from, link.to);
                    assert!(relationships.insert((link.from, link.relationship_type, link.to)));
                }
                Record::Group(group) => {
                    assert!(keys.contains(&group.consumer), "{group:?}");
                    let members: HashSet<&String> = group.members.iter().map(|member| &member.ci).collect();
                    assert_eq!(members.len(), group.members.len(), "{group:?}");
                    assert!(members.iter().all(|member| keys.contains(*member)), "{group:?}");
                    assert!(groups.insert((group.consumer, group.name)));
                }
            }
        }
    }
}

#[test]
fn the_shape_is_that_of_an_estate() {
    let cis = 10_000;
    let (mut relationships, mut attributes, mut groups) = (0u64, 0u64, 0u64);
    let mut fan_in: BTreeMap<String, u64> = BTreeMap::new();
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for record in estate(cis, 5) {
        match record {
            Record::Header(_) | Record::Catalog(_) => {}
            Record::Ci(ci) => {
                attributes += ci.attributes.len() as u64;
                *types.entry(ci.ci_type).or_default() += 1;
            }
            Record::Relationship(link) => {
                relationships += 1;
                *fan_in.entry(link.to).or_default() += 1;
            }
            Record::Group(_) => groups += 1,
        }
    }
    let tenths = |sum: u64| sum * 10 / cis;
    assert!(
        (28..=33).contains(&tenths(relationships)),
        "{relationships} relationships"
    );
    assert!((50..=90).contains(&tenths(attributes)), "{attributes} attributes");
    assert!(groups > cis / 100, "{groups} groups");
    assert!(types.len() >= 35, "{types:?}");
    let monitoring = fan_in.get("shared-3").copied().unwrap_or_default();
    assert!(monitoring > cis / 4, "{monitoring} are monitored");
}

#[test]
fn what_is_written_reads_back() {
    let written = text(600, 9);
    let read: Vec<Record> = written
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| parse_line(line).expect("generated lines are good"))
        .collect();
    assert_eq!(read, estate(600, 9).collect::<Vec<_>>());
}

#[test]
fn the_demonstration_estate_is_a_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/estate/estate.ndjson");
    let kept = std::fs::read(path).expect("the fixture is there");
    assert!(
        kept == text(600, 2026),
        "run: linchpin generate --cis 600 --seed 2026 -o fixtures/estate/estate.ndjson"
    );
}
