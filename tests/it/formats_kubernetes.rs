//! Kubernetes objects: fixtures, and a real cluster with known answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use linchpin::graph::Estate;

use crate::format_fixtures::{again, check, options, refused};
use crate::ingest_support::{Database, Report, down, sample};

#[test]
fn fixtures_of_kubernetes_are_read_as_expected() {
    check("kubernetes");
}

#[derive(serde::Deserialize)]
struct Known {
    systems: BTreeMap<String, System>,
}

#[derive(serde::Deserialize)]
struct System {
    by_kind: BTreeMap<String, usize>,
    #[serde(default)]
    pods_by_node: BTreeMap<String, usize>,
    #[serde(default)]
    pods_by_top_owner: BTreeMap<String, usize>,
    #[serde(default)]
    workloads_lost_with_node: BTreeMap<String, Vec<String>>,
    service_selects: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    calls_from_env: Vec<(String, String)>,
    #[serde(default)]
    impact_from_env: BTreeMap<String, Vec<String>>,
}

fn known(folder: &Path) -> BTreeMap<String, System> {
    let text = fs::read_to_string(folder.join("KNOWN.json")).expect("known answers");
    serde_json::from_str::<Known>(&text).expect("known answers").systems
}

/// The files of a folder and those below, one document behind the other.
pub(crate) fn joined(folder: &Path, extension: &str, between: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> = fs::read_dir(folder)
            .expect("samples")
            .map(|entry| entry.expect("a sample").path())
            .collect();
        paths.sort();
        folders.extend(paths.iter().filter(|path| path.is_dir()).cloned());
        for path in paths
            .iter()
            .filter(|path| path.extension().is_some_and(|is| is == extension))
        {
            text.push_str(&fs::read_to_string(path).expect("a sample"));
            text.push_str(between);
        }
    }
    text
}

fn load(text: &str) -> (Database, Report) {
    let database = Database::new();
    let report = database.load_as(text, options(None, Some("c")));
    assert!(report.summary.complete, "{}", report.text());
    again(&database, text, &options(None, Some("c")));
    (database, report)
}

fn count(estate: &Estate, ci_type: &str) -> usize {
    estate.catalog().ci_type_named(ci_type).map_or(0, |definition| {
        let slots = estate.slots_by_id();
        slots
            .iter()
            .filter(|slot| estate.ci_at(**slot).ci_type() == definition.id)
            .count()
    })
}

/// Both ends of all relationships of a type, by key without kind and cluster.
fn related(estate: &Estate, relationship_type: &str, kinds: (&str, &str)) -> Vec<(String, String)> {
    let wanted = estate
        .catalog()
        .relationship_type_named(relationship_type)
        .expect("a type")
        .id;
    let key = |slot| {
        let origin = estate.ci_at(slot).origins().next().expect("an origin");
        origin.native_key.to_string()
    };
    let ends = |from: String, to: String| {
        let from = from.strip_prefix(kinds.0)?.strip_prefix(":c/")?.to_owned();
        let to = to.strip_prefix(kinds.1)?.strip_prefix(":c/")?.to_owned();
        Some((from, to))
    };
    let mut pairs: Vec<(String, String)> = estate
        .relationships()
        .filter(|relationship| relationship.relationship_type() == wanted)
        .filter_map(|relationship| ends(key(relationship.from()), key(relationship.to())))
        .collect();
    pairs.sort();
    pairs
}

const WORKLOADS: [(&str, &str); 4] = [
    ("Deployment", "deployment"),
    ("StatefulSet", "stateful_set"),
    ("DaemonSet", "daemon_set"),
    ("Pod", "pod"),
];

/// `deployment:c/shop/web` as `Deployment:shop/web`.
fn as_known(key: &str) -> Option<String> {
    WORKLOADS
        .iter()
        .find_map(|(kind, word)| Some(format!("{kind}:{}", key.strip_prefix(word)?.strip_prefix(":c/")?)))
}

