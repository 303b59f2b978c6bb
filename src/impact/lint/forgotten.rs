//! `FORGOTTEN_GROUP`: like things that each carry one dependent alone.

use crate::graph::Slot;
use crate::graph::dependency::Link;
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;
use crate::model::{CiTypeId, RelationshipTypeId};

use super::meter::Meter;
use super::redundant::is_hard;
use super::{LintCode, LintFinding, in_order};

/// So many like things may be meant as a group; more of them are rather a list of parts.
pub(super) const CIS_MAX: usize = 8;

/// From two to [`CIS_MAX`] CIs of one type, hard-connected to one dependent by plain arcs of one
/// relationship type, none of them a member of a group of this dependent.
pub(super) fn find(
    view: ImpactView<'_>,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let mut carrying: Vec<(CiTypeId, u16, Slot)> = Vec::new();
    for dependent in (0u32..).map(Slot::new).take(view.index.slots()) {
        let links = view.index.incoming(dependent);
        meter.spend(1 + links.len() as u64)?;
        carrying.clear();
        let plain = links.iter().filter(|link| !link.is_group() && is_hard(**link));
        carrying.extend(plain.map(|link| {
            let source = Slot::new(link.other);
            (view.columns.ci_type(source), link.relationship_type, source)
        }));
        if carrying.len() < 2 {
            continue;
        }
        let mut members = Vec::new();
        for link in links.iter().filter(|link| link.is_group()) {
            members.extend(view.index.also_plain(link.other));
        }
        members.sort_unstable();
        carrying.retain(|(_, _, source)| members.binary_search(source).is_err());
        carrying.sort_unstable();
        carrying.dedup();
        for alike in carrying.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            if !(2..=CIS_MAX).contains(&alike.len()) {
                continue;
            }
            meter.list(alike.len())?;
            let number = alike[0].1;
            findings.push(LintFinding {
                code: LintCode::ForgottenGroup,
                ci: dependent,
                group: None,
                relationship_type: (number < Link::SEVERAL).then(|| RelationshipTypeId::new(number)),
                cis: in_order(view, alike.iter().map(|(_, _, source)| *source).collect()),
            });
        }
    }
    Ok(())
}
