//! One question answered.

use super::evaluation::Evaluation;
use super::given::Given;
use super::question::{Budget, ImpactError, ImpactQuestion, ImpactView};
use super::reading::Reading;
use super::report::ImpactReport;
use super::scratch::Scratch;
use super::warning::Warnings;

/// Answers a question: `before` first, then from there on what the failures add.
///
/// Unknown CIs are the caller's matter; a CI that does not take part has no effect and is
/// reported. Time is linear in the arcs and memberships touched, each at most three times, and in
/// the grounded groups that lean on each other wherever one of them loses something.
pub fn impact(
    view: ImpactView<'_>,
    question: &ImpactQuestion,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<ImpactReport, ImpactError> {
    let mut warnings = Warnings::default();
    let given = Given::new(view, &question.premises)?;
    let failed = given.failing(view, &question.failed, &mut warnings)?;
    let reading = Reading::with_failed(view.index, &question.premises, &question.failed_arcs);
    let mut evaluation = Evaluation::new(view, reading, budget, scratch);
    let mut truncated = evaluation.start(given.pins(view), &given.start);
    if truncated.is_none() {
        truncated = evaluation.run(&failed, question.depth_max, |_, _| false).err();
    }
    let Evaluation {
        reading,
        arcs_visited,
        scratch,
        ungrounded,
        ..
    } = evaluation;
    Ok(ImpactReport::collect(
        view,
        scratch,
        reading,
        warnings,
        truncated,
        arcs_visited,
        ungrounded.is_some(),
    ))
}
