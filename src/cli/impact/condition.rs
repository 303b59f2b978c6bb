//! Conditions under which a pipeline is to stop.

use std::fmt;
use std::str::FromStr;

use crate::model::ImpactState;

use super::show::ImpactReport;

/// A condition of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// A CI in the scope ends in the state or worse.
    Reaches(Scope, ImpactState),
    /// The answer is cut short.
    Incomplete,
}

/// Which CIs a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// CIs of this tier or a more critical one.
    Tier(u8),
    /// CIs of any tier.
    Service,
    /// All CIs.
    Any,
}

impl Condition {
    /// Whether a report meets it. Reads the counts, which are complete whatever is listed.
    pub(super) fn is_met(self, report: &ImpactReport) -> bool {
        match self {
            Self::Incomplete => !report.complete,
            Self::Reaches(scope, state) => {
                let tiers = match scope {
                    Scope::Any => return report.counts.reaching(state) > 0,
                    Scope::Tier(tier) => 1..=tier,
                    Scope::Service => 1..=4,
                };
                let counted = report.counts_by_tier.iter();
                let within = counted.filter(|count| count.tier.is_some_and(|tier| tiers.contains(&tier)));
                within.map(|count| count.counts.reaching(state)).sum::<u64>() > 0
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Reaches(scope, state) = self else {
            return f.write_str("incomplete");
        };
        match scope {
            Scope::Tier(tier) => write!(f, "tier{tier}")?,
            Scope::Service => f.write_str("service")?,
            Scope::Any => f.write_str("any")?,
        }
        write!(f, "-{}", state.as_str().to_lowercase().replace('_', "-"))
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || {
            format!(
                "`{text}` is no condition: use tier1-down to tier4-at-risk, service-STATE, any-STATE or incomplete, \
                 where STATE is at-risk, degraded or down"
            )
        };
        if text == "incomplete" {
            return Ok(Self::Incomplete);
        }
        let (scope, state) = text.split_once('-').ok_or_else(refuse)?;
        let scope = match scope {
            "any" => Scope::Any,
            "service" => Scope::Service,
            "tier1" => Scope::Tier(1),
            "tier2" => Scope::Tier(2),
            "tier3" => Scope::Tier(3),
            "tier4" => Scope::Tier(4),
            _ => return Err(refuse()),
        };
        let state = match state {
            "at-risk" => ImpactState::AtRisk,
            "degraded" => ImpactState::Degraded,
            "down" => ImpactState::Down,
            _ => return Err(refuse()),
        };
        Ok(Self::Reaches(scope, state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_back_and_nothing_else_is_one() {
        for text in [
            "tier1-down",
            "tier4-at-risk",
            "service-degraded",
            "any-down",
            "incomplete",
        ] {
            assert_eq!(
                text.parse::<Condition>().map(|condition| condition.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "tier1", "tier5-down", "tier1-ok", "tier1-DOWN", "all-down"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tier_counts_more_critical_ones_too() {
        let report: ImpactReport = serde_json::from_value(serde_json::json!({
            "complete": true, "truncated": null,
            "counts": {"atRisk": 1, "degraded": 1, "down": 1}, "countsByType": [],
            "countsByTier": [{"tier": 2, "counts": {"atRisk": 0, "degraded": 1, "down": 0}},
                             {"tier": null, "counts": {"atRisk": 1, "degraded": 0, "down": 1}}],
            "impacted": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}, "totalCount": 0},
            "services": [], "absorbed": [], "weakened": [], "heldAssumptions": [], "warnings": [],
            "evidence": { "complete": true, "staleCis": 0 }
        }))
        .expect("a report");
        let met = |text: &str| text.parse::<Condition>().expect("a condition").is_met(&report);
        assert!(!met("tier1-at-risk") && met("tier2-degraded") && met("tier3-at-risk"));
        assert!(!met("tier4-down") && met("any-down") && met("service-at-risk") && !met("incomplete"));
    }
}
