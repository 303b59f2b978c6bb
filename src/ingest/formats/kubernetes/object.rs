//! Kubernetes objects as they stand in a document: kind, namespace, name, owner.

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::attributes::{at, list_at, text_at};
use crate::ingest::formats::document::Findings;
use crate::ingest::observation::{Problem, RecordKind};

/// The namespace of objects that name none, as `kubectl` has it.
const NAMESPACE_DEFAULT: &str = "default";

/// The kinds that are read. All others are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Node,
    Namespace,
    Pod,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
    Service,
    Ingress,
    VolumeClaim,
    Volume,
    DisruptionBudget,
    ConfigMap,
    Secret,
}

impl Kind {
    /// The kind of this name in an API group: other groups have kinds of the same name that are
    /// something else.
    pub(super) fn named(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        Some(match (group, kind) {
            ("", "Node") => Self::Node,
            ("", "Namespace") => Self::Namespace,
            ("", "Pod") => Self::Pod,
            ("", "Service") => Self::Service,
            ("", "PersistentVolumeClaim") => Self::VolumeClaim,
            ("", "PersistentVolume") => Self::Volume,
            ("", "ReplicationController") => Self::ReplicationController,
            ("", "ConfigMap") => Self::ConfigMap,
            ("", "Secret") => Self::Secret,
            ("apps" | "extensions", "Deployment") => Self::Deployment,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps" | "extensions", "DaemonSet") => Self::DaemonSet,
            ("apps" | "extensions", "ReplicaSet") => Self::ReplicaSet,
            ("batch", "Job") => Self::Job,
            ("batch", "CronJob") => Self::CronJob,
            ("networking.k8s.io" | "extensions", "Ingress") => Self::Ingress,
            ("policy", "PodDisruptionBudget") => Self::DisruptionBudget,
            _ => return None,
        })
    }

    /// What keys of this kind begin with; of workloads also their `workload_kind`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::Deployment => "deployment",
            Self::StatefulSet => "stateful_set",
            Self::DaemonSet => "daemon_set",
            Self::ReplicaSet => "replica_set",
            Self::ReplicationController => "replication_controller",
            Self::Job => "job",
            Self::CronJob => "cron_job",
            Self::Service => "service",
            Self::Ingress => "ingress",
            Self::VolumeClaim => "volume_claim",
            Self::Volume => "volume",
            Self::DisruptionBudget => "disruption_budget",
            Self::ConfigMap => "config_map",
            Self::Secret => "secret",
        }
    }

    /// Whether it keeps pods running.
    pub(super) fn is_workload(self) -> bool {
        match self {
            Self::Deployment
            | Self::StatefulSet
            | Self::DaemonSet
            | Self::ReplicaSet
            | Self::ReplicationController
            | Self::Job
            | Self::CronJob => true,
            Self::Node
            | Self::Namespace
            | Self::Pod
            | Self::Service
            | Self::Ingress
            | Self::VolumeClaim
            | Self::Volume
            | Self::DisruptionBudget
            | Self::ConfigMap
            | Self::Secret => false,
        }
    }

    /// Whether its objects are in no namespace.
    fn is_of_cluster(self) -> bool {
        self == Self::Node || self == Self::Namespace || self == Self::Volume
    }
}

/// What names an object within its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectName<'d> {
    pub(super) kind: Kind,
    /// Empty where the kind has none.
    pub(super) namespace: &'d str,
    pub(super) name: &'d str,
}

/// An object of a kind that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'d> {
    pub(super) name: ObjectName<'d>,
    pub(super) uid: Option<&'d str>,
    pub(super) value: &'d Value,
}

/// The owner that an object states.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnerReference<'d> {
    /// Absent: of a kind that is not read.
    pub(super) name: Option<ObjectName<'d>>,
    pub(super) uid: Option<&'d str>,
}

