//! Random commands on a small estate, and what an estate says, in a form to compare.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{ci, editor};
use crate::app::{BatchMode, Cmdb, WriteRequest};
use crate::graph::dependency::GroupKey;
use crate::graph::{Estate, Slot};
use crate::model::command::{CiObservation, NewCi, NewGroup, NewRelationship};
use crate::model::{
    BeforeAfter, CiId, CiPatch, Command, Delta, DeltaItem, GroupId, GroupMember, GroupPatch, Input, LifecycleStage,
    MergeChoice, MergeSide, Name, RelationshipId, RelationshipPatch, SourceName, Strength, Threshold, Thresholds,
    Weight,
};

/// Ids that random commands use.
const CIS: u128 = 8;

const TYPES: [&str; 3] = ["physical_server", "application", "business_service"];

const RELATIONSHIP_TYPES: [&str; 4] = ["depends_on", "uses", "member_of", "connects_to"];

pub(super) fn steps() -> impl Strategy<Value = Vec<Vec<Command>>> {
    prop::collection::vec(prop::collection::vec(command(), 1..6), 1..40)
}

/// Sends commands as one write, some of them atomic, some dry.
pub(super) fn take(cmdb: &Cmdb, commands: Vec<Command>) {
    let odd = commands.len() % 2 == 1;
    let dry_run = commands.len() == 4;
    let mode = if odd { BatchMode::Partial } else { BatchMode::Atomic };
    let source = ["manual", "scanner", "import"][commands.len() % 3];
    let request = WriteRequest {
        source: Some(SourceName::plain(Name::new(source).expect("a name"))),
        mode,
        dry_run,
        ..WriteRequest::commands(commands)
    };
    editor(cmdb).write_blocking(request).expect("the write is taken");
}

#[expect(clippy::too_many_lines, reason = "one paragraph for each command")]
fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (id(), 0..TYPES.len(), prop::option::weighted(0.7, stage())).prop_map(|(id, ci_type, stage)| Command::CreateCi(NewCi {
            id: Some(id),
            ci_type: TYPES[ci_type].to_owned(),
            name: format!("ci-{}", id.as_uuid().as_u128()),
            stage,
            native_key: Some(id.to_string()),
            ..NewCi::default()
        })),
        2 => (id(), prop::option::of(0..4u8), prop::option::of(1..5i64)).prop_map(|(ci, min_up, tier)| {
            let min_up = min_up.map_or(Input::Null, |min_up| Input::Text(min_up.to_string()));
            let tier = tier.map_or(Input::Null, Input::from);
            let attributes = vec![("min_up".to_owned(), min_up), ("tier".to_owned(), tier)];
            Command::UpdateCi { ci, expected: None, patch: CiPatch { attributes, ..CiPatch::default() } }
        }),
        3 => (id(), stage()).prop_map(|(ci, stage)| Command::MoveCi { ci, expected: None, stage }),
        1 => id().prop_map(|ci| Command::DeleteCi {
            ci,
            expected: None,
            reason: "a mistake".to_owned(),
            with_relationships: true,
        }),
        8 => (id(), id(), 0..RELATIONSHIP_TYPES.len(), properties()).prop_map(|(from, to, kind, properties)| {
            Command::Relate(NewRelationship {
                relationship_type: RELATIONSHIP_TYPES[kind].to_owned(),
                from,
                to,
                qualifier: String::new(),
                properties,
            })
        }),
        2 => (1..40u64, properties()).prop_map(|(relationship, patch)| Command::ChangeRelationship {
            relationship: RelationshipId::new(relationship),
            patch,
        }),
        2 => (1..40u64).prop_map(|number| Command::Unrelate { relationship: RelationshipId::new(number) }),
        3 => (group(), id(), members(), prop::option::of(0..4u32)).prop_map(|(id, consumer, members, up_min)| {
            Command::CreateGroup(NewGroup {
                id: Some(id),
                name: Name::new(&format!("g{}", id.as_uuid().as_u128())).expect("a name"),
                consumer,
                members,
                thresholds: Thresholds { up_min: up_min.map(Threshold::Count), ..Thresholds::default() },
                strength: Strength::DOWN,
                grounded: false,
                valid_from: None,
                valid_to: None,
            })
        }),
        1 => (group(), members(), prop::collection::vec(id(), 0..2)).prop_map(|(group, add_members, remove_members)| {
            let patch = GroupPatch { add_members, remove_members, ..GroupPatch::default() };
            Command::ChangeGroup { group, patch }
        }),
        1 => group().prop_map(|group| Command::DeleteGroup { group }),
        3 => (id(), prop::option::of(1..5i64), 0..4u8).prop_map(|(ci, tier, key)| {
            let attributes = vec![("tier".to_owned(), tier.map_or(Input::Null, Input::from))];
            let patch = CiPatch {
                name: Some(format!("seen-{key}")),
                native_key: Some(format!("{ci}/{key}")),
                attributes,
                ..CiPatch::default()
            };
            Command::ObserveCi { ci, observation: CiObservation { patch, ..CiObservation::default() } }
        }),
        2 => (id(), id(), prop::bool::ANY).prop_map(|(survivor, absorbed, take)| merge(survivor, absorbed, take)),
        1 => id().prop_map(|absorbed| Command::RevertMerge { absorbed }),
        1 => (id(), id()).prop_map(|(one, other)| Command::TellApart {
            cis: [one, other],
            by: "tester".to_owned(),
            reason: "seen both".to_owned(),
        }),
        1 => (id(), id()).prop_map(|(one, other)| Command::ReopenDuplicate { cis: [one, other] }),
    ]
}

