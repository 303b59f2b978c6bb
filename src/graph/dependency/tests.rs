//! The index after any history equals one built afresh from what is left.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::model::{GroupId, PoolId, Threshold, Thresholds};

/// What the index says, whatever the order it was told in.
fn content(index: &DependencyIndex, slots: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for slot in (0..slots).map(Slot::new) {
        let describe = |way: &str, link: &Link| {
            let other = match index.group_key(link.other).filter(|_| link.is_group()) {
                Some(key) => format!("{key:?}"),
                None => link.other.to_string(),
            };
            format!(
                "{slot:?} {way} {other} {} {} {}",
                link.relationship_type, link.strength, link.kind
            )
        };
        lines.extend(index.outgoing(slot).iter().map(|link| describe("to", link)));
        lines.extend(index.incoming(slot).iter().map(|link| describe("from", link)));
    }
    for number in (0..64).filter(|number| index.group_key(*number).is_some()) {
        let (key, gate) = (index.group_key(number), index.gate_of(number));
        let stated = index.group_parameters(number);
        lines.push(format!("{key:?} {gate:?} {stated:?}"));
        for link in index.members(number) {
            let member = Slot::new(link.other);
            let mut contributions = index.contributions(number, member);
            contributions.sort_by_key(|one| (one.relationship_type, one.strength.number(), one.weight));
            let weight = index.weight(*link, number, link.other);
            lines.push(format!("{key:?} has {link:?} {weight} {contributions:?}"));
        }
        lines.extend(
            index
                .also_plain(number)
                .map(|member| format!("{key:?} also plain {member:?}")),
        );
    }
    let empty = index
        .empty_groups()
        .map(|number| format!("empty {:?}", index.group_key(number)));
    lines.extend(empty);
    lines.sort();
    lines
}

const SLOTS: u32 = 6;

fn key(number: u32) -> GroupKey {
    if number.is_multiple_of(2) {
        GroupKey::Explicit(GroupId::from_uuid(uuid::Uuid::from_u128(u128::from(number))))
    } else {
        GroupKey::Pool {
            consumer: Slot::new(number % SLOTS),
            pool: PoolId::new(0),
        }
    }
}

fn parameters(number: u32, up_min: u32) -> GroupParameters {
    GroupParameters {
        consumer: Slot::new(number % SLOTS),
        thresholds: Thresholds {
            up_min: Some(Threshold::Count(up_min)),
            ..Thresholds::default()
        },
        strength: Strength::DOWN,
        grounded: up_min.is_multiple_of(2),
    }
}

fn arc() -> impl Strategy<Value = ImpactArc> {
    let weight = prop_oneof![Just(1), Just(2), Just(255), Just(300)];
    (
        0..SLOTS,
        0..SLOTS,
        0..14u8,
        0..3u16,
        proptest::option::of((0..4u32, weight)),
    )
        .prop_map(|(source, target, strength, relationship_type, member)| {
            let target = member.map_or(target, |(group, _)| group % SLOTS);
            ImpactArc {
                source: Slot::new(source),
                target: Slot::new(target),
                strength: Strength::from_number(strength).expect("below 14"),
                relationship_type: (relationship_type > 0).then(|| RelationshipTypeId::new(relationship_type)),
                carrier: member.map_or(Carrier::Plain, |(group, weight)| Carrier::Member {
                    group: key(group),
                    weight: Weight::new(weight).expect("in range"),
                }),
            }
        })
}

