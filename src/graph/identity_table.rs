//! Which CIs were merged into which, and which are known to be different.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Estate, Slot};
use crate::model::{CiId, Distinction, Merge};

/// Records of merges and distinctions that are saved together, by the last byte of an identity.
pub const IDENTITY_CHUNKS: u32 = 256;

/// Merges by the absorbed CI, distinctions by both CIs.
#[derive(Clone, Debug, Default)]
pub(super) struct IdentityTable {
    merges: BTreeMap<CiId, Arc<Merge>>,
    distinctions: BTreeMap<[CiId; 2], Arc<Distinction>>,
    /// Of each CI those it was told apart from.
    told_apart: BTreeMap<CiId, BTreeSet<CiId>>,
}

impl IdentityTable {
    pub(super) fn put_merge(&mut self, merge: &Arc<Merge>) {
        self.merges.insert(merge.alias(), Arc::clone(merge));
    }

    pub(super) fn take_merge(&mut self, alias: CiId) {
        self.merges.remove(&alias);
    }

    pub(super) fn put_distinction(&mut self, distinction: &Arc<Distinction>) {
        let [one, other] = distinction.cis;
        self.told_apart.entry(one).or_default().insert(other);
        self.told_apart.entry(other).or_default().insert(one);
        self.distinctions.insert(distinction.cis, Arc::clone(distinction));
    }

    pub(super) fn take_distinction(&mut self, cis: [CiId; 2]) {
        self.distinctions.remove(&cis);
        let [one, other] = cis;
        for (ci, from) in [(one, other), (other, one)] {
            if let Some(others) = self.told_apart.get_mut(&ci) {
                others.remove(&from);
                if others.is_empty() {
                    self.told_apart.remove(&ci);
                }
            }
        }
    }
}

/// The chunk in which what is known of an identity is saved.
pub fn identity_chunk(ci: CiId) -> u32 {
    u32::from(ci.as_uuid().as_bytes()[15])
}

/// Merges, and CIs that are told apart.
impl Estate {
    /// The merge by which a CI became part of another.
    pub fn merge_of(&self, alias: CiId) -> Option<&Arc<Merge>> {
        self.identities.merges.get(&alias)
    }

    /// All merges that were not taken back, by the absorbed CI.
    pub fn merges(&self) -> impl Iterator<Item = &Arc<Merge>> {
        self.identities.merges.values()
    }

    /// All pairs of CIs that were told apart.
    pub fn distinctions(&self) -> impl Iterator<Item = &Arc<Distinction>> {
        self.identities.distinctions.values()
    }

    /// The distinction between exactly these two identities.
    pub fn distinction(&self, cis: [CiId; 2]) -> Option<&Arc<Distinction>> {
        let [one, other] = cis;
        self.identities.distinctions.get(&[one.min(other), one.max(other)])
    }

    /// Whether somebody said that two CIs, or CIs that have become part of them, are not one.
    pub fn are_told_apart(&self, one: Slot, other: Slot) -> Option<&Arc<Distinction>> {
        if self.identities.told_apart.is_empty() {
            return None;
        }
        let others = self.identities_of(other);
        let of_one = self.identities_of(one).into_iter().filter_map(|identity| {
            let apart = self.identities.told_apart.get(&identity)?;
            let found = others.iter().find(|other| apart.contains(other))?;
            self.distinction([identity, *found])
        });
        of_one.min_by_key(|distinction| distinction.cis)
    }

    /// A CI's own identity and those of the CIs that have become part of it.
    pub fn identities_of(&self, slot: Slot) -> Vec<CiId> {
        let ci = self.ci_at(slot);
        let aliases = ci.standing().map_or(&[][..], |standing| &standing.aliases);
        let mut identities = vec![ci.id()];
        identities.extend(aliases);
        identities
    }
}
