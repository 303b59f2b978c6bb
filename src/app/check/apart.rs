//! Commands on CIs that only look like one.

use std::sync::Arc;

use super::{Circumstances, check_short, slot_of};
use crate::app::CommandError;
use crate::graph::Estate;
use crate::model::{BeforeAfter, CiId, Delta, DeltaItem, Distinction};

/// Somebody says that two CIs are not one.
pub(super) fn tell_apart(
    estate: &Estate,
    cis: [CiId; 2],
    (by, reason): (&str, &str),
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let [one, other] = cis.map(|ci| slot_of(estate, ci).map(|slot| (slot, estate.ci_id(slot))));
    let ((one, one_id), (other, other_id)) = (one?, other?);
    if one == other {
        let [survivor, absorbed] = cis;
        return Err(CommandError::MergeSelf {
            survivor,
            absorbed,
            ci: one_id,
        });
    }
    if reason.trim().is_empty() {
        return Err(CommandError::ReasonRequired { ci: one_id });
    }
    check_short("reason", reason)?;
    if estate.are_told_apart(one, other).is_some() {
        return Ok(Delta::default());
    }
    let distinction = Distinction {
        cis: [one_id.min(other_id), one_id.max(other_id)],
        at: circumstances.second(),
        by: by.into(),
        reason: reason.into(),
    };
    Ok(Delta {
        items: vec![DeltaItem::Distinction(BeforeAfter::created(distinction))],
    })
}

/// Takes back that two CIs are not one. They may be gone: what was said of them is found all the same.
pub(super) fn reopen(estate: &Estate, cis: [CiId; 2]) -> Result<Delta, CommandError> {
    let [one, other] = cis;
    let slots = estate.slot_of(one).zip(estate.slot_of(other));
    let found = slots.and_then(|(one, other)| estate.are_told_apart(one, other));
    let found = found.or_else(|| estate.distinction(cis));
    let found = found.ok_or(CommandError::DistinctionNotFound { one, other })?;
    Ok(Delta {
        items: vec![DeltaItem::Distinction(BeforeAfter::removed(Arc::clone(found)))],
    })
}
