//! The answer: counts first, then the impacted CIs in their stated order, page by page.

use std::ops::Range;
use std::sync::OnceLock;

use crate::graph::Slot;
use crate::model::{CiId, CiTypeId, ImpactState};

use super::absorbed::{HeldPin, held_pins};
use super::question::ImpactView;
use super::reading::Reading;
use super::rises::{RiseFinder, Rises};
use super::scratch::{Scratch, before, now};
use super::warning::{ImpactWarning, WarningCode, Warnings};

/// A CI that is worse off after than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactedCi {
    /// The CI.
    pub slot: Slot,
    /// The round in which it came to its state; 0 for what failed by itself.
    pub depth: u32,
    /// Its state without the failure.
    pub before: ImpactState,
    /// Its state with the failure.
    pub after: ImpactState,
}

/// Impacted CIs by the state they end in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// CIs that end `AT_RISK`.
    pub at_risk: u64,
    /// CIs that end `DEGRADED`.
    pub degraded: u64,
    /// CIs that end `DOWN`.
    pub down: u64,
}

impl StateCounts {
    /// All together.
    pub const fn total(self) -> u64 {
        self.at_risk + self.degraded + self.down
    }

    pub(super) fn add(&mut self, state: ImpactState, cis: u64) {
        match state {
            ImpactState::Ok => {}
            ImpactState::AtRisk => self.at_risk += cis,
            ImpactState::Degraded => self.degraded += cis,
            ImpactState::Down => self.down += cis,
        }
    }
}

/// All impacted CIs, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub all: StateCounts,
    /// By CI type, those with any, by type number.
    pub by_type: Vec<(CiTypeId, StateCounts)>,
    /// By tier: 1 to 4 at their numbers, CIs without a tier at 0.
    pub by_tier: [StateCounts; TIERS],
}

impl Counts {
    /// Counts from what each bucket holds, given one place further; puts `by_type` back to zeros.
    fn new(buckets: &[usize; BUCKETS + 1], by_type: &mut [[u32; 4]]) -> Self {
        let mut counts = Self::default();
        for (bucket, cis) in buckets[1..].iter().enumerate() {
            let after = [ImpactState::Down, ImpactState::Degraded, ImpactState::AtRisk][bucket / TIERS];
            counts.all.add(after, *cis as u64);
            counts.by_tier[(bucket + 1) % TIERS].add(after, *cis as u64);
        }
        let by_type = by_type.iter_mut().map(|levels| {
            let [_, at_risk, degraded, down] = std::mem::take(levels).map(u64::from);
            StateCounts {
                at_risk,
                degraded,
                down,
            }
        });
        let types = (0u16..).map(CiTypeId::new).zip(by_type);
        counts.by_type = types.filter(|(_, counts)| counts.total() > 0).collect();
        counts
    }
}

/// Tiers 1 to 4, and none.
const TIERS: usize = 5;

/// The half of a question a limit was met in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// While working out the state without the failure. Nothing sound can be said then, so the
    /// report is empty.
    Before,
    /// While working out what the failure adds.
    After,
}

/// The limit that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruncationReason {
    /// The question's own depth.
    Depth,
    /// Links looked at.
    Arcs,
    /// CIs touched.
    Results,
    /// Time.
    Time,
    /// Answers asked for, of a question that has several.
    Count,
}

impl TruncationReason {
    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depth => "DEPTH",
            Self::Arcs => "ARCS",
            Self::Results => "RESULTS",
            Self::Time => "TIME",
            Self::Count => "COUNT",
        }
    }
}

/// Where an answer ends before the whole truth: every state in it is at least that bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// The limit.
    pub reason: TruncationReason,
    /// The last round that is complete.
    pub round: u32,
    /// The half of the question.
    pub phase: Phase,
}

/// The answer to an impact question, good for the view it was asked on.
#[derive(Debug)]
pub struct ImpactReport {
    /// `None`: the answer is complete.
    pub truncated: Option<Truncated>,
    /// The impacted CIs, counted; complete whatever is paged.
    pub counts: Counts,
    /// What wants to be said beside.
    pub warnings: Vec<ImpactWarning>,
    /// Assumptions that held something back, by CI id.
    pub held_pins: Vec<HeldPin>,
    /// Links looked at.
    pub arcs_visited: u64,
    /// By after (worst first), tier and depth; within these in no order yet.
    impacted: Vec<ImpactedCi>,
    /// Where each combination of state and tier starts in `impacted`.
    buckets: [usize; BUCKETS + 1],
    /// CIs that were not `OK` before, by slot.
    start: Vec<(Slot, ImpactState)>,
    pub(super) assumed: Vec<Slot>,
    /// Touched groups with a member's contribution of `DEGRADED` or worse, and their counters.
    pub(super) losing_groups: Vec<(u32, [u64; 3])>,
    pub(super) reading: Reading,
    pub(super) rises: Rises,
    finder: OnceLock<RiseFinder>,
}

