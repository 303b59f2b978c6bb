//! Where a failure was weakened on its way: relationships that pass on less than they take
//! (section 3 of the law).

use std::cmp::Reverse;

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::{ImpactState, RelationshipTypeId, Strength};

use super::question::ImpactView;
use super::report::ImpactReport;
use super::witness::type_of;

/// A link that passed on less than it took, to a CI that ends better than the link's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakened {
    /// Whose failure was weakened.
    pub source: Slot,
    /// Who would have been hit harder.
    pub target: Slot,
    /// The type of the relationship; `None` for a group's own list of members, or several.
    pub relationship_type: Option<RelationshipTypeId>,
    /// The group, for a membership.
    pub group: Option<GroupKey>,
    /// The strength that did it, before any option of the question.
    pub strength: Strength,
    /// The state of the source.
    pub took: ImpactState,
    /// What arrives.
    pub passed: ImpactState,
}

impl ImpactReport {
    /// The links that weakened a failure which had come to `DEGRADED` or worse: the worst states
    /// first, then by target, source and type. Relationships of excluded types are not among them:
    /// the question itself left them out.
    ///
    /// Costs the links of the CIs that end so, and sorts.
    pub fn weakened(&self, view: ImpactView<'_>) -> Vec<Weakened> {
        let failing = self.impacted_unordered().iter();
        let failing = failing.filter(|ci| ci.after >= ImpactState::Degraded);
        let mut weakened: Vec<Weakened> = failing
            .flat_map(|ci| self.weakened_from(view, ci.slot, ci.after))
            .collect();
        weakened.sort_by_cached_key(|one| {
            let (target, source) = (view.columns.id(one.target), view.columns.id(one.source));
            (Reverse(one.took), target, source, one.relationship_type, one.group)
        });
        weakened
    }

    fn weakened_from<'a>(
        &'a self,
        view: ImpactView<'a>,
        source: Slot,
        took: ImpactState,
    ) -> impl Iterator<Item = Weakened> + 'a {
        view.index.outgoing(source).iter().filter_map(move |link| {
            let (target, group, strength) = if link.is_group() {
                let strength = self
                    .reading
                    .member_strength(view.index, *link, link.other, source.number());
                (
                    view.index.consumer(link.other),
                    view.index.group_key(link.other),
                    strength,
                )
            } else {
                let strength = Strength::from_number(link.strength)?;
                (Slot::new(link.other), None, strength)
            };
            let passed = strength.apply(took);
            let excluded = self.reading.excludes_link(*link);
            (passed < took && !excluded && self.after(target) < took).then(|| Weakened {
                source,
                target,
                relationship_type: type_of(*link),
                group,
                strength,
                took,
                passed,
            })
        })
    }
}
