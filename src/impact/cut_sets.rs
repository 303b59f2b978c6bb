//! Minimal cut sets (section 5.2 of the law).
//!
//! A hitting-set tree. A *keep set* is a minimal set of CIs whose health alone keeps the target up
//! while all others it depends on fail. Every cut set has a member in every keep set, since what has
//! none is part of such a failure of all others. So the tree branches from a set that is no cut on the
//! members of a keep set without any of it, and a set that misses a known keep set is no cut without
//! trying. Level by level, so that the cuts that would make a larger one not minimal are known first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::graph::Slot;
use crate::model::ImpactState;

use super::probe::Probe;
use super::question::{Budget, FailedCi, ImpactError, ImpactView, Premises};
use super::report::TruncationReason;
use super::scratch::Scratch;
use super::spof::Decided;
use super::structure::{Incomplete, Stage, probe};

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
/// where they did. A trial costs what it touches; a keep set costs about one failure of everything
/// that the target depends on, and as many trials as it has members, times the logarithm.
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
    let mut search = Search::new(&mut probe, question, &decided, budget.results_max);
    let searched = match decided.incomplete {
        Some(incomplete) => Err(incomplete),
        None => search.run().map_err(|reason| Incomplete::at(Stage::Failures, reason)),
    };
    let points = decided.points(level).into_iter().map(|point| vec![point.slot]);
    answer.cut_sets = points.chain(search.cuts()).collect();
    answer.incomplete = searched.err();
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

/// A set of candidates by their numbers, ascending.
type Set = Vec<u32>;

/// The search for cut sets of two and more.
struct Search<'p, 'a> {
    probe: &'p mut Probe<'a>,
    question: CutSetQuestion,
    /// Single points of failure known before.
    points: usize,
    /// Sets held at a time, at most.
    sets_max: u64,
    /// The CIs that may be in a cut set, by CI id. Single points of failure are in none but their own.
    candidates: Vec<Slot>,
    /// Their hops from the target.
    depths: Vec<u32>,
    keep_sets: Vec<Set>,
    /// By candidate: which keep sets it is in, a bit each.
    hits: Vec<Vec<u64>>,
    /// Links that the last keep set cost, and that trials of sets that were no cuts cost since.
    keep_set_links: u64,
    trial_links: u64,
    found: Vec<Set>,
    /// By candidate: which cut sets it is in.
    cuts_with: Vec<Vec<usize>>,
}

impl<'p, 'a> Search<'p, 'a> {
    fn new(probe: &'p mut Probe<'a>, question: CutSetQuestion, decided: &Decided, sets_max: u64) -> Self {
        let columns = probe.view().columns;
        let others = decided.others(question.level);
        let mut others: Vec<(Slot, u32)> = others
            .filter(|(slot, _)| probe.before(*slot) < ImpactState::Down)
            .collect();
        others.sort_unstable_by_key(|(slot, _)| columns.id(*slot));
        Self {
            probe,
            question,
            points: decided.points(question.level).len(),
            sets_max,
            depths: others.iter().map(|(_, depth)| *depth).collect(),
            keep_sets: Vec::new(),
            hits: vec![Vec::new(); others.len()],
            keep_set_links: 0,
            trial_links: 0,
            found: Vec::new(),
            cuts_with: vec![Vec::new(); others.len()],
            candidates: others.into_iter().map(|(slot, _)| slot).collect(),
        }
    }