/// Three states times tiers.
const BUCKETS: usize = 3 * TIERS;

/// The place of a state and tier in the stated order: worst first, tier 1 first, none last.
fn bucket(after: u8, tier: Option<u8>) -> usize {
    let tier = tier
        .filter(|tier| usize::from(*tier) < TIERS)
        .map_or(TIERS, usize::from);
    usize::from(3 - after.clamp(1, 3)) * TIERS + tier - 1
}

impl ImpactReport {
    /// Reads the answer out of the scratch and puts the scratch back.
    pub(super) fn collect(
        view: ImpactView<'_>,
        scratch: &mut Scratch,
        reading: Reading,
        mut warnings: Warnings,
        truncated: Option<Truncated>,
        arcs_visited: u64,
        grounding_used: bool,
    ) -> Self {
        let (impacted, buckets, counts) = impacted(view, scratch);
        let mut losing_groups = Vec::new();
        for group in scratch.counters.touched() {
            let bad = scratch.counters.bad(*group);
            if bad[1] > 0 {
                losing_groups.push((*group, bad));
            }
        }
        warn_about_groups(view, scratch, &mut warnings);
        if grounding_used {
            warn_about_islands(view, scratch, &mut warnings);
        }
        let final_rises = scratch.start.log.iter();
        let mut start: Vec<(Slot, ImpactState)> = final_rises
            .filter(|rise| rise.to == before(scratch.cells[rise.slot as usize]))
            .map(|rise| (Slot::new(rise.slot), ImpactState::from_level(rise.to)))
            .collect();
        start.sort_unstable();
        let held_pins = held_pins(view, scratch, &reading);
        let assumed = scratch.pinned.clone();
        Self {
            truncated,
            counts,
            warnings: warnings.finish(),
            held_pins,
            arcs_visited,
            impacted,
            buckets,
            start,
            assumed,
            losing_groups,
            reading,
            rises: scratch.finish(),
            finder: OnceLock::new(),
        }
    }

    /// Whether this is the whole truth.
    pub const fn is_complete(&self) -> bool {
        self.truncated.is_none()
    }

    /// Impacted CIs that end in `state_min` or worse.
    pub fn impacted_count(&self, state_min: ImpactState) -> usize {
        match state_min {
            ImpactState::Ok | ImpactState::AtRisk => self.impacted.len(),
            ImpactState::Degraded => self.buckets[2 * TIERS],
            ImpactState::Down => self.buckets[TIERS],
        }
    }

    /// The impacted CIs at these places of the stated order: after (worst first), tier (none
    /// last), depth, CI id. Those of `state_min` or worse are the first
    /// [`ImpactReport::impacted_count`].
    ///
    /// Costs the CIs that agree with the page in state, tier and depth, and sorts the page only.
    pub fn page(&self, view: ImpactView<'_>, places: Range<usize>) -> Vec<ImpactedCi> {
        let end = places.end.min(self.impacted.len());
        let mut page = Vec::new();
        let mut at = places.start;
        while at < end {
            let alike = self.alike(at);
            let mut ties = self.impacted[alike.clone()].to_vec();
            let wanted = at - alike.start..end.min(alike.end) - alike.start;
            let id = |ci: &ImpactedCi| -> CiId { view.columns.id(ci.slot) };
            if wanted.start > 0 {
                ties.select_nth_unstable_by_key(wanted.start, id);
            }
            let rest = &mut ties[wanted.start..];
            if wanted.len() < rest.len() {
                rest.select_nth_unstable_by_key(wanted.len() - 1, id);
            }
            let wanted = &mut rest[..wanted.len()];
            wanted.sort_unstable_by_key(id);
            page.extend_from_slice(wanted);
            at = alike.end;
        }
        page
    }

    /// All impacted CIs by state and tier and depth, in no stated order within these: for filters
    /// and sums over everything.
    pub fn impacted_unordered(&self) -> &[ImpactedCi] {
        &self.impacted
    }

    /// The places that agree with `place` in state, tier and depth.
    fn alike(&self, place: usize) -> Range<usize> {
        let bucket = self.buckets.partition_point(|start| *start <= place) - 1;
        let (start, end) = (self.buckets[bucket], self.buckets[bucket + 1]);
        let (depth, bucket) = (self.impacted[place].depth, &self.impacted[start..end]);
        let from = start + bucket.partition_point(|ci| ci.depth < depth);
        let to = start + bucket.partition_point(|ci| ci.depth <= depth);
        from..to
    }

    /// The CIs that were not `OK` before, by slot.
    pub fn impaired_before(&self) -> &[(Slot, ImpactState)] {
        &self.start
    }

    /// The state of a CI without the failure.
    pub fn before(&self, slot: Slot) -> ImpactState {
        let found = self.start.binary_search_by_key(&slot, |(slot, _)| *slot);
        found.map_or(ImpactState::Ok, |found| self.start[found].1)
    }

