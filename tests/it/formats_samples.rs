//! Data of other tools that comes through what there is: native payloads and CSV with a mapping.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use linchpin::ingest::IngestOptions;
use linchpin::ingest::formats::{CsvMapping, Format};
use serde_json::{Value, json};

use crate::format_fixtures::refused;
use crate::ingest_support::{Database, down, sample};

fn ci(key: &str, ci_type: &str, name: &str) -> String {
    format!("{}\n", json!({"ci": {"key": key, "type": ci_type, "name": name}}))
}

fn json_of(folder: &std::path::Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("a sample");
    serde_json::from_str(&text).expect("JSON")
}

/// What each thing depends on, counted from the impact of everything.
fn reach(database: &Database, keys: &[String]) -> BTreeMap<String, u64> {
    let estate = database.cmdb.reader().snapshot();
    let mut reach: BTreeMap<String, u64> = keys.iter().map(|key| (key.clone(), 0)).collect();
    for key in keys {
        for lost in down(&estate, &[key], &[]) {
            *reach.get_mut(&lost).expect("a key") += 1;
        }
    }
    reach
}

#[test]
fn data_flows_of_microservices_reach_what_they_are_known_to_reach() {
    let Some(folder) = sample("microsecend") else { return };
    let known = json_of(&folder, "KNOWN.json");
    for (file, known) in known["systems"].as_object().expect("systems") {
        let system = json_of(&folder, file);
        let list = |field: &str| system[field].as_array().cloned().unwrap_or_default();
        let text = |value: &Value, field: &str| value[field].as_str().expect("a text").to_owned();
        let names: Vec<String> = ["services", "external_entities"]
            .iter()
            .flat_map(|field| list(field))
            .map(|item| text(&item, "name"))
            .collect();
        let mut payload: String = names.iter().map(|name| ci(name, "application", name)).collect();
        for flow in list("information_flows") {
            let ends = (text(&flow, "sender"), text(&flow, "receiver"));
            let relationship = json!({"relationship": {"from": ends.0, "type": "depends_on", "to": ends.1}});
            writeln!(payload, "{relationship}").expect("a text");
        }
        let database = Database::new();
        let report = database.load(&payload);
        assert_eq!(refused(&report), [""; 0], "{file}");
        let estate = database.cmdb.reader().snapshot();
        let count = |field: &str| known[field].as_u64().expect("a number");
        assert_eq!(
            estate.ci_count() as u64,
            count("services") + count("external"),
            "{file}"
        );
        assert_eq!(estate.relationship_count() as u64, count("distinct_flows"), "{file}");
        let expected: BTreeMap<String, u64> = serde_json::from_value(known["reach"].clone()).expect("numbers");
        assert_eq!(reach(&database, &names), expected, "{file}");
    }
}

/// How that tool words types and relations.
const VEOPS: &str = r#"
[fields]
from = ["from_id"]
to = ["to_id"]
[relationship_types.contain]
type = "part_of"
reversed = true
"#;

#[test]
fn an_export_of_another_cmdb_comes_in_with_a_mapping() {
    let Some(folder) = sample("veops-cmdb-demo") else {
        return;
    };
    let known = json_of(&folder, "KNOWN.json");
    let text = fs::read_to_string(folder.join("cis.jsonl")).expect("a sample");
    let mut payload = String::new();
    let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines() {
        let item: Value = serde_json::from_str(line).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (key, kind) = (text(&item["id"]), text(&item["type"]));
        let (ci_type, name) = match kind.as_str() {
            "bu" => ("business_capability", "bu_name"),
            "product" => ("business_application", "product_name"),
            "app" => ("application", "app_name"),
            "server" => ("server", "hostname"),
            other => panic!("{other}"),
        };
        payload.push_str(&ci(&key, ci_type, &text(&item["attributes"][name])));
        *by_type.entry(kind).or_default() += 1;
    }
    let database = Database::new();
    let report = database.load(&payload);
    assert_eq!(refused(&report), [""; 0]);
    assert_eq!(json!(by_type), known["by_type"]);
    let relations = fs::read_to_string(folder.join("relations.csv")).expect("a sample");
    let mapping = CsvMapping::from_toml(VEOPS).expect("a mapping");
    let options = IngestOptions {
        format: Format::Csv(Box::new(mapping)),
        ..IngestOptions::default()
    };
    let report = database.load_as(&relations, options);
    assert_eq!(refused(&report), [""; 0]);
    let estate = database.cmdb.reader().snapshot();
    assert_eq!(json!(estate.ci_count()), known["cis"]);
    assert_eq!(json!(estate.relationship_count()), known["relations"]);
    // Every whole is made of its parts, and each of them is needed.
    let mut whole: BTreeMap<String, u64> = BTreeMap::new();
    let key = |slot| {
        estate
            .ci_at(slot)
            .origins()
            .next()
            .expect("an origin")
            .native_key
            .to_string()
    };
    for slot in estate.slots_by_id() {
        for lost in down(&estate, &[&key(*slot)], &[]) {
            *whole.entry(lost).or_default() += 1;
        }
    }
    let roots = known["descendants_of_roots"].as_object().expect("numbers");
    for (root, descendants) in roots {
        assert_eq!(json!(whole[root]), *descendants, "{root}");
    }
}
