//! Findings are what their definitions say, on random estates.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::random::{cases, grounded_model_and_question};
use crate::graph::Slot;
use crate::graph::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use crate::impact::oracle::{Model, States, slot};
use crate::impact::{
    Budget, FailedCi, ImpactQuestion, LintCode, LintFinding, LintReport, Scratch, TruncationReason, lints,
};
use crate::model::{CiTypeId, ImpactState, RelationshipTypeId, Strength, Threshold};

/// Code, the CI it is about, group, relationship type, and the CIs concerned.
type Naive = BTreeSet<(LintCode, Slot, Option<GroupKey>, Option<RelationshipTypeId>, Vec<Slot>)>;

pub(super) fn look(model: &Model, codes: &[LintCode], budget: &Budget<'_>) -> LintReport {
    model.with_view(|view| lints(view, codes, budget, &mut Scratch::default()))
}

/// A group as its definition reads it.
struct Group<'a> {
    model: &'a Model,
    key: GroupKey,
    parameters: GroupParameters,
    /// Members with what they carry.
    members: BTreeMap<Slot, Strength>,
}

impl<'a> Group<'a> {
    fn all(model: &'a Model) -> impl Iterator<Item = Self> {
        model.groups.iter().map(move |(key, parameters)| {
            let mut members = BTreeMap::new();
            for arc in model.arcs.iter().filter(|arc| is_member(arc, *key)) {
                let strength = members.entry(arc.source).or_insert(Strength::NONE);
                *strength = strength.join(arc.strength);
            }
            Self {
                model,
                key: *key,
                parameters: *parameters,
                members,
            }
        })
    }

    /// The state, before the group's strength, in these states of the CIs.
    fn state(&self, states: &States) -> ImpactState {
        let mut model = self.model.clone();
        for (key, parameters) in &mut model.groups {
            if *key == self.key {
                parameters.strength = Strength::DOWN;
            }
        }
        model.gate(&ImpactQuestion::default(), states, self.key).output
    }

    fn with_down(&self, down: &[Slot]) -> States {
        let cis = 0..self.model.rows.len();
        let state = |ci: Slot| {
            if down.contains(&ci) {
                ImpactState::Down
            } else {
                ImpactState::Ok
            }
        };
        cis.map(|ci| state(slot(ci))).collect()
    }

    /// The worst state, if a member that counts can be lost without it and the consumer notices it.
    fn worst(&self) -> Option<ImpactState> {
        let members: Vec<Slot> = self.members.keys().copied().collect();
        let worst = self.state(&self.with_down(&members));
        let can_be_lost = |(member, strength): (&Slot, &Strength)| {
            *strength != Strength::NONE && self.state(&self.with_down(&[*member])) < worst
        };
        let is_noticed = self.parameters.strength.apply(worst) > ImpactState::Ok;
        (is_noticed && self.members.iter().any(can_be_lost)).then_some(worst)
    }

    fn consumer_down(&self, member: Slot) -> bool {
        let state = self.state(&self.with_down(&[member]));
        self.members.contains_key(&member) && self.parameters.strength.apply(state) == ImpactState::Down
    }

    fn found(
        &self,
        code: LintCode,
        cis: Vec<Slot>,
    ) -> (LintCode, Slot, Option<GroupKey>, Option<RelationshipTypeId>, Vec<Slot>) {
        (code, self.parameters.consumer, Some(self.key), None, cis)
    }
}

fn is_member(arc: &ImpactArc, key: GroupKey) -> bool {
    matches!(arc.carrier, Carrier::Member { group, .. } if group == key)
}

fn down(ci: Slot) -> ImpactQuestion {
    ImpactQuestion {
        failed: vec![FailedCi {
            slot: ci,
            state: ImpactState::Down,
        }],
        ..ImpactQuestion::default()
    }
}

fn naive(model: &Model) -> Naive {
    let mut found = Naive::new();
    sizes(model, &mut found);
    peers(model, &mut found);
    shared_fates(model, &mut found);
    circles(model, &mut found);
    islands(model, &mut found);
    forgotten(model, &mut found);
    found
}

