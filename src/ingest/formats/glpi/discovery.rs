//! A device that an agent found by knocking at addresses.

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{
    Fields, IGNORED, Machine, Notes, device_key, fqdn_of, host_and_domain, means_nothing,
};

use super::equipment::device_type;
use super::{Inventory, entry_text};

/// Records a device that said what it is. One that did not is an address somebody has, and no CI.
pub(super) fn tell(inventory: &Inventory<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    let text = |names: &[&str]| entry_text(inventory.content, names).filter(|text| !means_nothing(text));
    let names = [text(&["snmphostname"]), text(&["dnshostname"]), text(&["netbiosname"])];
    let name = names.into_iter().flatten().find(|name| host_and_domain(name).is_some());
    let (kind, mac, serial) = (text(&["type"]), text(&["mac"]), text(&["serial"]));
    let key = device_key(name.as_deref(), mac.as_deref(), serial.as_deref());
    let (Some(kind), Some(key)) = (kind, key) else {
        let shown = name.or_else(|| text(&["ip"])).unwrap_or_default();
        notes.add(IGNORED, "a discovered device that does not say what it is", &shown);
        return;
    };
    let machine = Machine::device(
        key,
        name.as_deref(),
        device_type(inventory.itemtype, Some(&kind)),
        inventory.observed_at(),
    );
    let mut fields = Fields::default();
    fields.text("serial_number", serial.as_deref());
    fields.text("manufacturer", text(&["manufacturer"]).as_deref());
    fields.text("model", text(&["model"]).as_deref());
    fields.text("description", text(&["description"]).as_deref());
    fields.text(
        "fqdn",
        fqdn_of([name.as_deref(), text(&["dnshostname"]).as_deref()]).as_deref(),
    );
    fields.text(
        "host_name",
        name.as_deref()
            .and_then(host_and_domain)
            .map(|(host, _)| host)
            .as_deref(),
    );
    fields.address("primary_ip", text(&["ip"]).as_deref(), notes);
    fields.macs("mac_addresses", mac.as_deref());
    machine.tell(fields, findings);
}
