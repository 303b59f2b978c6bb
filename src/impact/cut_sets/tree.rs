//! Cut sets by a hitting-set tree, for whatever does not fit the algebra.
//!
//! A *keep set* is a minimal set of CIs whose health alone keeps the target up while all others it
//! depends on fail. Every cut set has a member in every keep set, since what has none is part of such a
//! failure of all others. So the tree branches from a set that is no cut on the members of a keep set
//! without any of it, and a set that misses a known keep set is no cut without trying. Level by level,
//! so that the cuts that would make a larger one not minimal are known first. Of CIs that are the same to the
//! target one is tried, and stands for all of them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::impact::probe::Probe;
use crate::impact::question::FailedCi;
use crate::impact::report::TruncationReason;
use crate::model::ImpactState;

use super::{CutSetQuestion, alike};

/// Searches for cut sets of two and more of the candidates, which are by CI id and stand so many hops
/// from the target, and adds them to the single points of failure.
pub(super) fn search(
    probe: &mut Probe<'_>,
    question: CutSetQuestion,
    candidates: &[Slot],
    depths: &FxHashMap<Slot, u32>,
    sets_max: u64,
    cut_sets: &mut Vec<Vec<Slot>>,
) -> Result<(), TruncationReason> {
    let classes = alike::classes(probe, candidates)?;
    let depths = classes.iter().map(|class| depths[&class[0]]).collect();
    let mut search = Search::new(probe, question, (classes, depths), sets_max);
    search.count = cut_sets.len();
    let searched = search.run();
    for set in &search.found {
        search.expand(set, cut_sets);
    }
    searched
}

/// A set of candidates by their numbers, ascending.
type Set = Vec<u32>;

/// The search for cut sets of two and more.
struct Search<'p, 'a> {
    probe: &'p mut Probe<'a>,
    question: CutSetQuestion,
    /// Cut sets known, single points of failure among them.
    count: usize,
    /// Sets held at a time, at most.
    sets_max: u64,
    /// The CIs that may be in a cut set, in classes that are the same to the target; the first of each
    /// is tried. Single points of failure are in no cut set but their own.
    classes: Vec<Vec<Slot>>,
    /// Hops from the target of those that are tried.
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
    fn new(
        probe: &'p mut Probe<'a>,
        question: CutSetQuestion,
        (classes, depths): (Vec<Vec<Slot>>, Vec<u32>),
        sets_max: u64,
    ) -> Self {
        Self {
            probe,
            question,
            count: 0,
            sets_max,
            depths,
            keep_sets: Vec::new(),
            hits: vec![Vec::new(); classes.len()],
            keep_set_links: 0,
            trial_links: 0,
            found: Vec::new(),
            cuts_with: vec![Vec::new(); classes.len()],
            classes,
        }
    }

    /// All cut sets that one stands for: one CI of each class. No more than are wanted, and one.
    fn expand(&self, set: &[u32], cut_sets: &mut Vec<Vec<Slot>>) {
        let classes: Vec<&[Slot]> = set.iter().map(|number| &*self.classes[*number as usize]).collect();
        let mut places = vec![0; classes.len()];
        while cut_sets.len() <= self.question.count_max {
            let chosen = classes.iter().zip(&places).map(|(class, place)| class[*place]);
            cut_sets.push(chosen.collect());
            let next = (0..places.len()).rev().find(|at| places[*at] + 1 < classes[*at].len());
            let Some(next) = next else {
                return;
            };
            places[next] += 1;
            places[next + 1..].fill(0);
        }
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
        let start = self.probe.mark();
        let branched = self.branch_on(set, keep_set, is_last, next);
        self.probe.undo(start);
        branched
    }

    /// Leaves the set failed once it has been tried with any member.
    fn branch_on(
        &mut self,
        set: &[u32],
        keep_set: usize,
        is_last: bool,
        next: &mut BTreeSet<Set>,
    ) -> Result<(), TruncationReason> {
        let mut hits = self.hits_of(set);
        let start = self.probe.mark();
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
            if !misses && self.probe.mark() == start {
                self.fail(set)?;
            }
            if !misses && self.is_cut_with(member)? {
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
        if self.count >= self.question.count_max {
            return Err(TruncationReason::Count);
        }
        for number in cut {
            self.cuts_with[*number as usize].push(self.found.len());
        }
        self.found.push(cut.to_vec());
        let sizes = cut.iter().map(|number| self.classes[*number as usize].len());
        self.count = self.count.saturating_add(sizes.fold(1, usize::saturating_mul));
        if self.count > self.question.count_max {
            return Err(TruncationReason::Count);
        }
        Ok(())
    }

    /// Lets candidates fail on top of what has failed; whether the target comes to the level.
    fn fail(&mut self, set: &[u32]) -> Result<bool, TruncationReason> {
        let down = |number: &u32| FailedCi {
            slot: self.classes[*number as usize][0],
            state: ImpactState::Down,
        };
        let failed: Vec<FailedCi> = set.iter().map(down).collect();
        let CutSetQuestion { target, level, .. } = self.question;
        self.probe.fail(&failed, |slot, state| slot == target && state >= level)
    }

    /// Whether what has failed is a cut with this one more.
    fn is_cut_with(&mut self, member: u32) -> Result<bool, TruncationReason> {
        let links = self.probe.arcs_visited();
        let mark = self.probe.mark();
        let cut = self.fail(&[member]);
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
        let mut order: Vec<u32> = (0..).take(self.classes.len()).collect();
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
                let slot = self.classes[order[end] as usize][0];
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
