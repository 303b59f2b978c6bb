//! The CIs of a cluster.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ingest::formats::attributes::{Attributes, Tally, at, list_at, text_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::payload::CiRecord;

use super::object::{Kind, Object, ObjectName};
use super::selector::{selector_fits, wanted_up};
use super::{Cluster, Owner, quantity};

/// The namespace whose UID names the cluster: it is made with it and cannot be removed.
const NAMESPACE_OF_CLUSTER: &str = "kube-system";

impl<'d> Cluster<'d> {
    /// Tells all CIs.
    pub(super) fn records(&self, findings: &mut Findings<'_>, tally: &mut Tally) {
        self.cluster_record(findings);
        let mut namespaces: BTreeSet<&str> = BTreeSet::new();
        for object in &self.objects {
            if is_ci(object, tally) {
                if object.name.kind != Kind::Namespace && !object.name.namespace.is_empty() {
                    namespaces.insert(object.name.namespace);
                }
                self.record(object, findings, tally);
            }
        }
        for name in namespaces {
            let namespace = namespace_named(name);
            if self.find(namespace).is_none() {
                let mut attributes = Attributes::default();
                attributes.text("cluster_name", Some(&self.name));
                findings.ci(self.ci(namespace, "kubernetes_namespace", attributes));
            }
        }
    }

    fn cluster_record(&self, findings: &mut Findings<'_>) {
        let nodes = || self.objects.iter().filter(|object| object.name.kind == Kind::Node);
        let mut attributes = Attributes::default();
        let namespace = self.find(namespace_named(NAMESPACE_OF_CLUSTER));
        attributes.text("uuid", namespace.and_then(|namespace| namespace.uid));
        if nodes().next().is_some() {
            // Pods move to other nodes, so the cluster itself fails with the last one.
            attributes.text("min_up", Some("1"));
        }
        findings.ci(CiRecord {
            key: Some(self.cluster_key()),
            ci_type: "kubernetes_cluster".to_owned(),
            name: Some(self.name.clone()),
            attributes: attributes.take(),
            ..CiRecord::default()
        });
    }

    fn record(&self, object: &Object<'d>, findings: &mut Findings<'_>, tally: &mut Tally) {
        let mut attributes = Attributes::default();
        attributes.text("uid", object.uid);
        attributes.text("cluster_name", Some(&self.name));
        attributes.json("labels", object.labels());
        let value = object.value;
        let ci_type = match object.name.kind {
            Kind::Node => {
                node(value, &mut attributes);
                "kubernetes_node"
            }
            Kind::Namespace => "kubernetes_namespace",
            Kind::Pod => {
                attributes.address("primary_ip", text_at(value, &["status", "podIP"]));
                images(object, &mut attributes);
                "kubernetes_pod"
            }
            Kind::Service => {
                service(value, &mut attributes);
                attributes.text("min_up", self.service_min_up(object).as_deref());
                "kubernetes_service"
            }
            Kind::Ingress => {
                ingress(value, &mut attributes);
                "kubernetes_ingress"
            }
            Kind::VolumeClaim => {
                volume_claim(value, &mut attributes);
                "kubernetes_volume_claim"
            }
            Kind::Volume => {
                findings.ci(self.ci(object.name, "volume", self.volume(value)));
                return;
            }
            Kind::Deployment
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::ReplicationController
            | Kind::Job
            | Kind::CronJob => {
                self.workload(object, &mut attributes, tally);
                "workload"
            }
            Kind::DisruptionBudget | Kind::ConfigMap | Kind::Secret => return,
        };
        if !object.name.namespace.is_empty() {
            attributes.text("namespace", Some(object.name.namespace));
        }
        findings.ci(self.ci(object.name, ci_type, attributes));
        if object.name.kind == Kind::Node {
            self.machine(object, findings);
        }
    }

    fn ci(&self, name: ObjectName<'_>, ci_type: &str, mut attributes: Attributes) -> CiRecord {
        CiRecord {
            key: Some(self.key(name)),
            ci_type: ci_type.to_owned(),
            name: Some(name.name.to_owned()),
            attributes: attributes.take(),
            ..CiRecord::default()
        }
    }

    fn workload(&self, object: &Object<'d>, attributes: &mut Attributes, tally: &mut Tally) {
        let kind = object.name.kind;
        let word = if kind == Kind::ReplicationController {
            "other"
        } else {
            kind.word()
        };
        attributes.text("workload_kind", Some(word));
        attributes.number("replicas", replicas(object));
        images(object, attributes);
        attributes.text("min_up", Some(&self.up_min(object, tally).to_string()));
    }

