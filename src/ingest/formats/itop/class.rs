//! iTop's classes, and the types that their objects are here.

/// A class whose objects are CIs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) name: &'static str,
    /// The ancestor whose descendants share their numbers.
    pub(super) root: &'static str,
    pub(super) ci_type: &'static str,
}

const fn class(name: &'static str, root: &'static str, ci_type: &'static str) -> Class {
    Class { name, root, ci_type }
}

const FUNCTIONAL_CI: &str = "FunctionalCI";

const CLASSES: [Class; 51] = [
    class("ApplicationSolution", FUNCTIONAL_CI, "application_service"),
    class("BusinessProcess", FUNCTIONAL_CI, "business_capability"),
    class("DBServer", FUNCTIONAL_CI, "database_instance"),
    class("DatabaseSchema", FUNCTIONAL_CI, "database"),
    class("Enclosure", FUNCTIONAL_CI, "chassis"),
    class("Farm", FUNCTIONAL_CI, "hypervisor_cluster"),
    class("Hypervisor", FUNCTIONAL_CI, "hypervisor"),
    class("IPPhone", FUNCTIONAL_CI, "end_user_device"),
    class("Middleware", FUNCTIONAL_CI, "middleware"),
    class("MiddlewareInstance", FUNCTIONAL_CI, "application_instance"),
    class("MobilePhone", FUNCTIONAL_CI, "end_user_device"),
    class("NAS", FUNCTIONAL_CI, "storage_array"),
    class("NetworkDevice", FUNCTIONAL_CI, "network_device"),
    class("OtherSoftware", FUNCTIONAL_CI, "application_instance"),
    class("PC", FUNCTIONAL_CI, "end_user_device"),
    class("PCSoftware", FUNCTIONAL_CI, "application_instance"),
    class("PDU", FUNCTIONAL_CI, "pdu"),
    class("Peripheral", FUNCTIONAL_CI, "end_user_device"),
    class("Phone", FUNCTIONAL_CI, "end_user_device"),
    class("PowerSource", FUNCTIONAL_CI, "power_feed"),
    class("Printer", FUNCTIONAL_CI, "printer"),
    class("Rack", FUNCTIONAL_CI, "rack"),
    class("SANSwitch", FUNCTIONAL_CI, "san_switch"),
    class("Server", FUNCTIONAL_CI, "physical_server"),
    class("StorageSystem", FUNCTIONAL_CI, "storage_array"),
    class("Tablet", FUNCTIONAL_CI, "end_user_device"),
    class("TapeLibrary", FUNCTIONAL_CI, "storage_array"),
    class("VirtualMachine", FUNCTIONAL_CI, "virtual_machine"),
    class("WebApplication", FUNCTIONAL_CI, "application_instance"),
    class("WebServer", FUNCTIONAL_CI, "web_server"),
    class("Person", "Contact", "person"),
    class("Team", "Contact", "team"),
    class("CustomerContract", "Contract", "contract"),
    class("ProviderContract", "Contract", "contract"),
    class("DocumentFile", "Document", "document"),
    class("DocumentNote", "Document", "document"),
    class("DocumentWeb", "Document", "document"),
    class("OSLicence", "Licence", "licence"),
    class("SoftwareLicence", "Licence", "licence"),
    class("FiberChannelInterface", "NetworkInterface", "interface"),
    class("LogicalInterface", "NetworkInterface", "interface"),
    class("PhysicalInterface", "NetworkInterface", "interface"),
    class("Location", "Location", "site"),
    class("LogicalVolume", "LogicalVolume", "volume"),
    class("NASFileSystem", "NASFileSystem", "volume"),
    class("Organization", "Organization", "organisation"),
    class("Service", "Service", "business_service"),
    class("ServiceSubcategory", "ServiceSubcategory", "service_offering"),
    class("Software", "Software", "software_product"),
    class("Subnet", "Subnet", "network"),
    class("VLAN", "VLAN", "network"),
];

/// Classes whose objects are mere names that others refer to.
const LOOKUPS: [&str; 9] = [
    "Brand",
    "ContactType",
    "DocumentType",
    "IOSVersion",
    "Model",
    "NetworkDeviceType",
    "OSFamily",
    "OSVersion",
    "ServiceFamily",
];

/// The class of a name, if its objects are CIs.
pub(super) fn of(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name == name)
}

/// Whether a class's objects are attributes of others.
pub(super) fn is_lookup(name: &str) -> bool {
    LOOKUPS.contains(&name)
}

/// The key of an object: of what shares numbers, the common ancestor's name.
pub(super) fn key(root: &str, id: &str) -> String {
    format!("{root}::{id}")
}
