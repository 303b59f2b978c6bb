//! Ansible: what `setup` gathers of hosts, in the shapes in which it is kept, and
//! `ansible-inventory --list`.
//!
//! The name in the inventory is the host's key, because it is what Ansible itself tells hosts apart
//! by. Facts alone do not hold it: then it is the parameter `name`, else what the host calls itself,
//! as long as that is not `localhost`.

mod facts;
mod inventory_list;
mod shapes;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::{Problem, RecordKind};

use super::document::{Adapter, Content, Findings};
use super::inventory::{IGNORED, Notes};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "ansible",
    label: "Ansible facts, or `ansible-inventory --list`",
    recognises,
    read,
};

/// One host's part of a document.
#[derive(Debug)]
struct Host<'a> {
    /// Its name in the inventory, where the document says it.
    name: Option<String>,
    /// Its facts, or why there are none.
    facts: Result<&'a Value, String>,
}

fn recognises(content: &Content) -> bool {
    match content {
        Content::Values(values) => !values.is_empty() && values.iter().all(shapes::is_ansible),
        Content::Text(text) => shapes::is_output(text),
        Content::Xml(_) => false,
    }
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut notes = Notes::default();
    if let Content::Text(text) = content {
        let outputs = shapes::outputs(text)?;
        for (name, value) in &outputs {
            host(&shapes::of_result(Some(name.clone()), value), &mut notes, findings);
        }
    } else {
        for value in content.require_values()? {
            document(value, &mut notes, findings)?;
        }
    }
    notes.tell(findings);
    Ok(())
}

fn document(value: &Value, notes: &mut Notes, findings: &mut Findings<'_>) -> Result<(), Problem> {
    if inventory_list::is_one(value) {
        inventory_list::read(value, notes, findings);
        return Ok(());
    }
    let hosts = shapes::hosts(value, findings.name());
    if hosts.is_empty() {
        let message = "the document holds neither facts nor an inventory: expected is what `ansible -m setup`, a fact \
             cache or `ansible-inventory --list` writes";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    for found in hosts {
        host(&found, notes, findings);
    }
    Ok(())
}

fn host(host: &Host<'_>, notes: &mut Notes, findings: &mut Findings<'_>) {
    match host.facts {
        Err(ref reason) => {
            let name = host.name.as_deref().unwrap_or("of no name");
            notes.add(
                IGNORED,
                "a host without facts, because it could not be asked, is no observation",
                &format!("{name}: {reason}"),
            );
        }
        Ok(facts) => {
            let Some(name) = host.name.clone().or_else(|| facts::own_name(facts)) else {
                let message = "the facts do not say which host they are of, or only that it is `localhost`: give its \
                     name in the inventory with `name` (--name)";
                let problem = Problem::new(ErrorCode::BadUserInput, message).of_field("ansible_fqdn");
                findings.unreadable(RecordKind::Ci, None, problem);
                return;
            };
            facts::tell(&name, facts, notes, findings);
        }
    }
}

#[cfg(test)]
mod tests;
