//! Estates that would hurt an engine that recurses, sorts too much or looks at arcs too often.
//!
//! Cost is judged by links looked at, not by time: every question here is asked on a budget of a
//! small multiple of the links there are, on a small stack, and must be answered whole unless the
//! test says otherwise. Answers are compared with closed forms.

mod circles;
mod groups;
mod plain;
mod rounds;

use crate::graph::Slot;
use crate::graph::dependency::{Carrier, CiColumns, CiRow, DependencyIndex, GroupKey, GroupParameters, ImpactArc};
use crate::impact::{
    Budget, CauseQuestion, CutSetQuestion, CutSets, Dependencies, FailedCi, ImpactQuestion, ImpactReport, ImpactView,
    LintCode, LintReport, Premises, ProbableCauses, Scratch, cut_sets, dependencies, impact, lints, probable_causes,
    single_points_of_failure,
};
use crate::model::{CiId, CiTypeId, ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

const MILLION: u32 = 1_000_000;

/// CIs of the estates to which all questions are put. A debug build takes ten times as long for each
/// link, so it has a tenth of them.
const LARGE: u32 = if cfg!(debug_assertions) { 100_000 } else { MILLION };

/// Bytes; an engine that recursed over CIs would need hundreds of times as many.
const SMALL_STACK: usize = 256 << 10;

fn plain(source: u32, target: u32) -> ImpactArc {
    ImpactArc {
        source: Slot::new(source),
        target: Slot::new(target),
        strength: Strength::DOWN,
        relationship_type: Some(RelationshipTypeId::new(0)),
        carrier: Carrier::Plain,
    }
}

fn columns(cis: u32) -> CiColumns {
    let mut columns = CiColumns::default();
    for number in 0..cis {
        let row = CiRow {
            id: CiId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
            ci_type: CiTypeId::new(0),
            tier: None,
            current: ImpactState::Ok,
            takes_part: true,
        };
        columns.set(Slot::new(number), row);
    }
    columns
}

fn index(arcs: impl Iterator<Item = ImpactArc>) -> DependencyIndex {
    let mut index = DependencyIndex::default();
    arcs.for_each(|arc| index.add(&arc));
    index
}

fn down(ci: u32, view: ImpactView<'_>) -> ImpactReport {
    let failed = vec![FailedCi {
        slot: Slot::new(ci),
        state: ImpactState::Down,
    }];
    let question = ImpactQuestion {
        failed,
        ..ImpactQuestion::default()
    };
    impact(view, &question, &Budget::UNLIMITED, &mut Scratch::default()).expect("no conflict")
}

fn on_a_small_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let small = std::thread::Builder::new().stack_size(SMALL_STACK);
        let worker = small.spawn_scoped(scope, work).expect("a thread");
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn budget(links: u64) -> Budget<'static> {
    Budget {
        arcs_visited_max: links,
        ..Budget::UNLIMITED
    }
}

/// An estate to which questions are put on a budget of links.
struct Shape {
    index: DependencyIndex,
    columns: CiColumns,
}

/// Numbers of CIs.
fn numbers(slots: impl IntoIterator<Item = Slot>) -> Vec<u32> {
    slots.into_iter().map(Slot::number).collect()
}

impl Shape {
    fn new(cis: u32, arcs: impl Iterator<Item = ImpactArc>) -> Self {
        Self {
            index: index(arcs),
            columns: columns(cis),
        }
    }

    /// Gives a CI a group that needs so many of its members; each of its groups has another number.
    fn needs(
        &mut self,
        consumer: u32,
        (number, up_min, grounded): (u16, Threshold, bool),
        members: impl Iterator<Item = u32>,
    ) {
        let group = GroupKey::Pool {
            consumer: Slot::new(consumer),
            pool: PoolId::new(number),
        };
        let thresholds = Thresholds {
            up_min: Some(up_min),
            ..Thresholds::default()
        };
        let parameters = GroupParameters {
            consumer: Slot::new(consumer),
            thresholds,
            strength: Strength::DOWN,
            grounded,
        };
        self.index.put_group(group, parameters);
        let carrier = Carrier::Member {
            group,
            weight: Weight::ONE,
        };
        for member in members {
            self.index.add(&ImpactArc {
                carrier,
                ..plain(member, consumer)
            });
        }
    }

