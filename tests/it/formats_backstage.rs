//! Backstage catalogs: fixtures, and catalogs of real organisations with known answers.

use std::collections::BTreeMap;
use std::fs;

use crate::format_fixtures::{again, check, options, refused};
use crate::formats_kubernetes::joined;
use crate::ingest_support::{Database, down, sample};

#[test]
fn fixtures_of_backstage_are_read_as_expected() {
    check("backstage");
}

#[derive(serde::Deserialize)]
struct Known {
    catalogs: BTreeMap<String, Catalog>,
}

#[derive(serde::Deserialize)]
struct Catalog {
    duplicates: usize,
    by_kind: BTreeMap<String, usize>,
    relations_by_type: BTreeMap<String, u64>,
    dangling_by_field: BTreeMap<String, usize>,
    #[serde(rename = "top_impact_dependsOn")]
    top_impact: Vec<(String, usize)>,
}

/// What the known numbers call a relationship type of ours.
fn theirs(relationship_type: &str) -> &'static [&'static str] {
    match relationship_type {
        "belongs_to" => &["childOf", "memberOf"],
        "owned_by" => &["ownedBy"],
        "part_of" => &["partOf"],
        "depends_on" => &["dependsOn"],
        "consumes" => &["consumesApi"],
        "provides" => &["providesApi"],
        other => panic!("{other} is not expected"),
    }
}

#[test]
fn catalogs_of_real_organisations_are_read_as_they_are_known() {
    let Some(folder) = sample("backstage") else { return };
    let text = fs::read_to_string(folder.join("KNOWN.json")).expect("known answers");
    let known: Known = serde_json::from_str(&text).expect("known answers");
    for (name, known) in known.catalogs {
        let text = joined(&folder.join(&name), "yaml", "\n---\n");
        let database = Database::new();
        let report = database.load_as(&text, options(None, None));
        assert!(report.summary.complete, "{name}: {}", report.text());
        again(&database, &text, &options(None, None));
        let snapshot = database.cmdb.reader().snapshot();
        let mut by_kind: BTreeMap<String, usize> = BTreeMap::new();
        for slot in snapshot.slots_by_id() {
            let key = snapshot
                .ci_at(*slot)
                .origins()
                .next()
                .expect("an origin")
                .native_key
                .to_string();
            let kind = key.split_once(':').expect("a reference").0.to_owned();
            *by_kind.entry(kind).or_default() += 1;
        }
        let expected = known.by_kind.iter().filter(|(kind, _)| kind.as_str() != "Location");
        let expected: BTreeMap<String, usize> = expected.map(|(kind, count)| (kind.to_lowercase(), *count)).collect();
        assert_eq!(by_kind, expected, "{name}");
        // Members that groups list are not among the known relations.
        let refused = refused(&report);
        let (members, dangling): (Vec<&String>, Vec<&String>) =
            refused.iter().partition(|line| line.starts_with("DANGLING_EDGE user:"));
        assert!(
            dangling.iter().all(|line| line.starts_with("DANGLING_EDGE ")),
            "{name}: {dangling:?}"
        );
        assert_eq!(
            dangling.len(),
            known.dangling_by_field.values().sum::<usize>(),
            "{name}"
        );
        for (relationship_type, outcomes) in &report.summary.relationship_types {
            let expected = theirs(relationship_type)
                .iter()
                .filter_map(|theirs| known.relations_by_type.get(*theirs));
            let found: u64 = outcomes.values().sum();
            let listed = if relationship_type == "belongs_to" {
                members.len() as u64
            } else {
                0
            };
            assert_eq!(found - listed, expected.sum::<u64>(), "{name}: {relationship_type}");
        }
        let duplicates = report.summary.notes.iter().find(|note| note.code == "DUPLICATE_RECORD");
        let told = duplicates.map_or_else(String::new, |note| note.message.clone());
        assert_eq!(
            told.contains(&format!(": {} (", known.duplicates)),
            known.duplicates > 0,
            "{name}: {told}"
        );
        for (failed, count) in known.top_impact {
            let lost = down(&snapshot, &[&failed], &["part_of", "provides", "consumes"]);
            assert_eq!(lost.len(), count, "{name}: {failed}: {lost:?}");
        }
    }
}
