//! The getters whose results are read, told apart by what is in them.

use serde_json::Value;

/// A getter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Getter {
    /// `get_facts`.
    Facts,
    /// `get_interfaces`.
    Interfaces,
    /// `get_interfaces_ip`.
    InterfacesIp,
    /// `get_lldp_neighbors_detail`.
    LldpNeighborsDetail,
    /// `get_lldp_neighbors`.
    LldpNeighbors,
    /// `get_vlans`.
    Vlans,
    /// `get_arp_table`.
    ArpTable,
}

const ALL: [(Getter, &str); 7] = [
    (Getter::Facts, "facts"),
    (Getter::Interfaces, "interfaces"),
    (Getter::InterfacesIp, "interfaces_ip"),
    (Getter::LldpNeighborsDetail, "lldp_neighbors_detail"),
    (Getter::LldpNeighbors, "lldp_neighbors"),
    (Getter::Vlans, "vlans"),
    (Getter::ArpTable, "arp_table"),
];

/// Getters that are known and not read.
const OTHERS: [&str; 20] = [
    "bgp_config",
    "bgp_neighbors",
    "bgp_neighbors_detail",
    "config",
    "environment",
    "firewall_policies",
    "interfaces_counters",
    "ipv6_neighbors_table",
    "mac_address_table",
    "network_instances",
    "ntp_peers",
    "ntp_servers",
    "ntp_stats",
    "optics",
    "probes_config",
    "probes_results",
    "route_to",
    "snmp_information",
    "users",
    "is_alive",
];

/// The name of a getter without what tools put before it.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("napalm_").unwrap_or(name);
    name.strip_prefix("get_").unwrap_or(name)
}

/// Whether a name is one of a getter, read or not.
pub(super) fn is_getter(name: &str) -> bool {
    Getter::named(name).is_some() || OTHERS.contains(&plain(name))
}

impl Getter {
    /// The getter of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter()
            .find(|(_, known)| *known == plain(name))
            .map(|(getter, _)| *getter)
    }

    /// The getter whose result a value surely is.
    pub(super) fn of_result(value: &Value) -> Option<Self> {
        let mut fitting = ALL
            .iter()
            .map(|(getter, _)| *getter)
            .filter(|getter| getter.fits(value));
        fitting.next().filter(|_| !is_empty(value))
    }

    /// Whether a value has the shape of the getter's result; an empty one fits all but the facts.
    pub(super) fn fits(self, value: &Value) -> bool {
        let has = |value: &Value, fields: &[&str]| fields.iter().all(|field| value.get(field).is_some());
        let all = |fits: &dyn Fn(&Value) -> bool| value.as_object().is_some_and(|fields| fields.values().all(fits));
        let neighbours = |fits: &dyn Fn(&Value) -> bool| {
            all(&|listed| {
                listed
                    .as_array()
                    .is_some_and(|listed| !listed.is_empty() && listed.iter().all(fits))
            })
        };
        match self {
            Self::Facts => has(value, &["hostname", "vendor", "os_version", "interface_list"]),
            Self::Interfaces => all(&|interface| has(interface, &["is_up", "is_enabled"])),
            Self::InterfacesIp => all(&|interface| {
                let families = interface.as_object().filter(|families| !families.is_empty());
                families.is_some_and(|families| {
                    families
                        .iter()
                        .all(|(name, addresses)| matches!(name.as_str(), "ipv4" | "ipv6") && addresses.is_object())
                })
            }),
            Self::LldpNeighborsDetail => {
                neighbours(&|neighbour| has(neighbour, &["remote_chassis_id", "remote_system_name", "remote_port"]))
            }
            Self::LldpNeighbors => neighbours(&|neighbour| {
                has(neighbour, &["hostname", "port"]) && neighbour.as_object().is_some_and(|fields| fields.len() == 2)
            }),
            Self::Vlans => value.as_object().is_some_and(|vlans| {
                vlans.iter().all(|(number, vlan)| {
                    number.parse::<u16>().is_ok()
                        && has(vlan, &["name"])
                        && vlan.get("interfaces").is_some_and(Value::is_array)
                })
            }),
            Self::ArpTable => value
                .as_array()
                .is_some_and(|rows| rows.iter().all(|row| has(row, &["interface", "mac", "ip", "age"]))),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}
