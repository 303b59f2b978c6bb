//! The estate as it holds at a moment: section 8 of the impact law, in valid time.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Estate, Slot};
use crate::model::{BeforeAfter, CiId, Delta, DeltaItem, Validity};

/// The estate as it holds at a moment, and for how long it holds so.
#[derive(Debug)]
pub struct AsOf {
    /// With only what holds; `None` where that is all of it.
    pub estate: Option<Estate>,
    /// The span around the moment in which nothing begins or ceases to hold.
    pub span: Option<Validity>,
}

impl Estate {
    /// The estate with only what holds at a moment. What does not hold is not there at all: it is not
    /// counted in n, and a question about it finds nothing.
    ///
    /// Costs nothing where no validity is bounded, else a look at every CI and relationship, and a
    /// copy of the estate where something has to go. Slots stay the same.
    pub fn as_of(&self, at: Timestamp) -> AsOf {
        if !self.has_bounded_validity() {
            return AsOf {
                estate: None,
                span: None,
            };
        }
        let delta = self.removal_of_what_does_not_hold(at);
        let estate = (!delta.is_empty()).then(|| {
            let mut estate = self.clone();
            estate.apply(&delta);
            estate
        });
        let span = self.span_around(at);
        AsOf { estate, span }
    }

    /// The next moment at which anything at all begins or ceases to hold. Costs a look at every CI,
    /// relationship and group; nothing where no validity is bounded.
    pub fn next_edge(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.has_bounded_validity() {
            return None;
        }
        self.span_around(at).and_then(|span| span.to())
    }

    /// The next moment at which something begins or ceases to hold by which these CIs stand differently:
    /// one of them, what one of them is hit by directly, or the relationship or group between the two.
    ///
    /// What stands further off counts only through CIs in between, which must be among those given as far
    /// as they hold at the moment. Costs the relationships and group members of these CIs; nothing where no
    /// validity is bounded.
    pub fn next_edge_below(&self, cis: &[CiId], at: Timestamp) -> Option<Timestamp> {
        if !self.has_bounded_validity() {
            return None;
        }
        let mut next = NextEdge { at, found: None };
        for slot in cis.iter().filter_map(|ci| self.slot_of(*ci)) {
            next.note(self.ci_at(slot).validity());
            for relationship in self.relationships_from(slot).chain(self.relationships_to(slot)) {
                let other = if relationship.from() == slot {
                    relationship.to()
                } else {
                    relationship.from()
                };
                let bounds = [relationship.validity(), self.ci_at(other).validity()];
                let is_bounded = bounds.iter().any(Option::is_some);
                let hits = || {
                    self.arcs_of(&relationship)
                        .iter()
                        .flatten()
                        .any(|arc| arc.target == slot)
                };
                if is_bounded && hits() {
                    for bound in bounds {
                        next.note(bound);
                    }
                }
            }
            for group in self.groups_of_consumer(slot) {
                next.note(group.validity);
                for member in group.members.iter().filter_map(|member| self.ci(member.ci)) {
                    next.note(member.validity());
                }
            }
        }
        next.found
    }

    /// The longest span around a moment in which nothing begins or ceases to hold.
    fn span_around(&self, at: Timestamp) -> Option<Validity> {
        let cis = self.slots_by_id().iter().map(|slot| self.ci_at(*slot).validity());
        let relationships = self.relationships().map(|relationship| relationship.validity());
        let groups = self.groups().map(|group| group.validity);
        let (mut from, mut to) = (None, None);
        for validity in cis.chain(relationships).chain(groups).flatten() {
            for edge in [validity.from(), validity.to()].into_iter().flatten() {
                if edge <= at {
                    from = from.max(Some(edge));
                } else {
                    to = Some(to.map_or(edge, |to: Timestamp| to.min(edge)));
                }
            }
        }
        // Its beginning is at most the moment, and its end is behind it.
        Validity::new(from, to).ok().flatten()
    }

    fn removal_of_what_does_not_hold(&self, at: Timestamp) -> Delta {
        let holds = |validity: Option<Validity>| validity.is_none_or(|validity| validity.contains(at));
        let gone: Vec<Slot> = self
            .slots_by_id()
            .iter()
            .filter(|slot| !holds(self.ci_at(**slot).validity()))
            .copied()
            .collect();
        let is_gone = |slot: Slot| {
            gone.binary_search_by_key(&self.ci_id(slot), |gone| self.ci_id(*gone))
                .is_ok()
        };
        let is_absent = |ci| self.slot_of(ci).is_none_or(is_gone);
        let mut items = Vec::new();
        // Those that name a group which does not hold go on naming it: section 2.3 reads them as plain then,
        // and not as members of a pool.
        for relationship in self.relationships() {
            if !holds(relationship.validity()) || is_gone(relationship.from()) || is_gone(relationship.to()) {
                items.push(DeltaItem::Relationship(BeforeAfter::removed(Arc::new(
                    relationship.to_relationship(),
                ))));
            }
        }
        for group in self.groups() {
            let mut after = (**group).clone();
            after.members.retain(|member| !is_absent(member.ci));
            if !holds(group.validity) || is_absent(group.consumer) {
                items.push(DeltaItem::Group(BeforeAfter::removed(Arc::clone(group))));
            } else if after.members.len() < group.members.len() {
                items.push(DeltaItem::Group(BeforeAfter::updated(Arc::clone(group), after)));
            }
        }
        let cis = gone
            .iter()
            .map(|slot| DeltaItem::Ci(BeforeAfter::removed(Arc::clone(self.ci_at(*slot)))));
        items.extend(cis);
        Delta { items }
    }
}

/// The first end of a span behind a moment, of those noted so far.
struct NextEdge {
    at: Timestamp,
    found: Option<Timestamp>,
}

impl NextEdge {
    fn note(&mut self, validity: Option<Validity>) {
        let edges = validity
            .into_iter()
            .flat_map(|validity| [validity.from(), validity.to()]);
        for edge in edges.flatten().filter(|edge| *edge > self.at) {
            self.found = Some(self.found.map_or(edge, |found| found.min(edge)));
        }
    }
}
