//! Objects of `NetBox` in both notations: of a dump, whose fields name others by their id, and of the
//! REST API, which nests them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::formats::attributes::text_at;
use crate::ingest::formats::document::Findings;
use crate::ingest::observation::{Problem, RecordKind};

macro_rules! models {
    ($($variant:ident = $model:literal, $path:literal, $word:literal;)*) => {
        /// The models that are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Model {
            $($variant,)*
        }

        impl Model {
            const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in dumps.
            fn name(self) -> &'static str {
                match self { $(Self::$variant => $model),* }
            }

            /// Its path in the REST API.
            fn path(self) -> &'static str {
                match self { $(Self::$variant => $path),* }
            }

            /// What keys of its objects begin with.
            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

models! {
    Site = "dcim.site", "dcim/sites", "site";
    Location = "dcim.location", "dcim/locations", "location";
    Rack = "dcim.rack", "dcim/racks", "rack";
    Manufacturer = "dcim.manufacturer", "dcim/manufacturers", "manufacturer";
    DeviceType = "dcim.devicetype", "dcim/device-types", "device_type";
    DeviceRole = "dcim.devicerole", "dcim/device-roles", "device_role";
    Platform = "dcim.platform", "dcim/platforms", "platform";
    Device = "dcim.device", "dcim/devices", "device";
    VirtualChassis = "dcim.virtualchassis", "dcim/virtual-chassis", "virtual_chassis";
    Interface = "dcim.interface", "dcim/interfaces", "interface";
    FrontPort = "dcim.frontport", "dcim/front-ports", "front_port";
    RearPort = "dcim.rearport", "dcim/rear-ports", "rear_port";
    ConsolePort = "dcim.consoleport", "dcim/console-ports", "console_port";
    ConsoleServerPort = "dcim.consoleserverport", "dcim/console-server-ports", "console_server_port";
    PowerPort = "dcim.powerport", "dcim/power-ports", "power_port";
    PowerOutlet = "dcim.poweroutlet", "dcim/power-outlets", "power_outlet";
    PowerPanel = "dcim.powerpanel", "dcim/power-panels", "power_panel";
    PowerFeed = "dcim.powerfeed", "dcim/power-feeds", "power_feed";
    Cable = "dcim.cable", "dcim/cables", "cable";
    CableTermination = "dcim.cabletermination", "dcim/cable-terminations", "cable_termination";
    Cluster = "virtualization.cluster", "virtualization/clusters", "cluster";
    ClusterType = "virtualization.clustertype", "virtualization/cluster-types", "cluster_type";
    VirtualMachine = "virtualization.virtualmachine", "virtualization/virtual-machines", "virtual_machine";
    VmInterface = "virtualization.vminterface", "virtualization/interfaces", "vm_interface";
    IpAddress = "ipam.ipaddress", "ipam/ip-addresses", "ip_address";
    Vrf = "ipam.vrf", "ipam/vrfs", "vrf";
    Provider = "circuits.provider", "circuits/providers", "provider";
    CircuitType = "circuits.circuittype", "circuits/circuit-types", "circuit_type";
    Circuit = "circuits.circuit", "circuits/circuits", "circuit";
    CircuitTermination = "circuits.circuittermination", "circuits/circuit-terminations", "circuit_termination";
}

impl Model {
    /// The model of a name as dumps and content types write it: `dcim.device`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|model| model.name() == name)
    }
}

/// The objects of a document: a list, or a page of the REST API, or one alone.
pub(super) fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value
        .as_array()
        .or_else(|| value.get("results").and_then(Value::as_array));
    let alone = if list.is_none() { Some(value) } else { None };
    list.into_iter().flatten().chain(alone)
}

/// The Django applications of `NetBox`, which its models and paths begin with.
const APPLICATIONS: [&str; 12] = [
    "circuits",
    "core",
    "dcim",
    "extras",
    "ipam",
    "secrets",
    "tenancy",
    "users",
    "virtualization",
    "vpn",
    "wireless",
    "account",
];

/// Whether an object is surely one of `NetBox`, in either notation.
pub(super) fn is_object_of_netbox(value: &Value) -> bool {
    let of_netbox = |application: &str| APPLICATIONS.contains(&application);
    let of_dump = || {
        let application = text_at(value, &["model"])?.split_once('.')?.0;
        Some(of_netbox(application) && value.get("pk").is_some() && value.get("fields").is_some_and(Value::is_object))
    };
    let of_api = || Some(of_netbox(api_path(value)?.split('/').next()?) && value.get("id").is_some_and(Value::is_u64));
    of_dump().or_else(of_api).unwrap_or(false)
}

