//! Random estates of up to twelve CIs, and random questions on them.

use proptest::prelude::*;
use proptest::{collection::vec, option, sample::subsequence};

use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{AtRiskReading, FailedCi, ImpactQuestion, Premises, StartingState};
use crate::model::{GroupId, ImpactState, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

const CIS_MAX: usize = 12;

/// So many cases, times `LINCHPIN_CASES_TIMES` (default 1): for a long search now and then.
#[expect(
    clippy::disallowed_methods,
    reason = "how long to search is no setting of the product"
)]
pub(super) fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var("LINCHPIN_CASES_TIMES").ok();
    let times = times.map_or(1, |times| times.parse().expect("LINCHPIN_CASES_TIMES is a number"));
    ProptestConfig {
        cases: count.saturating_mul(times),
        failure_persistence: None,
        // What a filter may turn down grows with the cases.
        max_global_rejects: 1024u32.saturating_mul(times),
        max_local_rejects: 65_536u32.saturating_mul(times),
        ..ProptestConfig::default()
    }
}

pub(super) fn state() -> impl Strategy<Value = ImpactState> {
    (0..4u8).prop_map(ImpactState::from_level)
}

fn strength() -> impl Strategy<Value = Strength> {
    prop_oneof![
        3 => Just(Strength::DOWN),
        2 => (0..14u8).prop_map(|number| Strength::from_number(number).expect("below 14")),
    ]
}

fn threshold() -> impl Strategy<Value = Option<Threshold>> {
    option::of(prop_oneof![
        (0..7u32).prop_map(Threshold::Count),
        (0..=100u8).prop_map(Threshold::Percent),
    ])
}

fn weight() -> impl Strategy<Value = Weight> {
    let number = prop_oneof![6 => Just(1i64), 3 => 1..4i64, 1 => Just(255), 1 => Just(1000)];
    number.prop_map(|number| Weight::new(number).expect("in range"))
}

/// A group before it has a key: consumer, parameters, explicit or not.
fn group() -> impl Strategy<Value = (usize, Thresholds, Strength, bool)> {
    let thresholds = (threshold(), threshold(), threshold());
    (0..CIS_MAX, thresholds, strength(), any::<bool>()).prop_map(|(consumer, (k, d, r), strength, explicit)| {
        let thresholds = Thresholds {
            up_min: k,
            capacity_min: d,
            spare_min: r,
        };
        (consumer, thresholds, strength, explicit)
    })
}

/// An arc before its ends are known to exist: source, target or group, strength, type, weight.
type Wire = (usize, Result<usize, usize>, Strength, Option<u16>, Weight);

fn wire() -> impl Strategy<Value = Wire> {
    let end = prop_oneof![(0..CIS_MAX).prop_map(Ok), (0..4usize).prop_map(Err)];
    (0..CIS_MAX, end, strength(), option::weighted(0.8, 0..4u16), weight())
}

pub(super) fn model() -> impl Strategy<Value = Model> {
    let currents = vec((state(), 0..4u8), CIS_MAX);
    (1..=CIS_MAX, vec(group(), 0..5), vec(wire(), 0..30), currents).prop_map(|(cis, groups, wires, currents)| {
        let mut model = Model::of(cis);
        for (row, (current, rare)) in model.rows.iter_mut().zip(currents) {
            row.current = if rare == 0 { current } else { ImpactState::Ok };
        }
        for (number, (consumer, thresholds, strength, explicit)) in (0u16..).zip(groups) {
            let consumer = slot(consumer % cis);
            let key = if explicit {
                GroupKey::Explicit(GroupId::from_uuid(uuid::Uuid::from_u128(u128::from(number * 5 % 7))))
            } else {
                GroupKey::Pool {
                    consumer,
                    pool: PoolId::new(number * 3 % 5),
                }
            };
            let parameters = GroupParameters {
                consumer,
                thresholds,
                strength,
                grounded: false,
            };
            model.groups.push((key, parameters));
        }
        let arcs = wires.into_iter().filter_map(|wire| arc(&model, wire));
        model.arcs = arcs.collect();
        model
    })
}

