//! Servers, hypervisors, virtual machines, Kubernetes.

use crate::model::Threshold;

use super::emit::{Emitter, Facts, scale};
use super::facility::{racked, site_name};
use super::network::uplinks;
use super::plan::Kind;

pub(super) fn server(e: &mut Emitter<'_>) {
    let (manufacturer, model) = e.pick(&[
        ("Dell", "PowerEdge R760"),
        ("HPE", "ProLiant DL380 Gen11"),
        ("Lenovo", "ThinkSystem SR650 V3"),
    ]);
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("manufacturer", manufacturer)
        .text("model", model)
        .number("cpu_count", e.pick(&[32, 48, 64, 96]))
        .number("memory", e.pick(&[256, 512, 1_024]) * 1_024)
        .text("operating_system", "Debian GNU/Linux")
        .text("os_version", "12")
        .text("purchase_date", e.day())
        .text("form_factor", "rack");
    let site = e.site();
    e.ci(
        "physical_server",
        format!("{}-srv-{:05}", site_name(site), e.index + 1),
        facts,
    );
    let rack = e.beside(Kind::Rack);
    racked(e, rack);
    uplinks(e, rack);
    e.owned();
}

pub(super) fn hypervisor_cluster(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("min_up", "5")
        .boolean("high_availability", true)
        .text("environment", environment(e.index))
        .text("description", "Six hypervisors, one of them spare");
    let site = e.site();
    e.ci(
        "hypervisor_cluster",
        format!("{}-hvc-{:04}", site_name(site), e.index + 1),
        facts,
    );
    e.owned();
}

pub(super) fn hypervisor(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("fqdn", format!("hv-{:05}.example.net", e.index))
        .text("manufacturer", "Dell")
        .text("model", "PowerEdge R760")
        .text("hypervisor_kind", "esxi")
        .text("os_version", "8.0.2")
        .number("cpu_cores", 64)
        .number("memory", 524_288)
        .text("environment", environment(e.index / 6));
    let site = e.site();
    e.ci(
        "hypervisor",
        format!("{}-hv-{:05}", site_name(site), e.index + 1),
        facts,
    );
    // Members of a cluster stand in different racks where there are some.
    let rack = (e.beside(Kind::Rack) + e.index % 2) % e.count(Kind::Rack);
    racked(e, rack);
    uplinks(e, rack);
    e.to("member_of", Kind::HypervisorCluster, e.index / 6);
    e.shared(&[1, 3]);
}

pub(super) fn virtual_machine(e: &mut Emitter<'_>) {
    let environment = environment(e.index);
    let (os, release) = e.pick(&[
        ("Debian GNU/Linux", "12"),
        ("Red Hat Enterprise Linux", "9.4"),
        ("Ubuntu", "24.04"),
        ("Windows Server", "2022"),
    ]);
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("fqdn", format!("vm-{:06}.example.net", e.index))
        .text("operating_system", os)
        .text("os_version", release)
        .number("cpu_count", e.pick(&[2, 4, 8, 16]))
        .number("memory", e.pick(&[4, 8, 16, 32, 64]) * 1_024)
        .number("disk", e.pick(&[40, 80, 200, 500]))
        .text("environment", environment);
    let site = e.site();
    e.ci(
        "virtual_machine",
        format!("{}-vm-{:06}", site_name(site), e.index + 1),
        facts,
    );
    // Half of the machines restart anywhere in their cluster, the others are pinned to a host.
    if e.index.is_multiple_of(2) {
        let cluster = e.beside(Kind::HypervisorCluster);
        e.to("runs_on", Kind::HypervisorCluster, cluster);
    } else {
        let host = e.beside(Kind::Hypervisor);
        e.to("runs_on", Kind::Hypervisor, host);
    }
    let volume = e.beside(Kind::Volume);
    e.to("depends_on", Kind::Volume, volume);
    e.shared(&[0, 3]);
    if e.percent(40) {
        e.shared(&[4]);
    }
    if e.percent(50) {
        e.owned();
    }
}

