//! `linchpin dependencies`: what does this stand on?

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Long, ShortCi, cannot_fail};
use super::backend::{Backend, Document};
use super::drawing::Drawing;
use super::output::Output;
use super::premises::Premises;

const DEPENDENCIES: Document = Document {
    operation: "Dependencies",
    text: include_str!("queries/dependencies.graphql"),
};

/// Show what a CI depends on, and what each of these can do to it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
POTENTIAL is the state of the CI if the dependency were down and nothing redundant; ACTUAL is its
state if the dependency alone is down. Roles:
  SINGLE_POINT_OF_FAILURE  takes it down alone
  REDUNDANT                would take it down, but redundancy holds
  SUPPORTING               can make it worse, but not take it down

Examples:
  linchpin dependencies business_service:shop
  linchpin dependencies business_service:shop --tree
  linchpin dependencies business_service:shop --draw mermaid
  linchpin dependencies business_service:shop --role SINGLE_POINT_OF_FAILURE --json")]
pub(super) struct Dependencies {
    /// The CI: an id, `type:name` or an identifier.
    target: String,
    /// Show a tree: under each CI what it stands on, each once, where it is nearest.
    #[arg(long, conflicts_with_all = ["roles", "offset"])]
    tree: bool,
    /// Write a picture instead, for drawing programs.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with_all = ["roles", "offset", "tree"])]
    draw: Option<Drawing>,
    /// Only dependencies of these roles.
    #[arg(long = "role", value_enum, value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<Role>,
    /// List so many at most, the nearest first; up to 1,000.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    first: u32,
    /// Skip so many.
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    #[command(flatten)]
    premises: Premises,
}

/// What a dependency is to the CI that depends on it.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Role {
    SinglePointOfFailure,
    Redundant,
    Supporting,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SinglePointOfFailure => "SINGLE_POINT_OF_FAILURE",
            Self::Redundant => "REDUNDANT",
            Self::Supporting => "SUPPORTING",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    target: ShortCi,
    before: String,
    can_fail: bool,
    nodes: Vec<Dependency>,
    total_count: Long,
    single_points_of_failure: Long,
    redundant: Long,
    supporting: Long,
    complete: bool,
    truncated_reason: Option<String>,
    how_to_go_on: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    ci: ShortCi,
    depth: u32,
    potential: String,
    actual: Option<String>,
    role: Option<String>,
    via: Option<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    dependent: ShortCi,
    relationship_type: Option<String>,
    group: Option<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    up_min: Long,
    total: Long,
}

impl Dependency {
    fn actual(&self) -> &str {
        self.actual.as_deref().unwrap_or("not known")
    }

    /// `runs_on`, `runs_on, 1 of 2 in power`
    fn link(&self) -> String {
        let Some(step) = &self.via else {
            return String::new();
        };
        let relationship = step.relationship_type.iter().cloned();
        let group = step
            .group
            .iter()
            .map(|group| format!("{} of {} in {}", group.up_min, group.total, group.name));
        relationship.chain(group).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn run(options: &Dependencies, backend: &Backend, output: &Output) -> anyhow::Result<ExitCode> {
    let roles: Vec<&str> = options.roles.iter().map(|role| role.as_str()).collect();
    let mut variables = options.premises.variables();
    let own = json!({
        "target": options.target,
        "first": options.first,
        "offset": options.offset,
        "roles": (!roles.is_empty()).then_some(roles),
        "drawing": options.draw.unwrap_or(Drawing::Dot).as_str(),
        "draw": options.draw.is_some(),
    });
    variables.extend(own.as_object().cloned().unwrap_or_default());
    let mut data: Value = backend.ask(DEPENDENCIES, &variables.into())?;
    let answer = data["dependencies"].take();
    if let Some(drawing) = answer["drawing"]["text"].as_str() {
        output.raw(drawing);
        return Ok(ExitCode::SUCCESS);
    }
    output.json(&answer);
    let found: Found = serde_json::from_value(answer)?;
    if options.tree {
        for line in tree(&found) {
            output.line(&line);
        }
    } else {
        list(&found, output);
    }
    summary(&found, options, output);
    Ok(ExitCode::SUCCESS)
}

fn list(found: &Found, output: &Output) {
    let rows = found.nodes.iter().map(|one| {
        let dependent = one.via.as_ref().map(|step| step.dependent.reference());
        vec![
            one.depth.to_string(),
            one.ci.reference(),
            one.potential.clone(),
            one.actual().to_owned(),
            one.role.clone().unwrap_or_default(),
            dependent.unwrap_or_default(),
            one.link(),
        ]
    });
    let headings = ["DEPTH", "DEPENDENCY", "POTENTIAL", "ACTUAL", "ROLE", "OF", "BY"];
    output.table(&headings, rows.collect());
}

fn summary(found: &Found, options: &Dependencies, output: &Output) {
    let target = found.target.reference();
    if !found.can_fail {
        output.note(&cannot_fail(&target));
    } else if found.before != "OK" {
        output.note(&format!("{target} is {} with nothing failed", found.before));
    }
    let listed = found.nodes.len() as u64;
    let rest = if options.roles.is_empty() && found.total_count.0 > listed {
        format!(", {listed} listed; --first and --offset show others")
    } else {
        String::new()
    };
    output.note(&format!(
        "{} dependencies{rest}: {} single points of failure, {} redundant, {} supporting",
        found.total_count, found.single_points_of_failure, found.redundant, found.supporting
    ));
    if !found.complete {
        output.note(&format!(
            "not complete ({}): {}",
            found.truncated_reason.as_deref().unwrap_or_default(),
            found.how_to_go_on.as_deref().unwrap_or_default()
        ));
    }
}

/// The lines of the tree. A stack instead of recursion, because a chain may be long.
fn tree(found: &Found) -> Vec<String> {
    let listed: BTreeMap<&str, usize> = (0..)
        .zip(&found.nodes)
        .map(|(place, one)| (one.ci.id.as_str(), place))
        .collect();
    // What hangs under the target (`None`) and under each dependency; what hangs under one that is not
    // listed is shown under the target.
    let mut under: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (place, one) in found.nodes.iter().enumerate() {
        let dependent = one.via.as_ref().map(|step| step.dependent.id.as_str());
        let dependent = dependent.and_then(|id| listed.get(id).copied());
        under.entry(dependent).or_default().push(place);
    }
    let mut lines = vec![found.target.reference()];
    let mut open: Vec<(usize, String, bool)> = Vec::new();
    let mut push = |open: &mut Vec<(usize, String, bool)>, dependent: Option<usize>, indent: &str| {
        let below = under.remove(&dependent).unwrap_or_default();
        let last = below.last().copied();
        let below = below.into_iter().rev();
        open.extend(below.map(|place| (place, indent.to_owned(), Some(place) == last)));
    };
    push(&mut open, None, "");
    while let Some((place, indent, is_last)) = open.pop() {
        let one = &found.nodes[place];
        let branch = if is_last { "`-- " } else { "|-- " };
        let role = one.role.as_deref().unwrap_or_default();
        lines.push(format!(
            "{indent}{branch}{}  [{}] {role} ({})",
            one.ci.reference(),
            one.link(),
            one.actual()
        ));
        let indent = format!("{indent}{}", if is_last { "    " } else { "|   " });
        push(&mut open, Some(place), &indent);
    }
    lines
}
