//! GML, the Graph Modelling Language: networks as nodes and edges, as the Internet Topology Zoo has
//! them.

mod parse;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::model::Input;

use super::document::{Adapter, Content, Findings};
use super::topology::{Link, Node, Topology};
use parse::Item;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "gml",
    label: "GML graph, as of the Internet Topology Zoo",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    matches!(content, Content::Text(text) if parse::begins_with_graph(text))
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let Content::Text(text) = content else {
        let message = "the document is no GML: it begins with `graph [`";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    };
    let items = parse::parse(text)?;
    let mut graphs = 0;
    for (name, item) in items {
        if let ("graph", Item::List(fields)) = (name.as_str(), item) {
            graphs += 1;
            topology(fields).say(findings);
        }
    }
    if graphs == 0 {
        let message = "the document has no `graph [ ... ]`";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    Ok(())
}

fn topology(fields: Vec<(String, Item)>) -> Topology {
    let mut topology = Topology::default();
    let directed = scalar(&fields, "directed").as_deref() == Some("1");
    topology.name = scalar(&fields, "label").or_else(|| scalar(&fields, "Network"));
    for (name, item) in fields {
        match (name.as_str(), item) {
            ("node", Item::List(stated)) => topology.nodes.push(Node {
                id: scalar(&stated, "id").unwrap_or_default(),
                stated: inputs(stated, &["id"]),
            }),
            ("edge", Item::List(stated)) => topology.links.push(Link {
                source: scalar(&stated, "source").unwrap_or_default(),
                target: scalar(&stated, "target").unwrap_or_default(),
                directed,
                stated: inputs(stated, &["source", "target"]),
            }),
            _ => {}
        }
    }
    topology
}

fn scalar(fields: &[(String, Item)], wanted: &str) -> Option<String> {
    let (_, item) = fields.iter().find(|(name, _)| name == wanted)?;
    match item {
        Item::Number(text) | Item::Text(text) => Some(text.clone()),
        Item::List(_) => None,
    }
}

/// What is stated, without what is read already; lists are how it was drawn.
fn inputs(fields: Vec<(String, Item)>, read: &[&str]) -> Vec<(String, Input)> {
    let input = |(name, item): (String, Item)| match item {
        Item::Number(text) if number(&text) => Some((name, Input::Number(text))),
        Item::Number(text) | Item::Text(text) => Some((name, Input::Text(text))),
        Item::List(_) => None,
    };
    let left = fields.into_iter().filter(|(name, _)| !read.contains(&name.as_str()));
    left.filter_map(input).collect()
}

/// Whether a number is written as JSON writes numbers.
fn number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests;