    /// How many pods of a workload must be up: what its disruption budget says, else one.
    pub(super) fn up_min(&self, workload: &Object<'d>, tally: &mut Tally) -> u64 {
        let fits = |budget: &&Object<'d>, other: &Object<'d>| {
            selector_fits(at(budget.value, &["spec", "selector"]), other.pod_labels())
        };
        let namespace = workload.name.namespace;
        let budgets = self.budgets.get(namespace).into_iter().flatten();
        let mut up_min = 1;
        for budget in budgets.filter(|budget| fits(budget, workload)) {
            let covered = self.workloads.get(namespace).into_iter().flatten();
            if covered.filter(|other| fits(&budget, other)).count() > 1 {
                tally.count(
                    "IGNORED",
                    "workloads share a disruption budget with others: it says nothing of each of them",
                );
                continue;
            }
            match wanted_up(budget.value, replicas(workload).unwrap_or(1)) {
                Some(wanted) => up_min = up_min.max(wanted),
                None => tally.count("IGNORED", "disruption budgets that cannot be read"),
            }
        }
        up_min
    }

    /// How many of what a service selects must be up: as many as its one workload needs, else one.
    fn service_min_up(&self, service: &Object<'d>) -> Option<String> {
        at(service.value, &["spec", "selector"]).filter(|selector| selector.is_object())?;
        let pods = self.selected_pods(service);
        let owners: Vec<Owner<'d>> = pods.iter().map(|pod| self.owner(pod)).collect();
        let up_min = match owners.split_first() {
            Some((Owner::Workload(name), rest)) if rest.iter().all(|owner| *owner == Owner::Workload(*name)) => self
                .find(*name)
                .map_or(1, |workload| self.up_min(workload, &mut Tally::default())),
            _ => 1,
        };
        Some(up_min.to_string())
    }

    fn volume(&self, value: &Value) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.text("volume_kind", Some("persistent_volume"));
        attributes.text("store_name", Some(&self.name));
        let size = text_at(value, &["spec", "capacity", "storage"]);
        attributes.number("size", size.and_then(quantity::mebibytes));
        attributes.text("file_system", text_at(value, &["spec", "csi", "fsType"]));
        attributes.text("external_id", text_at(value, &["spec", "csi", "volumeHandle"]));
        attributes.custom_text("driver", text_at(value, &["spec", "csi", "driver"]));
        attributes.custom_text("storage_class", text_at(value, &["spec", "storageClassName"]));
        attributes
    }

    /// The machine below a node, where the node knows its board.
    fn machine(&self, node: &Object<'d>, findings: &mut Findings<'_>) {
        let info = |field: &str| text_at(node.value, &["status", "nodeInfo", field]);
        let Some(key) = self.machine_key(node) else { return };
        let mut attributes = Attributes::default();
        attributes.text("uuid", info("systemUUID").map(str::to_ascii_lowercase).as_deref());
        attributes.text("operating_system", info("osImage"));
        attributes.text("kernel_version", info("kernelVersion"));
        attributes.text("host_name", node_address(node.value, "Hostname"));
        attributes.address("primary_ip", node_address(node.value, "InternalIP"));
        attributes.custom_text("provider_id", text_at(node.value, &["spec", "providerID"]));
        findings.ci(CiRecord {
            key: Some(key),
            ci_type: "server".to_owned(),
            name: Some(node.name.name.to_owned()),
            attributes: attributes.take(),
            ..CiRecord::default()
        });
    }

    /// The key of the machine below a node, if it can be told from others.
    pub(super) fn machine_key(&self, node: &Object<'d>) -> Option<String> {
        let uuid = text_at(node.value, &["status", "nodeInfo", "systemUUID"])?;
        let uuid = uuid::Uuid::try_parse(uuid)
            .ok()
            .filter(|uuid| !uuid.is_nil() && !uuid.is_max());
        uuid.map(|_| format!("machine:{}/{}", self.name, node.name.name))
    }
}

/// Whether an object is a CI; counts why it is none.
fn is_ci(object: &Object<'_>, tally: &mut Tally) -> bool {
    let (code, reason) = match object.name.kind {
        Kind::Secret => ("SECRET_DROPPED", "Secret objects, of which nothing is kept"),
        Kind::ConfigMap => (
            "IGNORED",
            "ConfigMap objects, read only for the addresses that workloads take from them",
        ),
        Kind::Pod if object.is_finished_pod() => ("IGNORED", "pods that have ended"),
        Kind::ReplicaSet | Kind::Job if object.is_between() => (
            "IGNORED",
            "replica sets of deployments and jobs of cron jobs: their pods belong to these",
        ),
        Kind::DisruptionBudget => return false,
        Kind::Node
        | Kind::Namespace
        | Kind::Pod
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::Job
        | Kind::CronJob
        | Kind::Service
        | Kind::Ingress
        | Kind::VolumeClaim
        | Kind::Volume => return true,
    };
    tally.count(code, reason);
    false
}

pub(super) fn namespace_named(name: &str) -> ObjectName<'_> {
    ObjectName {
        kind: Kind::Namespace,
        namespace: "",
        name,
    }
}

