//! What is the probable cause of these symptoms? Section 4 of the law.
//!
//! A candidate is scored by what its failure would bring about, against what was observed; then
//! several causes are put together, judged jointly, so that redundancy counts.

mod candidates;
mod fit;
mod hope;
mod pairs;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::Slot;
use crate::model::{CiId, ImpactState, Weight};

use super::given::Given;
use super::ladder::{Ladder, Route, Step};
use super::probe::{Mark, Probe, ProbeError};
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::reading::Reading;
use super::report::TruncationReason;
use super::scratch::Scratch;

use candidates::{Candidates, Classes, Meter, candidates};
pub use fit::{Fit, FitCounts, Score};
use fit::{Observation, Observed};
use pairs::{Meeting, Pair, meetings};

/// What probably caused this?
#[derive(Clone, Debug)]
pub struct CauseQuestion {
    /// The CIs observed to be bad (the law's O+). One given twice counts once.
    pub symptoms: Vec<Slot>,
    /// The CIs observed to be good (O-).
    pub healthy: Vec<Slot>,
    /// What observations count as, where they do not count 1: how surely, or how badly, something was
    /// seen. A weight of 3 counts as three plain observations that agree. Of two for one CI the larger
    /// counts.
    pub weights: Vec<ObservationWeight>,
    /// From which state on a CI is bad.
    pub level: ImpactState,
    /// Causes put together at most.
    pub causes_max: usize,
    /// Candidates looked at, at most: the nearest, by hops from any symptom; of those at one distance the ones
    /// with the least ids.
    pub candidates_max: usize,
    /// What is taken for granted.
    pub premises: Premises,
}

impl CauseQuestion {
    /// Causes put together unless said otherwise.
    pub const CAUSES_MAX: usize = 3;

    /// Candidates looked at unless said otherwise.
    pub const CANDIDATES_MAX: usize = 10_000;
}

impl Default for CauseQuestion {
    fn default() -> Self {
        Self {
            symptoms: Vec::new(),
            healthy: Vec::new(),
            weights: Vec::new(),
            level: ImpactState::Degraded,
            causes_max: Self::CAUSES_MAX,
            candidates_max: Self::CANDIDATES_MAX,
            premises: Premises::default(),
        }
    }
}

/// What the observation of a CI, as a symptom or as healthy, counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservationWeight {
    /// The CI.
    pub slot: Slot,
    /// How many plain observations it counts as.
    pub weight: Weight,
}

/// A candidate that explains at least one symptom by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedCause {
    /// The candidate.
    pub slot: Slot,
    /// What its failure alone would bring about, against what was observed.
    pub fit: Fit,
}

/// One of several causes that explain the symptoms together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JointCause {
    /// The cause.
    pub slot: Slot,
    /// How well the causes up to this one fit together.
    pub joint: Fit,
    /// The symptoms explained by the causes up to this one and not by those before, by CI id.
    pub explained: Vec<Slot>,
    /// The other of two causes that came in together, because something is redundant as long as one
    /// of them is up.
    pub paired_with: Option<Slot>,
}

/// Why an answer may lack something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseLimit {
    /// There are more candidates than were to be looked at.
    Candidates,
    /// More pairs could be behind the loss of redundancy than are tried.
    Pairs,
    /// The budget ran out.
    Budget(TruncationReason),
}

impl CauseLimit {
    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Candidates => "CANDIDATES",
            Self::Pairs => "PAIRS",
            Self::Budget(reason) => reason.as_str(),
        }
    }
}

/// The answer. What is in it is exact, whether complete or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbableCauses {
    /// Single causes, the most probable first: by [`Fit::rank`], then CI id.
    pub ranking: Vec<RankedCause>,
    /// Several causes, in the order in which they were found; each explains something the ones
    /// before do not.
    pub causes: Vec<JointCause>,
    /// The symptoms that `causes` do not explain, by CI id.
    pub unexplained: Vec<Slot>,
    /// Candidates tried.
    pub candidates_considered: u64,
    /// All candidates: the symptoms that can fail, and the CIs whose failure could bring one to
    /// the level were nothing redundant, less those seen healthy. If the budget ran out, those found.
    pub candidates_total: u64,
    /// What was met; `None`: the answer is complete.
    pub limit: Option<CauseLimit>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CauseError {
    /// The premises contradict themselves.
    #[error(transparent)]
    Impact(#[from] ImpactError),
    /// A CI is said to be bad and good.
    #[error("{ci} is named as a symptom and as healthy: leave one of the two out")]
    ObservationConflict {
        /// The CI.
        ci: CiId,
    },
    /// A weight is given for what was not observed.
    #[error(
        "{ci} has a weight and is neither a symptom nor healthy: name it as one of the two, or leave the weight out"
    )]
    WeightUnobserved {
        /// The CI.
        ci: CiId,
    },
    /// No symptom is `OK` or worse: everything is.
    #[error("the level of a symptom is AT_RISK, DEGRADED or DOWN, not OK")]
    LevelOk,
}

