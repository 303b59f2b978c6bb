//! Each finding in a small estate, and beside it the one that must not be found.

use super::lint::look;
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, slot};
use crate::impact::{Budget, LintCode, TruncationReason};
use crate::model::{CiTypeId, GroupId, PoolId, RelationshipTypeId, Strength, Threshold, Thresholds, Weight};

const RUNS_ON: RelationshipTypeId = RelationshipTypeId::new(0);
const DEPENDS_ON: RelationshipTypeId = RelationshipTypeId::new(1);

fn plain(source: usize, target: usize) -> ImpactArc {
    ImpactArc {
        source: slot(source),
        target: slot(target),
        strength: Strength::DOWN,
        relationship_type: Some(RUNS_ON),
        carrier: Carrier::Plain,
    }
}

/// CIs of different types, so that none of them looks like a forgotten group.
fn cis(count: usize) -> Model {
    let mut model = Model::of(count);
    for (number, row) in (0u16..).zip(&mut model.rows) {
        row.ci_type = CiTypeId::new(number);
    }
    model
}

/// Gives `consumer` a group that needs `up_min` of `members`.
fn needs(model: &mut Model, consumer: usize, up_min: Option<Threshold>, members: &[usize]) {
    let group = GroupKey::Explicit(GroupId::from_uuid(uuid::Uuid::from_u128(consumer as u128)));
    let thresholds = Thresholds {
        up_min,
        ..Thresholds::default()
    };
    let parameters = GroupParameters {
        consumer: slot(consumer),
        thresholds,
        strength: Strength::DOWN,
        grounded: false,
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

fn one_of(model: &mut Model, consumer: usize, members: &[usize]) {
    needs(model, consumer, Some(Threshold::Count(1)), members);
}

/// The findings as code, CI, and CIs concerned.
fn found(model: &Model) -> Vec<(LintCode, usize, Vec<usize>)> {
    let report = look(model, &LintCode::ALL, &Budget::UNLIMITED);
    let findings = report.findings.iter();
    findings
        .map(|finding| {
            let cis = finding.cis.iter().map(|ci| ci.index()).collect();
            (finding.code, finding.ci.index(), cis)
        })
        .collect()
}

#[test]
fn a_pair_that_needs_each_other_is_one_point_of_failure() {
    let mut model = cis(3);
    one_of(&mut model, 2, &[0, 1]);
    assert_eq!(found(&model), []);
    model.arcs.push(plain(0, 1));
    assert_eq!(found(&model), [(LintCode::PeerHardEdge, 2, vec![0, 1])]);
    model.arcs[2].strength = "AT_RISK".parse().expect("a strength");
    assert_eq!(found(&model), []);
}

#[test]
fn a_pair_joined_by_a_group_of_one_is_one_point_of_failure_too() {
    let mut model = cis(4);
    one_of(&mut model, 2, &[0, 1]);
    needs(&mut model, 1, None, &[0]);
    assert_eq!(found(&model), [(LintCode::PeerHardEdge, 2, vec![0, 1])]);
    // With another uplink for 1, it stands without 0.
    let mut model = cis(4);
    one_of(&mut model, 2, &[0, 1]);
    one_of(&mut model, 1, &[0, 3]);
    assert_eq!(found(&model), []);
}

#[test]
fn members_that_are_all_needed_lose_nothing_by_needing_each_other() {
    let mut model = cis(3);
    needs(&mut model, 2, None, &[0, 1]);
    model.arcs.push(plain(0, 1));
    assert_eq!(found(&model), []);
}

#[test]
fn a_group_is_undersized_when_its_count_is_over_what_it_has() {
    for (up_min, code) in [
        (Some(Threshold::Count(3)), Some(LintCode::GroupUndersized)),
        (Some(Threshold::Count(2)), Some(LintCode::ZeroHeadroom)),
        (Some(Threshold::Count(1)), None),
        (Some(Threshold::Percent(100)), None),
        (None, None),
    ] {
        let mut model = cis(3);
        needs(&mut model, 2, up_min, &[0, 1]);
        let expected: Vec<_> = code.into_iter().map(|code| (code, 2, vec![0, 1])).collect();
        let mut found = found(&model);
        for (_, _, cis) in &mut found {
            cis.sort_unstable();
        }
        assert_eq!(found, expected, "{up_min:?}");
    }
}

#[test]
fn a_pool_of_one_that_needs_one_is_no_lost_redundancy() {
    let mut model = cis(2);
    one_of(&mut model, 1, &[0]);
    assert_eq!(found(&model), [(LintCode::ZeroHeadroom, 1, vec![0])]);
    let pool = GroupKey::Pool {
        consumer: slot(1),
        pool: PoolId::new(0),
    };
    model.groups[0].0 = pool;
    model.arcs[0].carrier = Carrier::Member {
        group: pool,
        weight: Weight::ONE,
    };
    assert_eq!(found(&model), []);
}

#[test]
fn a_rack_below_a_pair_is_named_before_its_room() {
    // 0 is the room, 1 and 2 racks in it, 3 and 4 servers in racks, 5 needs one of them.
    let mut model = cis(7);
    model.arcs = vec![plain(0, 1), plain(0, 2), plain(1, 3), plain(1, 4), plain(2, 6)];
    one_of(&mut model, 5, &[3, 4]);
    assert_eq!(found(&model), [(LintCode::SharedFate, 5, vec![1, 0])]);
    // In racks of their own the servers share the room only.
    model.arcs[3] = plain(2, 4);
    assert_eq!(found(&model), [(LintCode::SharedFate, 5, vec![0])]);
    model.arcs[1].strength = Strength::NONE;
    model.arcs.retain(|arc| arc.strength != Strength::NONE);
    assert_eq!(found(&model), []);
}

#[test]
fn what_takes_the_consumer_down_anyway_is_no_shared_fate() {
    // 0 is the rack of a server, 3, with two power supplies, 1 and 2; 4 needs one of two such, 3 and 5.
    let mut model = cis(6);
    model.arcs = vec![plain(0, 1), plain(0, 2), plain(0, 3)];
    one_of(&mut model, 3, &[1, 2]);
    one_of(&mut model, 4, &[3, 5]);
    assert_eq!(found(&model), []);
    // The server stands elsewhere: its supplies have a common fate that is not its own.
    model.arcs.remove(2);
    assert_eq!(found(&model), [(LintCode::SharedFate, 3, vec![0])]);
    // It needs something else that stands in the rack.
    needs(&mut model, 5, None, &[0]);
    model.arcs.push(plain(5, 3));
    model.groups.retain(|(_, group)| group.consumer != slot(4));
    model.arcs.retain(|arc| arc.target != slot(4));
    assert_eq!(found(&model), []);
}

#[test]
fn what_depends_on_the_consumer_is_no_other_way_for_it_to_fall() {
    // 3 needs one of 1 and 2 on 0; 3 and 4 need each other.
    let mut model = cis(5);
    model.arcs = vec![plain(0, 1), plain(0, 2), plain(3, 4), plain(4, 3)];
    one_of(&mut model, 3, &[1, 2]);
    assert_eq!(found(&model), [(LintCode::SharedFate, 3, vec![0])]);
}

#[test]
fn what_takes_too_few_members_is_no_shared_fate() {
    // Two of three must be up; 0 takes one of them, 1 takes two.
    let mut model = cis(6);
    model.arcs = vec![plain(0, 2), plain(1, 3), plain(1, 4)];
    needs(&mut model, 5, Some(Threshold::Count(2)), &[2, 3, 4]);
    assert_eq!(found(&model), [(LintCode::SharedFate, 5, vec![1])]);
}

#[test]
fn a_shared_fate_can_be_to_run_worse() {
    // Members count as DEGRADED at worst, so DEGRADED is the worst that can happen.
    let mut model = cis(4);
    one_of(&mut model, 3, &[1, 2]);
    for arc in &mut model.arcs {
        arc.strength = "DEGRADED".parse().expect("a strength");
    }
    assert_eq!(found(&model), []);
    model.arcs.extend([plain(0, 1), plain(0, 2)]);
    assert_eq!(found(&model), [(LintCode::SharedFate, 3, vec![0])]);
    // What comes as a flag only is no failure of both.
    model.arcs[2].strength = "AT_RISK".parse().expect("a strength");
    assert_eq!(found(&model), []);
}

#[test]
fn a_group_in_a_circle_is_found_unless_it_is_grounded() {
    // Two routers, each with an uplink and each other.
    let mut model = cis(4);
    one_of(&mut model, 2, &[0, 3]);
    one_of(&mut model, 3, &[1, 2]);
    let both = [(LintCode::CyclicGroup, 2, vec![3]), (LintCode::CyclicGroup, 3, vec![2])];
    let mut cyclic = found(&model);
    cyclic.sort();
    assert_eq!(cyclic, both);
    for (_, parameters) in &mut model.groups {
        parameters.grounded = true;
    }
    assert_eq!(found(&model), []);
    for (_, parameters) in &mut model.groups {
        parameters.grounded = false;
    }
    // Without the way back there is no circle.
    model.arcs.retain(|arc| (arc.source, arc.target) != (slot(2), slot(3)));
    model.groups[1].1.thresholds.up_min = None;
    assert_eq!(found(&model), []);
}

#[test]
fn an_island_is_found_and_a_spur_is_not() {
    let mut model = cis(3);
    needs(&mut model, 0, None, &[1]);
    needs(&mut model, 1, Some(Threshold::Percent(50)), &[0, 2]);
    for (_, parameters) in &mut model.groups {
        parameters.grounded = true;
    }
    assert_eq!(found(&model), []);
    model.arcs.retain(|arc| arc.source != slot(2));
    let mut islands = found(&model);
    islands.sort();
    let code = LintCode::UngroundedAtBaseline;
    assert_eq!(islands, [(code, 0, vec![1]), (code, 1, vec![0])]);
}

#[test]
fn like_things_that_each_carry_a_dependent_may_be_a_forgotten_group() {
    let mut model = cis(11);
    model.rows[1].ci_type = model.rows[0].ci_type;
    model.arcs = vec![plain(0, 10), plain(1, 10), plain(2, 10)];
    let report = look(&model, &[LintCode::ForgottenGroup], &Budget::UNLIMITED);
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!((finding.ci, finding.relationship_type), (slot(10), Some(RUNS_ON)));
    let mut cis: Vec<usize> = finding.cis.iter().map(|ci| ci.index()).collect();
    cis.sort_unstable();
    assert_eq!(cis, [0, 1]);
    // By another relationship, or softly, they are not alike.
    let mut other = model.clone();
    other.arcs[1].relationship_type = Some(DEPENDS_ON);
    assert_eq!(found(&other), []);
    let mut soft = model.clone();
    soft.arcs[1].strength = "SOFT".parse().expect("a strength");
    assert_eq!(found(&soft), []);
    // One that is in a group as well was not forgotten.
    let mut grouped = model.clone();
    one_of(&mut grouped, 10, &[1, 2]);
    assert_eq!(found(&grouped), []);
    // Nine are a list of parts.
    for number in 0..9 {
        model.rows[number].ci_type = CiTypeId::new(0);
    }
    model.arcs = (0..8).map(|number| plain(number, 10)).collect();
    assert_eq!(found(&model).len(), 1);
    model.arcs.push(plain(8, 10));
    assert_eq!(found(&model), []);
}

/// `pairs` pairs, each below a consumer of its own, all in one hall, on a long chain of supply.
fn hall(pairs: usize, chain: usize) -> Model {
    let mut model = cis(chain + pairs * 3);
    model.arcs = (1..chain).map(|link| plain(link - 1, link)).collect();
    for pair in 0..pairs {
        let [one, other, consumer] = [0, 1, 2].map(|place| chain + pair * 3 + place);
        model.arcs.extend([plain(chain - 1, one), plain(chain - 1, other)]);
        one_of(&mut model, consumer, &[one, other]);
    }
    model
}

#[test]
fn a_hall_below_every_pair_is_tried_once_for_all() {
    let model = hall(2000, 3);
    let report = look(&model, &[LintCode::SharedFate], &Budget::UNLIMITED);
    assert_eq!(report.findings.len(), 2000);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.cis == [slot(2), slot(1), slot(0)])
    );
    assert!(report.arcs_visited < 2000 * 90, "{}", report.arcs_visited);
}

