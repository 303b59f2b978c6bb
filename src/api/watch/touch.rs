//! Which commits can change how a watched service stands: the others are passed over without any
//! evaluation.

use super::Picture;
use crate::graph::{Slot, Snapshot};
use crate::model::{CiId, DeltaItem};

/// Whether an item of a delta can change anything about the picture.
pub(super) fn is_touched(picture: &Picture, view: &Snapshot, item: &DeltaItem) -> bool {
    if !picture.has_all_groups() {
        // It is not known what the service stands on.
        return true;
    }
    let is_in = |id: CiId| picture.stands_on.binary_search(&id).is_ok();
    match item {
        DeltaItem::Source(_)
        | DeltaItem::IngestRule(_)
        | DeltaItem::Review(_)
        | DeltaItem::Merge(_)
        | DeltaItem::Distinction(_) => false,
        // What the catalog says may change what every relationship means.
        DeltaItem::CiType(_) | DeltaItem::RelationshipType(_) | DeltaItem::Pool(_) | DeltaItem::Lifecycle(_) => true,
        DeltaItem::Relationship(change) => {
            let mut sides = change.before.iter().chain(&change.after);
            sides.any(|relationship| is_in(relationship.from) || is_in(relationship.to))
        }
        DeltaItem::Group(change) => {
            let mut sides = change.before.iter().chain(&change.after);
            sides.any(|group| is_in(group.consumer))
        }
        DeltaItem::Ci(change) => {
            if change.either().is_some_and(|ci| is_in(ci.id())) {
                return true;
            }
            // One that did not take part and now does brings its relationships along.
            match (&change.before, &change.after) {
                (Some(before), Some(after))
                    if (before.stage(), before.validity()) != (after.stage(), after.validity()) =>
                {
                    hits(view, after.id(), is_in)
                }
                (_, _) => false,
            }
        }
    }
}

/// Whether a failure of a CI reaches one of these directly.
fn hits(view: &Snapshot, ci: CiId, is_in: impl Fn(CiId) -> bool) -> bool {
    let Some(slot) = view.slot_of(ci) else { return false };
    let index = view.dependency_index();
    let mut hit = index.outgoing(slot).iter().map(|link| {
        if link.is_group() {
            index.consumer(link.other)
        } else {
            Slot::new(link.other)
        }
    });
    hit.any(|dependent| is_in(view.ci_id(dependent)))
}
