//! All CIs within so many steps of one.

use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{CutShort, Follow};
use crate::graph::budget::Budget;
use crate::graph::{Estate, Slot};
use crate::model::RelationshipId;

/// A CI of a neighbourhood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The CI.
    pub slot: Slot,
    /// Steps from the start, at least so many.
    pub depth: u32,
}

/// A CI's surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The CIs, the start first, by depth and then by CI id.
    pub cis: Vec<Neighbour>,
    /// The relationships that were followed, by id. One between two CIs at the full depth is not
    /// among them: it was not walked.
    pub relationships: Vec<RelationshipId>,
    /// `None`: everything within the depth is there. Else what is missing is at the depth of the
    /// last CI or beyond.
    pub cut_short: Option<CutShort>,
}

/// Breadth-first search from `start` over the relationships that `follow` allows, to `depth` steps
/// and at most `cis_max` CIs. Time and space grow with the relationships at the CIs nearer than
/// `depth`, of whatever type: lists of relationships are not divided by type.
///
/// From `shop` in `shop -> web-01 -> rack-1`, depth 1 is `[shop, web-01]`.
pub fn neighbourhood(
    estate: &Estate,
    start: Slot,
    depth: u32,
    follow: &Follow,
    cis_max: usize,
    budget: &Budget,
) -> Neighbourhood {
    let mut walk = Walk {
        estate,
        follow,
        cis_max,
        budget,
        depths: FxHashMap::from_iter([(start, 0)]),
        relationships: FxHashSet::default(),
    };
    let mut cis = vec![Neighbour { slot: start, depth: 0 }];
    let mut frontier = vec![start];
    let mut cut_short = None;
    for level in 1..=depth {
        let mut next = Vec::new();
        cut_short = walk.expand(&frontier, level, &mut next).err();
        next.sort_by_key(|slot| estate.ci_id(*slot));
        cis.extend(next.iter().map(|slot| Neighbour {
            slot: *slot,
            depth: level,
        }));
        frontier = next;
        if cut_short.is_some() || frontier.is_empty() {
            break;
        }
    }
    let mut relationships: Vec<RelationshipId> = walk.relationships.into_iter().collect();
    relationships.sort_unstable();
    Neighbourhood {
        cis,
        relationships,
        cut_short,
    }
}

struct Walk<'a> {
    estate: &'a Estate,
    follow: &'a Follow,
    cis_max: usize,
    budget: &'a Budget,
    depths: FxHashMap<Slot, u32>,
    relationships: FxHashSet<RelationshipId>,
}

impl Walk<'_> {
    fn expand(&mut self, frontier: &[Slot], level: u32, next: &mut Vec<Slot>) -> Result<(), CutShort> {
        for slot in frontier {
            for (other, relationship) in self.follow.steps(self.estate, *slot) {
                self.budget.spend(1)?;
                if !self.follow.allows(relationship.relationship_type()) {
                    continue;
                }
                let full = self.depths.len() >= self.cis_max;
                match self.depths.entry(other) {
                    Entry::Occupied(_) => {}
                    Entry::Vacant(_) if full => return Err(CutShort::Results),
                    Entry::Vacant(entry) => {
                        entry.insert(level);
                        next.push(other);
                    }
                }
                self.relationships.insert(relationship.id());
            }
        }
        Ok(())
    }
}