/// Answers the question.
///
/// Candidates cost one walk against the direction of impact. Each is then tried on the greatest of
/// its sure consequences, so that what many of them bring about alike is worked out once; and again
/// for each of the several causes, as far as the candidate could still be better than the best.
///
/// # Errors
///
/// Where the question contradicts itself.
pub fn probable_causes(
    view: ImpactView<'_>,
    question: &CauseQuestion,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<ProbableCauses, CauseError> {
    let level = question.level;
    if level == ImpactState::Ok {
        return Err(CauseError::LevelOk);
    }
    Given::new(view, &question.premises)?;
    let observed = Observed::new(view.columns, question)?;
    let mut answer = ProbableCauses {
        unexplained: observed.symptoms.clone(),
        ..ProbableCauses::default()
    };
    if observed.symptoms.is_empty() {
        return Ok(answer);
    }
    let reading = Reading::new(&question.premises, level);
    let pinned: FxHashSet<u32> = question.premises.assumed.iter().map(|pin| pin.slot.number()).collect();
    let mut meter = Meter::new(budget);
    let (found, cut) = candidates(view, (&reading, level), &pinned, &observed, question, &mut meter);
    answer.candidates_total = found.total;
    answer.limit = cut.map(CauseLimit::Budget);
    if answer.limit.is_none() && found.total > found.nearest.len() as u64 {
        answer.limit = Some(CauseLimit::Candidates);
    }
    let can_be_hit = |slot| pinned.is_empty() || !pinned.contains(&slot);
    let charge = |links| meter.charge(links);
    let ladder = match Ladder::new(view.index, &reading, &found.nearest, can_be_hit, charge) {
        Ok(ladder) => ladder,
        Err(reason) => {
            answer.limit = Some(CauseLimit::Budget(reason));
            return Ok(answer);
        }
    };
    let rest = Budget {
        arcs_visited_max: budget.arcs_visited_max - meter.links_visited,
        ..*budget
    };
    let probe = match Probe::new(view, &question.premises, level, &rest, scratch) {
        Ok(probe) => probe,
        Err(ProbeError::Impact(error)) => return Err(error.into()),
        Err(ProbeError::Truncated(truncated)) => {
            answer.limit = Some(CauseLimit::Budget(truncated.reason));
            return Ok(answer);
        }
    };
    let hits_max = observed.weight_of_symptoms(|slot| {
        let pinned = pinned.contains(&slot.number());
        view.columns.takes_part(slot) && !pinned && probe.before(slot) < level
    });
    let (meetings, behind) = meetings(view.index, &found.groups);
    let mut search = Search {
        view,
        singles: FxHashMap::default(),
        meetings,
        behind,
        bottom: probe.mark(),
        probe,
        ladder,
        observed,
        found,
        level,
        hits_max,
        answer,
    };
    if let Err(reason) = search
        .rank(question.causes_max > 1)
        .and_then(|()| search.explain(question.causes_max))
    {
        search.answer.limit = Some(CauseLimit::Budget(reason));
    }
    Ok(search.answer)
}

/// A rung of the ladder, and the fit of what was failed before and this rung together.
#[derive(Clone, Copy)]
struct Tried {
    step: Step,
    fit: Fit,
}

/// Tries candidates on top of what has failed, of which `start` is the fit; see [`Ladder::climb`].
fn climb(
    (ladder, route): (&Ladder, Option<&Route>),
    probe: &mut Probe<'_>,
    observed: &Observed,
    start: Fit,
    mut tried: impl FnMut(&Probe<'_>, Tried) -> bool,
) -> Result<(), TruncationReason> {
    ladder.climb(probe, route, start, |probe, step, below| {
        let fit = observed.extend(*below, probe.newly_bad_since(step.mark));
        Ok((fit, tried(probe, Tried { step, fit })))
    })
}

/// A question under way.
struct Search<'a> {
    view: ImpactView<'a>,
    probe: Probe<'a>,
    ladder: Ladder,
    observed: Observed,
    found: Candidates,
    level: ImpactState,
    /// The symptoms that a failure can bring about at all, by weight.
    hits_max: u64,
    /// What each candidate brings about alone; empty if no causes are put together.
    singles: FxHashMap<Slot, Fit>,
    /// The groups in which candidates can meet, by number, and the symptoms behind each meeting.
    meetings: FxHashMap<u32, Meeting>,
    behind: FxHashMap<Meeting, Classes>,
    /// What had failed before any cause.
    bottom: Mark,
    answer: ProbableCauses,
}

impl Search<'_> {
    fn nothing(&self) -> Fit {
        self.observed.nothing()
    }

    /// Tries every candidate alone, and keeps what each brings about if it is needed later.
    fn rank(&mut self, is_kept: bool) -> Result<(), TruncationReason> {
        let nothing = self.nothing();
        let singles = &mut self.singles;
        let ranking = &mut self.answer.ranking;
        let considered = &mut self.answer.candidates_considered;
        let ladder = (&self.ladder, None);
        let tried = climb(ladder, &mut self.probe, &self.observed, nothing, |_, tried| {
            if is_kept && tried.step.is_candidate {
                singles.insert(tried.step.slot, tried.fit);
            }
            *considered += u64::from(tried.step.is_candidate);
            if tried.step.is_candidate && tried.fit.hits > 0 {
                ranking.push(RankedCause {
                    slot: tried.step.slot,
                    fit: tried.fit,
                });
            }
            true
        });
        let columns = self.view.columns;
        ranking.sort_by(|one, other| {
            let by_fit = one.fit.rank(&other.fit);
            by_fit.then_with(|| columns.id(one.slot).cmp(&columns.id(other.slot)))
        });
        tried
    }

    /// Puts causes together: always the one that raises the joint score most, or the two behind a loss
    /// of redundancy, if they do better than it and the one that would follow it.
    fn explain(&mut self, causes_max: usize) -> Result<(), TruncationReason> {
        let mut joint = self.nothing();
        let mut next = self.answer.ranking.first().copied();
        while joint.hits < self.hits_max
            && self.answer.causes.len() < causes_max
            && let Some(single) = next
        {
            let (mut second, mut pair) = (None, None);
            let is_any_left = single.fit.hits < self.hits_max;
            if is_any_left && self.answer.causes.len() + 2 <= causes_max {
                second = self.second_after(joint, single)?;
                let bar = second.map_or(single.fit, |second| second.fit);
                pair = self.best_pair(joint, single.fit)?.filter(|pair| {
                    let is_same = second.is_some_and(|second| pair.slots == [single.slot, second.slot]);
                    is_same || pair.fit.beats(&bar)
                });
            }
            if let Some(Pair {
                slots: [one, other], ..
            }) = pair
            {
                joint = self.add(joint, one, Some(other))?;
                joint = self.add(joint, other, Some(one))?;
                let is_done = joint.hits == self.hits_max || self.answer.causes.len() == causes_max;
                next = if is_done { None } else { self.best_single(joint)? };
            } else {
                joint = self.add(joint, single.slot, None)?;
                next = second;
            }
        }
        Ok(())
    }

    /// The candidate that would follow this one, if any raises the score.
    fn second_after(&mut self, joint: Fit, first: RankedCause) -> Result<Option<RankedCause>, TruncationReason> {
        let mark = self.probe.mark();
        let second = self.probe.fail_down(first.slot, |_, _| false).and_then(|_| {
            let joint = self.observed.extend(joint, self.probe.newly_bad_since(mark));
            self.best_single(joint)
        });
        self.probe.undo(mark);
        second
    }

    /// Takes a cause into the hypothesis, for good.
    fn add(&mut self, joint: Fit, slot: Slot, paired_with: Option<Slot>) -> Result<Fit, TruncationReason> {
        let mark = self.probe.mark();
        if let Err(reason) = self.probe.fail_down(slot, |_, _| false) {
            self.probe.undo(mark);
            return Err(reason);
        }
        let joint = self.observed.extend(joint, self.probe.newly_bad_since(mark));
        let newly = self.probe.newly_bad_since(mark);
        let mut explained: Vec<Slot> = newly
            .filter(|slot| self.observed.of(*slot) == Observation::Symptom)
            .collect();
        explained.sort_by_key(|slot| self.view.columns.id(*slot));
        let is_explained: FxHashSet<Slot> = explained.iter().copied().collect();
        self.answer.unexplained.retain(|slot| !is_explained.contains(slot));
        self.answer.causes.push(JointCause {
            slot,
            joint,
            explained,
            paired_with,
        });
        Ok(joint)
    }
}
