//! The engine against the oracle, against the law's properties, against the law's cases, and
//! against estates that would hurt it.

mod adversarial;
mod agreement;
mod cases;
mod cut_sets;
mod grounded;
mod laws;
mod lint;
mod lint_cases;
mod probable_cause;
mod probe;
mod proof;
mod random;
mod standing;
mod structure;

use super::oracle::Model;
use super::{Budget, ImpactQuestion, ImpactReport, Scratch, impact};
use crate::model::ImpactState;

/// Asks without limits.
fn ask(model: &Model, question: &ImpactQuestion) -> ImpactReport {
    model.with_view(|view| impact(view, question, &Budget::UNLIMITED, &mut Scratch::default()).expect("no conflict"))
}

/// The states after, by slot.
fn states_after(model: &Model, question: &ImpactQuestion) -> Vec<ImpactState> {
    let report = ask(model, question);
    (0..model.rows.len())
        .map(|number| report.after(super::oracle::slot(number)))
        .collect()
}