fn arc(model: &Model, (source, end, strength, relationship_type, weight): Wire) -> Option<ImpactArc> {
    let cis = model.rows.len();
    let source = slot(source % cis);
    let (target, carrier) = match end {
        Ok(target) => (slot(target % cis), Carrier::Plain),
        Err(group) => {
            let (key, parameters) = model.groups.get(group)?;
            (parameters.consumer, Carrier::Member { group: *key, weight })
        }
    };
    let plain_without_type = carrier == Carrier::Plain && relationship_type.is_none();
    let silent = carrier == Carrier::Plain && strength == Strength::NONE;
    (source != target && !plain_without_type && !silent).then(|| ImpactArc {
        source,
        target,
        strength,
        relationship_type: relationship_type.map(RelationshipTypeId::new),
        carrier,
    })
}

fn failed(cis: usize, count_max: usize) -> impl Strategy<Value = Vec<FailedCi>> {
    let state = prop_oneof![2 => Just(ImpactState::Down), 1 => state()];
    vec((0..cis, state), 0..=count_max).prop_map(|failed| {
        let failed = failed.into_iter();
        failed.map(|(ci, state)| FailedCi { slot: slot(ci), state }).collect()
    })
}

/// Any question that the model can answer.
pub(super) fn question(model: &Model) -> impl Strategy<Value = ImpactQuestion> + use<> {
    let cis = model.rows.len();
    let arcs = model.arcs.clone();
    let broken = 0..=arcs.len().min(2);
    let types: Vec<RelationshipTypeId> = (0..4).map(RelationshipTypeId::new).collect();
    let excluded = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(types, 0..=2)];
    let broken = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(arcs, broken)];
    let pins = prop_oneof![2 => Just(Vec::new()), 1 => failed(cis, 2)];
    (
        (failed(cis, 3), broken, any::<bool>(), failed(cis, 1)),
        (pins, option::weighted(0.3, 0..5u32), excluded, any::<bool>()),
    )
        .prop_map(
            |((failed, broken, current, starting), (mut pins, depth_max, excluded_types, local))| {
                pins.sort_by_key(|pin: &FailedCi| pin.slot);
                pins.dedup_by_key(|pin| pin.slot);
                pins.retain(|pin| failed.iter().all(|failed| failed.slot != pin.slot));
                ImpactQuestion {
                    failed,
                    failed_arcs: broken,
                    depth_max,
                    premises: Premises {
                        starting_state: if current {
                            StartingState::Current
                        } else {
                            StartingState::Structural
                        },
                        starting_failed: starting,
                        assumed: pins,
                        excluded_types,
                        at_risk: if local {
                            AtRiskReading::Local
                        } else {
                            AtRiskReading::Transitive
                        },
                        grounded: true,
                    },
                }
            },
        )
}

/// A model and a question on it.
pub(super) fn model_and_question() -> impl Strategy<Value = (Model, ImpactQuestion)> {
    model().prop_flat_map(|model| {
        let question = question(&model);
        (Just(model), question)
    })
}

/// A model some of whose groups are grounded, and a question on it that goes to the end.
pub(super) fn grounded_model_and_question() -> impl Strategy<Value = (Model, ImpactQuestion)> {
    let grounded = vec(prop_oneof![3 => Just(true), 1 => Just(false)], 12);
    (model_and_question(), grounded, any::<bool>()).prop_map(|((mut model, mut question), grounded, needs_one)| {
        for ((_, parameters), grounded) in model.groups.iter_mut().zip(grounded) {
            parameters.grounded = grounded;
            if needs_one {
                // Connectivity: the circles that matter are among groups that need one member.
                parameters.thresholds.up_min = Some(Threshold::Count(1));
                parameters.strength = Strength::DOWN;
            }
        }
        question.depth_max = None;
        (model, question)
    })
}
