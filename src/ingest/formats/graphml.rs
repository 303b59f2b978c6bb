//! `GraphML`: networks as nodes and edges, as drawing and analysis programs exchange them.

use std::collections::BTreeMap;

use roxmltree::Node as Element;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;
use crate::model::Input;

use super::document::{Adapter, Content, Findings};
use super::topology::{Link, Node, Topology};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "graphml",
    label: "GraphML graph",
    recognises,
    read,
};

fn recognises(content: &Content) -> bool {
    content.xml_root() == Some("graphml")
}

/// Most data of one node or edge that is read.
const DATA_MAX: usize = 200;

/// What the keys of data mean: name and whether it is a number.
type Keys<'a> = BTreeMap<&'a str, (&'a str, bool)>;

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let document = content.require_xml()?;
    let root = document.root_element();
    let mut keys = Keys::new();
    for key in root.children().filter(|child| child.tag_name().name() == "key") {
        if let (Some(id), Some(name)) = (key.attribute("id"), key.attribute("attr.name")) {
            let is_number = matches!(key.attribute("attr.type"), Some("int" | "long" | "float" | "double"));
            keys.insert(id, (name, is_number));
        }
    }
    let graphs: Vec<Element<'_, '_>> = root
        .children()
        .filter(|child| child.tag_name().name() == "graph")
        .collect();
    if graphs.is_empty() {
        let message = "the document has no element `graph`";
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    for graph in graphs {
        topology(graph, &keys, findings).say(findings);
    }
    Ok(())
}

/// A graph with the graphs inside its nodes, which are groups of the drawing.
fn topology(graph: Element<'_, '_>, keys: &Keys<'_>, findings: &mut Findings<'_>) -> Topology {
    let mut topology = Topology {
        name: data(graph, keys)
            .into_iter()
            .find_map(|(name, value)| match value {
                Input::Text(text) if matches!(name.as_str(), "label" | "name" | "Network") => Some(text),
                Input::Null
                | Input::Boolean(_)
                | Input::Number(_)
                | Input::Text(_)
                | Input::List(_)
                | Input::Object(_) => None,
            })
            .or_else(|| graph.attribute("id").map(str::to_owned)),
        ..Topology::default()
    };
    let directed = graph.attribute("edgedefault") == Some("directed");
    let (mut hyperedges, mut nameless) = (0, 0);
    for element in graph.descendants().filter(Element::is_element) {
        match element.tag_name().name() {
            // A node with a graph in it is a frame around others.
            "node" if element.children().any(|child| child.tag_name().name() == "graph") => {}
            "node" => match element.attribute("id") {
                Some(id) => topology.nodes.push(Node {
                    id: id.to_owned(),
                    stated: data(element, keys),
                }),
                None => nameless += 1,
            },
            "edge" => topology.links.push(Link {
                source: element.attribute("source").unwrap_or_default().to_owned(),
                target: element.attribute("target").unwrap_or_default().to_owned(),
                directed: element
                    .attribute("directed")
                    .map_or(directed, |stated| stated == "true"),
                stated: link_data(element, keys),
            }),
            "hyperedge" => hyperedges += 1,
            _ => {}
        }
    }
    for (count, what) in [(hyperedges, "hyperedges"), (nameless, "nodes without `id`")] {
        if count > 0 {
            findings.warn("IGNORED", format!("{count} {what}"));
        }
    }
    topology
}

fn link_data(edge: Element<'_, '_>, keys: &Keys<'_>) -> Vec<(String, Input)> {
    let mut stated = data(edge, keys);
    for port in ["sourceport", "targetport"] {
        let value = edge.attribute(port);
        stated.extend(value.map(|value| (port.to_owned(), Input::from(value))));
    }
    stated
}

/// The data of an element by name; of drawings, the label that is drawn.
fn data(element: Element<'_, '_>, keys: &Keys<'_>) -> Vec<(String, Input)> {
    let mut stated = Vec::new();
    for data in element.children().filter(|child| child.tag_name().name() == "data") {
        if let Some(drawn) = data.children().find(Element::is_element) {
            let is_label = |inner: &Element<'_, '_>| matches!(inner.tag_name().name(), "NodeLabel" | "EdgeLabel");
            let label = drawn.descendants().find(is_label).and_then(|label| label.text());
            let label = label.map(str::trim).filter(|label| !label.is_empty());
            stated.extend(label.map(|label| ("label".to_owned(), Input::from(label))));
            continue;
        }
        let key = data.attribute("key").unwrap_or_default();
        let (name, is_number) = keys.get(key).copied().unwrap_or((key, false));
        let text = data.text().unwrap_or_default().trim();
        if name.is_empty() || text.is_empty() || stated.len() >= DATA_MAX {
            continue;
        }
        let is_number = is_number && serde_json::from_str::<serde_json::Number>(text).is_ok();
        let value = if is_number {
            Input::Number(text.to_owned())
        } else {
            Input::from(text)
        };
        stated.push((name.to_owned(), value));
    }
    stated
}

#[cfg(test)]
mod tests;