fn sizes(model: &Model, found: &mut Naive) {
    for group in Group::all(model) {
        let [k, _, _, total] = model
            .gate(&ImpactQuestion::default(), &group.with_down(&[]), group.key)
            .thresholds;
        let Some(Threshold::Count(stated)) = group.parameters.thresholds.up_min else {
            continue;
        };
        let is_lone_pool = matches!(group.key, GroupKey::Pool { .. }) && group.members.len() == 1;
        let members: Vec<Slot> = group.members.keys().copied().collect();
        if total > 0 && u64::from(stated) > total {
            found.insert(group.found(LintCode::GroupUndersized, members));
        } else if total > 0 && k == total && !is_lone_pool {
            found.insert(group.found(LintCode::ZeroHeadroom, members));
        }
    }
}

fn peers(model: &Model, found: &mut Naive) {
    let takes_down = |one: Slot, other: Slot| {
        let plain = model.arcs.iter().any(|arc| {
            let is_plain = arc.carrier == Carrier::Plain && (arc.source, arc.target) == (one, other);
            is_plain && arc.strength.apply(ImpactState::Down) == ImpactState::Down
        });
        plain || Group::all(model).any(|group| group.parameters.consumer == other && group.consumer_down(one))
    };
    for group in Group::all(model).filter(|group| group.worst().is_some()) {
        let counting = group
            .members
            .iter()
            .filter(|(_, strength)| **strength != Strength::NONE);
        let counting: Vec<Slot> = counting.map(|(member, _)| *member).collect();
        let is_end = |one: &&Slot| {
            let mut others = counting.iter().filter(|other| other != one);
            others.any(|other| takes_down(**one, *other) || takes_down(*other, **one))
        };
        let ends: Vec<Slot> = counting.iter().filter(is_end).copied().collect();
        if !ends.is_empty() {
            found.insert(group.found(LintCode::PeerHardEdge, ends));
        }
    }
}

fn shared_fates(model: &Model, found: &mut Naive) {
    for group in Group::all(model) {
        let Some(worst) = group.worst() else { continue };
        let below = (0..model.rows.len()).map(slot);
        let below = below.filter(|ci| !group.members.contains_key(ci) && group.parameters.consumer != *ci);
        let takes_along = |ci: &Slot| {
            let states = model.evaluate_grounded(&down(*ci)).1;
            group.state(&states) >= worst && !falls_anyway(model, &group, worst, &states)
        };
        let cis: Vec<Slot> = below.filter(takes_along).collect();
        if !cis.is_empty() {
            found.insert(group.found(LintCode::SharedFate, cis));
        }
    }
}

/// Whether the other requirements of the consumer, as far as they do not depend on it, leave it as bad.
fn falls_anyway(model: &Model, group: &Group<'_>, worst: ImpactState, states: &States) -> bool {
    let consumer = group.parameters.consumer;
    let hit = carrying(model).reachable([consumer]);
    let counting = |(ci, state): (usize, &ImpactState)| {
        if *state >= worst && !hit.contains(&slot(ci)) {
            *state
        } else {
            ImpactState::Ok
        }
    };
    let states: States = states.iter().enumerate().map(counting).collect();
    let by_group = group.parameters.strength.apply(worst);
    let mut plain = model
        .arcs
        .iter()
        .filter(|arc| arc.carrier == Carrier::Plain && arc.target == consumer);
    let mut others = Group::all(model).filter(|other| other.parameters.consumer == consumer && other.key != group.key);
    plain.any(|arc| arc.strength.apply(states[arc.source.index()]) >= by_group)
        || others.any(|other| other.parameters.strength.apply(other.state(&states)) >= by_group)
}

/// The model without what carries nothing.
fn carrying(model: &Model) -> Model {
    let mut carrying = model.clone();
    let silent: Vec<GroupKey> = Group::all(model)
        .filter(|group| group.parameters.strength == Strength::NONE)
        .map(|group| group.key)
        .collect();
    carrying
        .arcs
        .retain(|arc| arc.strength != Strength::NONE && !silent.iter().any(|group| is_member(arc, *group)));
    carrying
}

fn circles(model: &Model, found: &mut Naive) {
    let carrying = carrying(model);
    for group in Group::all(model).filter(|group| !group.parameters.grounded && group.worst().is_some()) {
        let hit = carrying.reachable([group.parameters.consumer]);
        let counting = group
            .members
            .iter()
            .filter(|(_, strength)| **strength != Strength::NONE);
        let cis: Vec<Slot> = counting
            .map(|(member, _)| *member)
            .filter(|member| hit.contains(member))
            .collect();
        if !cis.is_empty() {
            found.insert(group.found(LintCode::CyclicGroup, cis));
        }
    }
}

