//! The matrix of component failure impact analysis.

use async_graphql::SimpleObject;

use super::structure::how_to_go_on;
use super::{CiObject, ImpactState};
use crate::api::scalars::{DateTime, Long};
use crate::graph::{Slot, Snapshot};
use crate::impact;

/// A column of the matrix.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "CfiaService")]
pub struct CfiaServiceObject {
    /// The service.
    pub ci: CiObject,
    /// Its state with nothing failed, OK if it is better than `minState`.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it is not in use, or its state is assumed. That nothing
    /// is reported of such a CI says nothing of its safety.
    pub can_fail: bool,
}

/// A cell of the matrix that is not blank.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "CfiaCell")]
pub struct CfiaCellObject {
    /// The place of the service among the columns, from 0.
    pub column: u32,
    /// Its state when the CI of the row is down.
    pub state: ImpactState,
}

/// A row of the matrix: what the failure of one CI does.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "CfiaRow")]
pub struct CfiaRowObject {
    /// The CI that is down, alone.
    pub ci: CiObject,
    /// Whether it can fail: not if its state is assumed, it is not in use, or it is down already.
    pub can_fail: bool,
    /// The services that get worse; all other cells are blank.
    pub cells: Vec<CfiaCellObject>,
    /// How many services go DOWN.
    pub down: Long,
    /// How many services become DEGRADED.
    pub degraded: Long,
    /// How many services become `AT_RISK`.
    pub at_risk: Long,
}

/// Which failure of one CI does what to which service.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Cfia")]
pub struct CfiaObject {
    /// The columns: the services named in the order given, then those of the tiers by tier and id.
    pub services: Vec<CfiaServiceObject>,
    /// The rows, by services that go DOWN, DEGRADED, `AT_RISK`, the most first; then by id.
    pub rows: Vec<CfiaRowObject>,
    /// The matrix as comma-separated values with a heading: id and name of the CI, whether it can
    /// fail, the counts, and a column for each service, blank where it gets no worse. Where a name would
    /// make a spreadsheet calculate, an apostrophe stands before it.
    pub csv: String,
    /// CIs whose failure was not tried.
    pub untried: Long,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// The moment of valid time that was asked about.
    pub at: DateTime,
    /// Whether the matrix is whole.
    pub complete: bool,
    /// Why not: COUNT, ARCS or TIME.
    pub truncated_reason: Option<String>,
    /// How to go on, if not.
    pub how_to_go_on: Option<String>,
}

impl CfiaObject {
    pub(in crate::api) fn new(view: &Snapshot, at: DateTime, found: &impact::Cfia) -> Self {
        let services = found.services.iter().map(|service| CfiaServiceObject {
            ci: CiObject::at(view, service.slot),
            before: service.before.into(),
            can_fail: service.can_fail,
        });
        let cell = |(column, state): &(usize, crate::model::ImpactState)| CfiaCellObject {
            column: u32::try_from(*column).unwrap_or(u32::MAX),
            state: (*state).into(),
        };
        let rows = found.rows.iter().map(|row| CfiaRowObject {
            ci: CiObject::at(view, row.slot),
            can_fail: row.can_fail,
            cells: row.cells.iter().map(cell).collect(),
            down: Long(row.counts.down),
            degraded: Long(row.counts.degraded),
            at_risk: Long(row.counts.at_risk),
        });
        Self {
            services: services.collect(),
            rows: rows.collect(),
            csv: csv(view, found),
            untried: Long(found.untried),
            revision: view.revision().into(),
            at,
            complete: found.incomplete.is_none(),
            truncated_reason: found.incomplete.map(|incomplete| incomplete.reason.as_str().to_owned()),
            how_to_go_on: found.incomplete.map(how_to_go_on),
        }
    }
}

/// The matrix as RFC 4180 has it, with formulas neutralised.
fn csv(view: &Snapshot, found: &impact::Cfia) -> String {
    let mut text = String::new();
    let headings = ["ci_id", "ci", "can_fail", "down", "degraded", "at_risk"].map(str::to_owned);
    let services = found.services.iter().map(|service| reference(view, service.slot));
    line(&mut text, headings.into_iter().chain(services));
    for row in &found.rows {
        let facts = [
            view.ci_id(row.slot).to_string(),
            reference(view, row.slot),
            row.can_fail.to_string(),
            row.counts.down.to_string(),
            row.counts.degraded.to_string(),
            row.counts.at_risk.to_string(),
        ];
        let mut states = vec![String::new(); found.services.len()];
        for (column, state) in &row.cells {
            state.as_str().clone_into(&mut states[*column]);
        }
        line(&mut text, facts.into_iter().chain(states));
    }
    text
}

/// `business_service:shop`
fn reference(view: &Snapshot, slot: Slot) -> String {
    let ci_type = view.catalog().ci_type(view.ci_type_of(slot));
    let ci_type = ci_type.map(|known| known.name.to_string()).unwrap_or_default();
    format!("{ci_type}:{}", view.ci_at(slot).name())
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (number, field) in fields.enumerate() {
        if number > 0 {
            text.push(',');
        }
        let field = neutral(&field);
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

/// A field with an apostrophe wherever a spreadsheet would take what follows for a formula: at its
/// beginning, and behind whatever may part cells. Names come from discovery, and are not to be trusted.
fn neutral(field: &str) -> String {
    let mut neutral = String::with_capacity(field.len());
    let mut begins = true;
    for character in field.chars() {
        let calculates = matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        if begins && calculates {
            neutral.push('\'');
        }
        begins = matches!(character, ',' | ';' | '\t' | '\r' | '\n') || begins && character == ' ';
        neutral.push(character);
    }
    neutral
}

#[cfg(test)]
mod tests {
    use super::{line, neutral};

    #[test]
    fn nothing_in_a_field_is_calculated() {
        for (field, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-2-3", "'-2-3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\t'=1"),
            ("\r\n =1", "\r\n '=1"),
            ("＝1", "'＝1"),
            ("server:a;=cmd()", "server:a;'=cmd()"),
            ("a\"\n=1", "a\"\n'=1"),
            ("server:web-01", "server:web-01"),
            ("a=b+c", "a=b+c"),
            ("", ""),
        ] {
            assert_eq!(neutral(field), expected);
        }
    }

    #[test]
    fn fields_that_need_it_are_quoted() {
        let mut text = String::new();
        let fields = ["plain", "a,b", "say \"no\"", "", "two\nlines"].map(str::to_owned);
        line(&mut text, fields.into_iter());
        assert_eq!(text, "plain,\"a,b\",\"say \"\"no\"\"\",,\"two\nlines\"\r\n");
    }
}
