//! Bills of materials through the pipeline: `CycloneDX` and SPDX.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, Report, detected, down, fixture, sample};

/// Loads a document twice: the second time nothing may change.
fn twice(database: &Database, text: &str) -> Report {
    let report = database.load_as(text, detected("sbom"));
    assert!(report.summary.complete, "{}", report.text());
    let before = (database.dump(), database.revision());
    let again = database.load_as(text, detected("sbom"));
    assert_eq!(
        again.summary.of(Outcome::Unchanged),
        report.summary.of(Outcome::Created),
        "{}",
        again.text()
    );
    assert_eq!(before, (database.dump(), database.revision()));
    report
}

#[test]
fn the_same_bill_in_json_and_xml_is_the_same_graph() {
    let dump = |name: &str| {
        let database = Database::new();
        let report = twice(&database, &fixture(name));
        assert_eq!(report.summary.of(Outcome::Refused), 0, "{}", report.text());
        assert_eq!(report.summary.warnings.get("IGNORED"), Some(&3), "{}", report.text());
        let snapshot = database.cmdb.reader().snapshot();
        assert_eq!((snapshot.ci_count(), snapshot.relationship_count()), (9, 10));
        database.dump()
    };
    assert_eq!(dump("cyclonedx/good/shop.json"), dump("cyclonedx/good/shop.xml"));
    let spdx = |name: &str| {
        let database = Database::new();
        let report = twice(&database, &fixture(name));
        assert_eq!(report.summary.of(Outcome::Refused), 0, "{}", report.text());
        let snapshot = database.cmdb.reader().snapshot();
        assert_eq!((snapshot.ci_count(), snapshot.relationship_count()), (4, 4));
        database.dump()
    };
    let json = spdx("spdx/good/shop.spdx.json");
    assert_eq!(json, spdx("spdx/good/shop.spdx.xml"));
    assert_eq!(json, spdx("spdx/good/shop.spdx"));
    spdx("spdx/good/shop.spdx3.json");
}

#[test]
fn bad_bills_are_refused_as_far_as_they_are_bad() {
    for (name, code) in [
        ("cyclonedx/bad/broken-off.json", "MALFORMED_JSON"),
        ("cyclonedx/bad/not-closed.xml", "BAD_USER_INPUT"),
        ("cyclonedx/bad/entity.xml", "BAD_USER_INPUT"),
        ("spdx/bad/broken-off.json", "MALFORMED_JSON"),
        ("spdx/bad/rdf.xml", "BAD_USER_INPUT"),
    ] {
        let database = Database::new();
        let summary = database.load_as(&fixture(name), detected("sbom")).summary;
        assert_eq!(summary.error.expect("an error").code, code, "{name}");
        assert_eq!(database.cmdb.reader().snapshot().ci_count(), 0, "{name}");
    }
    for name in ["cyclonedx/bad/parts.json", "spdx/bad/parts.json"] {
        let database = Database::new();
        let report = database.load_as(&fixture(name), detected("sbom"));
        assert!(report.summary.of(Outcome::Refused) > 1, "{name}: {}", report.text());
        assert_eq!(report.summary.of(Outcome::Created), 1, "{name}: {}", report.text());
    }
}

#[derive(serde::Deserialize)]
struct KnownBills {
    files: BTreeMap<String, KnownBill>,
}

#[derive(serde::Deserialize)]
struct KnownBill {
    distinct_components: usize,
    services: usize,
    root: Option<String>,
    dependency_edges: usize,
    edges_to_unknown_ref: usize,
    top_impact: Vec<(String, usize)>,
}

/// The key of what a `CycloneDX` document calls so: a purl is its own key.
fn key_of(document: &serde_json::Value, reference: &str) -> String {
    let mut open: Vec<(&serde_json::Value, &str)> = vec![(document, "")];
    while let Some((value, _)) = open.pop() {
        for (field, kind) in [("components", "component"), ("services", "application_service")] {
            for part in value[field].as_array().into_iter().flatten() {
                if part["bom-ref"] == reference {
                    return match part["purl"].as_str() {
                        Some(purl) => purl.to_owned(),
                        None if kind == "application_service" => {
                            format!("{kind}:{}", part["name"].as_str().expect("a name"))
                        }
                        None => {
                            let text = |field: &str| part[field].as_str().expect("a text").to_owned();
                            format!("{}:{}@{}", text("type"), text("name"), text("version"))
                        }
                    };
                }
                open.push((part, field));
            }
        }
    }
    panic!("nothing is called {reference}")
}

