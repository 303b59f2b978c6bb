//! `CYCLIC_GROUP`: redundancy that may be held up by what it holds up.

use crate::graph::Slot;
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;
use crate::model::Strength;

use super::meter::Meter;
use super::redundant::{Redundant, members, strength};
use super::{LintCode, LintFinding, about_group, in_order};

/// Redundant groups, not grounded, whose consumer is in one circle with some of their members: these.
pub(super) fn find(
    view: ImpactView<'_>,
    redundant: &Redundant,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let circles = view.index.circles(|links| meter.spend(links))?;
    let triggers = view.index.triggers();
    for group in redundant.groups().filter(|group| !triggers[*group as usize].grounded) {
        let consumer = view.index.consumer(group);
        meter.spend(view.index.members(group).len() as u64)?;
        let cis = members(view, group, |link| {
            strength(link) != Strength::NONE && circles.share(consumer, Slot::new(link.other))
        });
        if !cis.is_empty() {
            meter.list(cis.len())?;
            findings.extend(about_group(view, LintCode::CyclicGroup, group, in_order(view, cis)));
        }
    }
    Ok(())
}
