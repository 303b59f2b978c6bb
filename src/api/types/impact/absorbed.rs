//! What saved us, and how thin it is now.

use async_graphql::SimpleObject;

use super::Answer;
use crate::api::scalars::Long;
use crate::api::types::{CiObject, ImpactState};
use crate::impact::Absorbed;

/// Members of one group that are listed at most.
const MEMBERS_MAX: usize = 1_000;

/// A redundancy group that let less through than it took. Numbers are weights; they are counts where
/// every weight is 1.
#[derive(Clone, Debug, SimpleObject)]
pub struct AbsorbedGroup {
    /// The group: its id, or for an implicit group the pool and the consumer.
    pub group: String,
    /// Its name, or its pool's.
    pub name: String,
    /// The CI that needs it.
    pub consumer: CiObject,
    /// Its members that are lost, by id; the first 1,000.
    pub lost: Vec<CiObject>,
    /// Its members that are degraded, by id; the first 1,000.
    pub degraded: Vec<CiObject>,
    /// Weight that is up.
    pub up: Long,
    /// k: weight needed to work at all.
    pub up_min: Long,
    /// d: weight needed for full capacity.
    pub capacity_min: Long,
    /// r: weight from which on a loss is worth a flag.
    pub spare_min: Long,
    /// n: the whole weight.
    pub total: Long,
    /// What can still be lost before the group is down.
    pub headroom: i32,
    /// What reaches the consumer.
    pub output: ImpactState,
    /// The worst state of a member, as far as it counts.
    pub worst: ImpactState,
    /// The arithmetic in words: `2 of 3 up, needs 2: at risk`.
    pub sentence: String,
}

impl AbsorbedGroup {
    pub(super) fn list(answer: &Answer, offset: usize, first: usize) -> Vec<Self> {
        let view = answer.impact_view();
        answer
            .report
            .absorbed(view)
            .iter()
            .skip(offset)
            .take(first)
            .map(|absorbed| Self::new(answer, absorbed))
            .collect()
    }

    fn new(answer: &Answer, absorbed: &Absorbed) -> Self {
        let members = answer.report.absorbed_members(answer.impact_view(), &absorbed.group);
        let objects = |slots: &[crate::graph::Slot]| {
            slots
                .iter()
                .take(MEMBERS_MAX)
                .map(|slot| CiObject::at(&answer.view, *slot))
                .collect()
        };
        Self {
            group: answer.group_id(absorbed.group),
            name: answer.group_name(absorbed.group),
            consumer: CiObject::at(&answer.view, absorbed.consumer),
            lost: objects(&members.lost),
            degraded: objects(&members.degraded),
            up: Long(absorbed.up),
            up_min: Long(absorbed.up_min),
            capacity_min: Long(absorbed.capacity_min),
            spare_min: Long(absorbed.spare_min),
            total: Long(absorbed.total),
            headroom: i32::try_from(absorbed.headroom).unwrap_or(i32::MAX),
            output: absorbed.output.into(),
            worst: absorbed.worst.into(),
            sentence: sentence(absorbed.up, absorbed.total, absorbed.up_min, absorbed.output),
        }
    }
}

/// `2 of 3 up, needs 2: at risk`.
pub(super) fn sentence(up: u64, total: u64, needed: u64, state: crate::model::ImpactState) -> String {
    let state = state.as_str().to_lowercase().replace('_', " ");
    format!("{up} of {total} up, needs {needed}: {state}")
}
