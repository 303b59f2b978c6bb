//! `GROUP_UNDERSIZED` and `ZERO_HEADROOM`: what a group needs against what it has.

use crate::graph::dependency::{Gate, GroupKey, GroupParameters};
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;
use crate::model::Threshold;

use super::meter::Meter;
use super::redundant::members;
use super::{LintCode, LintFinding, about_group, in_order};

/// Groups whose k, a count, is larger than their whole weight. The law reads it as the whole weight.
pub(super) fn undersized(
    view: ImpactView<'_>,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    find(view, meter, findings, LintCode::GroupUndersized, |_, _, gate, _| {
        gate.undersized
    })
}

/// Groups whose k, a count, is their whole weight.
///
/// Unstated k means that all are needed and promises no redundancy, and so does a percentage. Nor
/// does a pool with a single member: k 1 is what pools of power and network ask of everybody.
pub(super) fn zero_headroom(
    view: ImpactView<'_>,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    find(
        view,
        meter,
        findings,
        LintCode::ZeroHeadroom,
        |key, parameters, gate, members| {
            let is_count = matches!(parameters.thresholds.up_min, Some(Threshold::Count(_)));
            let is_group = matches!(key, GroupKey::Explicit(_)) || members > 1;
            is_count && is_group && gate.total > 0 && gate.up_min == gate.total && !gate.undersized
        },
    )
}

fn find(
    view: ImpactView<'_>,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
    code: LintCode,
    is_found: impl Fn(GroupKey, &GroupParameters, &Gate, usize) -> bool,
) -> Result<(), TruncationReason> {
    for group in (0u32..).take(view.index.group_numbers()) {
        let (Some(key), Some(parameters)) = (view.index.group_key(group), view.index.group_parameters(group)) else {
            continue;
        };
        meter.spend(1)?;
        let count = view.index.members(group).len();
        if is_found(key, &parameters, &view.index.gate_of(group), count) {
            meter.spend(count as u64)?;
            meter.list(count)?;
            let cis = in_order(view, members(view, group, |_| true));
            findings.extend(about_group(view, code, group, cis));
        }
    }
    Ok(())
}
