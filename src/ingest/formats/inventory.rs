//! What inventories of machines have in common: fields read with care, names that mean something,
//! kinds of machines, and the parts of a machine as records.
//!
//! Ansible, Facter, GLPI, nmap, NAPALM and `LibreNMS` speak of the same things in their own words.
//! Their adapters translate the words; how a machine, an interface, a volume or installed software is
//! recorded is decided here, so that all of them record it in the same way.

mod fields;
mod kind;
mod names;
mod neighbours;
mod notes;
mod parts;
mod volume;

pub(super) use fields::{Fields, integer_of, list_of, text_of};
pub(super) use kind::{Clues, machine_type};
pub(super) use names::{addresses_beyond_host, fqdn_of, host_and_domain, means_nothing};
pub(super) use neighbours::{Entity, Neighbour, device_key, tell_entities};
pub(super) use notes::{IGNORED, Notes};
pub(super) use parts::{Component, Interface, Machine, Part, Software, moment};
pub(super) use volume::{Volume, Volumes};