    /// The state of a CI with the failure.
    pub fn after(&self, slot: Slot) -> ImpactState {
        self.state_at(slot, u32::MAX)
    }

    /// The state of a CI after a round.
    pub(super) fn state_at(&self, slot: Slot, round: u32) -> ImpactState {
        let risen = self.finder().state_at(&self.rises, slot, round);
        risen.unwrap_or_else(|| self.before(slot))
    }

    /// Finds rises by CI: made on first use, in the time of a walk over the answer.
    pub(super) fn finder(&self) -> &RiseFinder {
        self.finder.get_or_init(|| RiseFinder::new(&self.rises))
    }
}

type Impacted = (Vec<ImpactedCi>, [usize; BUCKETS + 1], Counts);

/// A rise that is not the last of its CI, in the list of [`Scratch::places`].
const SUPERSEDED: u8 = u8::MAX;

/// The last rise of each impacted CI, sorted into buckets; the log keeps them by depth already.
///
/// The CIs' cells and facts lie all over memory, so they are read once: what the second pass needs
/// of them, bucket and state before, is noted in a byte a rise.
fn impacted(view: ImpactView<'_>, scratch: &mut Scratch) -> Impacted {
    let Scratch {
        cells,
        rises,
        places,
        counts_by_type,
        ..
    } = scratch;
    let mut buckets = [0; BUCKETS + 1];
    places.extend(rises.log.iter().map(|rise| {
        let cell = cells[rise.slot as usize];
        if rise.to != now(cell) {
            return SUPERSEDED;
        }
        let (tier, ci_type) = view.columns.tier_and_type(Slot::new(rise.slot));
        let bucket = bucket(rise.to, tier);
        buckets[bucket + 1] += 1;
        if counts_by_type.len() <= ci_type.index() {
            counts_by_type.resize(ci_type.index() + 1, [0; 4]);
        }
        counts_by_type[ci_type.index()][usize::from(rise.to & 3)] += 1;
        u8::try_from(bucket).unwrap_or(SUPERSEDED) << 2 | before(cell)
    }));
    let counts = Counts::new(&buckets, counts_by_type);
    for bucket in 0..BUCKETS {
        buckets[bucket + 1] += buckets[bucket];
    }
    let nobody = ImpactedCi {
        slot: Slot::new(0),
        depth: 0,
        before: ImpactState::Ok,
        after: ImpactState::Ok,
    };
    let mut impacted = vec![nobody; buckets[BUCKETS]];
    let mut next = buckets;
    let mut places = places.drain(..);
    for (depth, round) in (0u32..).zip(0..rises.rounds()) {
        for (rise, place) in rises.round(round).iter().zip(&mut places) {
            if place != SUPERSEDED {
                let next = &mut next[usize::from(place >> 2)];
                impacted[*next] = ImpactedCi {
                    slot: Slot::new(rise.slot),
                    depth,
                    before: ImpactState::from_level(place & 3),
                    after: ImpactState::from_level(rise.to),
                };
                *next += 1;
            }
        }
    }
    (impacted, buckets, counts)
}

/// Warnings about touched CIs that stand on nothing but each other.
fn warn_about_islands(view: ImpactView<'_>, scratch: &Scratch, warnings: &mut Warnings) {
    for slot in view.index.grounding().exempt() {
        if scratch.cells[slot.index()] != 0 {
            warnings.add_ci(view, WarningCode::UngroundedAtBaseline, *slot);
        }
    }
}

/// Warnings about groups the question touched, or whose consumer or member it touched.
fn warn_about_groups(view: ImpactView<'_>, scratch: &Scratch, warnings: &mut Warnings) {
    let touched = |slot: Slot| scratch.cells.get(slot.index()).is_some_and(|cell| *cell != 0);
    for group in scratch.counters.touched() {
        if view.index.triggers()[*group as usize].undersized {
            warnings.add_group(view, WarningCode::GroupUndersized, *group);
        }
    }
    // From the shorter side: such members are few, and so are the groups of most questions.
    let counted = scratch.counters.touched();
    let also_plain: Vec<Slot> = if view.index.all_also_plain().len() < counted.len() {
        let pairs = view.index.all_also_plain();
        let pairs = pairs.filter(|(group, _)| scratch.counters.bad(*group) != [0; 3]);
        pairs.map(|(_, member)| member).collect()
    } else {
        counted.iter().flat_map(|group| view.index.also_plain(*group)).collect()
    };
    for member in also_plain.into_iter().filter(|member| touched(*member)) {
        warnings.add_ci(view, WarningCode::GroupMemberAlsoPlain, member);
    }
    for group in view.index.empty_groups() {
        if touched(view.index.consumer(group)) {
            warnings.add_group(view, WarningCode::GroupEmpty, group);
        }
    }
}