#[test]
fn a_long_chain_of_supply_is_told_in_linear_time_or_ends_at_the_limit_and_says_so() {
    let model = hall(1, 3000);
    let budget = Budget {
        arcs_visited_max: 100_000,
        ..Budget::UNLIMITED
    };
    let report = look(&model, &LintCode::ALL, &budget);
    assert_eq!((report.truncated, report.findings[0].cis.len()), (None, 3000));
    let budget = Budget {
        arcs_visited_max: report.arcs_visited - 5_000,
        ..Budget::UNLIMITED
    };
    let report = look(&model, &LintCode::ALL, &budget);
    assert_eq!(report.truncated, Some(TruncationReason::Arcs));
    let incomplete: Vec<LintCode> = report
        .counts
        .iter()
        .filter(|count| !count.complete)
        .map(|count| count.code)
        .collect();
    assert_eq!(incomplete, [LintCode::SharedFate]);
    assert!(report.findings[0].cis.len() > 5);
}

#[test]
fn a_switch_in_every_group_does_not_cost_its_groups_once_a_neighbour() {
    // 0 and 1 are in 1,000 groups, and each feeds 1,000 others by plain arcs besides.
    let groups = 1000;
    let mut model = cis(2 + groups * 2);
    for number in 0..groups {
        one_of(&mut model, 2 + number, &[0, 1]);
        model.arcs.push(plain(number % 2, 2 + groups + number));
    }
    let report = look(&model, &[LintCode::PeerHardEdge], &Budget::UNLIMITED);
    assert_eq!(report.findings, []);
    assert!(report.arcs_visited < 100_000, "{}", report.arcs_visited);
    model.arcs.push(plain(0, 1));
    let report = look(&model, &[LintCode::PeerHardEdge], &Budget::UNLIMITED);
    assert_eq!(report.findings.len(), groups);
    assert!(report.arcs_visited < 100_000, "{}", report.arcs_visited);
}

#[test]
fn every_code_has_a_name_a_severity_and_a_remedy_of_its_own() {
    let mut names: Vec<&str> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), LintCode::ALL.len());
    let mut remedies: Vec<&str> = LintCode::ALL.iter().map(|code| code.remedy()).collect();
    remedies.sort_unstable();
    remedies.dedup();
    assert_eq!(remedies.len(), LintCode::ALL.len());
    assert!(LintCode::ALL.is_sorted());
}
