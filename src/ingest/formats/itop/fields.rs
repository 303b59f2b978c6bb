//! The fields of iTop's objects as attributes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use jiff::civil::Date;

use crate::ingest::observation::Warning;
use crate::model::Input;

use super::Object;

/// How a field is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Date,
    Integer { max: i64 },
    Ip,
    Ips,
    Mac,
    Email,
    Web,
    Country,
    Criticality,
}

/// References that are attributes here: the field, the class, and the attribute.
const LOOKED_UP: [(&str, &str, &str); 8] = [
    ("brand_id", "Brand", "manufacturer"),
    ("model_id", "Model", "model"),
    ("osfamily_id", "OSFamily", "operating_system"),
    ("osversion_id", "OSVersion", "os_version"),
    ("iosversion_id", "IOSVersion", "os_version"),
    ("networkdevicetype_id", "NetworkDeviceType", ""),
    ("servicefamily_id", "ServiceFamily", "service_classification"),
    ("documenttype_id", "DocumentType", ""),
];

/// Fields that say what others say, or nothing that outlives the export.
const PASSED_OVER: [&str; 9] = [
    "name",
    "first_name",
    "status",
    "finalclass",
    "friendlyname",
    "obsolescence_flag",
    "obsolescence_date",
    "picture",
    "icon",
];

/// The attributes of an object. What its type has no attribute for goes into `custom`.
pub(super) fn attributes(
    object: &Object,
    ci_type: &str,
    names: &BTreeMap<(String, String), String>,
) -> (Vec<(String, Input)>, Vec<Warning>) {
    let (mut attributes, mut custom, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let mut state = |name: &str, value: Input| {
        if !attributes.iter().any(|(known, _): &(String, Input)| known == name) {
            attributes.push((name.to_owned(), value));
        }
    };
    if let Some(first) = object.text("first_name").filter(|_| ci_type == "person") {
        state("given_name", Input::from(first));
        state("family_name", Input::from(object.text("name").unwrap_or_default()));
    }
    for (field, text) in object.fields.iter().filter(|(_, text)| !text.is_empty()) {
        let field = field.as_str();
        if field == "redundancy" {
            continue;
        }
        if let Some((_, _, attribute)) = LOOKED_UP.iter().find(|(known, _, _)| *known == field) {
            match looked_up(object, field, names) {
                Some(name) if has(ci_type, attribute) => state(attribute, Input::from(name)),
                Some(name) => custom.push((field.trim_end_matches("_id").to_owned(), Input::from(name))),
                None if text != "0" => custom.push((field.to_owned(), Input::from(text.as_str()))),
                None => {}
            }
        } else if let Some((attribute, kind)) = attribute(ci_type, field) {
            match read(kind, text) {
                Some(value) => state(attribute, value),
                None if matches!(kind, Kind::Country | Kind::Integer { .. }) => {
                    custom.push((field.to_owned(), Input::from(text.as_str())));
                }
                None => {
                    warnings.push(Warning {
                        code: "IGNORED",
                        message: format!("`{field}` holds no value that `{attribute}` takes"),
                        field: Some(field.to_owned()),
                    });
                }
            }
        } else if !is_about_another(field) && !PASSED_OVER.contains(&field) {
            custom.push((field.to_owned(), Input::from(text.as_str())));
        }
    }
    if let Some(range) = range(object).filter(|_| ci_type == "network") {
        state("range", Input::Text(range));
    }
    if let Some(min_up) = min_up(object, ci_type) {
        state("min_up", Input::Text(min_up));
    }
    if !custom.is_empty() {
        state("custom", Input::Object(custom));
    }
    (attributes, warnings)
}

/// The name that a reference leads to: of the object in this document, or as the export spells it out.
pub(super) fn looked_up<'o>(
    object: &'o Object,
    field: &str,
    names: &'o BTreeMap<(String, String), String>,
) -> Option<&'o str> {
    let (_, class, _) = LOOKED_UP.iter().find(|(known, _, _)| *known == field)?;
    let id = object.reference(field)?;
    let spelled = || object.text(&format!("{field}_friendlyname"));
    let known = names.get(&((*class).to_owned(), id.to_owned()));
    known
        .map(String::as_str)
        .or_else(spelled)
        .or_else(|| object.text(&format!("{}_name", field.trim_end_matches("_id"))))
}

/// How many members an object needs: iTop's own rule, that one hypervisor of a farm is enough, unless
/// the object says otherwise.
fn min_up(object: &Object, ci_type: &str) -> Option<String> {
    let default = (ci_type == "hypervisor_cluster").then(|| "1".to_owned());
    let Some(stated) = object.text("redundancy") else {
        return default;
    };
    if stated == "disabled" {
        return Some("100%".to_owned());
    }
    let digits = stated.strip_suffix('%').unwrap_or(stated);
    let number: Option<u32> = digits.parse().ok();
    number
        .filter(|number| *number <= if stated.ends_with('%') { 100 } else { 999_999_999 })
        .map(|_| stated.to_owned())
        .or(default)
}

