//! Two CIs that are one: what a merge does with everything they have, and how it is taken back.

mod fields;
mod groups;
mod relationships;
mod revert;

use std::sync::Arc;

use self::fields::Choices;
pub use self::fields::{MergedField, Taken};
pub(in crate::app) use self::revert::revert;
pub use self::revert::{Loss, LossKind};

use super::ci::check_content;
use super::{Circumstances, check_short, slot_of};
use crate::app::CommandError;
use crate::graph::{Estate, Slot};
use crate::model::{BeforeAfter, CiId, ConfigurationItem, Delta, DeltaItem, Merge, MergeChoice, SourceId, Stamp};

/// What is asked of a merge.
#[derive(Clone, Copy, Debug)]
pub struct MergeRequest<'a> {
    /// The CI that stays.
    pub survivor: CiId,
    /// The CI that becomes part of it.
    pub absorbed: CiId,
    /// Whose value counts, where it is not to be as by default.
    pub choices: &'a [MergeChoice],
    /// Who decides it.
    pub by: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
}

/// What a merge does.
#[derive(Clone, Debug, PartialEq)]
pub struct MergePlan {
    /// What is remembered of it: both CIs as they are, the survivor as it becomes, what becomes of
    /// relationships and groups.
    pub merge: Merge,
    /// What the two say of themselves, and whose word counts.
    pub fields: Vec<MergedField>,
    delta: Delta,
}

/// When and by whom something is decided.
#[derive(Clone, Copy, Debug)]
struct Decision {
    stamp: Stamp,
    source: SourceId,
}

/// Says what a merge would do, without doing it.
pub fn preview(estate: &Estate, request: &MergeRequest<'_>) -> Result<MergePlan, CommandError> {
    let stamp = Stamp {
        revision: estate.revision().next(),
        at: estate.committed_at(),
    };
    let source = SourceId::MANUAL;
    plan(estate, request, Decision { stamp, source })
}

pub(super) fn merge(
    estate: &Estate,
    request: &MergeRequest<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let decision = Decision {
        stamp: circumstances.stamp(),
        source: circumstances.source,
    };
    plan(estate, request, decision).map(|plan| plan.delta)
}

fn plan(estate: &Estate, request: &MergeRequest<'_>, decision: Decision) -> Result<MergePlan, CommandError> {
    let pair = Pair::find(estate, request)?;
    if let Some(reason) = request.reason {
        check_short("reason", reason)?;
    }
    let choices = Choices::new(estate, &pair, request.choices)?;
    let merged = fields::merge(estate, &pair, &choices, decision);
    check_content(estate, &merged.fields, &[pair.survivor, pair.absorbed])?;
    let (relationships, mut items) = relationships::merge(estate, &pair);
    let groups = groups::merge(estate, &pair);
    items.extend(groups.iter().map(|group| {
        let before = Arc::new(group.before.clone());
        DeltaItem::Group(BeforeAfter::updated(before, group.after.clone()))
    }));
    let merge = Merge {
        absorbed: ConfigurationItem::clone(&pair.of_absorbed),
        before: ConfigurationItem::clone(&pair.of_survivor),
        after: ConfigurationItem::new(merged.fields),
        relationships,
        groups,
        by: request.by.into(),
        reason: request.reason.unwrap_or_default().into(),
    };
    // The survivor takes in what was sighted of the absorbed CI, so it comes first.
    let survivor = BeforeAfter::updated(Arc::clone(&pair.of_survivor), merge.after.clone());
    items.push(DeltaItem::Ci(survivor));
    items.push(DeltaItem::Ci(BeforeAfter::removed(Arc::clone(&pair.of_absorbed))));
    items.push(DeltaItem::Merge(BeforeAfter::created(merge.clone())));
    Ok(MergePlan {
        merge,
        fields: merged.shown,
        delta: Delta { items },
    })
}

/// The two CIs.
#[derive(Debug)]
struct Pair {
    survivor: Slot,
    absorbed: Slot,
    of_survivor: Arc<ConfigurationItem>,
    of_absorbed: Arc<ConfigurationItem>,
}

impl Pair {
    fn find(estate: &Estate, request: &MergeRequest<'_>) -> Result<Self, CommandError> {
        let survivor = slot_of(estate, request.survivor)?;
        let absorbed = slot_of(estate, request.absorbed)?;
        let (of_survivor, of_absorbed) = (estate.ci_at(survivor), estate.ci_at(absorbed));
        if survivor == absorbed {
            return Err(CommandError::MergeSelf {
                survivor: request.survivor,
                absorbed: request.absorbed,
                ci: of_survivor.id(),
            });
        }
        let pair = Self {
            survivor,
            absorbed,
            of_survivor: Arc::clone(of_survivor),
            of_absorbed: Arc::clone(of_absorbed),
        };
        pair.check_types(estate)?;
        Ok(pair)
    }

    /// Only what may be one thing can be merged: one type must specialise the other.
    fn check_types(&self, estate: &Estate) -> Result<(), CommandError> {
        let catalog = estate.catalog();
        let (survivor, absorbed) = (self.of_survivor.ci_type(), self.of_absorbed.ci_type());
        if catalog.is_a(survivor, absorbed) || catalog.is_a(absorbed, survivor) {
            return Ok(());
        }
        let name = |id| {
            let definition = catalog.ci_type(id);
            definition
                .map(|definition| definition.name.to_string())
                .unwrap_or_default()
        };
        Err(CommandError::MergeTypes {
            survivor: self.of_survivor.id(),
            survivor_type: name(survivor),
            absorbed: self.of_absorbed.id(),
            absorbed_type: name(absorbed),
        })
    }

    /// The survivor in the place of the absorbed CI.
    fn slot(&self, slot: Slot) -> Slot {
        if slot == self.absorbed { self.survivor } else { slot }
    }

    /// The survivor in the place of the absorbed CI.
    fn id(&self, id: CiId) -> CiId {
        if id == self.of_absorbed.id() {
            self.of_survivor.id()
        } else {
            id
        }
    }
}
