//! nmap's XML: hosts that answered, their addresses, and the services that listen on them.
//!
//! A scan knows a host by its address, which is a weak identity: addresses move. So a host is named by
//! its hardware address where the scan saw it, else by its address, and its name in DNS is what leads
//! to the CI that other sources recorded.

mod host;
mod service;

use roxmltree::Node;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::{IGNORED, Notes};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "nmap",
    label: "nmap's XML output (-oX)",
    recognises,
    read,
};

const ROOT: &str = "nmaprun";

fn recognises(content: &Content) -> bool {
    content.xml_root() == Some(ROOT)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let document = match content.require_xml() {
        Ok(document) => document,
        Err(problem) => return Err(unfinished(content).unwrap_or(problem)),
    };
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        let message = format!("the outermost element of nmap's output is `{ROOT}`");
        return Err(Problem::new(ErrorCode::BadUserInput, message).of_value(root.tag_name().name()));
    }
    let finished = children(root, "runstats").any(|stats| children(stats, "finished").next().is_some());
    if !finished {
        findings.warn(
            "UNFINISHED_SCAN",
            "the scan has no closing statistics, so it was interrupted: hosts that it does not name may be up",
        );
    }
    let mut notes = Notes::default();
    for element in children(root, "host") {
        match host::Host::of(element) {
            Ok(host) if host.is_up => host.tell(&mut notes, findings),
            Ok(host) => notes.add(IGNORED, "hosts that are not up are no CIs", &host.shown()),
            Err(problem) => findings.unreadable(crate::ingest::observation::RecordKind::Ci, None, problem),
        }
    }
    notes.tell(findings);
    Ok(())
}

/// Why a document of nmap cannot be read, if it is one that was cut off.
fn unfinished(content: &Content) -> Option<Problem> {
    let text = content.text()?;
    let begun = content.xml_root() == Some(ROOT) && !text.trim_end().ends_with("</nmaprun>");
    begun.then(|| {
        let message = "the scan was interrupted while it was written: the closing `</nmaprun>` is missing. Let the scan \
             finish, or end it with `nmap --resume`";
        Problem::new(ErrorCode::BadUserInput, message)
    })
}

fn children<'a, 'i>(element: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    element.children().filter(move |child| child.has_tag_name(name))
}

#[cfg(test)]
mod tests;