/// A merge that takes the absorbed CI's name, or not.
pub(super) fn merge(survivor: CiId, absorbed: CiId, take: bool) -> Command {
    let name = MergeChoice {
        attribute: "name".to_owned(),
        take: MergeSide::Absorbed,
    };
    Command::MergeCis {
        survivor,
        absorbed,
        choices: if take { vec![name] } else { Vec::new() },
        by: "tester".to_owned(),
        reason: None,
    }
}

fn id() -> impl Strategy<Value = CiId> {
    (1..=CIS).prop_map(ci)
}

fn group() -> impl Strategy<Value = GroupId> {
    (1..=3u128).prop_map(|number| GroupId::from_uuid(uuid::Uuid::from_u128(number)))
}

fn members() -> impl Strategy<Value = Vec<GroupMember>> {
    let member = (id(), 1..3i64, 0..14u8).prop_map(|(ci, weight, strength)| GroupMember {
        ci,
        weight: Weight::new(weight).expect("a weight"),
        strength: Strength::from_number(strength).expect("below 14"),
    });
    prop::collection::vec(member, 0..4)
}

fn properties() -> impl Strategy<Value = RelationshipPatch> {
    (prop::option::of(0..14u8), prop::option::of(group()), 1..300i64).prop_map(|(reverse, group, weight)| {
        RelationshipPatch {
            reverse: reverse.map(Strength::from_number),
            group: group.map(Some),
            weight: Some(Weight::new(weight).expect("a weight")),
            ..RelationshipPatch::default()
        }
    })
}

fn stage() -> impl Strategy<Value = LifecycleStage> {
    prop_oneof![
        4 => Just(LifecycleStage::InService),
        1 => Just(LifecycleStage::Maintenance),
        1 => Just(LifecycleStage::Retired),
        1 => Just(LifecycleStage::Planned),
    ]
}

/// All that an estate records, sorted.
pub(super) fn content(estate: &Estate) -> BTreeSet<String> {
    let cis = estate
        .slots_by_id()
        .iter()
        .map(|slot| format!("{:?}", estate.ci_at(*slot).to_fields()));
    let relationships = estate
        .relationships()
        .map(|relationship| format!("{:?}", relationship.to_relationship()));
    let groups = estate.groups().map(|group| format!("{group:?}"));
    let merges = estate.merges().map(|merge| format!("{merge:?}"));
    let distinctions = estate.distinctions().map(|distinction| format!("{distinction:?}"));
    cis.chain(relationships)
        .chain(groups)
        .chain(merges)
        .chain(distinctions)
        .collect()
}

/// All that an estate records but for one CI.
pub(super) fn content_without(estate: &Estate, ci: CiId) -> BTreeSet<String> {
    let id = format!("{ci:?}");
    content(estate).into_iter().filter(|line| !line.contains(&id)).collect()
}

