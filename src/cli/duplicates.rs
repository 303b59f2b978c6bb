//! `linchpin duplicates`: which CIs are probably one?

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Page, ShortCi};
use super::backend::{Backend, Document};
use super::output::Output;

const DUPLICATES: Document = Document {
    operation: "Duplicates",
    text: include_str!("queries/duplicates.graphql"),
};
const DISMISS: Document = Document {
    operation: "NotADuplicate",
    text: include_str!("queries/not_a_duplicate.graphql"),
};
const REOPEN: Document = Document {
    operation: "ReopenDuplicate",
    text: include_str!("queries/reopen_duplicate.graphql"),
};

/// Largest page that is asked for at once.
const PAGE: u64 = 200;

/// List pairs of CIs that are probably one, the strongest first.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
`linchpin merge` makes them one; `linchpin duplicates dismiss` says that they are not.

Exit code 1: there are some.

Examples:
  linchpin duplicates
  linchpin duplicates --type hardware --limit 20 --json
  linchpin duplicates dismiss server:web-01 server:web-01b --reason 'a clone for tests'
  linchpin duplicates --dismissed"
)]
pub(super) struct Duplicates {
    #[command(subcommand)]
    command: Option<Decision>,
    /// Only of CIs of this type or its subtypes.
    #[arg(long = "type", value_name = "TYPE")]
    ci_type: Option<String>,
    /// Only with this CI.
    #[arg(long, value_name = "CI")]
    ci: Option<String>,
    /// Those of which somebody said that they are not one.
    #[arg(long)]
    dismissed: bool,
    /// Show so many at most; 0: all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u64,
}

#[derive(Debug, Subcommand)]
enum Decision {
    /// Say that two CIs are not one: they are not listed any more.
    Dismiss {
        /// The one.
        one: String,
        /// The other.
        other: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take back that two CIs are not one.
    Reopen {
        /// The one.
        one: String,
        /// The other.
        other: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    configuration_items: Vec<ShortCi>,
    score: u8,
    suggested_survivor: Option<String>,
    reasons: Vec<Reason>,
    distinction: Option<Distinction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    kind: String,
    is_against: bool,
    name: Option<String>,
    values: Vec<Agreeing>,
}

#[derive(Debug, Deserialize)]
struct Agreeing {
    attribute: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Distinction {
    by: String,
    reason: String,
}

pub(super) fn run(options: &Duplicates, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    match &options.command {
        None => list(options, backend, output),
        Some(Decision::Dismiss { one, other, reason }) => {
            let variables = json!({ "cis": [one, other], "reason": reason });
            decide(DISMISS, &variables, "notADuplicate", backend, output)
        }
        Some(Decision::Reopen { one, other }) => {
            let variables = json!({ "cis": [one, other] });
            decide(REOPEN, &variables, "reopenDuplicate", backend, output)
        }
    }
}

fn decide(
    document: Document,
    variables: &Value,
    field: &str,
    backend: &Backend,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let mut data: Value = backend.ask(document, variables)?;
    let answer = data[field].take();
    let changed = answer["changed"] == json!(true);
    output.json(&answer);
    output.note(if changed { "noted" } else { "this was noted already" });
    Ok(ExitCode::SUCCESS)
}

fn list(options: &Duplicates, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let limit = if options.limit == 0 { u64::MAX } else { options.limit };
    let state = if options.dismissed { "DISMISSED" } else { "OPEN" };
    let (mut after, mut all) = (Value::Null, Vec::new());
    let total = loop {
        let left = limit - all.len() as u64;
        let variables = json!({
            "first": left.min(PAGE), "after": after, "type": options.ci_type, "ci": options.ci, "state": state,
        });
        let mut data: Value = backend.ask(DUPLICATES, &variables)?;
        let page: Page<Value> = serde_json::from_value(data["duplicates"].take())?;
        all.extend(page.nodes);
        if !page.end.has_next_page || all.len() as u64 >= limit {
            break page.total_count.unwrap_or_default().0;
        }
        after = json!(page.end.end_cursor);
    };
    let shown = all.len();
    output.json(&json!({ "totalCount": total, "duplicates": all }));
    let found: Vec<Found> = serde_json::from_value(Value::Array(all))?;
    output.table(&["SCORE", "CIS", "BECAUSE"], found.iter().map(row).collect());
    output.note(&format!("{shown} of {total}"));
    Ok(if total == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::NO)
    })
}

fn row(found: &Found) -> Vec<String> {
    let cis = found.configuration_items.iter().map(|ci| {
        let keep = if found.suggested_survivor.as_ref() == Some(&ci.id) {
            " (keep)"
        } else {
            ""
        };
        format!("{} {}{keep}", ci.reference(), ci.id)
    });
    let reasons = found.reasons.iter().map(told);
    let dismissed = found
        .distinction
        .iter()
        .map(|said| format!("not one, {} said: {}", said.by, said.reason));
    vec![
        found.score.to_string(),
        cis.collect::<Vec<_>>().join("\n"),
        reasons.chain(dismissed).collect::<Vec<_>>().join("\n"),
    ]
}

fn told(reason: &Reason) -> String {
    let kind = reason.kind.to_lowercase().replace('_', " ");
    let name = reason.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let values = reason.values.iter().map(|agreeing| {
        let value = agreeing.value.as_deref().unwrap_or("***");
        format!("{}={value}", agreeing.attribute)
    });
    let against = if reason.is_against { "but: " } else { "" };
    format!("{against}{kind}{name} {}", values.collect::<Vec<_>>().join(" "))
}
