//! What connects the CIs of a cluster: where they run, who keeps them running, what they select.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ingest::formats::attributes::{Tally, at, list_at, text_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::{GroupRecord, MemberRecord};
use crate::model::Threshold;

use super::object::{Kind, Object, ObjectName};
use super::records::{is_control_plane, namespace_named};
use super::selector::map_fits;
use super::{Cluster, Owner, Relations, calls};

impl<'d> Cluster<'d> {
    /// Tells all relationships and redundancy groups.
    pub(super) fn relations(&self, findings: &mut Findings<'_>, tally: &mut Tally) {
        let mut relations = Relations::default();
        let mut namespaces = BTreeSet::new();
        for object in &self.objects {
            let key = self.key(object.name);
            let is_ci = match object.name.kind {
                Kind::Node => {
                    self.node(object, &mut relations, findings);
                    false
                }
                Kind::Namespace => {
                    namespaces.insert(object.name.name);
                    false
                }
                Kind::Pod if object.is_finished_pod() => false,
                Kind::Pod => {
                    self.pod(object, &mut relations, findings, tally);
                    true
                }
                Kind::Service => {
                    self.service(object, &mut relations, findings, tally);
                    true
                }
                Kind::Ingress => {
                    self.ingress(object, &mut relations, findings);
                    true
                }
                Kind::VolumeClaim => {
                    if let Some(volume) = text_at(object.value, &["spec", "volumeName"]) {
                        relations.tell(key.clone(), "stores_on", self.key(volume_named(volume)), findings);
                    }
                    true
                }
                Kind::Deployment
                | Kind::StatefulSet
                | Kind::DaemonSet
                | Kind::ReplicaSet
                | Kind::ReplicationController
                | Kind::Job
                | Kind::CronJob => !object.is_between(),
                Kind::Volume | Kind::DisruptionBudget | Kind::ConfigMap | Kind::Secret => false,
            };
            if is_ci {
                let namespace = namespace_named(object.name.namespace);
                relations.tell(key, "hosted_on", self.key(namespace), findings);
                namespaces.insert(object.name.namespace);
            }
        }
        for namespace in namespaces {
            let key = self.key(namespace_named(namespace));
            relations.tell(key, "hosted_on", self.cluster_key(), findings);
        }
        self.control_plane(findings);
        self.calls(&mut relations, findings);
    }

    fn node(&self, node: &Object<'d>, relations: &mut Relations, findings: &mut Findings<'_>) {
        let key = self.key(node.name);
        if let Some(machine) = self.machine_key(node) {
            relations.tell(key.clone(), "runs_on", machine, findings);
        }
        relations.tell(key, "member_of", self.cluster_key(), findings);
    }

    /// The control plane needs most of its nodes, as the store below it does.
    fn control_plane(&self, findings: &mut Findings<'_>) {
        let nodes = self.objects.iter().filter(|object| object.name.kind == Kind::Node);
        let nodes = nodes.filter(|node| is_control_plane(node));
        let keys: BTreeSet<String> = nodes.map(|node| self.key(node.name)).collect();
        if keys.is_empty() {
            return;
        }
        let quorum = u32::try_from(keys.len() / 2 + 1).unwrap_or(u32::MAX);
        let members = keys.into_iter().map(|ci| MemberRecord {
            ci,
            ..MemberRecord::default()
        });
        findings.group(GroupRecord {
            key: Some(format!("control_plane:{}", self.name)),
            name: "control_plane".to_owned(),
            consumer: self.cluster_key(),
            members: members.collect(),
            up_min: Some(Threshold::Count(quorum)),
            ..GroupRecord::default()
        });
    }

    fn pod(&self, pod: &Object<'d>, relations: &mut Relations, findings: &mut Findings<'_>, tally: &mut Tally) {
        let key = self.key(pod.name);
        if let Some(node) = text_at(pod.value, &["spec", "nodeName"]).filter(|node| !node.is_empty()) {
            let node = ObjectName {
                kind: Kind::Node,
                namespace: "",
                name: node,
            };
            relations.tell(key.clone(), "runs_on", self.key(node), findings);
        }
        match self.owner(pod) {
            Owner::Workload(owner) => relations.tell(key.clone(), "member_of", self.key(owner), findings),
            Owner::Foreign => tally.count("IGNORED", "pods' owners are of kinds that are not read"),
            Owner::Nobody => {}
        }
        for volume in list_at(pod.value, &["spec", "volumes"]) {
            if let Some(claim) = text_at(volume, &["persistentVolumeClaim", "claimName"]) {
                let claim = ObjectName {
                    kind: Kind::VolumeClaim,
                    namespace: pod.name.namespace,
                    name: claim,
                };
                relations.tell(key.clone(), "stores_on", self.key(claim), findings);
            }
        }
    }