/// What is derived is what deriving it afresh gives.
pub(super) fn check_derived(estate: &Estate) {
    let mut fresh = Estate::default();
    let created = |estate: &Estate| {
        let mut items: Vec<DeltaItem> = Vec::new();
        items.extend(
            estate
                .catalog()
                .ci_types()
                .map(|known| DeltaItem::CiType(BeforeAfter::created(known.clone()))),
        );
        items.extend(
            estate
                .catalog()
                .pools()
                .map(|known| DeltaItem::Pool(BeforeAfter::created(known.clone()))),
        );
        let types = estate.catalog().relationship_types();
        items.extend(types.map(|known| DeltaItem::RelationshipType(BeforeAfter::created(known.clone()))));
        let rules = LifecycleStage::ALL.map(|stage| estate.catalog().lifecycle(stage).clone());
        items.extend(rules.map(|rule| DeltaItem::Lifecycle(BeforeAfter::created(rule))));
        let ingest_rules = estate.catalog().ingest_rules();
        items.extend(ingest_rules.map(|rule| DeltaItem::IngestRule(BeforeAfter::created((**rule).clone()))));
        items.extend(
            estate
                .sources()
                .map(|known| DeltaItem::Source(BeforeAfter::created((**known).clone()))),
        );
        let cis = estate.slots_by_id().iter().rev().map(|slot| estate.ci_at(*slot));
        items.extend(cis.map(|known| DeltaItem::Ci(BeforeAfter::created((**known).clone()))));
        items.extend(
            estate
                .groups()
                .map(|known| DeltaItem::Group(BeforeAfter::created((**known).clone()))),
        );
        let relationships = estate.relationships().map(|known| known.to_relationship());
        items.extend(relationships.map(|known| DeltaItem::Relationship(BeforeAfter::created(known))));
        items
    };
    fresh.apply(&Delta { items: created(estate) });
    let (known, fresh) = (derived(estate), derived(&fresh));
    let known: Vec<&str> = known.lines().collect();
    let fresh: Vec<&str> = fresh.lines().collect();
    for line in &known {
        assert!(fresh.contains(line), "{line} is not derived afresh");
    }
    assert_eq!(known, fresh);
}

/// Columns, look-ups and the dependency index, by id.
fn derived(estate: &Estate) -> String {
    let mut lines = Vec::new();
    for slot in estate.slots_by_id() {
        let id = estate.ci_id(*slot);
        let ci = estate.ci_at(*slot);
        let columns = estate.columns();
        lines.push(format!(
            "{id} {:?} {} {}",
            estate.tier_of(*slot),
            columns.takes_part(*slot),
            columns.current(*slot)
        ));
        lines.push(format!(
            "{id} named {}",
            estate.named(ci.name()).any(|found| found == *slot)
        ));
        for origin in ci.origins().filter(|origin| !origin.native_key.is_empty()) {
            lines.push(format!(
                "{id} keyed {}",
                estate.by_native_key(origin.source, &origin.native_key) == Some(*slot)
            ));
        }
        for alias in ci.standing().map_or(&[][..], |standing| &standing.aliases) {
            lines.push(format!("{id} was {alias}: {}", estate.slot_of(*alias) == Some(*slot)));
        }
        let mut arcs = arcs(estate, *slot);
        arcs.sort();
        lines.extend(arcs);
    }
    for stage in LifecycleStage::ALL {
        lines.push(format!("{stage}: {}", estate.count_in_stage(stage)));
    }
    lines.join("\n")
}

fn arcs(estate: &Estate, slot: Slot) -> Vec<String> {
    let index = estate.dependency_index();
    let id = estate.ci_id(slot);
    let shown = |key: GroupKey| match key {
        GroupKey::Explicit(group) => group.to_string(),
        GroupKey::Pool { consumer, pool } => format!("{pool:?} of {}", estate.ci_id(consumer)),
    };
    let mut lines = Vec::new();
    for link in index.outgoing(slot) {
        if link.is_group() {
            let key = index.group_key(link.other).expect("a group in use");
            let mut why: Vec<String> = index
                .contributions(link.other, slot)
                .iter()
                .map(|why| format!("{why:?}"))
                .collect();
            why.sort();
            let gate = index.gate(&key).map(|gate| {
                (
                    gate.total,
                    gate.up_min,
                    gate.capacity_min,
                    gate.spare_min,
                    gate.strength,
                )
            });
            lines.push(format!("{id} in {} {why:?} {gate:?}", shown(key)));
        } else {
            let target = estate.ci_id(Slot::new(link.other));
            lines.push(format!("{id} -> {target} {} {}", link.strength, link.relationship_type));
        }
    }
    lines
}
