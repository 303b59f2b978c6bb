//! Answers as pictures: Graphviz DOT, Mermaid, and the JSON Graph Format for drawing programs.

use async_graphql::{Enum, SimpleObject};
use serde_json::{Map, Value, json};

use crate::api::scalars::Long;
use crate::graph::{Slot, Snapshot};
use crate::model::ImpactState;

/// What a picture that does not show everything says in itself: whoever looks at it has not seen the answer.
const NOT_ALL: &str = "not everything is shown: ask for more nodes, or look at howToGoOn of the answer";

/// How a graph is written.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawingFormat {
    /// The language of Graphviz.
    Dot,
    /// A flowchart of Mermaid, as Markdown pages show it.
    Mermaid,
    /// The JSON Graph Format, version 2 (<https://jsongraphformat.info>).
    Json,
}

/// A graph as a text that drawing programs read.
#[derive(Clone, Debug, SimpleObject)]
pub struct Drawing {
    /// The text.
    pub text: String,
    /// How many CIs it shows.
    pub node_count: Long,
    /// Whether it shows everything. If not, the picture says so itself: DOT as its title, Mermaid as a box, JSON
    /// as `complete: false` in the metadata of the graph.
    pub complete: bool,
}

/// A graph before it is written.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Graph {
    pub(in crate::api) nodes: Vec<DrawnNode>,
    pub(in crate::api) edges: Vec<DrawnEdge>,
    pub(in crate::api) complete: bool,
}

/// A CI in a picture.
#[derive(Clone, Debug)]
pub(in crate::api) struct DrawnNode {
    id: String,
    name: String,
    ci_type: String,
    state: Option<ImpactState>,
}

/// An arrow in a picture, from one place in the list of nodes to another.
#[derive(Clone, Debug)]
pub(in crate::api) struct DrawnEdge {
    pub(in crate::api) source: usize,
    pub(in crate::api) target: usize,
    pub(in crate::api) label: String,
}

impl DrawnNode {
    pub(in crate::api) fn of(view: &Snapshot, slot: Slot, state: Option<ImpactState>) -> Self {
        let ci = view.ci_at(slot);
        let ci_type = view.catalog().ci_type(view.ci_type_of(slot));
        Self {
            id: view.ci_id(slot).to_string(),
            name: ci.name().to_owned(),
            ci_type: ci_type.map(|found| found.name.to_string()).unwrap_or_default(),
            state,
        }
    }

    fn colour(&self) -> &'static str {
        match self.state {
            None | Some(ImpactState::Ok) => "#e8eef4",
            Some(ImpactState::AtRisk) => "#fff3c4",
            Some(ImpactState::Degraded) => "#ffd8a8",
            Some(ImpactState::Down) => "#ffc9c9",
        }
    }
}

impl Graph {
    /// Writes the graph.
    pub(in crate::api) fn draw(&self, format: DrawingFormat) -> Drawing {
        let text = match format {
            DrawingFormat::Dot => self.dot(),
            DrawingFormat::Mermaid => self.mermaid(),
            DrawingFormat::Json => self.json().to_string(),
        };
        Drawing {
            text,
            node_count: self.nodes.len().into(),
            complete: self.complete,
        }
    }

    fn dot(&self) -> String {
        let mut text = "digraph linchpin {\n  rankdir=LR;\n  node [shape=box, style=\"filled,rounded\"];\n".to_owned();
        if !self.complete {
            let line = format!("  labelloc=t;\n  label=\"{NOT_ALL}\";\n");
            text.push_str(&line);
        }
        for (place, node) in self.nodes.iter().enumerate() {
            let mut lines = vec![escaped(&node.name), escaped(&node.ci_type)];
            lines.extend(node.state.map(|state| state.as_str().to_owned()));
            let line = format!(
                "  n{place} [label=\"{}\", fillcolor=\"{}\"];\n",
                lines.join("\\n"),
                node.colour()
            );
            text.push_str(&line);
        }
        for edge in &self.edges {
            let line = format!(
                "  n{} -> n{} [label=\"{}\"];\n",
                edge.source,
                edge.target,
                escaped(&edge.label)
            );
            text.push_str(&line);
        }
        text.push_str("}\n");
        text
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        if !self.complete {
            let line = format!("  more[\"{NOT_ALL}\"]\n  style more stroke-dasharray:4\n");
            text.push_str(&line);
        }
        for (place, node) in self.nodes.iter().enumerate() {
            let mut lines = vec![entities(&node.name), entities(&node.ci_type)];
            lines.extend(node.state.map(|state| state.as_str().to_owned()));
            let line = format!(
                "  n{place}[\"{}\"]\n  style n{place} fill:{}\n",
                lines.join("<br/>"),
                node.colour()
            );
            text.push_str(&line);
        }
        for edge in &self.edges {
            let label = if edge.label.is_empty() {
                String::new()
            } else {
                format!("|\"{}\"|", entities(&edge.label))
            };
            let line = format!("  n{} -->{label} n{}\n", edge.source, edge.target);
            text.push_str(&line);
        }
        text
    }

