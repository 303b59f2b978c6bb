//! How many CIs of each kind an estate has, and in which order they come.

use super::emit::Emitter;
use super::{business, compute, data, facility, network, software};

/// A kind of CI in the estate, or of relationships that come after both their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Organisation,
    Team,
    Person,
    Site,
    Room,
    PowerFeed,
    Ups,
    Rack,
    Pdu,
    Router,
    Firewall,
    CoreSwitch,
    DistributionSwitch,
    AccessSwitch,
    LoadBalancer,
    StorageArray,
    Volume,
    Server,
    SharedService,
    SharedInstance,
    HypervisorCluster,
    Hypervisor,
    VirtualMachine,
    KubernetesCluster,
    KubernetesNode,
    Namespace,
    DatabaseCluster,
    DatabaseInstance,
    Database,
    MessageQueue,
    Workload,
    Application,
    ApplicationLinks,
    ApplicationInstance,
    WebServer,
    Api,
    Certificate,
    Capability,
    BusinessService,
    ServiceOffering,
    BatchJob,
    FileShare,
    NetworkInterface,
    IpAddress,
    Container,
}

/// One layer of the estate.
pub(super) struct Layer {
    pub(super) kind: Kind,
    /// What keys begin with.
    pub(super) prefix: &'static str,
    /// Emits one CI with its relationships.
    pub(super) make: fn(&mut Emitter<'_>),
}

const fn layer(kind: Kind, prefix: &'static str, make: fn(&mut Emitter<'_>)) -> Layer {
    Layer { kind, prefix, make }
}

/// All layers, in the order of the kinds: each stands only on earlier ones.
pub(super) static LAYERS: [Layer; 45] = [
    layer(Kind::Organisation, "org", business::organisation),
    layer(Kind::Team, "team", business::team),
    layer(Kind::Person, "person", business::person),
    layer(Kind::Site, "site", facility::site),
    layer(Kind::Room, "room", facility::room),
    layer(Kind::PowerFeed, "feed", facility::power_feed),
    layer(Kind::Ups, "ups", facility::ups),
    layer(Kind::Rack, "rack", facility::rack),
    layer(Kind::Pdu, "pdu", facility::pdu),
    layer(Kind::Router, "rtr", network::router),
    layer(Kind::Firewall, "fw", network::firewall),
    layer(Kind::CoreSwitch, "core", network::core_switch),
    layer(Kind::DistributionSwitch, "dist", network::distribution_switch),
    layer(Kind::AccessSwitch, "acc", network::access_switch),
    layer(Kind::LoadBalancer, "lb", network::load_balancer),
    layer(Kind::StorageArray, "array", data::storage_array),
    layer(Kind::Volume, "vol", data::volume),
    layer(Kind::Server, "srv", compute::server),
    layer(Kind::SharedService, "shared", software::shared_service),
    layer(Kind::SharedInstance, "sharedi", software::shared_instance),
    layer(Kind::HypervisorCluster, "hvc", compute::hypervisor_cluster),
    layer(Kind::Hypervisor, "hv", compute::hypervisor),
    layer(Kind::VirtualMachine, "vm", compute::virtual_machine),
    layer(Kind::KubernetesCluster, "k8s", compute::kubernetes_cluster),
    layer(Kind::KubernetesNode, "node", compute::kubernetes_node),
    layer(Kind::Namespace, "ns", compute::namespace),
    layer(Kind::DatabaseCluster, "dbc", data::database_cluster),
    layer(Kind::DatabaseInstance, "dbi", data::database_instance),
    layer(Kind::Database, "db", data::database),
    layer(Kind::MessageQueue, "mq", data::message_queue),
    layer(Kind::Workload, "wl", compute::workload),
    layer(Kind::Application, "app", software::application),
    layer(Kind::ApplicationLinks, "applinks", software::application_links),
    layer(Kind::ApplicationInstance, "appi", software::application_instance),
    layer(Kind::WebServer, "web", software::web_server),
    layer(Kind::Api, "api", software::api),
    layer(Kind::Certificate, "cert", software::certificate),
    layer(Kind::Capability, "cap", business::capability),
    layer(Kind::BusinessService, "svc", business::business_service),
    layer(Kind::ServiceOffering, "offer", business::service_offering),
    layer(Kind::BatchJob, "job", software::batch_job),
    layer(Kind::FileShare, "share", data::file_share),
    layer(Kind::NetworkInterface, "nic", network::interface),
    layer(Kind::IpAddress, "ip", network::ip_address),
    layer(Kind::Container, "ctr", compute::container),
];