/// How many pods a workload wants.
fn replicas(workload: &Object<'_>) -> Option<u64> {
    let number = |path: &[&str]| at(workload.value, path).and_then(Value::as_u64);
    let kind = workload.name.kind;
    if kind == Kind::DaemonSet {
        number(&["status", "desiredNumberScheduled"])
    } else if kind == Kind::Job {
        Some(number(&["spec", "parallelism"]).unwrap_or(1))
    } else if kind == Kind::CronJob {
        None
    } else {
        Some(number(&["spec", "replicas"]).unwrap_or(1))
    }
}

/// Whether a node carries the control plane.
pub(super) fn is_control_plane(node: &Object<'_>) -> bool {
    let roles = ["control-plane", "master"].map(|role| format!("node-role.kubernetes.io/{role}"));
    let labels = node.labels();
    roles
        .iter()
        .any(|role| labels.is_some_and(|labels| labels.get(role).is_some()))
}

fn images(object: &Object<'_>, attributes: &mut Attributes) {
    let template = object.pod_template();
    let containers = template.map_or(&[][..], |template| list_at(template, &["spec", "containers"]));
    let mut images = containers.iter().filter_map(|container| text_at(container, &["image"]));
    attributes.text("image", images.next());
    let others: Vec<Value> = images.map(Value::from).collect();
    attributes.custom("other_images", Some(&Value::Array(others)));
}

fn node_address<'v>(node: &'v Value, kind: &str) -> Option<&'v str> {
    let addresses = list_at(node, &["status", "addresses"]).iter();
    let mut fitting = addresses.filter(|address| text_at(address, &["type"]) == Some(kind));
    fitting.next().and_then(|address| text_at(address, &["address"]))
}

fn node(value: &Value, attributes: &mut Attributes) {
    let control_plane = is_control_plane(&Object {
        name: ObjectName {
            kind: Kind::Node,
            namespace: "",
            name: "",
        },
        uid: None,
        value,
    });
    attributes.text(
        "node_role",
        Some(if control_plane { "control_plane" } else { "worker" }),
    );
    attributes.text(
        "kubelet_version",
        text_at(value, &["status", "nodeInfo", "kubeletVersion"]),
    );
    attributes.address("primary_ip", node_address(value, "InternalIP"));
    let capacity = |of: &str| text_at(value, &["status", "capacity", of]);
    attributes.number("cpu_cores", capacity("cpu").and_then(quantity::cores));
    attributes.number("memory", capacity("memory").and_then(quantity::mebibytes));
    attributes.custom_text("provider_id", text_at(value, &["spec", "providerID"]));
}

fn service(value: &Value, attributes: &mut Attributes) {
    let cluster_ip = text_at(value, &["spec", "clusterIP"]);
    let kind = match (text_at(value, &["spec", "type"]), cluster_ip) {
        (Some("NodePort"), _) => "node_port",
        (Some("LoadBalancer"), _) => "load_balancer",
        (Some("ExternalName"), _) => "external_name",
        (_, Some("None")) => "headless",
        _ => "cluster_ip",
    };
    attributes.text("service_kind", Some(kind));
    attributes.address("primary_ip", cluster_ip.filter(|address| *address != "None"));
    attributes.texts("ip_addresses", balancer_addresses(value));
    attributes.custom_text("external_name", text_at(value, &["spec", "externalName"]));
    attributes.custom("ports", at(value, &["spec", "ports"]));
}

fn ingress(value: &Value, attributes: &mut Attributes) {
    let mut hosts: Vec<&str> = Vec::new();
    for rule in list_at(value, &["spec", "rules"]) {
        let host = text_at(rule, &["host"]).filter(|host| !host.is_empty());
        hosts.extend(host.filter(|host| !hosts.contains(host)));
    }
    attributes.texts("hosts", hosts);
    attributes.texts("ip_addresses", balancer_addresses(value));
    let class = text_at(value, &["metadata", "annotations", "kubernetes.io/ingress.class"]);
    attributes.text("ingress_class", text_at(value, &["spec", "ingressClassName"]).or(class));
}

fn volume_claim(value: &Value, attributes: &mut Attributes) {
    let size = text_at(value, &["status", "capacity", "storage"])
        .or_else(|| text_at(value, &["spec", "resources", "requests", "storage"]));
    attributes.number("size", size.and_then(quantity::mebibytes));
    attributes.text("storage_class", text_at(value, &["spec", "storageClassName"]));
}

fn balancer_addresses(value: &Value) -> Vec<String> {
    let stated = list_at(value, &["status", "loadBalancer", "ingress"]).iter();
    let addresses = stated.filter_map(|stated| text_at(stated, &["ip"])?.parse::<std::net::IpAddr>().ok());
    addresses.map(|address| address.to_string()).collect()
}
