//! Whose word counts: the one place where it is decided what several sources' claims to an attribute
//! come to.
//!
//! The outcome depends on the claims alone, not on the order in which they arrived: on what each
//! source says and since when, on its name, and on when it last spoke of the CI.

use std::cmp::Reverse;

use super::ledger::Voice;
use crate::graph::{Estate, Slot};
use crate::model::{Attribute, AttributeValue, Authority, AuthorityPolicy, SourceId, SourceName, Standing};

/// Whether what a source says counts where nobody else has said anything.
pub(super) fn counts_alone(authority: &Authority, source: &SourceName) -> bool {
    match authority.policy {
        AuthorityPolicy::LockedToSource => authority.sources.first() == Some(&source.name),
        AuthorityPolicy::SourcePriority
        | AuthorityPolicy::WriteIfEmpty
        | AuthorityPolicy::Newest
        | AuthorityPolicy::MostReported => true,
    }
}

/// What is known of the sources of a CI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sources<'a> {
    pub(super) estate: &'a Estate,
    /// The CI.
    pub(super) slot: Slot,
    pub(super) standing: &'a Standing,
    /// Who is speaking: not silent since what it says now was observed, whatever was noted before.
    pub(super) voice: Voice<'a>,
}

impl Sources<'_> {
    /// The claim that counts; `None` where none may.
    pub(super) fn decide<'c>(&self, claims: &'c [Attribute], authority: &Authority) -> Option<&'c Attribute> {
        let heard: Vec<&Attribute> = claims.iter().filter(|claim| self.is_heard(claim, authority)).collect();
        // Where all are silent, what they said last still stands.
        let heard = if heard.is_empty() {
            claims.iter().collect()
        } else {
            heard
        };
        match authority.policy {
            AuthorityPolicy::Newest => self.newest(heard),
            AuthorityPolicy::WriteIfEmpty => {
                let first = |claim: &&Attribute| (claim.first_seen, self.name(claim.source));
                heard.into_iter().min_by_key(first)
            }
            AuthorityPolicy::SourcePriority => {
                let rank = |claim: &Attribute| self.rank(claim, authority);
                let highest = heard.iter().map(|claim| rank(claim)).min()?;
                self.newest(heard.into_iter().filter(|claim| rank(claim) == highest).collect())
            }
            AuthorityPolicy::LockedToSource => {
                let (owners, others): (Vec<_>, Vec<_>) =
                    heard.into_iter().partition(|claim| self.rank(claim, authority) == 0);
                // Others are heard only where the owner's authority may lapse, and has.
                let of_owner: Vec<&Attribute> =
                    claims.iter().filter(|claim| self.rank(claim, authority) == 0).collect();
                let lapsed = authority.lapse.is_some() && !of_owner.is_empty();
                let heir = self.newest(others).filter(|_| lapsed);
                self.newest(owners).or(heir).or_else(|| self.newest(of_owner))
            }
            AuthorityPolicy::MostReported => {
                let reporters = |value: &AttributeValue| {
                    let mut names: Vec<&str> = heard
                        .iter()
                        .filter(|claim| claim.value == *value)
                        .map(|claim| self.name(claim.source).0)
                        .collect();
                    names.sort_unstable();
                    names.dedup();
                    names.len()
                };
                let most = heard.iter().map(|claim| reporters(&claim.value)).max()?;
                self.newest(
                    heard
                        .iter()
                        .copied()
                        .filter(|claim| reporters(&claim.value) == most)
                        .collect(),
                )
            }
        }
    }

    /// Whether a source still speaks of the CI, as far as the authority minds.
    fn is_heard(&self, claim: &Attribute, authority: &Authority) -> bool {
        let speaks = claim.source == self.voice.source;
        if !speaks && self.standing.stale_since(claim.source).is_some() {
            return false;
        }
        let Some(lapse) = authority.lapse else { return true };
        let before = self.estate.last_seen_ci(self.slot, claim.source);
        let spoken = speaks.then(|| self.voice.first_seen());
        let seen = before.max(spoken).max(Some(claim.first_seen));
        seen.is_some_and(|seen| self.voice.now.duration_since(seen) <= lapse)
    }

    fn newest<'c>(&self, claims: Vec<&'c Attribute>) -> Option<&'c Attribute> {
        claims
            .into_iter()
            .max_by_key(|claim| (claim.first_seen, Reverse(self.name(claim.source))))
    }

    /// The place of a claim's source among those of the authority; behind all where it is none.
    fn rank(&self, claim: &Attribute, authority: &Authority) -> usize {
        let (name, ..) = self.name(claim.source);
        let place = authority.sources.iter().position(|source| source.as_str() == name);
        place.unwrap_or(usize::MAX)
    }

    /// Tells sources apart whatever their numbers are.
    fn name(&self, source: SourceId) -> (&str, &str, &str) {
        if source == self.voice.source {
            let called = self.voice.called;
            return (called.name.as_str(), &called.feed, &called.scope);
        }
        self.estate.source(source).map_or(("", "", ""), |source| {
            (source.name.as_str(), &source.feed, &source.scope)
        })
    }
}