/// The range of a subnet: its address and mask.
fn range(object: &Object) -> Option<String> {
    let address: Ipv4Addr = object.text("ip")?.parse().ok()?;
    let mask: Ipv4Addr = object.text("ip_mask")?.parse().ok()?;
    let bits = u32::from(mask).leading_ones();
    let is_mask = u32::from(mask).count_ones() == bits;
    let first = Ipv4Addr::from(u32::from(address) & u32::from(mask));
    is_mask.then(|| format!("{first}/{bits}"))
}

fn is_about_another(field: &str) -> bool {
    let parts = [
        "_id",
        "_friendlyname",
        "_name",
        "_finalclass_recall",
        "_obsolescence_flag",
    ];
    parts.iter().any(|part| field.ends_with(part))
}

fn is_device(ci_type: &str) -> bool {
    has_operating_system(ci_type) || matches!(ci_type, "storage_array" | "san_switch" | "chassis" | "pdu" | "printer")
}

fn has_operating_system(ci_type: &str) -> bool {
    is_server(ci_type)
        || matches!(
            ci_type,
            "network_device" | "router" | "switch" | "firewall" | "load_balancer" | "access_point" | "end_user_device"
        )
}

fn is_server(ci_type: &str) -> bool {
    matches!(ci_type, "physical_server" | "hypervisor" | "virtual_machine")
}

/// Whether a type has the attribute of a looked-up name.
fn has(ci_type: &str, attribute: &str) -> bool {
    match attribute {
        "manufacturer" | "model" => is_device(ci_type),
        "operating_system" | "os_version" => has_operating_system(ci_type),
        "service_classification" => ci_type == "business_service",
        _ => false,
    }
}

/// The attribute that a field is, of a type that has it.
fn attribute(ci_type: &str, field: &str) -> Option<(&'static str, Kind)> {
    let units = Kind::Integer { max: 100 };
    let found = match (ci_type, field) {
        (_, "description") => ("description", Kind::Text),
        (_, "business_criticity") => ("criticality", Kind::Criticality),
        (_, "move2production") => ("commissioned_on", Kind::Date),
        ("rack", "serialnumber") => ("serial_number", Kind::Text),
        ("rack", "nb_u") => ("rack_units", units),
        ("team" | "person", "email") => ("email", Kind::Email),
        ("team" | "person", "phone") => ("phone", Kind::Text),
        ("person", "employee_number") => ("employee_number", Kind::Text),
        ("person", "mobile_phone") => ("mobile", Kind::Text),
        ("person", "function") => ("job_title", Kind::Text),
        ("organisation", "code") => ("number", Kind::Text),
        ("site", "address") => ("street", Kind::Text),
        ("site", "postal_code") => ("postal_code", Kind::Text),
        ("site", "city") => ("city", Kind::Text),
        ("site", "country") => ("country", Kind::Country),
        ("application_instance", "url") => ("entry_point", Kind::Text),
        ("application_instance" | "database_instance" | "web_server" | "middleware", "path") => {
            ("install_path", Kind::Text)
        }
        ("contract", "start_date") => ("starts_at", Kind::Date),
        ("contract" | "licence", "end_date") => ("expires_at", Kind::Date),
        ("interface", "macaddress") => ("mac_address", Kind::Mac),
        ("interface", "ipaddress") => ("ip_addresses", Kind::Ips),
        ("network", "vlan_tag") => ("vlan", Kind::Integer { max: 4094 }),
        ("software_product", "vendor") => ("vendor", Kind::Text),
        ("licence", "licence_key") => ("licence_key", Kind::Text),
        ("document", "url") => ("location_url", Kind::Web),
        ("document", "version") => ("version", Kind::Text),
        (ci_type, "cpu") if is_server(ci_type) => ("cpu_count", Kind::Integer { max: 1_000_000 }),
        (ci_type, _) if is_device(ci_type) => match field {
            "serialnumber" => ("serial_number", Kind::Text),
            "asset_number" => ("asset_tag", Kind::Text),
            "managementip" => ("primary_ip", Kind::Ip),
            "purchase_date" => ("purchase_date", Kind::Date),
            "end_of_warranty" => ("warranty_end", Kind::Date),
            "nb_u" => ("rack_units", units),
            _ => return None,
        },
        (_, _) => return None,
    };
    Some(found)
}

fn read(kind: Kind, text: &str) -> Option<Input> {
    let fits = match kind {
        Kind::Text => true,
        Kind::Date => {
            let date: Date = text.get(..10).unwrap_or(text).parse().ok()?;
            return Some(Input::Text(date.to_string()));
        }
        Kind::Integer { max } => text.parse::<i64>().is_ok_and(|number| (0..=max).contains(&number)),
        Kind::Ip => text.parse::<IpAddr>().is_ok(),
        Kind::Ips => {
            let address: IpAddr = text.parse().ok()?;
            return Some(Input::List(vec![Input::Text(address.to_string())]));
        }
        Kind::Mac => text.bytes().filter(u8::is_ascii_hexdigit).count() == 12,
        Kind::Email => text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)),
        Kind::Web => text.starts_with("http://") || text.starts_with("https://"),
        Kind::Criticality => matches!(text, "critical" | "high" | "medium" | "low"),
        Kind::Country => text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
    };
    fits.then(|| Input::from(text))
}
