//! The answer to an impact question, for people.

use serde::Deserialize;

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
    pub(super) counts: Counts,
    impacted: Page<Impacted>,
    services: Vec<Service>,
    absorbed: Vec<Absorbed>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Deserialize)]
struct Truncated {
    reason: String,
}

/// Impacted CIs by the state they end in.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateCounts {
    at_risk: u64,
    degraded: u64,
    down: u64,
}

impl StateCounts {
    /// How many end in a state or worse.
    pub(super) fn reaching(self, state: ImpactState) -> u64 {
        match state {
            ImpactState::Ok | ImpactState::AtRisk => self.at_risk + self.degraded + self.down,
            ImpactState::Degraded => self.degraded + self.down,
            ImpactState::Down => self.down,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    at_risk: Long,
    degraded: Long,
    down: Long,
    by_type: Vec<TypeCount>,
    pub(super) by_tier: Vec<TierCount>,
}

impl Counts {
    /// All together.
    pub(super) fn all(&self) -> StateCounts {
        StateCounts {
            at_risk: self.at_risk.0,
            degraded: self.degraded.0,
            down: self.down.0,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeCount {
    type_name: String,
    at_risk: Long,
    degraded: Long,
    down: Long,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TierCount {
    pub(super) tier: Option<u8>,
    at_risk: Long,
    degraded: Long,
    down: Long,
}

impl TierCount {
    /// The counts of this tier.
    pub(super) fn counts(&self) -> StateCounts {
        StateCounts {
            at_risk: self.at_risk.0,
            degraded: self.degraded.0,
            down: self.down.0,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Impacted {
    ci: ShortCi,
    before: String,
    after: String,
    depth: u32,
    witness: Vec<WitnessStep>,
}

#[derive(Debug, Deserialize)]
struct WitnessStep {
    text: String,
}

#[derive(Debug, Deserialize)]
struct Service {
    ci: ShortCi,
    tier: u8,
    after: String,
    owner: Option<ShortCi>,
    contacts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Absorbed {
    text: String,
}

#[derive(Debug, Deserialize)]
struct Warning {
    code: String,
    message: String,
}

/// Shows a report: counts, services, CIs with their causes, what was absorbed, warnings.
pub(super) fn show(report: &ImpactReport, state_min: ImpactState, output: &Output) {
    let counts = &report.counts;
    let at_least = if report.complete { "" } else { "at least " };
    output.line(&format!(
        "{at_least}{} DOWN, {} DEGRADED, {} AT_RISK",
        counts.down, counts.degraded, counts.at_risk
    ));
    if let Some(truncated) = &report.truncated {
        output.note(&format!("not complete: the limit {} was met", truncated.reason));
    }
    let services = report.services.iter().map(|service| {
        let owner = service
            .owner
            .as_ref()
            .map(|owner| owner.name.clone())
            .unwrap_or_default();
        vec![
            service.ci.name.clone(),
            service.tier.to_string(),
            service.after.clone(),
            owner,
            service.contacts.join(", "),
        ]
    });
    output.table(&["SERVICE", "TIER", "STATE", "OWNER", "CONTACT"], services.collect());
    let cis = report.impacted.nodes.iter().map(|impacted| {
        let cause = impacted
            .witness
            .first()
            .map(|step| step.text.clone())
            .unwrap_or_default();
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
    let types = counts.by_type.iter().take(TYPES_SHOWN).map(|count| {
        vec![
            count.type_name.clone(),
            count.down.to_string(),
            count.degraded.to_string(),
            count.at_risk.to_string(),
        ]
    });
    output.table(&["TYPE", "DOWN", "DEGRADED", "AT_RISK"], types.collect());
    for absorbed in &report.absorbed {
        output.line(&format!("absorbed: {}", absorbed.text));
    }
    for warning in &report.warnings {
        output.note(&format!("warning: {} [{}]", warning.message, warning.code));
    }
}