    fn cuts(&self) -> impl Iterator<Item = Vec<Slot>> + '_ {
        let slots = |set: &Set| set.iter().map(|number| self.candidates[*number as usize]).collect();
        self.found.iter().map(slots)
    }

    fn run(&mut self) -> Result<(), TruncationReason> {
        let mut level: BTreeSet<Set> = BTreeSet::from([Set::new()]);
        for size in 1..=self.question.size_max {
            let mut next: BTreeSet<Set> = BTreeSet::new();
            let is_last = size == self.question.size_max;
            for set in &level {
                let keep_set = match self.missed(&self.hits_of(set)) {
                    Some(missed) => missed,
                    None => self.new_keep_set(set)?,
                };
                self.branch(set, keep_set, is_last, &mut next)?;
            }
            level = next;
        }
        Ok(())
    }

    /// Tries a set with each member of a keep set that it misses. What is no cut goes on to `next`;
    /// where nothing comes next, only so that it is not tried again.
    fn branch(
        &mut self,
        set: &[u32],
        keep_set: usize,
        is_last: bool,
        next: &mut BTreeSet<Set>,
    ) -> Result<(), TruncationReason> {
        let mut hits = self.hits_of(set);
        for at in 0..self.keep_sets[keep_set].len() {
            self.probe.charge(1)?;
            let member = self.keep_sets[keep_set][at];
            let misses = self.misses_with(&hits, member);
            if misses && is_last {
                continue;
            }
            let larger = with(set, member);
            if next.contains(&larger) || self.holds_cut(&larger) {
                continue;
            }
            if next.len() as u64 >= self.sets_max {
                return Err(TruncationReason::Results);
            }
            if !misses && self.is_cut(&larger)? {
                self.note_cut(&larger)?;
                continue;
            }
            // A keep set tells of many other sets that they are no cuts: worth as much as was spent.
            if !misses && self.trial_links >= self.keep_set_links {
                self.new_keep_set(&larger)?;
                hits = self.hits_of(set);
            }
            next.insert(larger);
        }
        Ok(())
    }

    /// Which keep sets have a member in `set`, a bit each.
    fn hits_of(&self, set: &[u32]) -> Vec<u64> {
        let mut hits = vec![0; self.keep_sets.len().div_ceil(64)];
        for number in set {
            for (hit, more) in hits.iter_mut().zip(&self.hits[*number as usize]) {
                *hit |= more;
            }
        }
        hits
    }

    /// The smallest keep set that was not hit: a set that hits no more than this is no cut.
    fn missed(&self, hits: &[u64]) -> Option<usize> {
        let missed = (0..self.keep_sets.len()).filter(|keep_set| hits[keep_set / 64] >> (keep_set % 64) & 1 == 0);
        missed.min_by_key(|keep_set| self.keep_sets[*keep_set].len())
    }

    /// Whether some keep set is missed by what hits these and by `member`.
    fn misses_with(&self, hits: &[u64], member: u32) -> bool {
        let own = &self.hits[member as usize];
        hits.iter().enumerate().any(|(word, hit)| {
            let known = self.keep_sets.len() - word * 64;
            let all = if known >= 64 { u64::MAX } else { (1 << known) - 1 };
            hit | own.get(word).copied().unwrap_or(0) != all
        })
    }

    /// Whether a known cut set is part of `set`, one less of which is not.
    fn holds_cut(&self, set: &[u32]) -> bool {
        set.iter().any(|number| {
            let cuts = self.cuts_with[*number as usize].iter();
            cuts.map(|cut| &self.found[*cut])
                .any(|cut| cut.iter().all(|member| set.contains(member)))
        })
    }

    fn note_cut(&mut self, cut: &[u32]) -> Result<(), TruncationReason> {
        if self.points + self.found.len() >= self.question.count_max {
            return Err(TruncationReason::Count);
        }
        for number in cut {
            self.cuts_with[*number as usize].push(self.found.len());
        }
        self.found.push(cut.to_vec());
        Ok(())
    }

    /// Lets candidates fail on top of what has failed; whether the target comes to the level.
    fn fail(&mut self, set: &[u32]) -> Result<bool, TruncationReason> {
        let down = |number: &u32| FailedCi {
            slot: self.candidates[*number as usize],
            state: ImpactState::Down,
        };
        let failed: Vec<FailedCi> = set.iter().map(down).collect();
        let CutSetQuestion { target, level, .. } = self.question;
        self.probe.fail(&failed, |slot, state| slot == target && state >= level)
    }

    fn is_cut(&mut self, set: &[u32]) -> Result<bool, TruncationReason> {
        let links = self.probe.arcs_visited();
        let mark = self.probe.mark();
        let cut = self.fail(set);
        self.probe.undo(mark);
        self.trial_links += self.probe.arcs_visited() - links;
        cut
    }

    /// Finds a keep set beside `set`, which is no cut, and gives its number.
    fn new_keep_set(&mut self, set: &[u32]) -> Result<usize, TruncationReason> {
        let links = self.probe.arcs_visited();
        let mark = self.probe.mark();
        let shrunk = self.shrink(set);
        self.probe.undo(mark);
        (self.keep_set_links, self.trial_links) = (self.probe.arcs_visited() - links, 0);
        let mut keep_set = shrunk?;
        keep_set.sort_unstable();
        let number = self.keep_sets.len();
        for member in &keep_set {
            let hits = &mut self.hits[*member as usize];
            hits.resize(number / 64 + 1, 0);
            hits[number / 64] |= 1 << (number % 64);
        }
        self.keep_sets.push(keep_set);
        Ok(number)
    }

    /// Lets everything fail that may: more and more at a time, until the target falls; then less and
    /// less, down to the one that must be kept. What has fallen by then need not fail by itself.
    ///
    /// Members of many keep sets fail first, so that this one is as different from them as can be, and
    /// then the farthest, because the nearer the members, the smaller the keep set.
    fn shrink(&mut self, set: &[u32]) -> Result<Set, TruncationReason> {
        let mut order: Vec<u32> = (0..).take(self.candidates.len()).collect();
        order.sort_by_cached_key(|number| {
            let hits = &self.hits[*number as usize];
            let keep_sets: u32 = hits.iter().map(|word| word.count_ones()).sum();
            Reverse((keep_sets, self.depths[*number as usize]))
        });
        let mut kept = Set::new();
        self.fail(set)?;
        let (mut at, mut chunk) = (0, 1);
        while at < order.len() {
            let mut failing = Set::new();
            let mut end = at;
            while end < order.len() && failing.len() < chunk {
                let slot = self.candidates[order[end] as usize];
                if self.probe.state(slot) < ImpactState::Down {
                    failing.push(order[end]);
                }
                end += 1;
            }
            let mark = self.probe.mark();
            if !self.fail(&failing)? {
                (at, chunk) = (end, chunk * 2);
                continue;
            }
            self.probe.undo(mark);
            if let [must_stay] = failing.as_slice() {
                kept.push(*must_stay);
                at = end;
            } else {
                chunk = failing.len() / 2;
            }
        }
        Ok(kept)
    }
}

fn with(set: &[u32], member: u32) -> Set {
    let mut larger = set.to_vec();
    let place = larger.partition_point(|known| *known < member);
    larger.insert(place, member);
    larger
}
