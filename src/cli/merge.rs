//! `linchpin merge` and `linchpin unmerge`: two CIs that are one, and back.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::ErrorCode;

use super::Failure;
use super::answer::{ShortCi, plain};
use super::backend::{Backend, Document};
use super::output::Output;

const MERGE: Document = Document {
    operation: "Merge",
    text: include_str!("queries/merge.graphql"),
};
const PREVIEW: Document = Document {
    operation: "MergePreview",
    text: include_str!("queries/merge_preview.graphql"),
};
const UNMERGE: Document = Document {
    operation: "Unmerge",
    text: include_str!("queries/unmerge.graphql"),
};

/// Make one of two CIs that are one.
#[derive(Args, Debug)]
#[command(after_long_help = "\
The survivor takes over keys, claims, tags, pins, relationships and groups of the absorbed CI, whose
id goes on leading to it. Where both have a value the survivor's counts, unless --take says otherwise.

Examples:
  linchpin merge server:web-01 server:web-01.example.com --dry-run
  linchpin merge serial_number:SRV9001 ci:01900000-0000-7000-8000-000000000001 --take absorbed:name,absorbed:os_version")]
pub(super) struct Merge {
    /// The CI that stays: an id, `type:name` or an identifier.
    survivor: String,
    /// The CI that becomes part of it: an id, `type:name` or an identifier.
    absorbed: String,
    /// Whose value counts: `absorbed:ATTRIBUTE` or `survivor:ATTRIBUTE`; `name`, `stage`, `tags` and
    /// `validity` are attributes too.
    #[arg(long, value_name = "SIDE:ATTRIBUTE", value_delimiter = ',')]
    take: Vec<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
}

/// Take a merge back.
#[derive(Args, Debug)]
#[command(after_long_help = "\
What came from the absorbed CI and is still there returns to it; what was changed since stays with the
survivor, and is listed. `linchpin ci show SURVIVOR --json` lists aliases.

Exit code 1: not everything could be given back.

Examples:
  linchpin unmerge ci:01900000-0000-7000-8000-000000000001 --dry-run")]
pub(super) struct Unmerge {
    /// The id that the absorbed CI had.
    absorbed: String,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    fields: Vec<Field>,
    relationships: Vec<Related>,
    redundancy_groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    survivor: Value,
    absorbed: Value,
    taken: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Related {
    id: String,
    type_name: String,
    from: String,
    to: String,
    fate: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name_before: String,
    name_after: String,
    is_carried: bool,
    member_count_before: super::answer::Long,
    member_count_after: super::answer::Long,
}

#[derive(Debug, Deserialize)]
struct Lost {
    kind: String,
    what: String,
    because: String,
}

pub(super) fn run_merge(options: &Merge, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let take = options.take.iter().map(|choice| choice_of(choice));
    let take: Vec<Value> = take.collect::<Result<_, Failure>>()?;
    let input = json!({ "survivor": options.survivor, "absorbed": options.absorbed, "take": take });
    if options.dry_run {
        let mut data: Value = backend.ask(PREVIEW, &json!({ "input": input }))?;
        let preview = data["mergePreview"].take();
        output.json(&preview);
        show(&serde_json::from_value(preview)?, output);
        output.note("nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    let variables = json!({ "input": input, "options": { "reason": options.reason } });
    let mut data: Value = backend.ask(MERGE, &variables)?;
    let merged = data["mergeCis"].take();
    output.json(&merged);
    let survivor: Option<ShortCi> = serde_json::from_value(merged["configurationItem"].clone())?;
    if let Some(survivor) = survivor {
        let alias = plain(&merged["absorbed"]);
        output.line(&format!(
            "{alias} is part of {} now ({})",
            survivor.reference(),
            survivor.id
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// `absorbed:name` as the API writes it.
fn choice_of(text: &str) -> Result<Value, Failure> {
    let wrong = || {
        let message = format!("`{text}` is no choice: write absorbed:ATTRIBUTE or survivor:ATTRIBUTE");
        Failure::new(ErrorCode::MergeChoice, message)
    };
    let (side, attribute) = text.split_once(':').ok_or_else(wrong)?;
    let from = match side {
        "absorbed" => "ABSORBED",
        "survivor" => "SURVIVOR",
        _ => return Err(wrong()),
    };
    Ok(json!({ "attribute": attribute, "from": from }))
}

fn show(preview: &Preview, output: &Output) {
    let fields = preview.fields.iter().map(|field| {
        vec![
            field.name.clone(),
            plain(&field.survivor),
            plain(&field.absorbed),
            field.taken.to_lowercase(),
        ]
    });
    output.table(&["FIELD", "SURVIVOR", "ABSORBED", "TAKEN"], fields.collect());
    let related = preview.relationships.iter().map(|related| {
        vec![
            related.id.clone(),
            related.type_name.clone(),
            related.from.clone(),
            related.to.clone(),
            related.fate.to_lowercase(),
        ]
    });
    output.table(&["RELATIONSHIP", "TYPE", "FROM", "TO", "BECOMES"], related.collect());
    for group in &preview.redundancy_groups {
        let part = if group.is_carried {
            "carried by it"
        } else {
            "with it as a member"
        };
        let name = if group.name_before == group.name_after {
            String::new()
        } else {
            format!(", renamed to {}", group.name_after)
        };
        output.line(&format!(
            "group {} {part}{name}: {} members, then {}",
            group.name_before, group.member_count_before, group.member_count_after
        ));
    }
}

pub(super) fn run_unmerge(options: &Unmerge, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let variables = json!({ "absorbed": options.absorbed, "options": { "dryRun": options.dry_run } });
    let mut data: Value = backend.ask(UNMERGE, &variables)?;
    let reverted = data["revertMerge"].take();
    output.json(&reverted);
    let ci: Option<ShortCi> = serde_json::from_value(reverted["configurationItem"].clone())?;
    if let Some(ci) = ci {
        let verb = if options.dry_run { "would be" } else { "is" };
        output.line(&format!("{} ({}) {verb} a CI of its own again", ci.reference(), ci.id));
    }
    let lost: Vec<Lost> = serde_json::from_value(reverted["lost"].clone())?;
    let none = lost.is_empty();
    let rows = lost
        .into_iter()
        .map(|loss| vec![loss.kind.to_lowercase(), loss.what, loss.because]);
    output.table(&["NOT GIVEN BACK", "WHAT", "BECAUSE"], rows.collect());
    Ok(if none {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::NO)
    })
}
