//! What questions of impact take for granted: options that several commands share.

use std::fmt;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use serde_json::{Map, Value, json};

use crate::model::ImpactState;

/// Premises of a question.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is taken for granted")]
pub(super) struct Premises {
    /// Start from the recorded lifecycle stages: what is down already is no news.
    #[arg(long)]
    current: bool,
    /// These fail before the question is asked, as targets of other changes do; DOWN if no state is
    /// said.
    #[arg(long, value_name = "CI[=STATE]", value_delimiter = ',', value_parser = CiAndState::parser())]
    starting_failed: Vec<CiAndState>,
    /// Take the state of a CI as given, whatever it stands on.
    #[arg(long, value_name = "CI=STATE", value_parser = CiAndState::read_both)]
    assume: Vec<CiAndState>,
    /// Relationships of these types carry nothing.
    #[arg(long = "exclude-type", value_name = "TYPE", value_delimiter = ',')]
    exclude_types: Vec<String>,
    /// How far `AT_RISK` is passed on: everywhere, or only where redundancy was lost.
    #[arg(long, value_enum, default_value_t)]
    at_risk: AtRisk,
    /// Read groups that say `grounded` like any other: their members may hold each other up.
    #[arg(long)]
    no_grounded: bool,
    /// Ask about another moment of valid time than now, such as 2026-03-01T22:00:00Z.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Premises {
    /// The variables of a document that states them all.
    pub(super) fn variables(&self) -> Map<String, Value> {
        let listed = |list: &[CiAndState]| {
            let list = list.iter().map(|one| one.to_json(ImpactState::Down));
            Value::Array(list.collect())
        };
        let variables = [
            (
                "startingState",
                json!(if self.current { "CURRENT" } else { "STRUCTURAL" }),
            ),
            ("startingFailed", listed(&self.starting_failed)),
            ("assume", listed(&self.assume)),
            ("excludeTypes", json!(self.exclude_types)),
            ("atRisk", json!(self.at_risk.as_str())),
            ("grounded", json!(!self.no_grounded)),
            ("at", json!(self.at)),
        ];
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// How far `AT_RISK` is passed on.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum AtRisk {
    /// Along every relationship that passes states on.
    #[default]
    Transitive,
    /// Not at all.
    Local,
}

impl AtRisk {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Transitive => "TRANSITIVE",
            Self::Local => "LOCAL",
        }
    }
}

/// A CI, and a state of it if one is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CiAndState {
    ci: String,
    state: Option<ImpactState>,
}

impl CiAndState {
    /// Reads `CI` or `CI=STATE`. References may hold `=` themselves, so only a state behind the last
    /// one is taken for a state.
    fn read(text: &str) -> Self {
        Self::read_both(text).unwrap_or_else(|_| Self {
            ci: text.to_owned(),
            state: None,
        })
    }

    /// Reads an argument as [`CiAndState::read`] does.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        NonEmptyStringValueParser::new().map(|text| Self::read(&text))
    }

    fn read_both(text: &str) -> Result<Self, String> {
        let (ci, state) = text.rsplit_once('=').ok_or_else(|| "write it as CI=STATE".to_owned())?;
        let state = state.parse().map_err(|error| format!("{error}"))?;
        Ok(Self {
            ci: ci.to_owned(),
            state: Some(state),
        })
    }

    /// As the API takes it.
    pub(super) fn to_json(&self, otherwise: ImpactState) -> Value {
        json!({ "ref": self.ci, "state": self.state.unwrap_or(otherwise).as_str() })
    }
}

impl fmt::Display for CiAndState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ci)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_what_follows_the_last_equals_sign_if_it_is_one() {
        let read = CiAndState::read;
        let named = |ci: &str, state| CiAndState {
            ci: ci.to_owned(),
            state,
        };
        assert_eq!(
            read("service:a=b=AT_RISK"),
            named("service:a=b", Some(ImpactState::AtRisk))
        );
        assert_eq!(read("service:a=b"), named("service:a=b", None));
        assert!(CiAndState::read_both("service:a").is_err());
        assert!(CiAndState::read_both("service:a=broken").is_err());
    }
}
