//! What drawings of networks have in common, whatever their notation: nodes and links that become
//! devices and the ways between them.
//!
//! A node reaches the rest of the network through its neighbours: one way is enough, if it leads
//! somewhere. So somewhere has to be said: nodes that state `root` are where the network is fed from.
//! Where none does, one is taken whose loss cuts nobody else off, and a warning names it.

mod articulation;
mod device;

use std::collections::{BTreeMap, BTreeSet};

use crate::app::ErrorCode;
use crate::ingest::observation::{Problem, RecordKind, shorten};
use crate::ingest::payload::RelationshipRecord;
use crate::model::Input;

use super::document::Findings;
use articulation::articulation_points;

/// The code of the warning that the way into a network was taken, not stated.
const ROOT_CHOSEN: &str = "ROOT_CHOSEN";

/// Roots that a warning names.
const ROOTS_NAMED_MAX: usize = 5;

/// A network as a document draws it.
#[derive(Debug, Default)]
pub(super) struct Topology {
    /// What it is called: the first part of all keys.
    pub(super) name: Option<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Link>,
}

/// A node: what the document calls it, and what it says of it.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) stated: Vec<(String, Input)>,
}

/// A link between two nodes.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) source: String,
    pub(super) target: String,
    /// Whether only the source reaches something through the target.
    pub(super) directed: bool,
    pub(super) stated: Vec<(String, Input)>,
}

/// A link between places in the list of nodes.
struct Between {
    source: usize,
    target: usize,
    link: Link,
}

impl Topology {
    /// Says all of it: the nodes as CIs, the links as relationships.
    pub(super) fn say(self, findings: &mut Findings<'_>) {
        let name = findings.name().map(str::to_owned).or(self.name);
        let name = name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| "network".to_owned());
        let key = |id: &str| format!("{name}/{id}");
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        for node in self.nodes {
            if node.id.is_empty() {
                let problem = Problem::new(ErrorCode::BadUserInput, "a node has no `id`").of_field("id");
                findings.unreadable(RecordKind::Ci, None, problem);
                continue;
            }
            if places.contains_key(&node.id) {
                let message = format!("the node `{}` stands twice", shorten(&node.id));
                let problem = Problem::new(ErrorCode::BadUserInput, message)
                    .of_field("id")
                    .of_value(&node.id);
                findings.unreadable(RecordKind::Ci, Some(key(&node.id)), problem);
                continue;
            }
            places.insert(node.id.clone(), nodes.len());
            nodes.push(node);
        }
        let mut loops = 0;
        let mut links: Vec<Between> = Vec::new();
        for link in self.links {
            match (places.get(&link.source), places.get(&link.target)) {
                (Some(source), Some(target)) if source == target => loops += 1,
                (Some(source), Some(target)) => links.push(Between {
                    source: *source,
                    target: *target,
                    link,
                }),
                (source, _) => dangling(&link, source.is_some(), findings),
            }
        }
        let roots = roots(&nodes, &links);
        for node in &nodes {
            findings.ci(device::record(node, key(&node.id)));
        }
        connect(&nodes, links, &roots, &key, findings);
        if loops > 0 {
            findings.warn("IGNORED", format!("{loops} links of a node with itself"));
        }
        say_roots(&nodes, &roots, findings);
    }
}

fn dangling(link: &Link, has_source: bool, findings: &mut Findings<'_>) {
    let (field, id) = if has_source {
        ("target", &link.target)
    } else {
        ("source", &link.source)
    };
    let message = format!(
        "`{field}` names the node `{}`, which the document does not have",
        shorten(id)
    );
    let problem = Problem::new(ErrorCode::DanglingEdge, message)
        .of_field(field)
        .of_value(id);
    let key = format!("{} -> {}", shorten(&link.source), shorten(&link.target));
    findings.unreadable(RecordKind::Relationship, Some(key), problem);
}

