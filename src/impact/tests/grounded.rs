//! Groups whose members must not hold each other up: section 2.10 of the law.

use super::ask;
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{FailedCi, ImpactQuestion, Origin, Premises, WarningCode};
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

/// A grounded group that needs one of its members.
fn one_of(model: &mut Model, consumer: usize, members: &[usize]) {
    let group = GroupKey::Pool {
        consumer: slot(consumer),
        pool: PoolId::new(0),
    };
    let parameters = GroupParameters {
        consumer: slot(consumer),
        thresholds: Thresholds {
            up_min: Some(Threshold::Count(1)),
            ..Thresholds::default()
        },
        strength: Strength::DOWN,
        grounded: true,
    };
    model.groups.push((group, parameters));
    model.arcs.extend(members.iter().map(|member| ImpactArc {
        carrier: Carrier::Member {
            group,
            weight: Weight::ONE,
        },
        ..plain(*member, consumer)
    }));
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

fn read_plainly(question: ImpactQuestion) -> ImpactQuestion {
    ImpactQuestion {
        premises: Premises {
            grounded: false,
            ..question.premises
        },
        ..question
    }
}

/// Two routers, each with an uplink and each other; and an application on one of them.
fn routers() -> Model {
    let mut model = Model::of(5);
    one_of(&mut model, 2, &[0, 3]);
    one_of(&mut model, 3, &[1, 2]);
    model.arcs.push(plain(3, 4));
    model
}

#[test]
fn routers_that_list_each_other_fall_when_both_uplinks_are_gone() {
    let model = routers();
    let report = ask(&model, &down(&[0, 1]));
    for ci in 0..5 {
        assert_eq!(report.after(slot(ci)), ImpactState::Down);
    }
    let plain = ask(&model, &read_plainly(down(&[0, 1])));
    assert_eq!(plain.after(slot(2)), ImpactState::AtRisk);
    assert_eq!(ask(&model, &down(&[0])).after(slot(2)), ImpactState::AtRisk);
}

#[test]
fn a_fall_for_want_of_ground_is_explained_by_the_set_that_fell() {
    let model = routers();
    let report = ask(&model, &down(&[0, 1]));
    model.with_view(|view| {
        let witness = report.witness(view, slot(4)).expect("it is down");
        assert_eq!((witness.origin, witness.start), (Origin::Ungrounded, slot(3)));
        let mut fallen = witness.ungrounded.clone();
        fallen.sort_unstable();
        assert_eq!(fallen, [slot(2), slot(3)]);
        assert_eq!(witness.steps.len(), 1);
    });
}

#[test]
fn the_end_of_a_spur_falls_though_neighbours_are_listed_both_ways() {
    // 0 is the core, 1 - 2 - 3 a spur, 4 a server on it.
    let mut model = Model::of(5);
    one_of(&mut model, 1, &[0, 2]);
    one_of(&mut model, 2, &[1, 3]);
    one_of(&mut model, 3, &[2]);
    one_of(&mut model, 4, &[3]);
    let report = ask(&model, &down(&[1]));
    let states: Vec<_> = (1..5).map(|ci| report.after(slot(ci))).collect();
    assert_eq!(states, [ImpactState::Down; 4]);
    assert_eq!(report.after(slot(0)), ImpactState::Ok);
}

#[test]
fn an_island_stands_as_before_and_is_reported() {
    // 0 and 1 list only each other; 2 has them and an uplink, 3.
    let mut model = Model::of(4);
    one_of(&mut model, 0, &[1, 2]);
    one_of(&mut model, 1, &[0]);
    let report = ask(&model, &down(&[3]));
    assert_eq!(report.counts.all.total(), 1);
    let mut island = Model::of(4);
    one_of(&mut island, 0, &[1]);
    one_of(&mut island, 1, &[0]);
    one_of(&mut island, 2, &[0, 3]);
    let report = ask(&island, &down(&[3]));
    assert_eq!(report.after(slot(2)), ImpactState::AtRisk);
    let report = ask(&island, &down(&[0]));
    assert_eq!(report.after(slot(1)), ImpactState::Down);
    let codes: Vec<WarningCode> = report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [WarningCode::UngroundedAtBaseline]);
}