#[test]
fn the_bills_of_cyclonedx_have_their_known_graphs() {
    let Some(folder) = sample("cyclonedx") else { return };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a sample");
    let known: KnownBills = serde_json::from_str(&read("KNOWN.json")).expect("known answers");
    assert_eq!(known.files.len(), 10);
    let mut dumps = BTreeMap::new();
    for (name, known) in &known.files {
        let database = Database::new();
        let text = read(name);
        let report = twice(&database, &text);
        assert!(report.items().is_empty(), "{name}: {}", report.text());
        let snapshot = database.cmdb.reader().snapshot();
        let subject = usize::from(known.root.is_some() || name.starts_with("OBOM"));
        // The service of one document has five more inside it, which the known answers take for unknown.
        let inner = known.edges_to_unknown_ref;
        assert_eq!(
            snapshot.ci_count(),
            known.distinct_components + known.services + inner + subject,
            "{name}"
        );
        let of_type = |wanted: &str| {
            let wanted = snapshot.catalog().relationship_type_named(wanted).expect("a type").id;
            snapshot
                .relationships()
                .filter(|relationship| relationship.relationship_type() == wanted)
                .count()
        };
        assert_eq!(of_type("depends_on"), known.dependency_edges, "{name}");
        if known.dependency_edges == 0 && known.root.is_some() {
            assert_eq!(of_type("part_of"), known.distinct_components, "{name}");
        }
        // References are the same in both notations of a document.
        let document: serde_json::Value = serde_json::from_str(&read(&name.replace(".xml", ".json"))).expect("JSON");
        for (reference, count) in &known.top_impact {
            let key = key_of(&document, reference);
            assert_eq!(
                down(&snapshot, &[&key], &["part_of", "provides"]).len(),
                *count,
                "{name}: {key}"
            );
        }
        dumps.insert(name.clone(), database.dump());
    }
    same(
        &dumps["SBOM__laravel-7.12.0__bom.1.4.json"],
        &dumps["SBOM__laravel-7.12.0__bom.1.4.xml"],
    );
    // The XML of this document leaves out the licence of one component.
    let but_one = |name: &str| -> Vec<String> {
        let licence = " licence_expression=Text(\"(CDDL-1.0 OR GPL-2.0-with-classpath-exception)\")";
        let of_one = |line: &String| line.starts_with("ci pkg:maven/org.glassfish.hk2/osgi-resource-locator@");
        let plain = |line: &String| {
            if of_one(line) {
                line.replace(licence, "")
            } else {
                line.clone()
            }
        };
        dumps[name].iter().map(plain).collect()
    };
    same(
        &but_one("SBOM__dropwizard-1.3.15__bom.json"),
        &but_one("SBOM__dropwizard-1.3.15__bom.xml"),
    );
}

/// Says where two dumps differ, and not all of both.
fn same(one: &[String], other: &[String]) {
    let differing: Vec<_> = one
        .iter()
        .zip(other)
        .filter(|(one, other)| one != other)
        .take(3)
        .collect();
    assert!(one.len() == other.len() && differing.is_empty(), "{differing:#?}");
}

#[derive(serde::Deserialize)]
struct KnownDocuments {
    files: BTreeMap<String, KnownDocument>,
}

#[derive(serde::Deserialize)]
struct KnownDocument {
    spdx: String,
    #[serde(default)]
    packages: usize,
    #[serde(default)]
    by_type: BTreeMap<String, usize>,
}

/// The packages that the document lists, as its own identities.
fn described(path: &Path) -> BTreeSet<String> {
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).expect("a sample")).expect("JSON");
    let (list, id) = if document["@graph"].is_array() {
        ("@graph", "spdxId")
    } else {
        ("packages", "SPDXID")
    };
    let packages = document[list].as_array().into_iter().flatten();
    let packages = packages.filter(|element| list == "packages" || element["type"] == "software_Package");
    packages
        .map(|package| package[id].as_str().expect("an identity").to_owned())
        .collect()
}

/// Relationships between packages and files that mean something here, counted by a script of its own.
const SPDX_RELATIONSHIPS: [(&str, usize); 18] = [
    ("example10__spdx3.0__hello-source.spdx3.json", 5),
    ("example11__spdx3.0__sbom.spdx3.json", 3),
    ("example12__spdx2.2__hello-src.spdx.json", 12),
    ("example12__spdx3.0__hello-src.spdx3.json", 12),
    ("example14__content__examplemaven-0.0.1.spdx.json", 7),
    ("example14__spdx2.3__examplemaven-0.0.1-enriched.spdx.json", 7),
    ("example1__spdx3.0__example1.json", 3),
    ("example3__spdx3.0__example3-bin.json", 4),
    ("example4__spdx3.0__example4-bin.json", 8),
    ("example5__spdx3.0__example5-bin.json", 1),
    ("example6__spdx3.0__example6-bin.json", 1),
    ("example6__spdx3.0__example6-src.json", 2),
    ("example7__spdx2.2__example7-go-module.spdx.json", 0),
    ("example7__spdx2.2__example7-third-party-modules.spdx.json", 0),
    ("example7__spdx3.0__example7-go-module.spdx3.json", 0),
    ("example7__spdx3.0__example7-third-party-modules.spdx3.json", 0),
    ("example8__spdx3.0__examplemaven-0.0.1.spdx3.json", 7),
    ("example9__spdx3.0__appbomination.spdx3.json", 17),
];

#[test]
fn the_documents_of_spdx_have_their_known_packages() {
    let Some(folder) = sample("spdx") else { return };
    let known = fs::read_to_string(folder.join("KNOWN.json")).expect("a sample");
    let known: KnownDocuments = serde_json::from_str(&known).expect("known answers");
    assert_eq!(known.files.len(), 18);
    let mut relationships = BTreeMap::new();
    for (name, known) in &known.files {
        let path = folder.join(name);
        let database = Database::new();
        let report = twice(&database, &fs::read_to_string(&path).expect("a sample"));
        assert!(report.items().is_empty(), "{name}: {}", report.text());
        let packages = if known.spdx == "3" {
            known.by_type.get("software_Package").copied().unwrap_or(0)
        } else {
            known.packages
        };
        assert_eq!(packages, described(&path).len(), "{name}");
        let snapshot = database.cmdb.reader().snapshot();
        let files = database
            .dump()
            .iter()
            .filter(|line| line.contains("component_type\\\":\\\"file\\\""))
            .count();
        assert_eq!(snapshot.ci_count(), packages + files, "{name}");
        relationships.insert(name.as_str(), snapshot.relationship_count());
    }
    assert_eq!(relationships, BTreeMap::from(SPDX_RELATIONSHIPS));
}
