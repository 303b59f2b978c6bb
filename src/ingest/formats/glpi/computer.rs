//! A computer or telephone, as the agent on it sees it.

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Clues, Fields, Machine, Notes, addresses_beyond_host, fqdn_of, host_and_domain, integer_of, machine_type,
    means_nothing,
};
use crate::ingest::observation::{Problem, RecordKind};

use super::{Inventory, entry_text, hardware, running};

/// The sections that are read.
const TAKEN: [&str; 15] = [
    "hardware",
    "bios",
    "operatingsystem",
    "cpus",
    "memories",
    "storages",
    "drives",
    "networks",
    "batteries",
    "monitors",
    "powersupplies",
    "softwares",
    "virtualmachines",
    "databases_services",
    "simcards",
];

/// Records a computer with its parts and what runs on it.
pub(super) fn tell(inventory: &Inventory<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let name = inventory.field("hardware", "name").filter(|name| !means_nothing(name));
    let key = Some(inventory.deviceid.trim())
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let Some(key) = key.or_else(|| name.clone()) else {
        let problem = Problem::new(
            ErrorCode::BadUserInput,
            "an inventory of no machine: it has neither `deviceid` nor a name",
        );
        findings.unreadable(RecordKind::Ci, None, problem.of_field("deviceid"));
        return;
    };
    let (ci_type, device_kind) = kind(inventory);
    let machine = Machine {
        name: name.unwrap_or_else(|| key.clone()),
        key,
        ci_type,
        observed_at: inventory.observed_at(),
    };
    let interfaces = hardware::interfaces(inventory);
    let mut fields = Fields::default();
    fields.text("device_kind", device_kind);
    identity(inventory, &mut fields, notes);
    let addresses: Vec<&str> = interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .map(String::as_str)
        .collect();
    let beyond: Vec<&str> = addresses_beyond_host(addresses).collect();
    if let [only] = beyond.as_slice() {
        fields.address("primary_ip", Some(only), notes);
    }
    fields.addresses("ip_addresses", beyond, notes);
    fields.macs(
        "mac_addresses",
        interfaces.iter().filter_map(|interface| interface.mac.as_deref()),
    );
    system(inventory, &mut fields, notes);
    machine.tell(fields, findings);
    for interface in interfaces {
        interface.tell(&machine, notes, findings);
    }
    hardware::tell(inventory, &machine, notes, findings);
    running::tell(inventory, &machine, notes, findings);
    if inventory.field("hardware", "winprodkey").is_some() {
        notes.add("SECRET_DROPPED", "licence keys are not taken over", "winprodkey");
    }
    inventory.note_other_sections(&TAKEN, notes);
}

/// The type of CI. An inventory of changes alone may not tell a workplace from a server of the same
/// enclosure; then it says no more than that it is a device.
fn kind(inventory: &Inventory<'_>) -> (&'static str, Option<&'static str>) {
    let system = operating_system(inventory);
    let android = system.as_deref().is_some_and(|system| system.contains("Android"));
    if inventory.itemtype == Some("Phone") || android || !inventory.section("simcards").is_empty() {
        return ("end_user_device", Some("smartphone"));
    }
    let chassis = inventory.field("hardware", "chassis_type");
    let hypervisor = inventory.field("hardware", "vmsystem");
    let model = inventory.field("bios", "smodel");
    let clues = Clues {
        chassis: chassis.as_deref(),
        virtualization: hypervisor.as_deref(),
        guest: None,
        operating_system: system.as_deref(),
        model: model.as_deref(),
    };
    let guest = hypervisor
        .as_deref()
        .map(|hypervisor| !hypervisor.eq_ignore_ascii_case("physical"));
    // That a machine is physical says no more here than that it is no guest.
    let known = machine_type(Clues {
        guest: guest.filter(|guest| *guest),
        ..clues
    });
    let workplace = machine_type(Clues {
        operating_system: Some("desktop"),
        ..clues
    })
    .1 == Some("desktop");
    if inventory.partial && system.is_none() && workplace && guest != Some(true) {
        return ("device", None);
    }
    known
}

