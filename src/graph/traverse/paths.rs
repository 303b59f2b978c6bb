//! All shortest paths between two CIs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{CutShort, Follow};
use crate::graph::budget::{Budget, BudgetExceeded};
use crate::graph::{Estate, Slot};
use crate::model::RelationshipId;

/// One step of a path: over a relationship to a CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStep {
    /// The relationship; of several between the two CIs, the one with the least id.
    pub relationship: RelationshipId,
    /// The CI it leads to.
    pub to: Slot,
}

/// A path from one CI to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Where it begins.
    pub from: Slot,
    /// Its steps; none if begin and end are one CI.
    pub steps: Vec<PathStep>,
}

/// What a search for paths found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Paths of the least number of steps, each with other CIs, in the order of their CIs' ids from
    /// the begin on. Empty if there is none, or if the search was cut short before the first.
    pub paths: Vec<Path>,
    /// `None`: these are all shortest paths, and no path means that there is none.
    pub cut_short: Option<CutShort>,
}

/// All shortest paths, at most `paths_max`.
///
/// Breadth-first search from both ends, one level at a time and the smaller frontier first, until
/// the two meet; then the CIs that lie on a shortest path are walked in the order of their ids.
/// Time and space grow with the relationships at the CIs visited, plus the length of the answer.
///
/// In `a -> b -> d` and `a -> c -> d`, from `a` to `d` there are two: over `b` and over `c`.
pub fn shortest_paths(
    estate: &Estate,
    from: Slot,
    to: Slot,
    follow: &Follow,
    paths_max: usize,
    budget: &Budget,
) -> Paths {
    let mut paths = Vec::new();
    let cut_short = match Meeting::search(estate, from, to, follow, budget) {
        Err(exceeded) => Some(CutShort::from(exceeded)),
        Ok(None) => None,
        Ok(Some(remaining)) => {
            let mut listing = Listing {
                estate,
                follow,
                budget,
                remaining: &remaining,
                paths_max,
                steps: Vec::new(),
                paths: &mut paths,
                from,
            };
            listing.list().err()
        }
    };
    Paths { paths, cut_short }
}

/// One of the two searches: the distance of every CI reached so far.
struct Side {
    follow: Follow,
    distances: FxHashMap<Slot, u32>,
    frontier: Vec<Slot>,
    level: u32,
}

impl Side {
    fn new(start: Slot, follow: Follow) -> Self {
        Self {
            follow,
            distances: FxHashMap::from_iter([(start, 0)]),
            frontier: vec![start],
            level: 0,
        }
    }

    fn advance(&mut self, estate: &Estate, budget: &Budget) -> Result<(), BudgetExceeded> {
        self.level += 1;
        let mut next = Vec::new();
        for slot in &self.frontier {
            for (other, relationship) in self.follow.steps(estate, *slot) {
                budget.spend(1)?;
                if self.follow.allows(relationship.relationship_type()) && !self.distances.contains_key(&other) {
                    self.distances.insert(other, self.level);
                    next.push(other);
                }
            }
        }
        self.frontier = next;
        Ok(())
    }
}

struct Meeting;

impl Meeting {
    /// For every CI on a shortest path, its distance to the end; `None` if there is no path.
    fn search(
        estate: &Estate,
        from: Slot,
        to: Slot,
        follow: &Follow,
        budget: &Budget,
    ) -> Result<Option<FxHashMap<Slot, u32>>, BudgetExceeded> {
        let mut ahead = Side::new(from, follow.clone());
        let mut behind = Side::new(to, follow.reversed());
        let mut meeting: Vec<Slot> = if from == to { vec![from] } else { Vec::new() };
        while meeting.is_empty() {
            if ahead.frontier.is_empty() || behind.frontier.is_empty() {
                return Ok(None);
            }
            let (side, other) = if ahead.frontier.len() <= behind.frontier.len() {
                (&mut ahead, &behind)
            } else {
                (&mut behind, &ahead)
            };
            side.advance(estate, budget)?;
            // The other side has seen everything up to its level, so the first CI it knows is
            // met at its outermost level, and all such CIs lie on paths of one length.
            meeting = side
                .frontier
                .iter()
                .copied()
                .filter(|slot| other.distances.contains_key(slot))
                .collect();
        }
        let mut remaining = FxHashMap::default();
        spread(estate, &meeting, &behind, true, &mut remaining, behind.level, budget)?;
        spread(estate, &meeting, &ahead, false, &mut remaining, behind.level, budget)?;
        Ok(Some(remaining))
    }
}

