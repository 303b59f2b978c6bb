//! What becomes of the relationships of an absorbed CI.

use std::sync::Arc;

use super::Pair;
use crate::graph::{Estate, RelationshipRef};
use crate::model::{
    Attribute, Attributes, BeforeAfter, DeltaItem, MergedRelationship, Relationship, RelationshipFate, SaidBy,
};

/// What becomes of each, by its id, and the steps that make it so.
pub(super) fn merge(estate: &Estate, pair: &Pair) -> (Vec<MergedRelationship>, Vec<DeltaItem>) {
    let from = estate.relationships_from(pair.absorbed);
    let to = estate
        .relationships_to(pair.absorbed)
        .filter(|relationship| relationship.from() != pair.absorbed);
    let mut found: Vec<RelationshipRef<'_>> = from.chain(to).collect();
    found.sort_by_key(RelationshipRef::id);
    let (mut merged, mut items) = (Vec::new(), Vec::new());
    for relationship in found {
        let (before, fate) = (relationship.to_relationship(), fate(estate, pair, relationship));
        let shared = Arc::new(before.clone());
        match &fate {
            RelationshipFate::Moved => {
                let after = Relationship {
                    from: pair.id(before.from),
                    to: pair.id(before.to),
                    ..before.clone()
                };
                items.push(DeltaItem::Relationship(BeforeAfter::updated(shared, after)));
            }
            RelationshipFate::Dropped => items.push(DeltaItem::Relationship(BeforeAfter::removed(shared))),
            RelationshipFate::United { before, after } => {
                items.push(DeltaItem::Relationship(BeforeAfter::removed(shared)));
                if before != after {
                    let known = Arc::new(Relationship::clone(before));
                    let united = Relationship::clone(after);
                    items.push(DeltaItem::Relationship(BeforeAfter::updated(known, united)));
                }
            }
        }
        merged.push(MergedRelationship { before, fate });
    }
    (merged, items)
}

fn fate(estate: &Estate, pair: &Pair, relationship: RelationshipRef<'_>) -> RelationshipFate {
    let (from, to) = (pair.slot(relationship.from()), pair.slot(relationship.to()));
    if from == to && relationship.from() != relationship.to() {
        return RelationshipFate::Dropped;
    }
    let kind = relationship.relationship_type();
    match estate.find_relationship(kind, from, to, relationship.qualifier()) {
        None => RelationshipFate::Moved,
        Some(known) => {
            let before = known.to_relationship();
            let after = united(&before, &relationship.to_relationship());
            RelationshipFate::United {
                before: Box::new(before),
                after: Box::new(after),
            }
        }
    }
}

/// Two relationships that say the same as one: said by all who said either, with what the other adds.
fn united(known: &Relationship, other: &Relationship) -> Relationship {
    let mut united = known.clone();
    let sayers = std::iter::once((other.source, other.first_seen));
    let sayers = sayers.chain(other.also_said_by.iter().map(|said| (said.source, said.first_seen)));
    for (source, first_seen) in sayers {
        let mut said = united.also_said_by.iter_mut();
        if source == united.source {
            united.first_seen = united.first_seen.min(first_seen);
        } else if let Some(said) = said.find(|said| said.source == source) {
            said.first_seen = said.first_seen.min(first_seen);
        } else {
            united.also_said_by.push(SaidBy { source, first_seen });
        }
    }
    united.forward = united.forward.or(other.forward);
    united.reverse = united.reverse.or(other.reverse);
    united.group = united.group.or(other.group);
    // Where a number stands twice the later one counts.
    let attributes: Vec<Attribute> = other.attributes.iter().chain(known.attributes.iter()).collect();
    united.attributes = Attributes::new(attributes);
    united
}