fn operating_system(inventory: &Inventory<'_>) -> Option<String> {
    let named = ["full_name", "name"]
        .iter()
        .find_map(|field| inventory.field("operatingsystem", field));
    named.or_else(|| inventory.field("hardware", "osname"))
}

fn identity(inventory: &Inventory<'_>, fields: &mut Fields, notes: &mut Notes) {
    let bios = |names: &[&str]| {
        inventory
            .section("bios")
            .iter()
            .find_map(|entry| entry_text(entry, names))
    };
    let serial = ["ssn", "enclosureserial", "biosserial"]
        .iter()
        .filter_map(|field| bios(&[field]));
    fields.text(
        "serial_number",
        serial.into_iter().find(|serial| !means_nothing(serial)).as_deref(),
    );
    fields.uuid("uuid", inventory.field("hardware", "uuid").as_deref(), notes);
    fields.text(
        "asset_tag",
        bios(&["assettag"])
            .filter(|_| inventory.itemtype != Some("Phone"))
            .as_deref(),
    );
    fields.text("manufacturer", bios(&["smanufacturer", "mmanufacturer"]).as_deref());
    fields.text("model", bios(&["smodel", "mmodel"]).as_deref());
    fields.text("firmware_version", bios(&["bversion"]).as_deref());
    let name = inventory.field("hardware", "name");
    let full = inventory.field("operatingsystem", "fqdn");
    fields.text("fqdn", fqdn_of([full.as_deref(), name.as_deref()]).as_deref());
    let host = name.as_deref().and_then(host_and_domain);
    fields.text("host_name", host.as_ref().map(|(host, _)| host.as_str()));
    let domain = inventory
        .field("operatingsystem", "dns_domain")
        .or_else(|| host.and_then(|(_, domain)| domain));
    fields.text("domain", domain.map(|domain| domain.to_lowercase()).as_deref());
    let imei = inventory
        .field("simcards", "imei")
        .filter(|imei| (14..=16).contains(&imei.len()));
    let imei = imei.filter(|imei| imei.bytes().all(|digit| digit.is_ascii_digit()));
    fields.text(
        "imei",
        imei.filter(|_| kind(inventory).0 == "end_user_device").as_deref(),
    );
}

fn system(inventory: &Inventory<'_>, fields: &mut Fields, notes: &mut Notes) {
    // A record that is just of a device cannot say these.
    if kind(inventory).0 == "device" {
        return;
    }
    fields.text("operating_system", operating_system(inventory).as_deref());
    let version = inventory.field("operatingsystem", "version");
    fields.text("os_version", version.as_deref());
    let kernel = inventory.field("operatingsystem", "kernel_version");
    fields.text(
        "kernel_version",
        kernel.or_else(|| inventory.field("hardware", "osversion")).as_deref(),
    );
    fields.moment("last_boot_at", inventory.moment("operatingsystem", "boot_time"));
    let processors = inventory.section("cpus");
    if let Some(first) = processors.first() {
        fields.count("cpu_count", i64::try_from(processors.len()).ok(), notes);
        let cores = processors
            .iter()
            .filter_map(|cpu| integer_of(cpu.get("core")).or_else(|| integer_of(cpu.get("corecount"))));
        let cores: i64 = cores.fold(0, i64::saturating_add);
        fields.count("cpu_cores", Some(cores).filter(|cores| *cores > 0), notes);
        fields.text(
            "cpu_model",
            entry_text(first, &["name", "familyname", "model"]).as_deref(),
        );
    }
    let memory = inventory
        .section("hardware")
        .iter()
        .find_map(|entry| integer_of(entry.get("memory")));
    fields.count("memory", memory.filter(|memory| *memory > 0), notes);
    let fixed = inventory
        .section("storages")
        .iter()
        .filter(|storage| hardware::is_drive(storage));
    let disks: i64 = fixed
        .filter_map(|disk| integer_of(disk.get("disksize")))
        .fold(0, i64::saturating_add);
    fields.count("disk", Some(disks / 1074).filter(|disk| *disk > 0), notes);
    fields.custom("architecture", inventory.field("operatingsystem", "arch"));
    fields.custom(
        "hypervisor",
        inventory
            .field("hardware", "vmsystem")
            .filter(|system| system != "Physical"),
    );
}
