//! Slips of modelling that the dependency form drops or reads otherwise (section 2.3 of the impact
//! law): the tables keep them, and answers that touch them say so.

use std::sync::Arc;

use super::dependency::Carrier;
use super::{Estate, Slot};
use crate::model::{GroupId, RelationshipId};

/// One slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slip {
    /// A relationship leads from a CI to itself, and carries nothing.
    SelfEdge {
        /// The relationship.
        relationship: RelationshipId,
        /// The CI.
        ci: Slot,
    },
    /// A relationship names a group of another consumer, and is read as plain.
    ConsumerMismatch {
        /// The relationship.
        relationship: RelationshipId,
        /// Where its arc starts.
        source: Slot,
        /// Where its arc ends.
        target: Slot,
    },
    /// A relationship names a group that is not there, as one that does not hold at the moment asked about,
    /// and is read as plain.
    UnknownGroup {
        /// The relationship.
        relationship: RelationshipId,
        /// Where its arc starts.
        source: Slot,
        /// Where its arc ends.
        target: Slot,
    },
    /// A group lists its own consumer, which is left out.
    SelfMember {
        /// The group.
        group: GroupId,
        /// Its consumer.
        consumer: Slot,
    },
}

impl Estate {
    /// All slips, in a stated order: by kind, then by what they are about. The first question after a
    /// commit looks at every relationship that names a group and at every group; later ones look it up.
    pub fn slips(&self) -> &Arc<[Slip]> {
        self.slips.get_or_init(|| {
            let mut slips: Vec<Slip> = self
                .self_edges()
                .chain(self.mismatches())
                .chain(self.unknown_groups())
                .chain(self.self_members())
                .collect();
            slips.sort_unstable();
            slips.dedup();
            slips.into()
        })
    }

    fn self_edges(&self) -> impl Iterator<Item = Slip> + '_ {
        let rows = self
            .relationships
            .self_edges()
            .filter_map(|edge| self.relationships.row(edge));
        rows.map(|row| Slip::SelfEdge {
            relationship: row.id,
            ci: row.from,
        })
    }

    fn mismatches(&self) -> impl Iterator<Item = Slip> + '_ {
        let named = self.groups().flat_map(|group| self.relationships_naming(group.id));
        named.flat_map(|relationship| {
            let plain = self
                .arcs_of(&relationship)
                .into_iter()
                .flatten()
                .filter(|arc| arc.carrier == Carrier::Plain);
            plain.map(move |arc| Slip::ConsumerMismatch {
                relationship: relationship.id(),
                source: arc.source,
                target: arc.target,
            })
        })
    }

    fn unknown_groups(&self) -> impl Iterator<Item = Slip> + '_ {
        let named = self.relationships.named_groups().into_iter();
        let unknown = named.filter(|group| self.group(*group).is_none());
        let naming = unknown.flat_map(|group| self.relationships_naming(group));
        naming.flat_map(|relationship| {
            let id = relationship.id();
            let arcs = self.arcs_of(&relationship).into_iter().flatten();
            arcs.map(move |arc| Slip::UnknownGroup {
                relationship: id,
                source: arc.source,
                target: arc.target,
            })
        })
    }

    fn self_members(&self) -> impl Iterator<Item = Slip> + '_ {
        let listing = self.groups().filter(|group| {
            group
                .members
                .binary_search_by_key(&group.consumer, |member| member.ci)
                .is_ok()
        });
        listing.filter_map(|group| {
            let consumer = self.slot_of(group.consumer)?;
            Some(Slip::SelfMember {
                group: group.id,
                consumer,
            })
        })
    }
}