pub(super) fn kubernetes_cluster(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("min_up", "60%")
        .text("distribution", "kubeadm")
        .text("version", "1.31")
        .text("environment", environment(e.index))
        .text("api_url", format!("https://k8s-{}.example.net:6443", e.index + 1));
    e.ci("kubernetes_cluster", format!("k8s-{:04}", e.index + 1), facts);
    e.shared(&[0, 2]);
    e.owned();
}

pub(super) fn kubernetes_node(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("kubelet_version", "1.31.4")
        .text("node_role", "worker")
        .number("cpu_cores", 16)
        .number("memory", 65_536);
    e.ci("kubernetes_node", format!("node-{:05}", e.index + 1), facts);
    e.to("member_of", Kind::KubernetesCluster, e.index / 5);
    let machine = spread(e, Kind::VirtualMachine);
    e.to("runs_on", Kind::VirtualMachine, machine);
}

/// A machine near by, and another one for each neighbour.
fn spread(e: &Emitter<'_>, kind: Kind) -> u64 {
    (e.beside(kind) + e.index * 7) % e.count(kind)
}

pub(super) fn namespace(e: &mut Emitter<'_>) {
    let purpose = ["web", "orders", "data", "platform"][usize::try_from(e.index % 4).expect("below four")];
    let facts = Facts::default().text("environment", environment(e.index / 4));
    e.ci(
        "kubernetes_namespace",
        format!("k8s-{:04}-{purpose}", e.index / 4 + 1),
        facts,
    );
    e.to("hosted_on", Kind::KubernetesCluster, e.index / 4);
}

pub(super) fn workload(e: &mut Emitter<'_>) {
    let (replicas, release) = (e.pick(&[2, 2, 3, 5]), e.below(40));
    let facts = Facts::default()
        .text("workload_kind", "deployment")
        .number("replicas", replicas)
        .text("min_up", "50%")
        .text("image", format!("registry.example.net/app/{}:1.{release}", e.index))
        .text("environment", environment(e.index));
    e.ci("workload", format!("workload-{:05}", e.index + 1), facts);
    let namespace = e.beside(Kind::Namespace);
    e.to("hosted_on", Kind::Namespace, namespace);
    if e.index.is_multiple_of(4) {
        // Two nodes of the cluster are enough for it.
        let cluster = scale(namespace, e.count(Kind::Namespace), e.count(Kind::KubernetesCluster));
        let nodes = (0..5)
            .map(|node| Emitter::key(Kind::KubernetesNode, cluster * 5 + node))
            .collect();
        e.needs("nodes", Threshold::Count(2), nodes);
    }
    if e.percent(60) {
        let database = e.near(Kind::Database);
        e.to("depends_on", Kind::Database, database);
    }
    e.shared(&[0, 5]);
    e.owned();
}

pub(super) fn container(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text(
            "image",
            format!("registry.example.net/app/{}", e.beside(Kind::Workload)),
        )
        .text(
            "image_digest",
            format!("sha256:{:064x}", u128::from(e.below(u64::MAX)) << 32),
        )
        .text("container_id", format!("{:032x}", u128::from(e.index) << 64 | 0x5a))
        .number("restarts", e.below(5))
        .number("port", e.pick(&[8_080, 8_443, 9_090]))
        .text("started_at", e.day());
    e.ci("container", format!("ctr-{:07}", e.index + 1), facts);
    let workload = e.beside(Kind::Workload);
    e.to("part_of", Kind::Workload, workload);
    let node = spread(e, Kind::KubernetesNode);
    e.to("runs_on", Kind::KubernetesNode, node);
}

/// Six of ten things are for production.
pub(super) fn environment(number: u64) -> &'static str {
    match number % 10 {
        0..=5 => "production",
        6 | 7 => "staging",
        8 => "test",
        _ => "development",
    }
}
