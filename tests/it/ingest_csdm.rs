//! A CSDM sample of `ServiceNow`, loaded as the CSV files it came as.

use std::collections::BTreeMap;
use std::fs;

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::{CsvMapping, Format};
use linchpin::ingest::report::Outcome;

use crate::ingest_support::{Database, down, sample};

const CIS: [&str; 7] = [
    "02_business_capabilities.csv",
    "03_business_applications.csv",
    "04_business_services.csv",
    "05_technical_services.csv",
    "06_service_offerings.csv",
    "07_service_instances.csv",
    "08_infrastructure_cis.csv",
];

#[derive(serde::Deserialize)]
struct Known {
    cis: usize,
    relations: usize,
    impact: BTreeMap<String, Vec<String>>,
    impact_with_contains: BTreeMap<String, Vec<String>>,
}

fn options() -> IngestOptions {
    IngestOptions {
        source: Some("servicenow".to_owned()),
        format: Format::Csv(Box::new(CsvMapping::servicenow())),
        ..IngestOptions::default()
    }
}

#[test]
fn the_csdm_sample_loads_as_csv_and_its_impact_is_the_known_one() {
    let Some(folder) = sample("servicenow-csdm") else {
        return;
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a sample");
    let known: Known = serde_json::from_str(&read("KNOWN.json")).expect("known answers");
    let database = Database::new();
    let load = |name: &str| {
        let report = database.load_as(&read(name), options());
        assert!(
            report.summary.complete && report.items().is_empty(),
            "{name}: {}",
            report.text()
        );
        report.summary
    };
    for name in CIS {
        load(name);
    }
    load("09_cmdb_rel_ci.csv");
    let snapshot = database.cmdb.reader().snapshot();
    assert_eq!(snapshot.ci_count(), known.cis);
    assert_eq!(snapshot.relationship_count(), known.relations);
    load("10_svc_ci_assoc.csv");
    let snapshot = database.cmdb.reader().snapshot();
    for slot in snapshot.slots_by_id() {
        let ci = snapshot.ci_at(*slot);
        let key = ci.origins().next().expect("an origin").native_key;
        let expected = |sets: &BTreeMap<String, Vec<String>>| sets.get(&*key).cloned().unwrap_or_default();
        assert_eq!(
            down(&snapshot, &[&key], &[]),
            expected(&known.impact_with_contains),
            "{key}, with contains"
        );
        assert_eq!(down(&snapshot, &[&key], &["part_of"]), expected(&known.impact), "{key}");
    }
    let before = database.revision();
    for name in CIS.into_iter().chain(["09_cmdb_rel_ci.csv", "10_svc_ci_assoc.csv"]) {
        let summary = load(name);
        assert_eq!(summary.of(Outcome::Unchanged), summary.records, "{name}");
    }
    assert_eq!(database.revision(), before);
}
