//! Findings in words, with the names of what they are about.

use crate::api::query::subject::impact_view;
use crate::api::types::group_name;
use crate::graph::{Slot, Snapshot};
use crate::impact::{LintCode, LintFinding};

/// CIs named in a sentence; of more it says how many.
const NAMED_MAX: usize = 3;

/// What a finding means, in a sentence.
pub(super) fn explain(view: &Snapshot, finding: &LintFinding) -> String {
    let about = reference(view, finding.ci);
    let cis = names(view, &finding.cis, "and");
    let group = finding.group.map(|key| group_name(view, key)).unwrap_or_default();
    let gate = finding.group.and_then(|key| impact_view(view).index.gate(&key));
    let (needed, total) = gate.map_or((0, 0), |gate| (gate.up_min, gate.total));
    match finding.code {
        LintCode::PeerHardEdge => format!(
            "{cis} are members of the group `{group}` of {about}, and a failure of one takes another down: they are \
             one point of failure"
        ),
        LintCode::GroupUndersized => {
            let stated = stated(view, finding).unwrap_or_default();
            format!("the group `{group}` of {about} needs {stated} and has {total}: {cis}")
        }
        LintCode::ZeroHeadroom => {
            format!("the group `{group}` of {about} needs {needed} of {total}: the loss of any of {cis} is an outage")
        }
        LintCode::SharedFate => {
            let any = names(view, &finding.cis, "or");
            format!(
                "{any} alone takes down so many members of the group `{group}` of {about} that it fails: it needs \
                 {needed} of {total}"
            )
        }
        LintCode::CyclicGroup => {
            let verb = if finding.cis.len() == 1 { "depends" } else { "depend" };
            format!(
                "the group `{group}` of {about} counts on {cis}, which in turn {verb} on {about}: they may be taken \
                 to hold each other up after what supplies them has failed"
            )
        }
        LintCode::UngroundedAtBaseline => format!(
            "{about} is supplied by nothing but {cis}, and so on round a circle: what supplies them all is not recorded"
        ),
        LintCode::ForgottenGroup => {
            let kind = relationship_type(view, finding);
            let any = names(view, &finding.cis, "or");
            format!("{about} goes down with {any}, alike in type and each related by `{kind}`")
        }
    }
}

/// k as stated.
fn stated(view: &Snapshot, finding: &LintFinding) -> Option<String> {
    let index = impact_view(view).index;
    let parameters = index.group_parameters(index.group_number(&finding.group?)?)?;
    parameters.thresholds.up_min.map(|threshold| threshold.to_string())
}

fn relationship_type(view: &Snapshot, finding: &LintFinding) -> String {
    let found = finding
        .relationship_type
        .and_then(|id| view.catalog().relationship_type(id));
    found.map(|definition| definition.name.to_string()).unwrap_or_default()
}

/// `switch:sw-01, switch:sw-02 and 4 more`, with this word before the last.
fn names(view: &Snapshot, cis: &[Slot], joined_by: &str) -> String {
    let mut named: Vec<String> = cis.iter().take(NAMED_MAX).map(|slot| reference(view, *slot)).collect();
    if cis.len() > NAMED_MAX {
        named.push(format!("{} more", cis.len() - NAMED_MAX));
    }
    match named.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} {joined_by} {last}", first.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// `switch:sw-01`.
fn reference(view: &Snapshot, slot: Slot) -> String {
    let definition = view.catalog().ci_type(view.ci_type_of(slot));
    let type_name = definition.map(|found| found.name.to_string()).unwrap_or_default();
    format!("{type_name}:{}", view.ci_at(slot).name())
}