impl<'d> Object<'d> {
    /// The labels.
    pub(super) fn labels(&self) -> Option<&'d Value> {
        at(self.value, &["metadata", "labels"])
    }

    /// What pods are made from: of a pod, itself.
    pub(super) fn pod_template(&self) -> Option<&'d Value> {
        if self.name.kind == Kind::Pod {
            Some(self.value)
        } else if self.name.kind == Kind::CronJob {
            at(self.value, &["spec", "jobTemplate", "spec", "template"])
        } else {
            at(self.value, &["spec", "template"])
        }
    }

    /// The labels of its pods.
    pub(super) fn pod_labels(&self) -> Option<&'d Value> {
        at(self.pod_template()?, &["metadata", "labels"])
    }

    /// Whether it only stands between another workload and its pods: the replica set of a deployment,
    /// the job of a cron job.
    pub(super) fn is_between(&self) -> bool {
        let above = self.controller().and_then(|owner| owner.name).map(|name| name.kind);
        matches!(
            (self.name.kind, above),
            (Kind::ReplicaSet, Some(Kind::Deployment)) | (Kind::Job, Some(Kind::CronJob))
        )
    }

    /// Whether it is a pod that will not run again.
    pub(super) fn is_finished_pod(&self) -> bool {
        self.name.kind == Kind::Pod && matches!(text_at(self.value, &["status", "phase"]), Some("Succeeded" | "Failed"))
    }

    /// The owner that controls it.
    pub(super) fn controller(&self) -> Option<OwnerReference<'d>> {
        let owners = list_at(self.value, &["metadata", "ownerReferences"]);
        let owner = owners
            .iter()
            .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
        let kind = Kind::named(text_at(owner, &["apiVersion"])?, text_at(owner, &["kind"])?);
        Some(OwnerReference {
            name: kind.and_then(|kind| {
                Some(ObjectName {
                    kind,
                    namespace: if kind.is_of_cluster() { "" } else { self.name.namespace },
                    name: text_at(owner, &["name"])?,
                })
            }),
            uid: text_at(owner, &["uid"]),
        })
    }
}

/// The objects of a document, and how many there are of kinds that are not read.
#[derive(Debug, Default)]
pub(super) struct Gathered<'d> {
    pub(super) objects: Vec<Object<'d>>,
    pub(super) others: std::collections::BTreeMap<&'d str, u64>,
}

impl<'d> Gathered<'d> {
    /// Takes a document: an object, a list of objects, or a `List`. Lists inside lists are taken too;
    /// they nest no deeper than the parser lets them.
    pub(super) fn gather(&mut self, document: &'d Value, findings: &mut Findings<'_>) {
        // What items of a typed list leave out: `PodList` has items without kind and version.
        let mut waiting = vec![(document, None)];
        while let Some((value, inherited)) = waiting.pop() {
            if let Some(items) = value.as_array() {
                waiting.extend(items.iter().rev().map(|item| (item, None)));
                continue;
            }
            let stated = text_at(value, &["apiVersion"]).zip(text_at(value, &["kind"]));
            let Some((api_version, kind)) = stated.or(inherited) else {
                let problem = Problem::new(
                    ErrorCode::BadUserInput,
                    "a Kubernetes object states `apiVersion` and `kind`; this one does not",
                );
                findings.unreadable(RecordKind::Ci, None, problem.of_field("kind"));
                continue;
            };
            if let (Some(kind), Some(items)) = (kind.strip_suffix("List"), value.get("items").and_then(Value::as_array))
            {
                let inherited = (!kind.is_empty()).then_some((api_version, kind));
                waiting.extend(items.iter().rev().map(|item| (item, inherited)));
                continue;
            }
            if kind == "List" {
                let problem = Problem::new(
                    ErrorCode::BadUserInput,
                    "a `List` has `items`, a list; this one has none",
                );
                findings.unreadable(RecordKind::Ci, None, problem.of_field("items"));
                continue;
            }
            self.object(value, api_version, kind, findings);
        }
    }

    fn object(&mut self, value: &'d Value, api_version: &str, kind: &'d str, findings: &mut Findings<'_>) {
        let Some(known) = Kind::named(api_version, kind) else {
            *self.others.entry(kind).or_default() += 1;
            return;
        };
        let name = text_at(value, &["metadata", "name"]).filter(|name| !name.trim().is_empty());
        let Some(name) = name else {
            let message = format!("a {kind} states no `metadata.name`, without which nothing can refer to it");
            let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("metadata.name");
            findings.unreadable(RecordKind::Ci, None, problem);
            return;
        };
        let namespace = text_at(value, &["metadata", "namespace"]).filter(|namespace| !namespace.is_empty());
        self.objects.push(Object {
            name: ObjectName {
                kind: known,
                namespace: if known.is_of_cluster() {
                    ""
                } else {
                    namespace.unwrap_or(NAMESPACE_DEFAULT)
                },
                name,
            },
            uid: text_at(value, &["metadata", "uid"]).filter(|uid| !uid.is_empty()),
            value,
        });
    }
}
