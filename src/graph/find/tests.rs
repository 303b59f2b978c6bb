use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::graph::traverse::{Direction, Follow};
use crate::model::{
    Attributes, BeforeAfter, CiFields, CiTypeId, ConfigurationItem, Delta, DeltaItem, LifecycleStage, Relationship,
    RelationshipId, RelationshipTypeId, SourceId, Stamp, Weight,
};

const NAMES: [&str; 5] = ["web", "Web-01", "db", "database", "x"];

fn ci(number: u8, kind: u16, name: usize, revision: u64) -> ConfigurationItem {
    let stamp = Stamp {
        revision: Revision::new(revision),
        at: Timestamp::UNIX_EPOCH,
    };
    ConfigurationItem::new(CiFields {
        id: CiId::from_uuid(Uuid::from_u128(u128::from(number))),
        ci_type: CiTypeId::new(kind),
        name: NAMES[name % NAMES.len()].to_owned(),
        stage: LifecycleStage::ALL[usize::from(number) % 3],
        stage_assumed: false,
        tags: vec![format!("t{}", number % 2)],
        attributes: Attributes::default(),
        origins: Vec::new(),
        validity: None,
        standing: crate::model::Standing::default(),
        created: stamp,
        changed: stamp,
    })
}

/// CIs 0.. of the given types and names, and relationships between them.
fn estate(cis: &[(u16, usize, u64)], links: &[(u8, u8)]) -> Estate {
    let mut items: Vec<DeltaItem> = (0..)
        .zip(cis)
        .map(|(number, (kind, name, revision))| {
            DeltaItem::Ci(BeforeAfter::created(ci(number, *kind, *name, *revision)))
        })
        .collect();
    let count = u8::try_from(cis.len()).expect("few CIs").max(1);
    for (number, (from, to)) in (1..).zip(links).filter(|_| !cis.is_empty()) {
        let end = |place: &u8| CiId::from_uuid(Uuid::from_u128(u128::from(place % count)));
        items.push(DeltaItem::Relationship(BeforeAfter::created(Relationship {
            id: RelationshipId::new(number),
            relationship_type: RelationshipTypeId::new(0),
            from: end(from),
            to: end(to),
            qualifier: number.to_string().into(),
            forward: None,
            reverse: None,
            weight: Weight::ONE,
            group: None,
            attributes: Attributes::default(),
            source: SourceId::MANUAL,
            first_seen: Timestamp::UNIX_EPOCH,
            also_said_by: Vec::new(),
            validity: None,
        })));
    }
    let mut estate = Estate::default();
    estate.apply(&Delta { items });
    estate
}

fn passes_naively(estate: &Estate, filter: &CiFilter, ci: &Arc<ConfigurationItem>) -> bool {
    let slot = estate.slot_of(ci.id()).expect("it is there");
    let name = ci.name().to_lowercase();
    filter.types.as_ref().is_none_or(|types| types.contains(&ci.ci_type()))
        && (filter.stages.is_empty() || filter.stages.contains(&ci.stage()))
        && filter.name.as_ref().is_none_or(|wanted| wanted == ci.name())
        && filter
            .name_prefix
            .as_ref()
            .is_none_or(|wanted| name.starts_with(wanted))
        && filter.name_contains.as_ref().is_none_or(|wanted| name.contains(wanted))
        && filter.tags.iter().all(|wanted| ci.tags().any(|tag| tag == wanted))
        && filter.related.as_ref().is_none_or(|related| {
            estate.relationships().any(|link| {
                let out = link.from() == related.slot && link.to() == slot;
                let back = link.to() == related.slot && link.from() == slot;
                match related.follow.direction {
                    Direction::Outgoing => out,
                    Direction::Incoming => back,
                    Direction::Both => out || back,
                }
            })
        })
        && filter.changed_since.is_none_or(|since| match since {
            ChangedSince::Revision(revision) => ci.changed().revision > revision,
            ChangedSince::At(at) => ci.changed().at >= at,
        })
}

