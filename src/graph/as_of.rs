//! The estate as it holds at a moment: section 8 of the impact law, in valid time.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Estate, Slot};
use crate::model::{BeforeAfter, Delta, DeltaItem, Relationship, Validity};

impl Estate {
    /// The estate with only what holds at a moment; `None` where that is all of it. What does not hold
    /// is not there at all: it is not counted in n, and a question about it finds nothing.
    ///
    /// Costs nothing where no validity is bounded, else a look at every CI and relationship, and a
    /// copy of the estate where something has to go. Slots stay the same.
    pub fn as_of(&self, at: Timestamp) -> Option<Self> {
        if !self.has_bounded_validity() {
            return None;
        }
        let delta = self.removal_of_what_does_not_hold(at);
        if delta.is_empty() {
            return None;
        }
        let mut estate = self.clone();
        estate.apply(&delta);
        Some(estate)
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
        for relationship in self.relationships() {
            if !holds(relationship.validity()) || is_gone(relationship.from()) || is_gone(relationship.to()) {
                items.push(DeltaItem::Relationship(BeforeAfter::removed(Arc::new(
                    relationship.to_relationship(),
                ))));
            } else if relationship
                .group()
                .and_then(|group| self.group(group))
                .is_some_and(|group| !holds(group.validity) || is_absent(group.consumer))
            {
                let before = relationship.to_relationship();
                let after = Relationship {
                    group: None,
                    ..before.clone()
                };
                items.push(DeltaItem::Relationship(BeforeAfter::updated(Arc::new(before), after)));
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