    /// Gives a CI a group that needs one of its members.
    fn one_of(&mut self, consumer: u32, members: impl IntoIterator<Item = u32>) {
        self.needs(consumer, (0, Threshold::Count(1), false), members.into_iter());
    }

    fn view(&self) -> ImpactView<'_> {
        ImpactView {
            index: &self.index,
            columns: &self.columns,
        }
    }

    /// All that goes down with a CI, itself included, and the links looked at.
    fn falls(&self, ci: u32) -> (u64, u64) {
        let report = down(ci, self.view());
        (report.counts.all.down, report.arcs_visited)
    }

    /// The single points of failure, by depth and id.
    fn points(&self, target: u32, links: u64) -> Vec<u32> {
        let answer = single_points_of_failure(
            self.view(),
            &[Slot::new(target)],
            ImpactState::Down,
            &Premises::default(),
            &budget(links),
            &mut Scratch::default(),
        );
        let mut answer = answer.expect("nothing is assumed");
        let answer = answer.targets.pop().expect("one target");
        assert_eq!((answer.incomplete, answer.undecided), (None, 0));
        numbers(answer.points.iter().map(|point| point.slot))
    }

    fn dependencies(&self, target: u32, links: u64) -> Dependencies {
        let answer = dependencies(
            self.view(),
            Slot::new(target),
            &Premises::default(),
            &budget(links),
            &mut Scratch::default(),
        );
        let answer = answer.expect("nothing is assumed");
        assert_eq!(answer.incomplete, None);
        answer
    }

    /// Cut sets of up to three, of which the answer may lack some; half a million sets are held at
    /// most.
    fn cut_sets(&self, target: u32, links: u64) -> CutSets {
        let question = CutSetQuestion {
            target: Slot::new(target),
            level: ImpactState::Down,
            size_max: CutSetQuestion::SIZE_MAX_DEFAULT,
            count_max: MILLION as usize,
        };
        let budget = Budget {
            results_max: 500_000,
            ..budget(links)
        };
        let answer = cut_sets(
            self.view(),
            question,
            &Premises::default(),
            &budget,
            &mut Scratch::default(),
        );
        let answer = answer.expect("nothing is assumed");
        assert!(answer.arcs_visited <= links);
        answer
    }

    /// All cut sets of up to three.
    fn cuts(&self, target: u32, links: u64) -> Vec<Vec<u32>> {
        let answer = self.cut_sets(target, links);
        assert_eq!(answer.incomplete, None);
        answer.cut_sets.into_iter().map(numbers).collect()
    }

    /// The causes, among however many candidates; the answer may be limited.
    fn limited_causes(&self, symptoms: &[u32], links: u64) -> ProbableCauses {
        let question = CauseQuestion {
            symptoms: symptoms.iter().map(|symptom| Slot::new(*symptom)).collect(),
            level: ImpactState::Down,
            candidates_max: usize::MAX,
            ..CauseQuestion::default()
        };
        let answer = probable_causes(self.view(), &question, &budget(links), &mut Scratch::default());
        answer.expect("nothing contradicts itself")
    }

    fn causes(&self, symptoms: &[u32], links: u64) -> ProbableCauses {
        let answer = self.limited_causes(symptoms, links);
        assert_eq!(answer.limit, None);
        answer
    }

    fn limited_lints(&self, links: u64) -> LintReport {
        lints(self.view(), &LintCode::ALL, &budget(links), &mut Scratch::default())
    }

    /// What was found: code, the CI it is about, and the CIs concerned.
    fn lints(&self, links: u64) -> Vec<(LintCode, u32, Vec<u32>)> {
        let report = self.limited_lints(links);
        assert_eq!(report.truncated, None);
        let findings = report.findings.into_iter();
        findings
            .map(|finding| (finding.code, finding.ci.number(), numbers(finding.cis)))
            .collect()
    }
}
