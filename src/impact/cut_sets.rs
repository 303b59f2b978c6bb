//! Minimal cut sets (section 5.2 of the law).
//!
//! Everything that the target depends on is brought into a small network of OR and AT LEAST, in which
//! CIs that are the same to the target are one ([`network`]). The cut sets of its nodes are worked out
//! from the bottom up, to one size after the other ([`algebra`], [`family`]). Where that becomes too
//! large, the sets are searched for one by one ([`tree`]).

mod algebra;
mod alike;
mod family;
mod meter;
mod network;
mod tree;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::model::ImpactState;

use super::probe::Probe;
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::report::TruncationReason;
use super::scratch::Scratch;
use super::spof::Decided;
use super::structure::{Incomplete, Stage, can_fail, probe};

use family::Set;
use meter::{Meter, Stop};
use network::Network;

/// Which cut sets are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutSetQuestion {
    /// The CI that is brought to the level; it is in no cut set.
    pub target: Slot,
    /// The level; `OK` finds nothing.
    pub level: ImpactState,
    /// CIs in a cut set, at most.
    pub size_max: usize,
    /// Cut sets, at most.
    pub count_max: usize,
}

impl CutSetQuestion {
    /// CIs in a cut set, unless said otherwise: finding larger ones takes exponentially longer.
    pub const SIZE_MAX_DEFAULT: usize = 3;
}

