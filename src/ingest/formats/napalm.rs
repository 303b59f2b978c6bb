//! NAPALM: what its getters say of one network device, one document a getter or all in one.
//!
//! Only `get_facts` says which device it is of; for the other getters the sender says it with the
//! parameter `name`.

mod device;
mod getters;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::Notes;
use getters::Getter;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "napalm",
    label: "results of NAPALM's getters",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    !content.values().is_empty() && content.values().iter().all(|value| !devices(value).is_empty())
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut notes = Notes::default();
    for value in content.require_values()? {
        let devices = devices(value);
        if devices.is_empty() {
            let message = "the document is the result of none of the getters facts, interfaces, interfaces_ip, \
                 lldp_neighbors, lldp_neighbors_detail, vlans and arp_table, or of an empty one";
            return Err(Problem::new(ErrorCode::BadUserInput, message));
        }
        for (name, results) in devices {
            let name = name.or_else(|| findings.name().map(str::to_owned));
            device::tell(name.as_deref(), &results, &mut notes, findings);
        }
    }
    notes.tell(findings);
    Ok(())
}

/// A device's name, where the document says it, and what its getters say.
type Told<'v> = (Option<String>, Vec<(Getter, &'v Value)>);

/// The results of each device in a document, with the device's name where the document says it.
fn devices(value: &Value) -> Vec<Told<'_>> {
    if let Some(getter) = Getter::of_result(value) {
        return vec![(None, vec![(getter, value)])];
    }
    if let Some(results) = results(value) {
        return vec![(None, results)];
    }
    let Some(hosts) = value.as_object().filter(|hosts| !hosts.is_empty()) else {
        return Vec::new();
    };
    let found: Option<Vec<_>> = hosts
        .iter()
        .map(|(name, value)| results(value).map(|results| (Some(name.clone()), results)))
        .collect();
    found.unwrap_or_default()
}

/// The results of several getters by their names, as nornir and the Ansible modules gather them.
fn results(value: &Value) -> Option<Vec<(Getter, &Value)>> {
    let fields = value.as_object()?;
    let found: Vec<(Getter, &Value)> = fields
        .iter()
        .filter_map(|(name, result)| Some((Getter::named(name)?, result)))
        .filter(|(getter, result)| getter.fits(result))
        .collect();
    // Another format may have a field `interfaces`, but not with what this getter says in it.
    (!found.is_empty() && fields.keys().all(|name| getters::is_getter(name))).then_some(found)
}

#[cfg(test)]
mod tests;
