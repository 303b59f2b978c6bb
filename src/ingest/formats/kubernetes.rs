//! Kubernetes objects: `kubectl get -o json` or `-o yaml`, single objects, manifests.
//!
//! Keys are kind, cluster, namespace and name, by which objects refer to each other; so a later
//! document may speak of what an earlier one brought. What is one thing to its users is one CI: pods
//! belong to the deployment at the top of their owners, and the replica sets between are passed over.

mod calls;
mod object;
mod quantity;
mod records;
mod relations;
mod selector;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ingest::observation::Problem;
use crate::ingest::payload::RelationshipRecord;

use super::attributes::{Tally, text_at};
use super::document::{Adapter, Content, Findings};
use object::{Gathered, Kind, Object, ObjectName};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "kubernetes",
    label: "Kubernetes objects, as kubectl prints them or as manifests",
    recognises,
    read,
};

/// The cluster's name where nobody says it.
const CLUSTER_DEFAULT: &str = "kubernetes";

/// Owners above an object that are followed at most.
const OWNERS_MAX: usize = 8;

fn recognises(content: &Content) -> bool {
    let is_object = |value: &Value| {
        let api_version = text_at(value, &["apiVersion"]);
        text_at(value, &["kind"]).is_some()
            && api_version.is_some_and(|version| !version.starts_with("backstage.io/"))
            && (value.get("metadata").is_some_and(Value::is_object) || value.get("items").is_some_and(Value::is_array))
    };
    let values = content.values();
    !values.is_empty() && values.iter().all(is_object)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut gathered = Gathered::default();
    for document in content.require_values()? {
        gathered.gather(document, findings);
    }
    let mut tally = Tally::default();
    for (kind, count) in &gathered.others {
        findings.warn("IGNORED", format!("objects of kind {kind}, which is not read: {count}"));
    }
    let name = findings.name().map(str::trim).filter(|name| !name.is_empty());
    if name.is_none() {
        let message = format!(
            "the document does not say which cluster it is of, so it is called `{CLUSTER_DEFAULT}`: name it (--name), or \
             a second cluster will be taken for the same"
        );
        findings.warn("CLUSTER_UNNAMED", message);
    }
    let cluster = Cluster::new(name.unwrap_or(CLUSTER_DEFAULT).to_owned(), gathered.objects);
    cluster.records(findings, &mut tally);
    cluster.relations(findings, &mut tally);
    tally.report(findings);
    Ok(())
}

/// A document's objects, by what they are looked up by.
struct Cluster<'d> {
    name: String,
    objects: Vec<Object<'d>>,
    by_name: BTreeMap<ObjectName<'d>, usize>,
    /// Running pods by namespace.
    pods: BTreeMap<&'d str, Vec<Object<'d>>>,
    /// Workloads that are CIs, by namespace.
    workloads: BTreeMap<&'d str, Vec<Object<'d>>>,
    budgets: BTreeMap<&'d str, Vec<Object<'d>>>,
}

/// Who keeps an object running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner<'d> {
    /// A workload that is a CI; whether it is in the document is not said.
    Workload(ObjectName<'d>),
    /// Something of a kind that is not read.
    Foreign,
    /// Nobody.
    Nobody,
}

impl<'d> Cluster<'d> {
    fn new(name: String, objects: Vec<Object<'d>>) -> Self {
        let by_name = objects.iter().enumerate();
        let mut cluster = Self {
            name,
            by_name: by_name.map(|(place, object)| (object.name, place)).collect(),
            objects,
            pods: BTreeMap::new(),
            workloads: BTreeMap::new(),
            budgets: BTreeMap::new(),
        };
        for object in cluster.objects.clone() {
            let kind = object.name.kind;
            let list = if kind == Kind::Pod && !object.is_finished_pod() {
                &mut cluster.pods
            } else if kind == Kind::DisruptionBudget {
                &mut cluster.budgets
            } else if kind.is_workload() && !object.is_between() {
                &mut cluster.workloads
            } else {
                continue;
            };
            list.entry(object.name.namespace).or_default().push(object);
        }
        cluster
    }

    fn key(&self, name: ObjectName<'_>) -> String {
        let (kind, cluster) = (name.kind.word(), &self.name);
        match name.namespace {
            "" => format!("{kind}:{cluster}/{}", name.name),
            namespace => format!("{kind}:{cluster}/{namespace}/{}", name.name),
        }
    }

    fn cluster_key(&self) -> String {
        format!("cluster:{}", self.name)
    }

    fn find(&self, name: ObjectName<'_>) -> Option<&Object<'d>> {
        // A look-up by a name of another lifetime: names are compared by their text.
        self.by_name.get(&name).and_then(|place| self.objects.get(*place))
    }

    /// The workload at the top of an object's owners.
    fn owner(&self, object: &Object<'d>) -> Owner<'d> {
        let mut found = Owner::Nobody;
        let mut current = *object;
        for _ in 0..OWNERS_MAX {
            let Some(reference) = current.controller() else {
                return found;
            };
            let Some(name) = reference.name else {
                return if found == Owner::Nobody { Owner::Foreign } else { found };
            };
            let listed = self.find(name).copied();
            let same =
                |owner: &Object<'d>| reference.uid.is_none() || owner.uid.is_none() || reference.uid == owner.uid;
            match listed.filter(same) {
                Some(owner) => {
                    found = Owner::Workload(owner.name);
                    current = owner;
                }
                None => return Owner::Workload(deployment_of(&current, name)),
            }
        }
        found
    }
}

/// The deployment of a replica set that is not in the document: a pod's label says by what its
/// deployment's name is lengthened.
fn deployment_of<'d>(pod: &Object<'d>, owner: ObjectName<'d>) -> ObjectName<'d> {
    let hash = text_at(pod.value, &["metadata", "labels", "pod-template-hash"]);
    let deployment = hash
        .and_then(|hash| owner.name.strip_suffix(hash))
        .and_then(|name| name.strip_suffix('-'))
        .filter(|name| owner.kind == Kind::ReplicaSet && !name.is_empty());
    deployment.map_or(owner, |name| ObjectName {
        kind: Kind::Deployment,
        name,
        ..owner
    })
}

/// Relationships, each once.
#[derive(Default)]
struct Relations {
    told: BTreeSet<(String, &'static str, String)>,
}

impl Relations {
    fn tell(&mut self, from: String, relationship_type: &'static str, to: String, findings: &mut Findings<'_>) {
        self.tell_in(None, from, relationship_type, to, findings);
    }

    /// A relationship that is in a redundancy group.
    fn tell_in(
        &mut self,
        group: Option<&str>,
        from: String,
        relationship_type: &'static str,
        to: String,
        findings: &mut Findings<'_>,
    ) {
        if self.told.insert((from.clone(), relationship_type, to.clone())) {
            findings.relationship_record(RelationshipRecord {
                from,
                relationship_type: relationship_type.to_owned(),
                to,
                group: group.map(|group| Some(group.to_owned())),
                ..RelationshipRecord::default()
            });
        }
    }
}

#[cfg(test)]
mod tests;
