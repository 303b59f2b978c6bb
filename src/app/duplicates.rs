//! CIs that are probably one: found by the rules that identify CIs, and by likeness.
//!
//! The candidates of a CI come from the estate's look-ups: those who share one of its identifying
//! values or, but for case and domain, its name. A value that many share tells nobody apart and is
//! passed over, so a CI costs a bounded number of comparisons and all of them are linear in the estate.

mod likeness;
mod queue;

use std::collections::BTreeSet;

pub use self::likeness::{DuplicateReason, ReasonKind};
pub use self::queue::{DuplicateQueue, QueueError};

use crate::graph::{Estate, Slot};
use crate::model::{CiId, ConfigurationItem, LifecycleStage};

/// CIs that may share a value for it to be looked at: what more have identifies nothing.
pub const SHARED_MAX: usize = 50;

/// Two CIs that are probably one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The two, the lesser first.
    pub cis: [CiId; 2],
    /// How probable it is, 1 to 100: for ordering, not a probability.
    pub score: u8,
    /// What speaks for it, the strongest first, then what speaks against it.
    pub reasons: Vec<DuplicateReason>,
}

/// The CIs that are probably one with a CI, by id.
pub fn duplicates_of(estate: &Estate, slot: Slot) -> Vec<Duplicate> {
    let candidates = candidates(estate, estate.ci_at(slot));
    let others = candidates.into_iter().filter(|other| *other != slot);
    let mut found: Vec<Duplicate> = others
        .filter_map(|other| likeness::compare(estate, slot, other))
        .collect();
    found.sort_by_key(|duplicate| duplicate.cis);
    found
}

/// Every pair of CIs that are probably one, by ids.
pub fn all_duplicates(estate: &Estate) -> Vec<Duplicate> {
    let mut found = Vec::new();
    for slot in estate.slots_by_id() {
        let own = estate.ci_id(*slot);
        // Each pair is told by its lesser CI.
        let of_slot = duplicates_of(estate, *slot).into_iter();
        found.extend(of_slot.filter(|duplicate| duplicate.cis[0] == own));
    }
    found
}

/// The CIs that share an identifying value or the name with a CI, which need not be recorded (any
/// more); in no stated order, the CI among them.
fn candidates(estate: &Estate, ci: &ConfigurationItem) -> BTreeSet<Slot> {
    let catalog = estate.catalog();
    let mut candidates = BTreeSet::new();
    let mut take = |found: &mut dyn Iterator<Item = Slot>| {
        let found: Vec<Slot> = found.take(SHARED_MAX + 1).collect();
        if found.len() <= SHARED_MAX {
            candidates.extend(found);
        }
    };
    take(&mut estate.named(ci.name()));
    take(&mut estate.named_alike(ci));
    for attribute in ci.attributes().iter() {
        if catalog.is_identifying(attribute.id) && !catalog.is_junk(attribute.id, &attribute.value) {
            take(&mut estate.with_identifier(attribute.id, &attribute.value));
        }
    }
    candidates
}

/// Whether a CI is in use: of those that are not, nobody minds a second one.
fn is_in_use(ci: &ConfigurationItem) -> bool {
    match ci.stage() {
        LifecycleStage::Retired | LifecycleStage::Disposed => false,
        LifecycleStage::Planned
        | LifecycleStage::Ordered
        | LifecycleStage::InStock
        | LifecycleStage::InService
        | LifecycleStage::Maintenance
        | LifecycleStage::Degraded
        | LifecycleStage::Down => true,
    }
}
