//! `UNGROUNDED_AT_BASELINE`: islands among grounded groups.

use crate::graph::Slot;
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;

use super::meter::Meter;
use super::{LintCode, LintFinding, in_order};

/// CIs whose grounded groups stand on nothing but each other even when nothing has failed, each with
/// those of its members that are in the same case.
pub(super) fn find(
    view: ImpactView<'_>,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let exempt = view.index.grounding().exempt();
    for slot in exempt {
        let mut cis = Vec::new();
        for link in view.index.incoming(*slot).iter().filter(|link| link.is_group()) {
            let members = view.index.members(link.other);
            meter.spend(1 + members.len() as u64)?;
            if view.index.triggers()[link.other as usize].grounded {
                let members = members.iter().map(|link| Slot::new(link.other));
                cis.extend(members.filter(|member| exempt.binary_search(member).is_ok()));
            }
        }
        meter.list(cis.len())?;
        findings.push(LintFinding {
            code: LintCode::UngroundedAtBaseline,
            ci: *slot,
            group: None,
            relationship_type: None,
            cis: in_order(view, cis),
        });
    }
    Ok(())
}
