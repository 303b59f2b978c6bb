//! The answer to an impact question, for people.

use serde::Deserialize;

use super::evidence::Evidence;
use super::proof::Proof;
use crate::cli::answer::{Long, Page, ShortCi};
use crate::cli::output::Output;
use crate::model::ImpactState;

/// Most impacted types that are listed.
const TYPES_SHOWN: usize = 10;

/// The answer, as the document asks for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImpactReport {
    pub(super) complete: bool,
    truncated: Option<Truncated>,
    pub(super) counts: StateCounts,
    counts_by_type: Vec<TypeCount>,
    pub(super) counts_by_tier: Vec<TierCount>,
    impacted: Page<Impacted>,
    services: Vec<Service>,
    absorbed: Vec<Absorbed>,
    weakened: Vec<Weakened>,
    held_assumptions: Vec<HeldAssumption>,
    proof: Option<Proof>,
    warnings: Vec<Warning>,
    evidence: Evidence,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Truncated {
    reason: String,
    how_to_go_on: String,
}

/// Impacted CIs by the state they end in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateCounts {
    at_risk: Long,
    degraded: Long,
    down: Long,
}

impl StateCounts {
    /// How many end in a state or worse.
    pub(super) fn reaching(self, state: ImpactState) -> u64 {
        match state {
            ImpactState::Ok | ImpactState::AtRisk => self.at_risk.0 + self.degraded.0 + self.down.0,
            ImpactState::Degraded => self.degraded.0 + self.down.0,
            ImpactState::Down => self.down.0,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeCount {
    type_name: String,
    counts: StateCounts,
}

#[derive(Debug, Deserialize)]
pub(super) struct TierCount {
    pub(super) tier: Option<u8>,
    pub(super) counts: StateCounts,
}

#[derive(Debug, Deserialize)]
struct Impacted {
    ci: ShortCi,
    before: String,
    after: String,
    depth: u32,
    witness: Option<Witness>,
}

#[derive(Debug, Deserialize)]
struct Witness {
    steps: Vec<WitnessStep>,
}

impl Witness {
    /// Why the last step was taken: `runs on physical_server:host-01`.
    fn told(&self) -> String {
        match self.steps.as_slice() {
            [] => String::new(),
            [_] => "fails itself".to_owned(),
            [.., source, last] => {
                let phrase = last
                    .relationship
                    .as_ref()
                    .map(|relationship| relationship.phrase.as_str());
                let arithmetic = last
                    .group
                    .as_ref()
                    .map(|group| format!(" ({}: {})", group.name, group.sentence));
                let phrase = phrase.unwrap_or("needs");
                format!("{phrase} {}{}", source.ci.reference(), arithmetic.unwrap_or_default())
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct WitnessStep {
    ci: ShortCi,
    relationship: Option<WitnessRelationship>,
    group: Option<WitnessGroup>,
}

#[derive(Debug, Deserialize)]
struct WitnessRelationship {
    phrase: String,
}

#[derive(Debug, Deserialize)]
struct WitnessGroup {
    name: String,
    sentence: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    ci: ShortCi,
    tier: u8,
    before: String,
    after: String,
    owner_team: Option<ShortCi>,
    contacts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Absorbed {
    name: String,
    consumer: ShortCi,
    lost: Vec<ShortCi>,
    sentence: String,
}

#[derive(Debug, Deserialize)]
struct Weakened {
    source: ShortCi,
    target: ShortCi,
    took: String,
    passed: String,
}

#[derive(Debug, Deserialize)]
struct HeldAssumption {
    ci: ShortCi,
    assumed: String,
    otherwise: String,
}

#[derive(Debug, Deserialize)]
struct Warning {
    code: String,
    count: Long,
    samples: Vec<String>,
}

/// Shows a report: counts, services, CIs with their causes, what was absorbed, warnings.
pub(super) fn show(report: &ImpactReport, state_min: ImpactState, output: &Output) {
    let counts = report.counts;
    let at_least = if report.complete { "" } else { "at least " };
    output.line(&format!(
        "{at_least}{} DOWN, {} DEGRADED, {} AT_RISK",
        counts.down, counts.degraded, counts.at_risk
    ));
    if let Some(truncated) = &report.truncated {
        output.note(&format!(
            "not complete, the limit {} was met: {}",
            truncated.reason, truncated.how_to_go_on
        ));
    }
    let services = report.services.iter().map(|service| {
        let owner = service
            .owner_team
            .as_ref()
            .map(|owner| owner.name.clone())
            .unwrap_or_default();
        vec![
            service.ci.name.clone(),
            service.tier.to_string(),
            format!("{} -> {}", service.before, service.after),
            owner,
            service.contacts.join(", "),
        ]
    });
    output.table(&["SERVICE", "TIER", "STATE", "OWNER", "CONTACT"], services.collect());
    let cis = report.impacted.nodes.iter().map(|impacted| {
        let cause = impacted.witness.as_ref().map(Witness::told).unwrap_or_default();
        vec![
            impacted.ci.reference(),
            format!("{} -> {}", impacted.before, impacted.after),
            impacted.depth.to_string(),
            cause,
        ]
    });
    output.table(&["CI", "STATE", "DEPTH", "BECAUSE"], cis.collect());
    let listed = report.impacted.nodes.len() as u64;
    let total = report.impacted.total_count.map_or(listed, |total| total.0);
    if total > listed {
        output.note(&format!(
            "{listed} of {total} that are {state_min} or worse; --first shows more"
        ));
    }
    let types = report.counts_by_type.iter().take(TYPES_SHOWN).map(|of| {
        vec![
            of.type_name.clone(),
            of.counts.down.to_string(),
            of.counts.degraded.to_string(),
            of.counts.at_risk.to_string(),
        ]
    });
    output.table(&["TYPE", "DOWN", "DEGRADED", "AT_RISK"], types.collect());
    show_what_held(report, output);
    for warning in &report.warnings {
        let samples = warning.samples.join(", ");
        output.note(&format!(
            "warning: {} ({} times): {samples}",
            warning.code, warning.count
        ));
    }
    report.evidence.show(output);
}

/// Shows everything that put one CI into its state.
pub(super) fn show_proof(report: &ImpactReport, ci: &str, output: &Output) {
    match &report.proof {
        Some(proof) => proof.show(output),
        None => output.line(&format!("{ci} is OK")),
    }
}

/// Shows what kept the failure from being worse: groups, strengths, assumptions.
fn show_what_held(report: &ImpactReport, output: &Output) {
    let absorbed = report.absorbed.iter().map(|absorbed| {
        let lost: Vec<String> = absorbed.lost.iter().map(ShortCi::reference).collect();
        vec![
            absorbed.consumer.reference(),
            absorbed.name.clone(),
            lost.join(", "),
            absorbed.sentence.clone(),
        ]
    });
    output.table(&["HELD BY", "GROUP", "LOST", "NOW"], absorbed.collect());
    let weakened = report.weakened.iter().map(|weakened| {
        let states = format!("{} -> {}", weakened.took, weakened.passed);
        vec![weakened.target.reference(), weakened.source.reference(), states]
    });
    output.table(&["WEAKENED FOR", "FAILURE OF", "STATE"], weakened.collect());
    let held = report.held_assumptions.iter().map(|held| {
        let otherwise = format!("{} instead of {}", held.assumed, held.otherwise);
        vec![held.ci.reference(), otherwise]
    });
    output.table(&["ASSUMED", "STATE"], held.collect());
}