/// Walks from the meeting CIs back to one side's start, over CIs whose distance falls by one each
/// step, and notes their distance to the path's end.
fn spread(
    estate: &Estate,
    meeting: &[Slot],
    side: &Side,
    towards_end: bool,
    remaining: &mut FxHashMap<Slot, u32>,
    meeting_remaining: u32,
    budget: &Budget,
) -> Result<(), BudgetExceeded> {
    let back = side.follow.reversed();
    let mut level: Vec<Slot> = meeting.to_vec();
    let mut seen: FxHashSet<Slot> = meeting.iter().copied().collect();
    remaining.extend(meeting.iter().map(|slot| (*slot, meeting_remaining)));
    for distance in (0..side.level).rev() {
        let mut next = Vec::new();
        for slot in &level {
            for (other, relationship) in back.steps(estate, *slot) {
                budget.spend(1)?;
                let nearer = side.distances.get(&other) == Some(&distance);
                if nearer && back.allows(relationship.relationship_type()) && seen.insert(other) {
                    let walked = side.level - distance;
                    let left = if towards_end {
                        distance
                    } else {
                        meeting_remaining + walked
                    };
                    remaining.insert(other, left);
                    next.push(other);
                }
            }
        }
        level = next;
    }
    Ok(())
}

/// Writes the paths down, depth first with a stack of its own.
struct Listing<'a> {
    estate: &'a Estate,
    follow: &'a Follow,
    budget: &'a Budget,
    remaining: &'a FxHashMap<Slot, u32>,
    paths_max: usize,
    steps: Vec<PathStep>,
    paths: &'a mut Vec<Path>,
    from: Slot,
}

impl Listing<'_> {
    fn list(&mut self) -> Result<(), CutShort> {
        if self.remaining.get(&self.from) == Some(&0) {
            return self.found();
        }
        let mut stack = vec![self.next_steps(self.from)?];
        while let Some(choices) = stack.last_mut() {
            let Some(step) = choices.pop() else {
                stack.pop();
                self.steps.pop();
                continue;
            };
            self.steps.push(step);
            if self.remaining.get(&step.to) == Some(&0) {
                self.found()?;
                self.steps.pop();
            } else {
                stack.push(self.next_steps(step.to)?);
            }
        }
        Ok(())
    }

    fn found(&mut self) -> Result<(), CutShort> {
        if self.paths.len() >= self.paths_max {
            return Err(CutShort::Results);
        }
        self.paths.push(Path {
            from: self.from,
            steps: self.steps.clone(),
        });
        Ok(())
    }

    /// The steps that bring the end nearer, one for each CI, the least CI id last.
    fn next_steps(&self, slot: Slot) -> Result<Vec<PathStep>, CutShort> {
        let left = self.remaining.get(&slot).copied().unwrap_or(0);
        let mut steps = Vec::new();
        for (other, relationship) in self.follow.steps(self.estate, slot) {
            self.budget.spend(1)?;
            let nearer = self.remaining.get(&other).is_some_and(|other| *other + 1 == left);
            if nearer && self.follow.allows(relationship.relationship_type()) {
                steps.push(PathStep {
                    relationship: relationship.id(),
                    to: other,
                });
            }
        }
        steps.sort_by_key(|step| (self.estate.ci_id(step.to), step.relationship));
        steps.dedup_by_key(|step| step.to);
        steps.reverse();
        Ok(steps)
    }
}
