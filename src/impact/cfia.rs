//! Component failure impact analysis: which failure of one CI does what to which service.

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::model::ImpactState;

use super::dependence::{Dependence, NOTHING};
use super::probe::Probe;
use super::question::{Budget, ImpactError, ImpactView, Premises};
use super::report::{StateCounts, TruncationReason};
use super::scratch::Scratch;
use super::structure::{Incomplete, Stage, can_fail, probe};

/// Which matrix is wanted.
#[derive(Clone, Debug)]
pub struct CfiaQuestion {
    /// The columns; one given twice is one.
    pub services: Vec<Slot>,
    /// The rows; `None` for all CIs on which a service depends.
    pub cis: Option<Vec<Slot>>,
    /// Cells with better states stay blank. The worse, the faster: little gets that bad.
    pub state_min: ImpactState,
    /// Rows, at most.
    pub rows_max: usize,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfiaService {
    /// The service.
    pub slot: Slot,
    /// Its state with nothing failed; states better than the least one asked about are told as `OK`.
    pub before: ImpactState,
    /// Whether anything can make it worse: not if it takes no part, or its state is assumed. That there is
    /// nothing to report of such a CI says nothing of its safety.
    pub can_fail: bool,
}

/// A row of the matrix: what the failure of one CI does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CfiaRow {
    /// The CI that goes down, alone.
    pub slot: Slot,
    /// Whether it can: a CI that is assumed, does not take part, or is down already has a blank row.
    pub can_fail: bool,
    /// The services that get worse than before, by their place among the columns, and their states.
    pub cells: Vec<(usize, ImpactState)>,
    /// The cells counted.
    pub counts: StateCounts,
}

/// The matrix.
#[derive(Clone, Debug)]
pub struct Cfia {
    /// The columns, in the order given.
    pub services: Vec<CfiaService>,
    /// By services that go `DOWN`, `DEGRADED`, `AT_RISK`, the most first; then CI id.
    pub rows: Vec<CfiaRow>,
    /// CIs whose failure was not tried for want of budget or room.
    pub untried: u64,
    /// `None`: the matrix is whole. Otherwise rows are missing.
    pub incomplete: Option<Incomplete>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Lets each CI fail alone and notes what becomes of the services.
///
/// One trial a row, confined to what the services depend on, whatever the number of services. The
/// CIs nearest to the services are tried first, so that a limit leaves out the farthest.
///
/// # Errors
///
/// Where an assumption contradicts another.
pub fn cfia(
    view: ImpactView<'_>,
    question: &CfiaQuestion,
    premises: &Premises,
    budget: &Budget<'_>,
    scratch: &mut Scratch,
) -> Result<Cfia, ImpactError> {
    let mut columns: FxHashMap<u32, usize> = FxHashMap::default();
    let mut services: Vec<Slot> = Vec::new();
    for slot in &question.services {
        columns.entry(slot.number()).or_insert_with(|| {
            services.push(*slot);
            services.len() - 1
        });
    }
    let mut answer = Cfia {
        services: Vec::new(),
        rows: Vec::new(),
        untried: 0,
        incomplete: None,
        arcs_visited: 0,
    };
    let floor = question.state_min.max(ImpactState::AtRisk);
    let rest = budget.rest(0);
    let mut probe = match probe(view, premises, floor, &rest, scratch)? {
        Ok(probe) => probe,
        Err(incomplete) => {
            answer.services = columns_of(view, premises, &services, |_| ImpactState::Ok);
            answer.untried = question.cis.as_ref().map_or(0, |cis| cis.len() as u64);
            answer.incomplete = Some(incomplete);
            return Ok(answer);
        }
    };
    answer.services = columns_of(view, premises, &services, |slot| probe.before(slot));
    let (dependence, stopped) = Dependence::find(&mut probe, &services);
    let rows = rows(view, question, &dependence);
    answer.untried = rows.len() as u64;
    if let Some(reason) = stopped {
        answer.incomplete = Some(Incomplete::at(Stage::Dependencies, reason));
    } else {
        probe.confine(dependence.slots());
        let tried = rows.into_iter().try_for_each(|slot| {
            if answer.rows.len() >= question.rows_max {
                return Err(TruncationReason::Count);
            }
            answer.rows.push(row(&mut probe, slot, &columns)?);
            answer.untried -= 1;
            Ok(())
        });
        answer.incomplete = tried.err().map(|reason| Incomplete::at(Stage::Failures, reason));
    }
    answer.arcs_visited = probe.arcs_visited();
    let worst_first = |row: &CfiaRow| std::cmp::Reverse((row.counts.down, row.counts.degraded, row.counts.at_risk));
    answer
        .rows
        .sort_by_cached_key(|row| (worst_first(row), view.columns.id(row.slot)));
    Ok(answer)
}

fn columns_of(
    view: ImpactView<'_>,
    premises: &Premises,
    services: &[Slot],
    before: impl Fn(Slot) -> ImpactState,
) -> Vec<CfiaService> {
    let services = services.iter().map(|slot| CfiaService {
        slot: *slot,
        before: before(*slot),
        can_fail: can_fail(view, premises, *slot),
    });
    services.collect()
}

/// The CIs to let fail, the nearest to the services first, then by CI id; each once.
fn rows(view: ImpactView<'_>, question: &CfiaQuestion, dependence: &Dependence) -> Vec<Slot> {
    let Some(cis) = &question.cis else {
        let found = dependence.found().iter();
        let hitting = found.filter(|one| one.on_the_way && one.potential != NOTHING);
        return hitting.map(|one| one.slot).collect();
    };
    let depth = |slot: Slot| {
        dependence
            .place(slot)
            .map_or(u32::MAX, |place| dependence.found()[place].depth)
    };
    let mut cis = cis.clone();
    cis.sort_by_cached_key(|slot| (depth(*slot), view.columns.id(*slot), *slot));
    cis.dedup();
    cis
}

fn row(probe: &mut Probe<'_>, slot: Slot, columns: &FxHashMap<u32, usize>) -> Result<CfiaRow, TruncationReason> {
    let mut row = CfiaRow {
        slot,
        can_fail: probe.can_fail(slot) && probe.before(slot) < ImpactState::Down,
        cells: Vec::new(),
        counts: StateCounts::default(),
    };
    let mark = probe.mark();
    let tried = probe.fail_down(slot, |_, _| false);
    if tried.is_ok() {
        let hit = probe.risen_since(mark);
        let hit = hit.filter_map(|(hit, _)| Some((*columns.get(&hit.number())?, probe.state(hit))));
        row.cells = hit.collect();
        row.cells.sort_unstable();
        row.cells.dedup();
    }
    probe.undo(mark);
    tried?;
    for (_, state) in &row.cells {
        row.counts.add(*state, 1);
    }
    Ok(row)
}