/// The path of the kind of object in the REST API: `dcim/devices`.
fn api_path(value: &Value) -> Option<&str> {
    let (_, path) = text_at(value, &["url"])?.split_once("/api/")?;
    let path = path.split(['?', '#']).next()?.trim_end_matches('/');
    let (kind, id) = path.rsplit_once('/')?;
    (kind.matches('/').count() == 1 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(kind)
}

/// Objects by model and id.
#[derive(Debug, Default)]
pub(super) struct Objects<'d> {
    by_model: BTreeMap<Model, BTreeMap<u64, &'d Value>>,
}

impl<'d> Objects<'d> {
    /// Takes an object; of models that are not read it is only counted.
    pub(super) fn take(&mut self, value: &'d Value, others: &mut BTreeMap<String, u64>, findings: &mut Findings<'_>) {
        let (name, id, fields) =
            if let Some(name) = text_at(value, &["model"]).filter(|_| value.get("fields").is_some()) {
                (
                    name.to_owned(),
                    value.get("pk").and_then(Value::as_u64),
                    value.get("fields"),
                )
            } else {
                let name = api_path(value).map(|path| {
                    let model = Model::ALL.iter().find(|model| model.path() == path);
                    model.map_or_else(|| path.replace('/', "."), |model| model.name().to_owned())
                });
                (
                    name.unwrap_or_default(),
                    value.get("id").and_then(Value::as_u64),
                    Some(value),
                )
            };
        if name.is_empty() {
            let message =
                "an object of NetBox has `model`, `pk` and `fields`, or an `url` of its API; this one has not";
            findings.unreadable(RecordKind::Ci, None, Problem::new(ErrorCode::BadUserInput, message));
            return;
        }
        let Some(model) = Model::named(&name) else {
            *others.entry(name).or_default() += 1;
            return;
        };
        let Some((id, fields)) = id.zip(fields.filter(|fields| fields.is_object())) else {
            let message = format!("a {name} has a number that names it and an object of fields; this one has not");
            let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("pk");
            findings.unreadable(RecordKind::Ci, None, problem);
            return;
        };
        self.by_model.entry(model).or_default().insert(id, fields);
    }

    /// All objects of a model, by id.
    pub(super) fn of(&self, model: Model) -> impl Iterator<Item = (u64, &'d Value)> {
        let objects = self.by_model.get(&model);
        objects.into_iter().flatten().map(|(id, fields)| (*id, *fields))
    }

    /// One object.
    pub(super) fn get(&self, model: Model, id: u64) -> Option<&'d Value> {
        self.by_model.get(&model)?.get(&id).copied()
    }

    /// Whether there is none of any model.
    pub(super) fn is_empty(&self) -> bool {
        self.by_model.is_empty()
    }
}

/// A text; an empty one says nothing.
pub(super) fn text<'v>(fields: &'v Value, field: &str) -> Option<&'v str> {
    text_at(fields, &[field]).map(str::trim).filter(|text| !text.is_empty())
}

/// The id of what a field refers to.
pub(super) fn reference(fields: &Value, field: &str) -> Option<u64> {
    let stated = fields.get(field)?;
    stated.as_u64().or_else(|| stated.get("id")?.as_u64())
}

/// The value of a choice, which the REST API gives with its label.
pub(super) fn choice<'v>(fields: &'v Value, field: &str) -> Option<&'v str> {
    text(fields, field).or_else(|| text(fields.get(field)?, "value"))
}

/// A number, also one that is written as a decimal or in a text; parts of it are cut off.
pub(super) fn number(fields: &Value, field: &str) -> Option<u64> {
    match fields.get(field)? {
        Value::Number(number) => number.as_u64().or_else(|| whole(&number.to_string())),
        Value::String(text) => whole(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole(text: &str) -> Option<u64> {
    text.trim().split('.').next()?.parse().ok()
}

/// The model of a content type: `dcim.interface`, or `["dcim", "interface"]` as dumps with natural
/// keys have it.
pub(super) fn content_type(fields: &Value, field: &str) -> Option<Model> {
    match fields.get(field)? {
        Value::String(name) => Model::named(name),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            Model::named(&parts.join("."))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}