fn build(groups: &[u32], arcs: &[ImpactArc]) -> DependencyIndex {
    let mut index = DependencyIndex::default();
    for number in groups {
        index.put_group(key(*number), parameters(*number, *number));
    }
    for arc in arcs {
        index.add(arc);
    }
    index
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_history_the_index_equals_one_built_afresh(
        arcs in vec(arc(), 0..60),
        steps in vec((any::<prop::sample::Index>(), 0..3u8), 0..120),
    ) {
        let groups = [0, 1, 2, 3];
        let mut index = build(&groups, &[]);
        let mut there: Vec<ImpactArc> = Vec::new();
        for (choice, step) in steps {
            if step > 0 && !arcs.is_empty() {
                let arc = arcs[choice.index(arcs.len())];
                index.add(&arc);
                there.push(arc);
            } else if !there.is_empty() {
                let arc = there.swap_remove(choice.index(there.len()));
                index.remove(&arc);
            }
        }
        prop_assert_eq!(content(&index, SLOTS), content(&build(&groups, &there), SLOTS));
        index.compact();
        prop_assert_eq!(content(&index, SLOTS), content(&build(&groups, &there), SLOTS));

        let (gone, ci) = (key(1), Slot::new(2));
        index.remove_group(&gone);
        index.remove_ci(ci);
        there.retain(|arc| {
            let of_gone = matches!(arc.carrier, Carrier::Member { group, .. } if group == gone);
            !of_gone && arc.source != ci && arc.target != ci
        });
        prop_assert_eq!(content(&index, SLOTS), content(&build(&[0, 3], &there), SLOTS));
    }

    #[test]
    fn a_group_that_moves_to_another_consumer_is_as_if_built_there(arcs in vec(arc(), 0..40)) {
        let mut moved = build(&[0, 1, 2, 3], &arcs);
        let elsewhere = GroupParameters { consumer: Slot::new(5), ..parameters(2, 7) };
        moved.put_group(key(2), elsewhere);
        let mut afresh = DependencyIndex::default();
        for number in [0, 1, 3] {
            afresh.put_group(key(number), parameters(number, number));
        }
        afresh.put_group(key(2), elsewhere);
        for arc in &arcs {
            afresh.add(arc);
        }
        prop_assert_eq!(content(&moved, SLOTS), content(&afresh, SLOTS));
    }
}

#[test]
fn the_same_member_twice_is_one_with_the_larger_weight_and_strength() {
    let mut index = build(&[0], &[]);
    let member = |strength, number, weight| ImpactArc {
        source: Slot::new(3),
        target: Slot::new(0),
        strength,
        relationship_type: Some(RelationshipTypeId::new(number)),
        carrier: Carrier::Member {
            group: key(0),
            weight: Weight::new(weight).expect("in range"),
        },
    };
    let (light, heavy) = (member(Strength::AT_RISK, 1, 1), member(Strength::SOFT, 2, 500));
    index.add(&light);
    index.add(&heavy);
    let total = |index: &DependencyIndex| index.gate(&key(0)).map(|gate| gate.total);
    assert_eq!((total(&index), index.members(0).len()), (Some(500), 1));
    assert_eq!(strength_of(index.members(0)[0]), Strength::AT_RISK.join(Strength::SOFT));
    index.remove(&heavy);
    assert_eq!(total(&index), Some(1));
    assert_eq!(strength_of(index.members(0)[0]), Strength::AT_RISK);
    assert!(
        index.contributions.is_empty(),
        "one contribution needs nothing beside the link"
    );
}

#[test]
fn a_hub_of_a_hundred_thousand_memberships_is_built_one_by_one() {
    let mut index = DependencyIndex::default();
    for number in 1..=100_000u32 {
        let consumer = Slot::new(number);
        let group = GroupKey::Pool {
            consumer,
            pool: PoolId::new(0),
        };
        index.put_group(
            group,
            GroupParameters {
                consumer,
                ..parameters(0, 1)
            },
        );
        index.add(&ImpactArc {
            source: Slot::new(0),
            target: consumer,
            strength: Strength::DOWN,
            relationship_type: None,
            carrier: Carrier::Member {
                group,
                weight: Weight::ONE,
            },
        });
    }
    assert_eq!(index.outgoing(Slot::new(0)).len(), 100_000);
    assert_eq!(index.contributions(99_999, Slot::new(0)).len(), 1);
}
