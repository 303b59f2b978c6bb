//! Surroundings and paths.

use async_graphql::{ID, SimpleObject};

use super::{CiObject, RelationshipObject};
use crate::api::scalars::Long;
use crate::graph::Snapshot;
use crate::graph::traverse::{CutShort, Neighbourhood, Path, Paths};

/// A CI near another.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Neighbour")]
pub struct NeighbourObject {
    /// The CI.
    pub ci: CiObject,
    /// The least number of steps to it.
    pub depth: u32,
}

/// A CI's surroundings.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Neighbourhood")]
pub struct NeighbourhoodObject {
    /// The CIs, the start first, by depth and then by id.
    pub cis: Vec<NeighbourObject>,
    /// The relationships that were followed, by id. One between two CIs at the full depth is not
    /// among them.
    pub relationships: Vec<RelationshipObject>,
    /// How many CIs there are.
    pub total_count: Long,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// Whether everything within the depth is there.
    pub complete: bool,
    /// Why not: STEPS, TIME or RESULTS.
    pub truncated_reason: Option<String>,
    /// How to go on, if not everything is there.
    pub how_to_go_on: Option<String>,
}

impl NeighbourhoodObject {
    pub(in crate::api) fn new(view: &Snapshot, found: &Neighbourhood) -> Self {
        let relationships = found.relationships.iter().filter_map(|id| view.relationship(*id));
        Self {
            cis: found
                .cis
                .iter()
                .map(|neighbour| NeighbourObject {
                    ci: CiObject::at(view, neighbour.slot),
                    depth: neighbour.depth,
                })
                .collect(),
            relationships: relationships
                .map(|relationship| RelationshipObject::of(view, relationship))
                .collect(),
            total_count: found.cis.len().into(),
            revision: view.revision().into(),
            complete: found.cut_short.is_none(),
            truncated_reason: found.cut_short.map(|cut| cut.as_str().to_owned()),
            how_to_go_on: found.cut_short.map(|_| {
                "ask for less depth or fewer relationship types, or ask again from a CI at the edge".to_owned()
            }),
        }
    }
}

/// A step of a path.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "PathStep")]
pub struct PathStepObject {
    /// The relationship followed; of several between the two CIs, the one with the least id.
    pub relationship: RelationshipObject,
    /// Whether it was followed from its start to its end.
    pub forward: bool,
    /// The CI it leads to.
    pub ci: CiObject,
}

/// A shortest path between two CIs.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Path")]
pub struct PathObject {
    /// Where it begins.
    pub from: CiObject,
    /// Its steps, in order.
    pub steps: Vec<PathStepObject>,
    /// How many steps it has.
    pub length: Long,
    /// The ids of its CIs, begin and end included.
    pub ids: Vec<ID>,
}

impl PathObject {
    fn new(view: &Snapshot, path: &Path) -> Self {
        let mut at = path.from;
        let mut ids = vec![ID(view.ci_id(at).to_string())];
        let mut steps = Vec::new();
        for step in &path.steps {
            let Some(relationship) = view.relationship(step.relationship) else {
                continue;
            };
            steps.push(PathStepObject {
                forward: relationship.from() == at,
                relationship: RelationshipObject::of(view, relationship),
                ci: CiObject::at(view, step.to),
            });
            at = step.to;
            ids.push(ID(view.ci_id(at).to_string()));
        }
        Self {
            from: CiObject::at(view, path.from),
            length: steps.len().into(),
            steps,
            ids,
        }
    }
}

/// The shortest paths between two CIs.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Paths")]
pub struct PathsObject {
    /// The paths, in the order of their CIs' ids. Paths that differ only in parallel relationships
    /// are one.
    pub paths: Vec<PathObject>,
    /// The number of steps of each; absent if there is none.
    pub length: Option<Long>,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// Whether these are all shortest paths. If not, and there is no path, there may be one.
    pub complete: bool,
    /// Why not: STEPS, TIME or RESULTS.
    pub truncated_reason: Option<String>,
    /// How to go on, if these are not all.
    pub how_to_go_on: Option<String>,
}

impl PathsObject {
    pub(in crate::api) fn new(view: &Snapshot, found: &Paths) -> Self {
        let how = |cut| match cut {
            CutShort::Results => "ask for more with `first`",
            CutShort::Steps | CutShort::Time => "choose fewer relationship types, or one direction",
        };
        Self {
            paths: found.paths.iter().map(|path| PathObject::new(view, path)).collect(),
            length: found.paths.first().map(|path| path.steps.len().into()),
            revision: view.revision().into(),
            complete: found.cut_short.is_none(),
            truncated_reason: found.cut_short.map(|cut| cut.as_str().to_owned()),
            how_to_go_on: found.cut_short.map(|cut| how(cut).to_owned()),
        }
    }
}
