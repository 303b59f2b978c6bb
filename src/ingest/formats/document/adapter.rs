//! The table of document formats.

use std::fmt;

use crate::ingest::formats;
use crate::ingest::observation::Problem;

use super::{Content, Findings};

/// A document format.
pub struct Adapter {
    /// Its name in parameters and on the command line: `nmap`.
    pub name: &'static str,
    /// What it is, for people: `nmap's XML output`.
    pub label: &'static str,
    /// Whether a document is surely of this format. Must not claim documents of others.
    pub recognises: fn(&Content) -> bool,
    /// Reads a document. An error says that nothing of it can be read; whatever is wrong with one part
    /// of it is among the findings.
    pub read: fn(&Content, &mut Findings<'_>) -> Result<(), Problem>,
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All document formats, by name.
pub const ADAPTERS: &[Adapter] = &[
    formats::alertmanager::ADAPTER,
    formats::ansible::ADAPTER,
    formats::aws::ADAPTER,
    formats::backstage::ADAPTER,
    formats::cyclonedx::ADAPTER,
    formats::facter::ADAPTER,
    formats::glpi::FUSIONINVENTORY,
    formats::glpi::GLPI,
    formats::gml::ADAPTER,
    formats::graphml::ADAPTER,
    formats::itop::ADAPTER,
    formats::native_json::ADAPTER,
    formats::kubernetes::ADAPTER,
    formats::librenms::ADAPTER,
    formats::napalm::ADAPTER,
    formats::netbox::ADAPTER,
    formats::nmap::ADAPTER,
    formats::service_graph::ADAPTER,
    formats::spdx::ADAPTER,
    formats::terraform::ADAPTER,
];

/// The format of a name.
pub fn adapter_named(name: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|adapter| adapter.name == name)
}

pub(super) fn names() -> String {
    let names: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.name).collect();
    names.join(", ")
}
