//! The CIs that a question about structure is about: named, or by tier.

use std::collections::BTreeSet;

use super::premises::roots;
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{ImpactState, bounded};
use crate::app::ErrorCode;
use crate::graph::{Slot, Snapshot};
use crate::model;

/// CIs as they were written.
#[derive(Debug)]
pub(super) struct Targets {
    field: &'static str,
    named: Vec<String>,
    tiers: BTreeSet<u8>,
}

impl Targets {
    /// Refuses lists that are too long, tiers that are none, and a question about nothing.
    pub(super) fn new(field: &'static str, named: Vec<String>, tiers: Option<Vec<i32>>) -> ApiResult<Self> {
        bounded(field, Some(&named))?;
        bounded("tiers", tiers.as_deref())?;
        if named.is_empty() && tiers.is_none() {
            let one = if field == "targets" { "`target`, " } else { "" };
            let message = format!("say which CIs: {one}`{field}` or `tiers`");
            return Err(ApiError::input(field, message));
        }
        let tier = |tier: i32| {
            let known = u8::try_from(tier).ok().filter(|tier| (1..=4).contains(tier));
            known.ok_or_else(|| ApiError::input("tiers", "tiers are 1 to 4").with("value", tier))
        };
        let tiers = tiers
            .unwrap_or_default()
            .into_iter()
            .map(tier)
            .collect::<ApiResult<_>>()?;
        Ok(Self { field, named, tiers })
    }

    /// Those named in the order given, then those of the tiers by tier and id; each once.
    pub(super) fn read(&self, view: &Snapshot) -> ApiResult<Vec<Slot>> {
        let columns = view.columns();
        let mut targets = roots(view, self.field, &self.named)?;
        if !self.tiers.is_empty() {
            let slots = (0..).map(Slot::new).take(columns.len());
            let tiered = slots.filter(|slot| {
                columns.takes_part(*slot) && columns.tier(*slot).is_some_and(|tier| self.tiers.contains(&tier))
            });
            let mut tiered: Vec<Slot> = tiered.collect();
            tiered.sort_by_cached_key(|slot| (columns.tier(*slot), columns.id(*slot)));
            targets.extend(tiered);
        }
        let mut seen = BTreeSet::new();
        targets.retain(|slot| seen.insert(*slot));
        Ok(targets)
    }
}

/// A level that a failure can bring something to: every CI is at least OK.
pub(in crate::api) fn failing_level(field: &'static str, level: ImpactState) -> ApiResult<model::ImpactState> {
    if level == ImpactState::Ok {
        let message = format!("`{field}` must be worse than OK: use AT_RISK, DEGRADED or DOWN");
        return Err(ApiError::new(ErrorCode::InvalidState, message)
            .with("field", field)
            .with("value", "OK"));
    }
    Ok(level.into())
}