/// The minimal cut sets of one target.
#[derive(Clone, Debug)]
pub struct CutSets {
    /// The CI that was asked about.
    pub target: Slot,
    /// Its state with nothing failed; states better than the level asked about are told as `OK`.
    /// Where it is at the level already, there is no cut set.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it takes no part, or its state is assumed. That there is
    /// nothing to report of such a CI says nothing of its safety.
    pub can_fail: bool,
    /// Sets of CIs that, down together, bring the target to the level, and none of which can be left
    /// out: by size, then CI ids. Each by CI id.
    pub cut_sets: Vec<Vec<Slot>>,
    /// `None`: these are all up to the size. Otherwise each of these is one, but there may be more.
    pub incomplete: Option<Incomplete>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Finds the inclusion-minimal sets of CIs that, down together, bring a target to a level or worse.
///
/// Finding the smallest is NP-hard, so size, count and budget bound the search, and the answer says
/// where they did. Where the count did, these are the first of all; where the budget did, all up to
/// some size. Costs each link that the target stands on once, and what the sets of everything in
/// between take to be put together.
///
/// # Errors
///
/// Where an assumption contradicts another.
pub fn cut_sets(
    view: ImpactView<'_>,
    question: CutSetQuestion,
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<CutSets, ImpactError> {
    let CutSetQuestion { target, level, .. } = question;
    let mut answer = CutSets {
        target,
        before: ImpactState::Ok,
        can_fail: can_fail(view, premises, target),
        cut_sets: Vec::new(),
        incomplete: None,
        arcs_visited: 0,
    };
    let rest = budget.rest(0);
    let mut probe = match probe(view, premises, level, &rest, scratch)? {
        Ok(probe) => probe,
        Err(incomplete) => {
            answer.incomplete = Some(incomplete);
            return Ok(answer);
        }
    };
    answer.before = probe.before(target);
    if answer.before >= level || question.size_max == 0 {
        return Ok(answer);
    }
    let decided = Decided::new(&mut probe, target, level);
    let points = decided.points(level).into_iter().map(|point| vec![point.slot]);
    answer.cut_sets = points.collect();
    answer.incomplete = decided.incomplete;
    if answer.incomplete.is_none() && question.size_max > 1 {
        let searched = add_larger(&mut probe, question, &decided, budget.results_max, &mut answer.cut_sets);
        answer.incomplete = searched.err().map(|reason| Incomplete::at(Stage::Failures, reason));
    }
    answer.arcs_visited = probe.arcs_visited();
    for cut in &mut answer.cut_sets {
        cut.sort_unstable_by_key(|slot| view.columns.id(*slot));
    }
    answer.cut_sets.sort_by_cached_key(|cut| {
        let ids: Vec<_> = cut.iter().map(|slot| view.columns.id(*slot)).collect();
        (cut.len(), ids)
    });
    if answer.cut_sets.len() > question.count_max {
        answer.cut_sets.truncate(question.count_max);
        answer.incomplete = Some(Incomplete::at(Stage::Failures, TruncationReason::Count));
    }
    Ok(answer)
}

/// Adds the cut sets of two and more to the single points of failure, the smaller ones first, until there is one
/// more than wanted.
fn add_larger(
    probe: &mut Probe<'_>,
    question: CutSetQuestion,
    decided: &Decided,
    sets_max: u64,
    cut_sets: &mut Vec<Vec<Slot>>,
) -> Result<(), TruncationReason> {
    let columns = probe.view().columns;
    let others = decided.others(question.level);
    let depths: FxHashMap<Slot, u32> = others
        .filter(|(slot, _)| probe.before(*slot) < ImpactState::Down)
        .collect();
    if depths.len() < 2 {
        return Ok(());
    }
    let mut candidates: Vec<Slot> = depths.keys().copied().collect();
    candidates.sort_unstable_by_key(|slot| columns.id(*slot));
    let points = cut_sets.len();
    match put_together(
        &mut Meter::new(probe, sets_max),
        question,
        decided,
        &candidates,
        cut_sets,
    ) {
        Ok(()) => Ok(()),
        Err(Stop::Limit(reason)) => Err(reason),
        Err(Stop::TooLarge) => {
            cut_sets.truncate(points);
            tree::search(probe, question, &candidates, &depths, sets_max, cut_sets)
        }
    }
}

/// Adds the cut sets of two and more by way of the network.
fn put_together(
    meter: &mut Meter<'_, '_>,
    question: CutSetQuestion,
    decided: &Decided,
    candidates: &[Slot],
    cut_sets: &mut Vec<Vec<Slot>>,
) -> Result<(), Stop> {
    if question.size_max > Set::SIZE_MAX {
        return Err(Stop::TooLarge);
    }
    let network = Network::new(meter, &decided.dependence, candidates, question.level)?;
    for size in 2..=question.size_max {
        let room = question.count_max.saturating_add(1).saturating_sub(cut_sets.len());
        if room == 0 {
            break;
        }
        meter.begin();
        let family = algebra::solve(&network, size, meter)?;
        let sets = family.sets().iter().filter(|set| set.len() == size);
        let mut first = First::new(room);
        let expanded = sets.copied().try_for_each(|set| {
            let classes: Vec<&[u32]> = set.classes().map(|class| network.candidates(class)).collect();
            first.expand(&classes, meter.probe)
        });
        let slots = |set: [u32; Set::SIZE_MAX]| set[..size].iter().map(|place| candidates[*place as usize]).collect();
        cut_sets.extend(first.into_sorted().into_iter().map(slots));
        expanded?;
    }
    Ok(())
}

/// The first of many sets of one size. Members are places, ascending.
struct First {
    room: usize,
    sets: Vec<[u32; Set::SIZE_MAX]>,
}

impl First {
    fn new(room: usize) -> Self {
        let sets = Vec::new();
        Self { room, sets }
    }

    /// All sets with one of each class.
    fn expand(&mut self, classes: &[&[u32]], probe: &mut Probe<'_>) -> Result<(), TruncationReason> {
        let mut places = [0; Set::SIZE_MAX];
        loop {
            probe.charge(1)?;
            let mut set = [u32::MAX; Set::SIZE_MAX];
            for (member, (class, place)) in set.iter_mut().zip(classes.iter().zip(places)) {
                *member = class[place];
            }
            set.sort_unstable();
            self.add(set);
            let next = (0..classes.len()).rev().find(|at| places[*at] + 1 < classes[*at].len());
            let Some(next) = next else {
                return Ok(());
            };
            places[next] += 1;
            places[next + 1..].fill(0);
        }
    }

    /// Holds about twice as many as there is room for, so that it seldom has to choose.
    fn add(&mut self, set: [u32; Set::SIZE_MAX]) {
        const SLACK: usize = 1 << 10;
        self.sets.push(set);
        if self.sets.len() > self.room.saturating_mul(2).saturating_add(SLACK) {
            self.sets.select_nth_unstable(self.room);
            self.sets.truncate(self.room);
        }
    }

    fn into_sorted(mut self) -> Vec<[u32; Set::SIZE_MAX]> {
        self.sets.sort_unstable();
        self.sets.truncate(self.room);
        self.sets
    }
}
