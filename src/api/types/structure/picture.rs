//! What a CI depends on, as a picture.

use std::iter::once;

use rustc_hash::FxHashMap;

use super::{DependenciesObject, DependencyStepObject};
use crate::api::types::drawing::{DrawnEdge, DrawnNode, Graph};

impl DependenciesObject {
    /// The target and its nearest dependencies, each with its next step on the way to the target. A
    /// dependency is in the state that its failure alone brings the target to.
    pub(super) fn graph(&self, nodes_max: usize) -> Graph {
        let shown: Vec<_> = self
            .found
            .dependencies
            .iter()
            .take(nodes_max.saturating_sub(1))
            .collect();
        let target = DrawnNode::of(&self.view, self.found.target, None);
        let dependencies = shown.iter().map(|one| DrawnNode::of(&self.view, one.slot, one.actual));
        let places: FxHashMap<u32, usize> = once(self.found.target)
            .chain(shown.iter().map(|one| one.slot))
            .enumerate()
            .map(|(place, slot)| (slot.number(), place))
            .collect();
        let edges = shown.iter().enumerate().filter_map(|(place, one)| {
            let step = one.via?;
            Some(DrawnEdge {
                source: place + 1,
                target: *places.get(&step.dependent.number())?,
                label: DependencyStepObject::new(&self.view, &step).told(),
            })
        });
        Graph {
            edges: edges.collect(),
            nodes: once(target).chain(dependencies).collect(),
            complete: self.found.incomplete.is_none() && shown.len() == self.found.dependencies.len(),
        }
    }
}

impl DependencyStepObject {
    /// `runs_on`, `1 of 2 in power`
    fn told(&self) -> String {
        match (&self.group, &self.relationship_type) {
            (Some(group), _) => format!("{} of {} in {}", group.up_min.0, group.total.0, group.name),
            (None, relationship_type) => relationship_type.clone().unwrap_or_default(),
        }
    }
}