    fn json(&self) -> Value {
        let key = |place: usize| format!("n{place}");
        let nodes: Map<String, Value> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| {
                let mut metadata = json!({ "id": node.id, "type": node.ci_type });
                if let Some(state) = node.state {
                    metadata["state"] = state.as_str().into();
                }
                (key(place), json!({ "label": node.name, "metadata": metadata }))
            })
            .collect();
        let edges = self
            .edges
            .iter()
            .map(|edge| json!({ "source": key(edge.source), "target": key(edge.target), "relation": edge.label }));
        json!({ "graph": {
            "directed": true,
            "metadata": { "complete": self.complete },
            "nodes": nodes,
            "edges": edges.collect::<Vec<Value>>(),
        }})
    }
}

/// A text within the quotes of DOT, whose labels know HTML's character references. What does not show, as
/// a line break, becomes a space.
fn escaped(text: &str) -> String {
    let visible: String = text.chars().map(|one| if is_hidden(one) { ' ' } else { one }).collect();
    visible.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}

/// A text within the quotes of Mermaid, which takes character references, and would take a beginning such
/// as `1. ` or `- ` for a list of Markdown.
fn entities(text: &str) -> String {
    let mut written = String::new();
    for character in text.chars().map(|one| if is_hidden(one) { ' ' } else { one }) {
        let is_plain = character.is_alphanumeric() || " -_.:/,()".contains(character);
        let begins_list = "-.)".contains(character) && written.chars().all(|one| one.is_ascii_digit() || one == ' ');
        if is_plain && !begins_list {
            written.push(character);
        } else {
            let reference = format!("#{};", u32::from(character));
            written.push_str(&reference);
        }
    }
    written
}

/// Whether a character ends a line, or changes what stands around it without being seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let node = |name: &str, state| DrawnNode {
            id: format!("ci:{name}"),
            name: name.to_owned(),
            ci_type: "server".to_owned(),
            state,
        };
        Graph {
            nodes: vec![node("a \"b\"\\", Some(ImpactState::Down)), node("c]<d>", None)],
            edges: vec![DrawnEdge {
                source: 0,
                target: 1,
                label: "runs_on".to_owned(),
            }],
            complete: false,
        }
    }

    #[test]
    fn names_cannot_break_out_of_their_quotes() {
        let dot = graph().draw(DrawingFormat::Dot).text;
        assert!(
            dot.contains(r##"n0 [label="a \"b\"\\\nserver\nDOWN", fillcolor="#ffc9c9"];"##),
            "{dot}"
        );
        assert!(dot.contains(r#"n0 -> n1 [label="runs_on"];"#), "{dot}");
        let mermaid = graph().draw(DrawingFormat::Mermaid).text;
        assert!(mermaid.contains("c#93;#60;d#62;<br/>server"), "{mermaid}");
        assert!(mermaid.contains(r#"n0 -->|"runs_on"| n1"#), "{mermaid}");
    }

    #[test]
    fn what_a_name_holds_is_shown_and_does_nothing() {
        let name = "a&lt;b]\r\nc\u{2028}\u{202E}d`--> \u{1F600}</b>";
        assert_eq!(escaped(name), "a&amp;lt;b]  c  d`--> \u{1F600}</b>");
        assert_eq!(entities(name), "a#38;lt#59;b#93;  c  d#96;--#62; #128512;#60;/b#62;");
        // Lists of Markdown, which Mermaid refuses to show.
        assert_eq!(entities("1. floor"), "1#46; floor");
        assert_eq!(entities("- floor-2.1"), "#45; floor-2.1");
        assert_eq!(entities("10.0.0.1"), "10#46;0.0.1");
    }

    #[test]
    fn what_is_left_out_is_said_in_every_format() {
        for format in [DrawingFormat::Dot, DrawingFormat::Mermaid] {
            assert!(
                graph().draw(format).text.contains("\"not everything is shown"),
                "in the picture"
            );
        }
        let json: Value = serde_json::from_str(&graph().draw(DrawingFormat::Json).text).expect("JSON");
        assert_eq!(json["graph"]["metadata"]["complete"], false);
        assert_eq!(json["graph"]["edges"][0]["source"], "n0");
        assert_eq!(json["graph"]["nodes"]["n1"]["metadata"]["type"], "server");
    }
}
