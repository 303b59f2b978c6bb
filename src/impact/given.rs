//! What a question gives rather than leaves to be computed, brought into order.

use std::cmp::Reverse;

use crate::graph::Slot;
use crate::model::ImpactState;

use super::question::{FailedCi, ImpactError, ImpactView, Premises, StartingState};
use super::warning::{WarningCode, Warnings};

/// What is taken for granted, by slot, each CI once.
#[derive(Debug)]
pub(super) struct Given {
    /// Also of CIs that do not take part, which nothing comes of.
    assumed: Vec<FailedCi>,
    /// Of CIs that take part.
    pub(super) start: Vec<FailedCi>,
}

impl Given {
    pub(super) fn new(view: ImpactView<'_>, premises: &Premises) -> Result<Self, ImpactError> {
        let mut assumed = premises.assumed.clone();
        assumed.sort_by_key(|pin| pin.slot);
        assumed.dedup();
        if let Some([one, other]) = assumed.array_windows().find(|[one, other]| one.slot == other.slot) {
            return Err(conflict(view, *one, other.state));
        }
        let mut start = premises.starting_failed.clone();
        if premises.starting_state == StartingState::Current {
            start.extend(view.columns.impaired().map(|slot| FailedCi {
                slot,
                state: view.columns.current(slot),
            }));
        }
        keep_worst(&mut start, |_| {});
        start.retain(|ci| view.columns.takes_part(ci.slot));
        Ok(Self { assumed, start })
    }

    /// The assumptions about CIs that take part.
    pub(super) fn pins(&self, view: ImpactView<'_>) -> impl Iterator<Item = FailedCi> {
        let pins = self.assumed.iter().copied();
        pins.filter(move |pin| view.columns.takes_part(pin.slot))
    }

    /// The CIs that fail, of those `failed` that can; says what is odd about the others.
    pub(super) fn failing(
        &self,
        view: ImpactView<'_>,
        failed: &[FailedCi],
        warnings: &mut Warnings,
    ) -> Result<Vec<FailedCi>, ImpactError> {
        let mut failed = failed.to_vec();
        for root in failed.iter().filter(|root| root.state > ImpactState::Ok) {
            if let Ok(found) = self.assumed.binary_search_by_key(&root.slot, |pin| pin.slot) {
                return Err(conflict(view, self.assumed[found], root.state));
            }
        }
        keep_worst(&mut failed, |slot| {
            warnings.add_ci(view, WarningCode::DuplicateRoot, slot);
        });
        for root in failed.iter().filter(|root| !view.columns.takes_part(root.slot)) {
            warnings.add_ci(view, WarningCode::RootExcluded, root.slot);
        }
        failed.retain(|ci| view.columns.takes_part(ci.slot));
        Ok(failed)
    }
}

fn conflict(view: ImpactView<'_>, pin: FailedCi, other: ImpactState) -> ImpactError {
    ImpactError::AssumeConflict {
        ci: view.columns.id(pin.slot),
        assumed: pin.state,
        other,
    }
}

/// Sorts by slot and keeps each CI once, in the worst state it is given.
fn keep_worst(list: &mut Vec<FailedCi>, mut given_again: impl FnMut(Slot)) {
    list.sort_unstable_by_key(|ci| (ci.slot, Reverse(ci.state)));
    list.dedup_by(|again, kept| {
        let same = again.slot == kept.slot;
        if same {
            given_again(again.slot);
        }
        same
    });
}
