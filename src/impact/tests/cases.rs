//! Small estates with the answer beside them.

use super::ask;
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{
    Budget, FailedCi, ImpactError, ImpactQuestion, Origin, Scratch, TruncationReason, WarningCode, impact,
};
use crate::model::{ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

const TYPE: Option<RelationshipTypeId> = Some(RelationshipTypeId::new(0));

fn plain(source: usize, target: usize) -> ImpactArc {
    ImpactArc {
        source: slot(source),
        target: slot(target),
        strength: Strength::DOWN,
        relationship_type: TYPE,
        carrier: Carrier::Plain,
    }
}

fn pool(consumer: usize) -> GroupKey {
    GroupKey::Pool {
        consumer: slot(consumer),
        pool: PoolId::new(0),
    }
}

fn member(source: usize, consumer: usize) -> ImpactArc {
    let carrier = Carrier::Member {
        group: pool(consumer),
        weight: Weight::ONE,
    };
    ImpactArc {
        carrier,
        ..plain(source, consumer)
    }
}

/// `cis` CIs, the last of which needs `up_min` of the members 0, 1 ...
fn group_of(cis: usize, members: usize, up_min: u32) -> Model {
    let mut model = Model::of(cis);
    let consumer = cis - 1;
    let thresholds = Thresholds {
        up_min: Some(Threshold::Count(up_min)),
        ..Thresholds::default()
    };
    let parameters = GroupParameters {
        consumer: slot(consumer),
        thresholds,
        strength: Strength::DOWN,
        grounded: false,
    };
    model.groups.push((pool(consumer), parameters));
    model.arcs = (0..members).map(|number| member(number, consumer)).collect();
    model
}

fn down(cis: &[usize]) -> ImpactQuestion {
    let failed = cis.iter().map(|ci| FailedCi {
        slot: slot(*ci),
        state: ImpactState::Down,
    });
    ImpactQuestion {
        failed: failed.collect(),
        ..ImpactQuestion::default()
    }
}

fn codes(model: &Model, question: &ImpactQuestion) -> Vec<WarningCode> {
    ask(model, question)
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect()
}

#[test]
fn losing_one_of_a_pair_puts_the_consumer_at_risk_and_shows_the_arithmetic() {
    let model = group_of(3, 2, 1);
    let report = ask(&model, &down(&[0]));
    assert_eq!(report.after(slot(2)), ImpactState::AtRisk);
    model.with_view(|view| {
        let absorbed = report.absorbed(view);
        let [pair] = absorbed.as_slice() else {
            panic!("{absorbed:?}")
        };
        assert_eq!((pair.up, pair.up_min, pair.total, pair.headroom), (1, 1, 2, 0));
        assert_eq!(pair.output, ImpactState::AtRisk);
        assert_eq!(report.absorbed_members(view, &pair.group).lost, [slot(0)]);
    });
}

#[test]
fn a_retired_member_leaves_no_spare_and_a_retired_root_does_nothing() {
    // The estate feeds no arcs of CIs that do not take part; the question may still name them.
    let mut model = group_of(4, 2, 2);
    model.rows[2].takes_part = false;
    assert_eq!(ask(&model, &down(&[0])).after(slot(3)), ImpactState::Down);
    let question = down(&[2]);
    assert_eq!(ask(&model, &question).counts.all.total(), 0);
    assert_eq!(codes(&model, &question), [WarningCode::RootExcluded]);
}

#[test]
fn a_root_given_twice_takes_the_worse_state() {
    let model = Model::of(2);
    let mut question = down(&[0, 0]);
    question.failed[0].state = ImpactState::Degraded;
    let report = ask(&model, &question);
    assert_eq!(report.after(slot(0)), ImpactState::Down);
    assert_eq!(codes(&model, &question), [WarningCode::DuplicateRoot]);
}

#[test]
fn a_ci_cannot_be_both_failed_and_assumed() {
    let model = Model::of(2);
    let mut question = down(&[0]);
    question.premises.assumed.push(FailedCi {
        slot: slot(0),
        state: ImpactState::Ok,
    });
    model.with_view(|view| {
        let refused = impact(view, &question, &Budget::UNLIMITED, &mut Scratch::default());
        assert!(matches!(refused, Err(ImpactError::AssumeConflict { .. })));
        question.failed[0].state = ImpactState::Ok;
        assert!(impact(view, &question, &Budget::UNLIMITED, &mut Scratch::default()).is_ok());
    });
}

#[test]
fn groups_that_are_short_or_empty_or_bypassed_are_reported_when_touched() {
    let mut model = group_of(3, 1, 2);
    model.arcs.push(plain(0, 2));
    let empty = GroupKey::Pool {
        consumer: slot(2),
        pool: PoolId::new(1),
    };
    model.groups.push((empty, model.groups[0].1));
    assert_eq!(
        codes(&model, &down(&[0])),
        [
            WarningCode::GroupEmpty,
            WarningCode::GroupUndersized,
            WarningCode::GroupMemberAlsoPlain
        ]
    );
    assert_eq!(codes(&model, &down(&[1])), []);
}

#[test]
fn an_assumption_that_holds_something_back_is_reported() {
    let mut model = Model::of(3);
    model.arcs = vec![plain(0, 1), plain(1, 2)];
    let mut question = down(&[0]);
    question.premises.assumed.push(FailedCi {
        slot: slot(1),
        state: ImpactState::AtRisk,
    });
    let report = ask(&model, &question);
    assert_eq!(report.counts.all.total(), 1);
    assert_eq!(report.before(slot(2)), ImpactState::AtRisk);
    assert_eq!(report.held_pins.len(), 1);
    assert_eq!(report.held_pins[0].otherwise, ImpactState::Down);
}

#[test]
fn a_failed_relationship_hits_its_consumer_only() {
    let mut model = Model::of(4);
    model.arcs = vec![plain(0, 1), plain(0, 2), plain(1, 3)];
    let question = ImpactQuestion {
        failed_arcs: vec![model.arcs[0]],
        ..ImpactQuestion::default()
    };
    let report = ask(&model, &question);
    let after = [0, 1, 2, 3].map(|ci| report.after(slot(ci)).level());
    assert_eq!(after, [0, 3, 0, 3]);
    model.with_view(|view| {
        let witness = report.witness(view, slot(3)).expect("impacted");
        assert_eq!(witness.origin, Origin::FailedRelationship);
        assert_eq!((witness.start, witness.steps.len()), (slot(0), 2));
    });
}

#[test]
fn a_bounded_answer_says_so_and_a_bound_that_cuts_nothing_does_not() {
    let mut model = Model::of(3);
    model.arcs = vec![plain(0, 1), plain(1, 2)];
    let bounded = |depth_max| ImpactQuestion {
        depth_max: Some(depth_max),
        ..down(&[0])
    };
    let truncated = ask(&model, &bounded(1)).truncated.expect("a third CI follows");
    assert_eq!((truncated.reason, truncated.round), (TruncationReason::Depth, 1));
    assert!(ask(&model, &bounded(2)).is_complete());
    model.with_view(|view| {
        let budget = Budget {
            out_of_time: &|| true,
            ..Budget::UNLIMITED
        };
        let report = impact(view, &down(&[0]), &budget, &mut Scratch::default()).expect("no conflict");
        assert!(report.is_complete(), "small questions never look at the time");
    });
}

/// Found by random search: two arcs of one type between the same CIs, which need different states of
/// their source, and a source that came to both at once.
#[test]
fn of_parallel_arcs_of_one_type_the_witness_takes_the_same_whichever_came_first() {
    let [needs_down, needs_less] = ["[OK,OK,DEGRADED]", "[OK,DEGRADED,DEGRADED]"].map(|strength| ImpactArc {
        strength: strength.parse().expect("a strength"),
        ..plain(1, 2)
    });
    for parallel in [[needs_down, needs_less], [needs_less, needs_down]] {
        let mut model = Model::of(3);
        model.arcs.push(plain(0, 1));
        model.arcs.extend(parallel);
        let failed = vec![FailedCi {
            slot: slot(0),
            state: ImpactState::Down,
        }];
        let report = ask(
            &model,
            &ImpactQuestion {
                failed,
                ..ImpactQuestion::default()
            },
        );
        let witness = model.with_view(|view| report.witness(view, slot(2)).expect("impacted"));
        let states: Vec<ImpactState> = witness.steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [ImpactState::Down, ImpactState::Degraded]);
    }
}