#[test]
fn a_real_cluster_is_read_as_it_is_known() {
    let Some(folder) = sample("kubernetes") else { return };
    let systems = known(&folder);
    let known = &systems["cluster-dump"];
    let (database, report) = load(&joined(&folder.join("cluster-dump"), "json", "\n"));
    let estate = database.cmdb.reader().snapshot();
    for (kind, ci_type) in [
        ("Node", "kubernetes_node"),
        ("Pod", "kubernetes_pod"),
        ("Service", "kubernetes_service"),
        ("Ingress", "kubernetes_ingress"),
        ("PersistentVolume", "volume"),
        ("PersistentVolumeClaim", "kubernetes_volume_claim"),
        ("Namespace", "kubernetes_namespace"),
    ] {
        let objects = known.by_kind[kind];
        assert_eq!(count(&estate, ci_type), objects, "{kind}");
    }
    let workloads = ["Deployment", "StatefulSet", "DaemonSet"].map(|kind| known.by_kind[kind]);
    assert_eq!(count(&estate, "workload"), workloads.iter().sum::<usize>());
    let mut by_node: BTreeMap<String, usize> = BTreeMap::new();
    for (_, node) in related(&estate, "runs_on", ("pod", "node")) {
        *by_node.entry(node).or_default() += 1;
    }
    assert_eq!(by_node, known.pods_by_node);
    let mut by_owner: BTreeMap<String, usize> = BTreeMap::new();
    for (kind, word) in WORKLOADS {
        for (_, owner) in related(&estate, "member_of", ("pod", word)) {
            *by_owner.entry(format!("{kind}:{owner}")).or_default() += 1;
        }
    }
    let owned = |owners: &BTreeMap<String, usize>| -> BTreeMap<String, usize> {
        let owners = owners.iter().filter(|(owner, _)| !owner.starts_with("Pod:"));
        owners.map(|(owner, pods)| (owner.clone(), *pods)).collect()
    };
    assert_eq!(by_owner, owned(&known.pods_by_top_owner));
    selects(&estate, known, "pod");
    for (node, expected) in &known.workloads_lost_with_node {
        let keys = down(&estate, &[&format!("node:c/{node}")], &["depends_on"]);
        let owned_pod =
            |key: &String| key.starts_with("pod:") && !expected.contains(&as_known(key).unwrap_or_default());
        let mut lost: Vec<String> = keys
            .iter()
            .filter(|key| !owned_pod(key))
            .filter_map(|key| as_known(key))
            .collect();
        lost.sort();
        assert_eq!(&lost, expected, "{node}");
    }
    assert_eq!(
        refused(&report),
        [
            "DANGLING_EDGE ingress:c/default/grafana -> service:c/default/grafana",
            "DANGLING_EDGE ingress:c/default/fix -> service:c/default/fix-fixcore",
            "DANGLING_EDGE ingress:c/default/fix-web-installer -> service:c/default/fix-web-installer",
        ]
    );
}

fn selects(estate: &Estate, known: &System, kind: &str) {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (member, service) in related(estate, "member_of", (kind, "service")) {
        let (_, name) = member.split_once('/').expect("namespace and name");
        found.entry(service).or_default().push(name.to_owned());
    }
    let expected = known.service_selects.iter().filter(|(_, members)| !members.is_empty());
    let expected: BTreeMap<String, Vec<String>> = expected
        .map(|(service, members)| match service.strip_prefix('/') {
            Some(name) => (format!("default/{name}"), members.clone()),
            None => (service.clone(), members.clone()),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn manifests_of_published_systems_are_read_as_they_are_known() {
    let Some(folder) = sample("kubernetes") else { return };
    for (name, known) in known(&folder) {
        if name == "cluster-dump" {
            continue;
        }
        let manifests = joined(&folder.join(&name), "yaml", "\n---\n");
        let (database, report) = load(&manifests);
        let estate = database.cmdb.reader().snapshot();
        assert_eq!(refused(&report), [""; 0], "{name}");
        assert_eq!(count(&estate, "workload"), known.by_kind["Deployment"], "{name}");
        assert_eq!(count(&estate, "kubernetes_service"), known.by_kind["Service"], "{name}");
        selects(&estate, &known, "deployment");
        let namespace = if name == "sock-shop" { "sock-shop" } else { "default" };
        let short = |key: String| {
            key.split_once('/')
                .map(|(_, name)| name.to_owned())
                .expect("a namespace")
        };
        let calls = related(&estate, "depends_on", ("deployment", "service"));
        let calls: Vec<(String, String)> = calls.into_iter().map(|(from, to)| (short(from), short(to))).collect();
        assert_eq!(calls, known.calls_from_env, "{name}");
        for (failed, expected) in &known.impact_from_env {
            let keys = down(&estate, &[&format!("deployment:c/{namespace}/{failed}")], &[]);
            let prefix = format!("deployment:c/{namespace}/");
            let lost: Vec<&str> = keys
                .iter()
                .filter_map(|key| key.strip_prefix(prefix.as_str()))
                .collect();
            assert_eq!(&lost, expected, "{name}: {failed}");
        }
    }
}
