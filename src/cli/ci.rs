//! `linchpin ci`: one CI in full, or a list of CIs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::ErrorCode;

use super::Failure;
use super::answer::{Page, Phrases, ShortCi, plain};
use super::backend::{Backend, Document};
use super::output::Output;

const SHOW: Document = Document {
    operation: "ShowCi",
    text: include_str!("queries/ci_show.graphql"),
};
const LIST: Document = Document {
    operation: "ListCis",
    text: include_str!("queries/ci_list.graphql"),
};

/// Largest page that is asked for at once.
const PAGE: u64 = 500;

/// Show one CI, or list CIs.
#[derive(Args, Debug)]
pub(super) struct Ci {
    #[command(subcommand)]
    command: CiCommand,
}

#[derive(Debug, Subcommand)]
enum CiCommand {
    Show(Show),
    List(List),
}

/// Show what is recorded of a CI.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  linchpin ci show business_service:shop
  linchpin ci show serial_number:SRV9001 --json")]
struct Show {
    /// The CI: an id, `type:name` or an identifier.
    ci: String,
}

/// List CIs by type, name, stage and more. All conditions must hold.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit code 1: there is none.

Examples:
  linchpin ci list --type application --name-contains shop
  linchpin ci list --type business_service --tier 1,2 --limit 20
  linchpin ci list --source shop --stage in_service,degraded --json")]
struct List {
    /// Of one of these types or their subtypes.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// In one of these stages: `planned`, `in_service`, `maintenance`, `retired` ...
    #[arg(long = "stage", value_name = "STAGE", value_delimiter = ',')]
    stages: Vec<crate::model::LifecycleStage>,
    /// With this beginning of the name.
    #[arg(long, value_name = "TEXT")]
    name_prefix: Option<String>,
    /// With this part of the name.
    #[arg(long, value_name = "TEXT")]
    name_contains: Option<String>,
    /// With all these tags.
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// In one of these tiers.
    #[arg(long = "tier", value_name = "TIER", value_delimiter = ',')]
    tiers: Vec<u8>,
    /// Known by one of these sources.
    #[arg(long = "source", value_name = "SOURCE", value_delimiter = ',')]
    sources: Vec<String>,
    /// Show so many at most; 0: all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u64,
}

pub(super) fn run(options: &Ci, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    match &options.command {
        CiCommand::Show(show) => run_show(show, backend, output),
        CiCommand::List(list) => run_list(list, backend, output),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    short: ShortCi,
    stage: String,
    tier: Option<u8>,
    tags: Vec<String>,
    attributes: Map<String, Value>,
    origins: Vec<Origin>,
    owner: Option<ShortCi>,
    relationships: Page<Link>,
    redundancy_groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    source: String,
    native_key: Option<String>,
    last_seen: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    from: ShortCi,
    to: ShortCi,
    source: String,
    last_seen: String,
    #[serde(rename = "type")]
    phrases: Phrases,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    up_min: Option<String>,
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    ci: ShortCi,
}

fn run_show(options: &Show, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let mut data: Value = backend.ask(SHOW, &json!({ "ref": options.ci }))?;
    let answer = data["configurationItem"].take();
    if answer.is_null() {
        let message = format!("no CI answers to `{}`", options.ci);
        return Err(Failure::new(ErrorCode::CiNotFound, message).into());
    }
    output.json(&answer);
    let ci: Shown = serde_json::from_value(answer)?;
    let mut facts = vec![
        fact("name", &ci.short.name),
        fact("type", &ci.short.type_name),
        fact("id", &ci.short.id),
        fact("stage", &ci.stage.to_lowercase()),
    ];
    if let Some(tier) = ci.tier {
        facts.push(fact("tier", &tier.to_string()));
    }
    if let Some(owner) = &ci.owner {
        facts.push(fact("owner", &owner.reference()));
    }
    if !ci.tags.is_empty() {
        facts.push(fact("tags", &ci.tags.join(", ")));
    }
    facts.extend(ci.attributes.iter().map(|(name, value)| fact(name, &plain(value))));
    facts.extend(ci.origins.iter().map(|origin| {
        let key = origin.native_key.as_deref().unwrap_or("-");
        fact(
            "known by",
            &format!("{} as {key}, last seen {}", origin.source, origin.last_seen),
        )
    }));
    output.table(&["", ""], facts);
    output.table(&["RELATIONSHIP", "CI", "SOURCE", "LAST SEEN"], related(&ci));
    if ci.relationships.end.has_next_page {
        output.note("there are more relationships than shown");
    }
    for group in &ci.redundancy_groups {
        let members: Vec<String> = group.members.iter().map(|member| member.ci.reference()).collect();
        let needed = group.up_min.as_deref().unwrap_or("all");
        output.line(&format!(
            "group {}: needs {needed} of {}",
            group.name,
            members.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn fact(name: &str, value: &str) -> Vec<String> {
    vec![name.to_owned(), value.to_owned()]
}

fn related(ci: &Shown) -> Vec<Vec<String>> {
    let rows = ci.relationships.nodes.iter().map(|link| {
        let (phrase, other) = if link.from.id == ci.short.id {
            (&link.phrases.forward_phrase, &link.to)
        } else {
            (&link.phrases.reverse_phrase, &link.from)
        };
        vec![
            phrase.clone(),
            other.reference(),
            link.source.clone(),
            link.last_seen.clone(),
        ]
    });
    rows.collect()
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(flatten)]
    short: ShortCi,
    stage: String,
    tier: Option<u8>,
}

fn run_list(options: &List, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let limit = if options.limit == 0 { u64::MAX } else { options.limit };
    let filter = filter(options);
    let (mut after, mut all, mut total) = (Value::Null, Vec::new(), 0);
    loop {
        let left = limit - all.len() as u64;
        let variables = json!({ "filter": filter, "first": left.min(PAGE), "after": after });
        let mut data: Value = backend.ask(LIST, &variables)?;
        let page: Page<Value> = serde_json::from_value(data["configurationItems"].take())?;
        total = page.total_count.map_or(total, |count| count.0);
        all.extend(page.nodes);
        if !page.end.has_next_page || all.len() as u64 >= limit {
            break;
        }
        after = json!(page.end.end_cursor);
    }
    let shown = all.len();
    output.json(&json!({ "totalCount": total, "configurationItems": all }));
    let cis: Vec<Listed> = serde_json::from_value(Value::Array(all))?;
    let rows = cis.iter().map(|ci| {
        let tier = ci.tier.map(|tier| tier.to_string()).unwrap_or_default();
        vec![
            ci.short.name.clone(),
            ci.short.type_name.clone(),
            ci.stage.to_lowercase(),
            tier,
            ci.short.id.clone(),
        ]
    });
    output.table(&["NAME", "TYPE", "STAGE", "TIER", "ID"], rows.collect());
    output.note(&format!("{shown} of {total}"));
    Ok(if shown == 0 {
        ExitCode::from(super::NO)
    } else {
        ExitCode::SUCCESS
    })
}

fn filter(options: &List) -> Value {
    let mut filter = Map::new();
    let mut set = |name: &str, value: Value| {
        let absent = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !absent {
            filter.insert(name.to_owned(), value);
        }
    };
    let stages: Vec<String> = options
        .stages
        .iter()
        .map(|stage| stage.as_str().to_uppercase())
        .collect();
    set("types", json!(options.types));
    set("stages", json!(stages));
    set("namePrefix", json!(options.name_prefix));
    set("nameContains", json!(options.name_contains));
    set("tags", json!(options.tags));
    set("tiers", json!(options.tiers));
    set("sources", json!(options.sources));
    Value::Object(filter)
}