    /// The pods that a service selects.
    pub(super) fn selected_pods(&self, service: &Object<'d>) -> Vec<Object<'d>> {
        let selector = at(service.value, &["spec", "selector"]);
        let pods = self.pods.get(service.name.namespace).into_iter().flatten();
        pods.filter(|pod| map_fits(selector, pod.labels())).copied().collect()
    }

    /// What stands behind a service: the pods it selects, or where there are none the workloads whose
    /// pods it would select.
    pub(super) fn behind(&self, service: &Object<'d>) -> Vec<Object<'d>> {
        let pods = self.selected_pods(service);
        if !pods.is_empty() {
            return pods;
        }
        let selector = at(service.value, &["spec", "selector"]);
        let workloads = self.workloads.get(service.name.namespace).into_iter().flatten();
        workloads
            .filter(|workload| map_fits(selector, workload.pod_labels()))
            .copied()
            .collect()
    }

    fn service(&self, service: &Object<'d>, relations: &mut Relations, findings: &mut Findings<'_>, tally: &mut Tally) {
        let behind = self.behind(service);
        if behind.is_empty() {
            let selects = at(service.value, &["spec", "selector"]).is_some_and(Value::is_object);
            tally.count(
                "NOTHING_SELECTED",
                if selects {
                    "services select no pod and no workload of this document"
                } else {
                    "services have no selector, so what stands behind them is not known"
                },
            );
        }
        for object in behind {
            relations.tell(self.key(object.name), "member_of", self.key(service.name), findings);
        }
    }

    /// An ingress is down when all services behind it are, and impaired when one of several is.
    fn ingress(&self, ingress: &Object<'d>, relations: &mut Relations, findings: &mut Findings<'_>) {
        let key = self.key(ingress.name);
        let services: BTreeSet<String> = backends(ingress.value)
            .map(|name| {
                self.key(ObjectName {
                    kind: Kind::Service,
                    namespace: ingress.name.namespace,
                    name,
                })
            })
            .collect();
        let group = (services.len() > 1).then(|| format!("backends:{key}"));
        if let Some(group) = &group {
            findings.group(GroupRecord {
                key: Some(group.clone()),
                name: "backends".to_owned(),
                consumer: key.clone(),
                up_min: Some(Threshold::Count(1)),
                capacity_min: Some(Threshold::Percent(100)),
                ..GroupRecord::default()
            });
        }
        for service in services {
            relations.tell_in(group.as_deref(), key.clone(), "depends_on", service, findings);
        }
    }

    /// What workloads call, as far as their environment says.
    fn calls(&self, relations: &mut Relations, findings: &mut Findings<'_>) {
        let workloads = self.workloads.values().flatten();
        let alone = self.pods.values().flatten();
        let alone = alone.filter(|pod| !matches!(self.owner(pod), Owner::Workload(_)));
        for caller in workloads.chain(alone) {
            for service in calls::called_services(self, caller) {
                let own = self
                    .behind(service)
                    .iter()
                    .any(|object| object.name == caller.name || self.owner(object) == Owner::Workload(caller.name));
                if !own {
                    relations.tell(self.key(caller.name), "depends_on", self.key(service.name), findings);
                }
            }
        }
    }
}

fn volume_named(name: &str) -> ObjectName<'_> {
    ObjectName {
        kind: Kind::Volume,
        namespace: "",
        name,
    }
}

/// The services behind an ingress, in the form of today and in that before.
fn backends(ingress: &Value) -> impl Iterator<Item = &str> {
    let fallback = ["defaultBackend", "backend"]
        .into_iter()
        .filter_map(|field| at(ingress, &["spec", field]));
    let paths = list_at(ingress, &["spec", "rules"])
        .iter()
        .flat_map(|rule| list_at(rule, &["http", "paths"]))
        .filter_map(|path| path.get("backend"));
    fallback
        .chain(paths)
        .filter_map(|backend| text_at(backend, &["service", "name"]).or_else(|| text_at(backend, &["serviceName"])))
}