/// The nodes that the network is fed from, and those of them that the document did not name.
struct Roots {
    all: BTreeSet<usize>,
    chosen: Vec<usize>,
}

/// Directed links say themselves what leads where: a node from which none leads on is a root by that.
fn roots(nodes: &[Node], links: &[Between]) -> Roots {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for between in links.iter().filter(|between| !between.link.directed) {
        for (one, other) in [(between.source, between.target), (between.target, between.source)] {
            if let Some(known) = neighbours.get_mut(one) {
                known.push(other);
            }
        }
    }
    let directed: BTreeSet<usize> = links
        .iter()
        .filter(|between| between.link.directed)
        .flat_map(|between| [between.source, between.target])
        .collect();
    let mut roots = Roots {
        all: (0..nodes.len())
            .filter(|place| nodes.get(*place).is_some_and(device::is_root))
            .collect(),
        chosen: Vec::new(),
    };
    let cuts = articulation_points(&neighbours);
    let mut seen = vec![false; nodes.len()];
    for start in 0..nodes.len() {
        if seen.get(start).copied().unwrap_or(true) {
            continue;
        }
        let mut component = vec![start];
        seen[start] = true;
        let mut next = 0;
        while let Some(place) = component.get(next).copied() {
            next += 1;
            for other in neighbours.get(place).into_iter().flatten() {
                if let Some(seen @ false) = seen.get_mut(*other) {
                    *seen = true;
                    component.push(*other);
                }
            }
        }
        let fed = component.len() < 2
            || component
                .iter()
                .any(|place| roots.all.contains(place) || directed.contains(place));
        if !fed {
            let harmless = component.iter().filter(|place| cuts.get(**place) == Some(&false)).min();
            roots.chosen.extend(harmless);
        }
    }
    roots.all.extend(roots.chosen.iter().copied());
    roots
}

/// Links carry both ways, but nobody feeds a root. Parallel links are told apart by their number.
fn connect(
    nodes: &[Node],
    links: Vec<Between>,
    roots: &Roots,
    key: &impl Fn(&str) -> String,
    findings: &mut Findings<'_>,
) {
    let mut parallel: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for between in links {
        let (low, high) = (between.source.min(between.target), between.source.max(between.target));
        let number = parallel
            .entry((low, high))
            .and_modify(|number| *number += 1)
            .or_insert(1);
        let qualifier = if *number == 1 {
            String::new()
        } else {
            number.to_string()
        };
        let there = (between.source, between.target, false);
        let back = (between.target, between.source, true);
        let ways = if between.link.directed {
            vec![there]
        } else {
            vec![there, back]
        };
        for (from, to, reversed) in ways {
            let (Some(start), Some(end)) = (nodes.get(from), nodes.get(to)) else {
                continue;
            };
            if roots.all.contains(&from) && !between.link.directed {
                // Between two roots neither feeds the other.
                continue;
            }
            findings.relationship_record(RelationshipRecord {
                from: key(&start.id),
                relationship_type: "connects_to".to_owned(),
                to: key(&end.id),
                qualifier: qualifier.clone(),
                attributes: device::link_attributes(&between.link, reversed),
                ..RelationshipRecord::default()
            });
        }
    }
}

fn say_roots(nodes: &[Node], roots: &Roots, findings: &mut Findings<'_>) {
    if roots.chosen.is_empty() {
        return;
    }
    let named = roots
        .chosen
        .iter()
        .take(ROOTS_NAMED_MAX)
        .filter_map(|place| nodes.get(*place));
    let named: Vec<String> = named.map(|node| format!("`{}`", shorten(&node.id))).collect();
    let more = roots.chosen.len().saturating_sub(ROOTS_NAMED_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let message = format!(
        "no node states `root`, so {}{more} is taken for the way into its part of the network; say which node is, or \
         its failure counts as that of everything behind it",
        named.join(", ")
    );
    findings.warn(ROOT_CHOSEN, message);
}
