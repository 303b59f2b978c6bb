//! The package graph of Debian: a real graph with real redundancy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::http_server::TestServer;
use crate::ingest_http::{NDJSON, push};
use crate::ingest_support::{Database, down, sample};

#[derive(serde::Deserialize)]
struct Known {
    packages: usize,
    groups_used: usize,
    groups_with_alternatives: usize,
    impact: BTreeMap<String, Counts>,
    impact_of_pairs_redundancy_aware: BTreeMap<String, usize>,
}

#[derive(serde::Deserialize)]
struct Counts {
    any_path: usize,
    redundancy_aware: usize,
}

/// The packages, and for each what it needs: all of the groups, one member of each.
pub(crate) struct Packages {
    names: Vec<String>,
    groups: Vec<(String, BTreeSet<String>)>,
}

fn rows(folder: &Path, name: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(folder.join(name)).expect("a sample");
    reader.records().map(|row| row.expect("a row")).collect()
}

pub(crate) fn read(folder: &Path) -> Packages {
    let names: Vec<String> = rows(folder, "packages.csv")
        .iter()
        .map(|row| row[0].to_owned())
        .collect();
    let packages: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut providers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(folder, "provides.csv") {
        providers
            .entry(row[1].to_owned())
            .or_default()
            .insert(row[0].to_owned());
    }
    let mut needs: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for row in rows(folder, "depends.csv") {
        let group = needs
            .entry((row[0].to_owned(), row[1].to_owned(), row[2].to_owned()))
            .or_default();
        let target = &row[4];
        if packages.contains(target) {
            group.insert(target.to_owned());
        }
        group.extend(providers.get(target).into_iter().flatten().cloned());
    }
    let groups = needs.into_iter().map(|((package, _, _), members)| (package, members));
    let groups = groups
        .filter(|(package, members)| !members.is_empty() && !members.contains(package))
        .collect();
    Packages { names, groups }
}

/// The native payload; with redundancy each set of alternatives is a group of which one is enough,
/// without it each alternative is needed.
pub(crate) fn payload(packages: &Packages, with_redundancy: bool) -> String {
    let mut text = String::from("{\"source\":\"debian\"}\n");
    // What connects packages stands before them, so that loads must put it aside.
    let mut plain: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (number, (package, members)) in packages.groups.iter().enumerate() {
        if members.len() == 1 || !with_redundancy {
            plain.extend(members.iter().map(|member| (package.as_str(), member.as_str())));
        } else {
            let members = serde_json::to_string(members).expect("names");
            writeln!(
                text,
                "{{\"group\":{{\"name\":\"g{number}\",\"consumer\":\"{package}\",\"members\":{members},\"up_min\":1}}}}"
            )
            .expect("a text");
        }
    }
    for (from, to) in plain {
        writeln!(
            text,
            "{{\"relationship\":{{\"from\":\"{from}\",\"type\":\"depends_on\",\"to\":\"{to}\"}}}}"
        )
        .expect("a text");
    }
    for name in &packages.names {
        writeln!(
            text,
            "{{\"ci\":{{\"key\":\"{name}\",\"type\":\"software_package\",\"name\":\"{name}\"}}}}"
        )
        .expect("a text");
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn debian_packages_fail_as_known_with_and_without_redundancy() {
    let Some(folder) = sample("debian-packages") else {
        return;
    };
    let known = fs::read_to_string(folder.join("KNOWN.json")).expect("a sample");
    let known: Known = serde_json::from_str(&known).expect("known answers");
    let packages = read(&folder);
    assert_eq!(packages.groups.len(), known.groups_used);
    for with_redundancy in [true, false] {
        let database = Database::new();
        let text = payload(&packages, with_redundancy);
        let server = TestServer::start_on(Some(database.cmdb.clone()), |_| {}).await;
        let first = push(&server, "/ingest?source=debian", NDJSON, text.clone()).await;
        let expected = (200, 1 + first.progress());
        assert_eq!((first.status, first.lines.len()), expected, "{:?}", first.lines);
        let snapshot = database.cmdb.reader().snapshot();
        assert_eq!(snapshot.ci_count(), known.packages);
        for (failed, counts) in &known.impact {
            let expected = if with_redundancy {
                counts.redundancy_aware
            } else {
                counts.any_path
            };
            assert_eq!(
                down(&snapshot, &[failed], &[]).len(),
                expected,
                "{failed}, redundancy {with_redundancy}"
            );
        }
        if with_redundancy {
            for (pair, expected) in &known.impact_of_pairs_redundancy_aware {
                let failed: Vec<&str> = pair.split('+').collect();
                assert_eq!(down(&snapshot, &failed, &[]).len(), *expected, "{pair}");
            }
            assert!(snapshot.group_count() <= known.groups_with_alternatives + known.groups_used);
        }
        let before = database.revision();
        let again = push(&server, "/ingest", NDJSON, text).await;
        let summary = again.summary();
        assert!(summary.complete && !summary.changed, "{:?}", again.lines);
        assert_eq!(database.revision(), before);
    }
}