prop_compose! {
    fn filters()(
        types in prop::option::of(prop::collection::vec(0u16..4, 0..3)),
        stages in prop::collection::vec(0usize..3, 0..3),
        name in prop::option::weighted(0.2, 0usize..5),
        prefix in prop::option::weighted(0.3, prop::sample::select(vec!["w", "web", "d"])),
        contains in prop::option::weighted(0.3, prop::sample::select(vec!["a", "b", "01"])),
        tag in prop::option::weighted(0.3, 0u8..2),
        related in prop::option::weighted(0.3, (0u8..20, 0usize..3)),
        since in prop::option::weighted(0.3, 0u64..5),
    ) -> (CiFilter, Option<(u8, usize)>) {
        let filter = CiFilter {
            types: types.map(|types| types.into_iter().map(CiTypeId::new).collect()),
            stages: stages.into_iter().map(|stage| LifecycleStage::ALL[stage]).collect(),
            name: name.map(|name| NAMES[name].to_owned()),
            name_prefix: prefix.map(str::to_owned),
            name_contains: contains.map(str::to_owned),
            tags: tag.map(|tag| format!("t{tag}")).into_iter().collect(),
            changed_since: since.map(|since| ChangedSince::Revision(Revision::new(since))),
            ..CiFilter::default()
        };
        (filter, related)
    }
}

proptest! {
    #[test]
    fn pages_together_are_the_filtered_and_sorted_list(
        cis in prop::collection::vec((0u16..4, 0usize..5, 1u64..6), 0..20),
        links in prop::collection::vec((0u8..20, 0u8..20), 0..30),
        (mut filter, related) in filters(),
        sort in prop::sample::select(vec![CiSort::Id, CiSort::Name, CiSort::Type, CiSort::Changed, CiSort::Tier]),
        descending in any::<bool>(),
        first in 1usize..8,
    ) {
        let estate = estate(&cis, &links);
        filter.related = related.and_then(|(number, direction)| {
            let slot = estate.slot_of(CiId::from_uuid(Uuid::from_u128(u128::from(number))))?;
            let direction = [Direction::Outgoing, Direction::Incoming, Direction::Both][direction];
            Some(Related { slot, follow: Follow { direction, types: None } })
        });
        let order = CiOrder { sort, descending };
        let budget = Budget::unlimited();
        let mut expected: Vec<Slot> = estate.slots_by_id().iter().copied()
            .filter(|slot| passes_naively(&estate, &filter, estate.ci_at(*slot)))
            .collect();
        expected.sort_by(|a, b| compare(order, &sort_key(&estate, order, *a), &sort_key(&estate, order, *b)));
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = find(&estate, &filter, order, after.as_ref(), first, &budget).expect("no limit");
            prop_assert!(page.slots.len() <= first);
            found.extend_from_slice(&page.slots);
            let Some(last) = page.slots.last().filter(|_| page.has_next) else { break };
            after = Some(sort_key(&estate, order, *last));
        }
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(count(&estate, &filter, &budget), Ok(expected.len()));
    }
}

#[test]
fn a_scan_beyond_its_budget_is_refused() {
    let estate = estate(&[(0, 0, 1); 10], &[]);
    let filter = CiFilter {
        name_contains: Some("nothing".to_owned()),
        ..CiFilter::default()
    };
    let found = find(&estate, &filter, CiOrder::default(), None, 5, &Budget::new(5, None));
    assert!(found.is_err());
}

#[test]
fn an_operand_compares_by_the_type_of_the_value() {
    use crate::model::AttributeValue;
    let integer = AttributeValue::Integer(9);
    assert!(Operand::new("10").matches(&integer, Comparison::Less));
    assert!(!Operand::new("x").matches(&integer, Comparison::Less));
    let address = AttributeValue::IpAddress("10.1.2.3".parse().expect("an address"));
    assert!(Operand::new("10.1.0.0/16").matches(&address, Comparison::Within));
    assert!(!Operand::new("10.2.0.0/16").matches(&address, Comparison::Within));
    let list = AttributeValue::List(vec![AttributeValue::Text("a".into()), AttributeValue::Text("b".into())]);
    assert!(Operand::new("b").matches(&list, Comparison::Equal));
}
