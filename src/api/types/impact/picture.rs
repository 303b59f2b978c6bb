//! An impact report as a picture: what is hit, and over which links it could be.

use rustc_hash::FxHashMap;

use super::Answer;
use crate::api::types::drawing::{DrawnEdge, DrawnNode, Graph};
use crate::graph::dependency::Link;
use crate::impact::ImpactedCi;
use crate::model::RelationshipTypeId;

impl Answer {
    /// The first CIs of the list, in its order, and the links that carry impact between them.
    ///
    /// Costs what leads to these CIs, and the members of their groups.
    pub(super) fn graph(&self, nodes_max: usize) -> Graph {
        let total = self.listed_count();
        let listed: Vec<ImpactedCi> = self.listed(0..nodes_max.min(total));
        let places: FxHashMap<u32, usize> = (0..)
            .zip(&listed)
            .map(|(place, found)| (found.slot.number(), place))
            .collect();
        let mut edges = Vec::new();
        for (target, found) in listed.iter().enumerate() {
            for link in self.view.dependency_index().incoming(found.slot) {
                self.draw_link(*link, target, &places, &mut edges);
            }
        }
        edges.sort_by(|a, b| (a.source, a.target, &a.label).cmp(&(b.source, b.target, &b.label)));
        edges.dedup_by(|a, b| (a.source, a.target, &a.label) == (b.source, b.target, &b.label));
        Graph {
            nodes: listed
                .iter()
                .map(|found| DrawnNode::of(&self.view, found.slot, Some(found.after)))
                .collect(),
            edges,
            complete: self.report.is_complete() && listed.len() == total,
        }
    }

    fn draw_link(&self, link: Link, target: usize, places: &FxHashMap<u32, usize>, edges: &mut Vec<DrawnEdge>) {
        if !link.is_group() {
            edges.extend(places.get(&link.other).map(|source| DrawnEdge {
                source: *source,
                target,
                label: self.type_name(link),
            }));
            return;
        }
        let index = self.view.dependency_index();
        let Some(key) = index.group_key(link.other) else {
            return;
        };
        let label = self.group_name(key);
        let members = index.members(link.other).iter();
        let shown = members.filter_map(|member| places.get(&member.other));
        edges.extend(shown.map(|source| DrawnEdge {
            source: *source,
            target,
            label: label.clone(),
        }));
    }

    fn type_name(&self, link: Link) -> String {
        let id = RelationshipTypeId::new(link.relationship_type);
        let definition = self.view.catalog().relationship_type(id);
        definition
            .map(|definition| definition.name.to_string())
            .unwrap_or_default()
    }
}