/// How many CIs of each kind there are.
#[derive(Debug)]
pub(super) struct Plan {
    counts: [u64; LAYERS.len()],
}

impl Plan {
    /// Shares out `cis` CIs; containers take what is left, so that the sum is exact.
    pub(super) fn new(cis: u64) -> Self {
        let mut plan = Self {
            counts: [0; LAYERS.len()],
        };
        plan.share_places(cis);
        plan.share_machines(cis);
        plan.share_software(cis);
        let so_far = plan.total();
        plan.set(Kind::Container, cis.saturating_sub(so_far));
        plan
    }

    fn share_places(&mut self, cis: u64) {
        let sites = (cis / 25_000).clamp(1, 40);
        let racks = (cis / 400).max(sites * 2);
        self.set(Kind::Organisation, 1);
        self.set(Kind::Team, (cis / 2_500).max(6));
        self.set(Kind::Person, (cis / 2_500).max(6) * 3);
        self.set(Kind::Site, sites);
        self.set(Kind::Room, sites * 2);
        self.set(Kind::PowerFeed, sites * 4);
        self.set(Kind::Ups, sites * 4);
        self.set(Kind::Rack, racks);
        self.set(Kind::Pdu, racks * 2);
        self.set(Kind::Router, sites * 2);
        self.set(Kind::Firewall, sites * 2);
        self.set(Kind::CoreSwitch, sites * 2);
        self.set(Kind::DistributionSwitch, sites * 4);
        self.set(Kind::AccessSwitch, racks);
        self.set(Kind::LoadBalancer, (cis / 8_000).max(1) * 2);
    }

    fn share_machines(&mut self, cis: u64) {
        let clusters = (cis / 700).max(1);
        let kubernetes = (cis / 3_000).max(1);
        self.set(Kind::StorageArray, (cis / 6_000).max(2));
        self.set(Kind::Volume, (cis * 3 / 100).max(4));
        self.set(Kind::Server, (clusters * 8).max(cis * 3 / 100));
        self.set(Kind::SharedService, 6);
        self.set(Kind::SharedInstance, 12);
        self.set(Kind::HypervisorCluster, clusters);
        self.set(Kind::Hypervisor, clusters * 6);
        self.set(Kind::VirtualMachine, (cis * 22 / 100).max(24));
        self.set(Kind::KubernetesCluster, kubernetes);
        self.set(Kind::KubernetesNode, kubernetes * 5);
        self.set(Kind::Namespace, kubernetes * 4);
    }

    fn share_software(&mut self, cis: u64) {
        let database_clusters = (cis * 4 / 1_000).max(2);
        let services = (cis / 400).max(8);
        self.set(Kind::DatabaseCluster, database_clusters);
        self.set(Kind::DatabaseInstance, database_clusters * 2);
        self.set(Kind::Database, cis * 2 / 100);
        self.set(Kind::MessageQueue, (cis * 5 / 1_000).max(1));
        self.set(Kind::Workload, (cis * 5 / 100).max(4));
        self.set(Kind::Application, (cis * 25 / 1_000).max(6));
        self.set(Kind::ApplicationLinks, (cis * 25 / 1_000).max(6));
        self.set(Kind::ApplicationInstance, (cis * 25 / 1_000).max(6) * 3);
        self.set(Kind::WebServer, cis * 2 / 100);
        self.set(Kind::Api, cis / 100);
        self.set(Kind::Certificate, cis / 100);
        self.set(Kind::Capability, (cis / 8_000).max(1));
        self.set(Kind::BusinessService, services);
        self.set(Kind::ServiceOffering, services * 2);
        self.set(Kind::BatchJob, cis / 100);
        self.set(Kind::FileShare, cis / 200);
        self.set(Kind::NetworkInterface, cis * 8 / 100);
        self.set(Kind::IpAddress, cis * 10 / 100);
    }

    fn set(&mut self, kind: Kind, count: u64) {
        self.counts[kind as usize] = count;
    }

    /// How many CIs of a kind there are.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    /// How many CIs there are in all: the links between applications are none.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() - self.count(Kind::ApplicationLinks)
    }
}
