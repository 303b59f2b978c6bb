//! What could be hit at all, beside what is.

use async_graphql::SimpleObject;

use super::Answer;
use crate::api::scalars::Long;
use crate::graph::Slot;
use crate::impact::{Budget, ScratchPool, potential_impact};

/// What the failure would reach if nothing were redundant and every relationship were hard: what is
/// impacted is a part of it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct PotentialImpact {
    /// CIs reached, the failed ones among them.
    pub cis: Long,
    /// CIs with a tier among them.
    pub services: Long,
    /// Whether these are all.
    pub complete: bool,
}

impl PotentialImpact {
    pub(super) fn of(answer: &Answer, steps_max: u64, out_of_time: &dyn Fn() -> bool, scratches: &ScratchPool) -> Self {
        let budget = Budget {
            arcs_visited_max: steps_max,
            results_max: u64::MAX,
            out_of_time,
        };
        let failed: Vec<Slot> = answer.roots.iter().map(|root| root.slot).collect();
        let (view, premises) = (answer.impact_view(), &answer.premises);
        let found = scratches.with(|scratch| potential_impact(view, &failed, premises, &budget, scratch));
        let services = found
            .reached
            .iter()
            .filter(|slot| answer.view.tier_of(**slot).is_some());
        Self {
            services: services.count().into(),
            cis: found.reached.len().into(),
            complete: found.truncated.is_none(),
        }
    }
}