fn islands(model: &Model, found: &mut Naive) {
    let islands = model.islands();
    for ci in &islands {
        let grounded = Group::all(model).filter(|group| group.parameters.grounded && group.parameters.consumer == *ci);
        let members = grounded.flat_map(|group| group.members.into_keys());
        let cis: BTreeSet<Slot> = members.filter(|member| islands.contains(member)).collect();
        found.insert((
            LintCode::UngroundedAtBaseline,
            *ci,
            None,
            None,
            cis.into_iter().collect(),
        ));
    }
}

fn forgotten(model: &Model, found: &mut Naive) {
    let mut alike: BTreeMap<(Slot, CiTypeId, Option<RelationshipTypeId>), BTreeSet<Slot>> = BTreeMap::new();
    for arc in &model.arcs {
        let in_group = Group::all(model)
            .any(|group| group.parameters.consumer == arc.target && group.members.contains_key(&arc.source));
        let is_hard = arc.strength.apply(ImpactState::Down) == ImpactState::Down;
        if arc.carrier == Carrier::Plain && is_hard && !in_group {
            let key = (
                arc.target,
                model.rows[arc.source.index()].ci_type,
                arc.relationship_type,
            );
            alike.entry(key).or_default().insert(arc.source);
        }
    }
    for ((dependent, _, relationship_type), cis) in alike {
        if (2..=8).contains(&cis.len()) {
            let cis = cis.into_iter().collect();
            found.insert((LintCode::ForgottenGroup, dependent, None, relationship_type, cis));
        }
    }
}

/// Findings without the order of their CIs.
fn unordered(findings: &[LintFinding]) -> Naive {
    let mut found = Naive::new();
    for finding in findings {
        let mut cis = finding.cis.clone();
        cis.sort_unstable();
        let is_new = found.insert((finding.code, finding.ci, finding.group, finding.relationship_type, cis));
        assert!(is_new, "{finding:?} twice");
    }
    found
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn findings_are_what_their_definitions_say((model, _) in grounded_model_and_question()) {
        let report = look(&model, &LintCode::ALL, &Budget::UNLIMITED);
        prop_assert_eq!(report.truncated, None);
        prop_assert_eq!(unordered(&report.findings), naive(&model));
        for count in &report.counts {
            let of_code = report.findings.iter().filter(|finding| finding.code == count.code);
            prop_assert_eq!(count.count, of_code.count() as u64);
            prop_assert!(count.complete);
        }
        let place = |finding: &LintFinding| (finding.code, model.rows[finding.ci.index()].id);
        prop_assert!(report.findings.is_sorted_by_key(place));
        for code in LintCode::ALL {
            let one = look(&model, &[code], &Budget::UNLIMITED);
            let of_code = report.findings.iter().filter(|finding| finding.code == code).cloned();
            prop_assert_eq!(one.findings, of_code.collect::<Vec<_>>());
            prop_assert_eq!(one.counts.len(), 1);
        }
    }

    #[test]
    fn findings_cut_short_are_findings_and_say_so(
        (model, _) in grounded_model_and_question(),
        links in 0..400u64,
        cis in 0..10u64,
    ) {
        let whole = look(&model, &LintCode::ALL, &Budget::UNLIMITED);
        let by_links = Budget { arcs_visited_max: links, ..Budget::UNLIMITED };
        let by_cis = Budget { results_max: cis, ..Budget::UNLIMITED };
        for (budget, limit) in [(by_links, TruncationReason::Arcs), (by_cis, TruncationReason::Results)] {
            let part = look(&model, &LintCode::ALL, &budget);
            prop_assert!(part.truncated.is_none_or(|reason| reason == limit));
            let all_complete = part.counts.iter().all(|count| count.complete);
            prop_assert_eq!(all_complete, part.truncated.is_none());
            for (count, whole) in part.counts.iter().zip(&whole.counts) {
                let agrees = if count.complete { count == whole } else { count.count <= whole.count };
                prop_assert!(agrees, "{:?} of {:?}", count, whole);
            }
            for finding in &part.findings {
                let like = |other: &&LintFinding| (other.code, other.ci, other.group, other.relationship_type)
                    == (finding.code, finding.ci, finding.group, finding.relationship_type);
                let known = whole.findings.iter().filter(like);
                let within = |other: &LintFinding| finding.cis.iter().all(|ci| other.cis.contains(ci));
                prop_assert!(known.clone().any(within), "{:?}", finding);
            }
        }
    }
}
