//! Who could be hit at all: what a failure reaches if nothing is redundant and every relationship is
//! hard (section 2.6.8 of the law). What is impacted is a part of it.

use crate::graph::Slot;

use super::question::{Budget, ImpactView, Premises};
use super::reading::Reading;
use super::report::TruncationReason;
use super::scratch::{INSIDE, Scratch};
use crate::model::ImpactState;

/// The CIs that some failures could reach.
#[derive(Clone, Debug)]
pub struct Potential {
    /// The failed CIs first, then by the number of links between; the failed ones in the order given.
    pub reached: Vec<Slot>,
    /// The limit that was met, if one was: then there may be more.
    pub truncated: Option<TruncationReason>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Follows every link that carries anything under the premises. Costs the links of what is reached.
pub fn potential_impact(
    view: ImpactView<'_>,
    failed: &[Slot],
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Potential {
    let reading = Reading::new(premises, ImpactState::AtRisk);
    scratch.fit(view.index.slots().max(view.columns.len()), view.index.group_numbers());
    let mut walk = Walk {
        scratch,
        arcs_visited: 0,
    };
    for slot in failed.iter().filter(|slot| view.columns.takes_part(**slot)) {
        walk.reach(*slot);
    }
    let mut truncated = None;
    let mut next = 0;
    let mut unchecked = 0;
    while let Some(slot) = walk.scratch.inside.get(next).copied() {
        next += 1;
        let links = view.index.outgoing(slot);
        walk.arcs_visited += links.len() as u64;
        unchecked += links.len() as u64 + 1;
        if walk.arcs_visited > budget.arcs_visited_max {
            truncated = Some(TruncationReason::Arcs);
        } else if walk.scratch.inside.len() as u64 > budget.results_max {
            truncated = Some(TruncationReason::Results);
        } else if unchecked >= Budget::ARCS_PER_TIME_CHECK {
            unchecked = 0;
            truncated = (budget.out_of_time)().then_some(TruncationReason::Time);
        }
        if truncated.is_some() {
            break;
        }
        for link in links {
            let down = usize::from(ImpactState::Down.level());
            if link.is_group() {
                let carries = reading.member(view.index, *link, link.other, slot.number())[down] > 0;
                if carries {
                    walk.reach(view.index.consumer(link.other));
                }
            } else if reading.plain(*link)[down] > 0 {
                walk.reach(Slot::new(link.other));
            }
        }
    }
    let reached = walk.scratch.inside.clone();
    let arcs_visited = walk.arcs_visited;
    walk.scratch.put_back();
    Potential {
        reached,
        truncated,
        arcs_visited,
    }
}

/// A walk under way: what it has reached is marked and listed in the scratch.
struct Walk<'a> {
    scratch: &'a mut Scratch,
    arcs_visited: u64,
}

impl Walk<'_> {
    fn reach(&mut self, slot: Slot) {
        let cell = &mut self.scratch.cells[slot.index()];
        if *cell & INSIDE == 0 {
            *cell |= INSIDE;
            self.scratch.inside.push(slot);
        }
    }
}
