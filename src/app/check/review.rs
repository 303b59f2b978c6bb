//! Commands on the review queue.

use std::sync::Arc;

use super::{Circumstances, check_short};
use crate::app::CommandError;
use crate::graph::Estate;
use crate::model::command::NewCi;
use crate::model::review::{NewReview, ReviewCommand, ReviewItem, ReviewState};
use crate::model::{BeforeAfter, CiId, CiPatch, Delta, DeltaItem, ReviewId};

/// Most items in the review queue, decided ones included.
const REVIEW_ITEMS_MAX: usize = 100_000;

/// What stands before the native key in the subject of a record that has one.
const KEY_PREFIX: &str = "key:";

pub(super) fn check(
    estate: &Estate,
    command: &ReviewCommand,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    match command {
        ReviewCommand::Raise(new) => raise(estate, new, circumstances),
        ReviewCommand::ResolveTo { review, ci } => resolve_to(estate, *review, *ci, circumstances),
        ReviewCommand::ResolveNew { review, new } => resolve_new(estate, *review, new, circumstances),
        ReviewCommand::Dismiss { review, reason } => {
            check_short("reason", reason)?;
            let before = open(estate, *review)?;
            let state = ReviewState::Dismissed {
                reason: reason.as_str().into(),
                at: circumstances.second(),
            };
            Ok(Delta {
                items: vec![decided(before, state)],
            })
        }
    }
}

/// What is dismissed stays so; what was decided for a CI that is gone waits again.
fn raise(estate: &Estate, new: &NewReview, circumstances: &mut Circumstances<'_>) -> Result<Delta, CommandError> {
    let mut candidates = new.candidates.clone();
    candidates.sort_unstable();
    candidates.dedup();
    let item = |id, first_seen| ReviewItem {
        id,
        kind: new.kind,
        source: new.source.clone(),
        subject: new.subject.clone(),
        ci_type: new.ci_type.clone(),
        record: new.record.clone(),
        candidates: candidates.clone(),
        reason: new.reason.clone(),
        first_seen,
        state: ReviewState::Open,
    };
    let change = match estate.review_about(&new.source.name, &new.subject) {
        None if estate.review_count() >= REVIEW_ITEMS_MAX => {
            return Err(CommandError::ReviewQueueFull);
        }
        None => {
            let id = ReviewId::from_uuid(circumstances.ids.ci(circumstances.at).as_uuid());
            BeforeAfter::created(item(id, circumstances.second()))
        }
        Some(before) => {
            let stays = match &before.state {
                ReviewState::Open => false,
                ReviewState::Resolved { ci, .. } => estate.slot_of(*ci).is_some(),
                ReviewState::Dismissed { .. } => true,
            };
            let after = item(before.id, before.first_seen);
            // Two feeds that say the same in turn are no news.
            let unchanged = ReviewItem {
                source: before.source.clone(),
                ..after.clone()
            };
            if stays || unchanged == **before {
                return Ok(Delta::default());
            }
            BeforeAfter::updated(Arc::clone(before), after)
        }
    };
    Ok(Delta {
        items: vec![DeltaItem::Review(change)],
    })
}

fn resolve_to(
    estate: &Estate,
    review: ReviewId,
    ci: CiId,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let before = open(estate, review)?;
    let patch = CiPatch {
        native_key: before.subject.strip_prefix(KEY_PREFIX).map(str::to_owned),
        ..CiPatch::default()
    };
    let mut delta = super::ci::update(estate, ci, None, &patch, circumstances)?;
    let at = circumstances.second();
    delta.items.push(decided(before, ReviewState::Resolved { ci, at }));
    Ok(delta)
}

fn resolve_new(
    estate: &Estate,
    review: ReviewId,
    new: &NewCi,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let before = open(estate, review)?;
    let mut delta = super::ci::create(estate, new, circumstances)?;
    let mut changes = delta.items.iter().filter_map(DeltaItem::as_ci);
    let created = changes.find_map(|change| change.after.as_ref().map(|ci| ci.id()));
    if let Some(ci) = created {
        let at = circumstances.second();
        delta.items.push(decided(before, ReviewState::Resolved { ci, at }));
    }
    Ok(delta)
}

fn open(estate: &Estate, review: ReviewId) -> Result<&Arc<ReviewItem>, CommandError> {
    let item = estate.review(review).ok_or(CommandError::ReviewNotFound { review })?;
    if item.is_open() {
        Ok(item)
    } else {
        Err(CommandError::ReviewDecided { review })
    }
}

fn decided(before: &Arc<ReviewItem>, state: ReviewState) -> DeltaItem {
    let after = ReviewItem {
        state,
        ..ReviewItem::clone(before)
    };
    DeltaItem::Review(BeforeAfter::updated(Arc::clone(before), after))
}
