//! The proof of a CI's state, for people.

use serde::Deserialize;

use crate::cli::answer::{Long, ShortCi};
use crate::cli::output::Output;

/// A proof, as the document asks for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof {
    complete: bool,
    how_to_go_on: Option<String>,
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    place: usize,
    ci: ShortCi,
    state: String,
    round: u32,
    kind: Option<String>,
    causes: Vec<Cause>,
    together: Vec<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    sources: Vec<usize>,
    sources_omitted: Long,
    relationship: Option<Relationship>,
    group: Option<Group>,
}

#[derive(Debug, Deserialize)]
struct Relationship {
    phrase: String,
}

#[derive(Debug, Deserialize)]
struct Group {
    name: String,
    sentence: String,
}

impl Cause {
    /// `depends on [3]`, `web (0 of 2 up, needs 1: down) lost [4] [5]`.
    fn told(&self) -> String {
        let mut places: Vec<String> = self.sources.iter().map(|source| format!("[{source}]")).collect();
        if self.sources_omitted.0 > 0 {
            places.push(format!("and {} more", self.sources_omitted));
        }
        let places = places.join(" ");
        match (&self.group, &self.relationship) {
            (Some(group), _) => format!("{} ({}) lost {places}", group.name, group.sentence),
            (None, Some(relationship)) => format!("{} {places}", relationship.phrase),
            (None, None) => format!("needs {places}"),
        }
    }
}

impl Proof {
    /// Shows every CI of the proof with all its causes.
    pub(super) fn show(&self, output: &Output) {
        let rows = self.nodes.iter().map(|node| {
            let mut because: Vec<String> = node.causes.iter().map(Cause::told).collect();
            if !node.together.is_empty() {
                let others: Vec<String> = node.together.iter().map(|place| format!("[{place}]")).collect();
                because.push(format!("only held up by {}", others.join(" ")));
            }
            if because.is_empty() {
                because.extend(node.kind.as_ref().map(|kind| kind.to_lowercase().replace('_', " ")));
            }
            vec![
                format!("[{}]", node.place),
                node.ci.reference(),
                node.state.clone(),
                node.round.to_string(),
                because.join("; or "),
            ]
        });
        output.table(&["PROOF", "CI", "STATE", "ROUND", "BECAUSE"], rows.collect());
        if !self.complete {
            output.note(&format!(
                "the proof is not complete: {}",
                self.how_to_go_on.as_deref().unwrap_or("ask for more of it")
            ));
        }
    }
}
