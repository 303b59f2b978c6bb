//! One failure in estates of a million CIs and of wide groups.

use super::{MILLION, columns, down, index, plain};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, DependencyIndex, GroupKey, GroupParameters, ImpactArc};
use crate::impact::{Budget, FailedCi, ImpactQuestion, ImpactView, Scratch, impact};
use crate::model::{ImpactState, PoolId, Strength, Threshold, Thresholds, Weight};

#[test]
fn a_chain_of_a_million_is_walked_to_its_end_and_explained() {
    let index = index((1..MILLION).map(|ci| plain(ci - 1, ci)));
    let columns = columns(MILLION);
    let view = ImpactView {
        index: &index,
        columns: &columns,
    };
    let report = down(0, view);
    assert_eq!(report.counts.all.down, u64::from(MILLION));
    assert_eq!(report.arcs_visited, u64::from(MILLION) - 1);
    let last = report.page(view, 999_999..MILLION as usize)[0];
    assert_eq!(last.depth, MILLION - 1);
    let witness = report.witness(view, last.slot).expect("impacted");
    assert_eq!(witness.steps.len(), 999_999);
}

#[test]
fn a_star_of_a_million_costs_one_look_at_each_arc_and_pages_by_id() {
    let index = index((1..MILLION).map(|ci| plain(0, ci)));
    let columns = columns(MILLION);
    let view = ImpactView {
        index: &index,
        columns: &columns,
    };
    let report = down(0, view);
    assert_eq!(report.arcs_visited, u64::from(MILLION) - 1);
    let page = report.page(view, 500_000..500_100);
    let expected: Vec<u32> = (500_000..500_100).collect();
    assert_eq!(page.iter().map(|ci| ci.slot.number()).collect::<Vec<_>>(), expected);
}

#[test]
fn a_group_of_a_hundred_thousand_is_built_one_by_one_and_counted_once() {
    let members = 100_000u32;
    let consumer = Slot::new(members + 1);
    let group = GroupKey::Pool {
        consumer,
        pool: PoolId::new(0),
    };
    let thresholds = Thresholds {
        up_min: Some(Threshold::Percent(50)),
        ..Thresholds::default()
    };
    let mut index = DependencyIndex::default();
    let parameters = GroupParameters {
        consumer,
        thresholds,
        strength: Strength::DOWN,
        grounded: false,
    };
    index.put_group(group, parameters);
    for ci in 1..=members {
        index.add(&plain(0, ci));
        let carrier = Carrier::Member {
            group,
            weight: Weight::ONE,
        };
        index.add(&ImpactArc {
            target: consumer,
            carrier,
            ..plain(ci, 0)
        });
    }
    assert_eq!(
        index.gate(&group).map(|gate| (gate.total, gate.up_min)),
        Some((100_000, 50_000))
    );
    let columns = columns(members + 2);
    let report = down(
        0,
        ImpactView {
            index: &index,
            columns: &columns,
        },
    );
    assert_eq!(report.after(consumer), ImpactState::Down);
    assert_eq!(report.arcs_visited, u64::from(members) * 2);
}

#[test]
fn a_group_heavier_than_32_bits_counts_as_any_other() {
    let members = 5_000u32;
    let consumer = Slot::new(members);
    let group = GroupKey::Pool {
        consumer,
        pool: PoolId::new(0),
    };
    let up_min = Some(Threshold::Percent(1));
    let parameters = GroupParameters {
        consumer,
        thresholds: Thresholds {
            up_min,
            ..Thresholds::default()
        },
        strength: Strength::DOWN,
        grounded: false,
    };
    let carrier = Carrier::Member {
        group,
        weight: Weight::new(i64::from(Weight::MAX)).expect("in range"),
    };
    let mut index = DependencyIndex::default();
    index.put_group(group, parameters);
    for member in 0..members {
        let arc = plain(member, members);
        index.add(&ImpactArc { carrier, ..arc });
    }
    let columns = columns(members + 1);
    let view = ImpactView {
        index: &index,
        columns: &columns,
    };
    let mut scratch = Scratch::default();
    for (failed, expected) in [
        (4_951, ImpactState::Down),
        (4_950, ImpactState::AtRisk),
        (0, ImpactState::Ok),
    ] {
        let state = ImpactState::Down;
        let failed = (0..failed).map(|member| FailedCi {
            slot: Slot::new(member),
            state,
        });
        let question = ImpactQuestion {
            failed: failed.collect(),
            ..ImpactQuestion::default()
        };
        let report = impact(view, &question, &Budget::UNLIMITED, &mut scratch).expect("nothing is assumed");
        assert_eq!(report.after(consumer), expected);
        let up: Vec<u64> = report.absorbed(view).iter().map(|one| one.up).collect();
        let absorbed = (expected == ImpactState::AtRisk).then_some(50 * u64::from(Weight::MAX));
        assert_eq!(up, Vec::from_iter(absorbed));
    }
}

#[test]
fn forty_layers_of_diamonds_are_linear_though_their_paths_are_not() {
    let layers = 40u32;
    let diamond = |layer: u32| {
        let top = layer * 3;
        [(top, top + 1), (top, top + 2), (top + 1, top + 3), (top + 2, top + 3)]
    };
    let index = index(
        (0..layers)
            .flat_map(diamond)
            .map(|(source, target)| plain(source, target)),
    );
    let columns = columns(layers * 3 + 1);
    let report = down(
        0,
        ImpactView {
            index: &index,
            columns: &columns,
        },
    );
    assert_eq!(report.counts.all.down, u64::from(layers) * 3 + 1);
    assert_eq!(report.arcs_visited, u64::from(layers) * 4);
}

/// A line of switches that list their neighbours both ways, in grounded groups that need one.
fn spur(switches: u32) -> DependencyIndex {
    let mut index = DependencyIndex::default();
    let neighbours = |switch: u32| [switch.checked_sub(1), Some(switch + 1).filter(|next| *next < switches)];
    for switch in 1..switches {
        let consumer = Slot::new(switch);
        let group = GroupKey::Pool {
            consumer,
            pool: PoolId::new(0),
        };
        let parameters = GroupParameters {
            consumer,
            thresholds: Thresholds {
                up_min: Some(Threshold::Count(1)),
                ..Thresholds::default()
            },
            strength: Strength::DOWN,
            grounded: true,
        };
        index.put_group(group, parameters);
        for neighbour in neighbours(switch).into_iter().flatten() {
            index.add(&ImpactArc {
                carrier: Carrier::Member {
                    group,
                    weight: Weight::ONE,
                },
                ..plain(neighbour, switch)
            });
        }
    }
    index
}

#[test]
fn a_spur_of_a_hundred_thousand_falls_as_one_and_its_end_alone_costs_nothing() {
    const SWITCHES: u32 = 100_000;
    let (index, columns) = (spur(SWITCHES), columns(SWITCHES));
    let view = ImpactView {
        index: &index,
        columns: &columns,
    };
    let report = down(1, view);
    assert_eq!(report.counts.all.down, u64::from(SWITCHES) - 1);
    // Each link is looked at a few times, whether a CI rises, is doubted or is derived anew.
    assert!(
        report.arcs_visited < 20 * 2 * u64::from(SWITCHES),
        "{}",
        report.arcs_visited
    );
    let report = down(SWITCHES - 1, view);
    assert_eq!((report.counts.all.down, report.counts.all.at_risk), (1, 1));
    assert!(report.arcs_visited < 20, "{}", report.arcs_visited);
}
