use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::graph::budget::Budget;
use crate::model::{
    Attributes, BeforeAfter, CiFields, CiId, CiTypeId, ConfigurationItem, Delta, DeltaItem, LifecycleStage,
    Relationship, RelationshipId, Revision, SourceId, Stamp, Weight,
};

const CIS: u8 = 9;

fn id(number: u8) -> CiId {
    CiId::from_uuid(Uuid::from_u128(u128::from(number)))
}

/// Nine CIs, and links of two types between them.
fn estate(links: &[(u8, u8, u16)]) -> Estate {
    let stamp = Stamp {
        revision: Revision::new(1),
        at: Timestamp::UNIX_EPOCH,
    };
    let cis = (0..CIS).map(|number| {
        DeltaItem::Ci(BeforeAfter::created(ConfigurationItem::new(CiFields {
            id: id(number),
            ci_type: CiTypeId::new(0),
            name: number.to_string(),
            stage: LifecycleStage::InService,
            stage_assumed: false,
            tags: Vec::new(),
            attributes: Attributes::default(),
            origins: Vec::new(),
            validity: None,
            standing: crate::model::Standing::default(),
            created: stamp,
            changed: stamp,
        })))
    });
    let links = (1u64..).zip(links).map(|(number, (from, to, kind))| {
        DeltaItem::Relationship(BeforeAfter::created(Relationship {
            id: RelationshipId::new(number),
            relationship_type: RelationshipTypeId::new(*kind),
            from: id(*from),
            to: id(*to),
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
        }))
    });
    let mut estate = Estate::default();
    estate.apply(&Delta {
        items: cis.chain(links).collect(),
    });
    estate
}

/// Who can be reached from whom in one step.
fn steps(links: &[(u8, u8, u16)], follow: &Follow) -> BTreeSet<(u8, u8)> {
    let mut steps = BTreeSet::new();
    for (from, to, kind) in links {
        if follow.allows(RelationshipTypeId::new(*kind)) {
            if follow.direction.goes_out() {
                steps.insert((*from, *to));
            }
            if follow.direction.comes_in() {
                steps.insert((*to, *from));
            }
        }
    }
    steps
}

/// All shortest paths, by trying every path that visits no CI twice, one length after the other.
fn naive_paths(steps: &BTreeSet<(u8, u8)>, from: u8, to: u8) -> Vec<Vec<u8>> {
    let mut paths = vec![vec![from]];
    loop {
        let found: Vec<Vec<u8>> = paths.iter().filter(|path| path.last() == Some(&to)).cloned().collect();
        if !found.is_empty() || paths.is_empty() {
            return found;
        }
        let longer = paths.iter().flat_map(|path| {
            let last = path.last().copied().unwrap_or(from);
            let next = steps
                .iter()
                .filter(move |(at, next)| *at == last && !path.contains(next));
            next.map(move |(_, next)| path.iter().copied().chain([*next]).collect())
        });
        paths = longer.collect();
    }
}

fn follows() -> impl Strategy<Value = Follow> {
    let directions = prop::sample::select(vec![Direction::Outgoing, Direction::Incoming, Direction::Both]);
    (directions, prop::option::of(0u16..2)).prop_map(|(direction, kind)| Follow {
        direction,
        types: kind.map(|kind| vec![RelationshipTypeId::new(kind)]),
    })
}

proptest! {
    #[test]
    fn shortest_paths_are_those_that_trying_everything_finds(
        links in prop::collection::vec((0..CIS, 0..CIS, 0u16..2), 0..24),
        follow in follows(),
        from in 0..CIS,
        to in 0..CIS,
    ) {
        let estate = estate(&links);
        let slot = |number| estate.slot_of(id(number)).expect("it is there");
        let number = |slot| (0..CIS).find(|number| id(*number) == estate.ci_id(slot)).expect("one of nine");
        let budget = Budget::unlimited();
        let found = shortest_paths(&estate, slot(from), slot(to), &follow, 1_000, &budget);
        prop_assert_eq!(found.cut_short, None);
        let listed: Vec<Vec<u8>> = found.paths.iter()
            .map(|path| std::iter::once(path.from).chain(path.steps.iter().map(|step| step.to)).map(number).collect())
            .collect();
        let mut expected = naive_paths(&steps(&links, &follow), from, to);
        expected.sort();
        prop_assert_eq!(&listed, &expected);
        if expected.len() > 1 {
            let cut = shortest_paths(&estate, slot(from), slot(to), &follow, 1, &budget);
            prop_assert_eq!(cut.cut_short, Some(CutShort::Results));
            prop_assert_eq!(&cut.paths[..], &found.paths[..1]);
        }
    }

    #[test]
    fn a_neighbourhood_is_everything_within_its_depth(
        links in prop::collection::vec((0..CIS, 0..CIS, 0u16..2), 0..24),
        follow in follows(),
        start in 0..CIS,
        depth in 0u32..4,
    ) {
        let estate = estate(&links);
        let slot = estate.slot_of(id(start)).expect("it is there");
        let found = neighbourhood(&estate, slot, depth, &follow, 1_000, &Budget::unlimited());
        let steps = steps(&links, &follow);
        let mut reached = vec![(0, id(start))];
        let mut seen = BTreeSet::from([start]);
        let mut frontier = BTreeSet::from([start]);
        for level in 1..=depth {
            let next: BTreeSet<u8> = steps.iter().filter(|(from, _)| frontier.contains(from)).map(|(_, to)| *to)
                .filter(|to| !seen.contains(to)).collect();
            seen.extend(&next);
            reached.extend(next.iter().map(|number| (level, id(*number))));
            frontier = next;
        }
        let listed: Vec<(u32, CiId)> = found.cis.iter().map(|one| (one.depth, estate.ci_id(one.slot))).collect();
        prop_assert_eq!(listed, reached);
        prop_assert_eq!(found.cut_short, None);
    }
}

#[test]
fn a_walk_that_is_cut_short_says_why() {
    let estate = estate(&[(0, 1, 0), (1, 2, 0), (2, 3, 0)]);
    let slot = |number| estate.slot_of(id(number)).expect("it is there");
    let follow = Follow::default();
    let few = neighbourhood(&estate, slot(0), 9, &follow, 2, &Budget::unlimited());
    assert_eq!((few.cis.len(), few.cut_short), (2, Some(CutShort::Results)));
    let poor = neighbourhood(&estate, slot(0), 9, &follow, 9, &Budget::new(1, None));
    assert_eq!(poor.cut_short, Some(CutShort::Steps));
    let unknown = shortest_paths(&estate, slot(0), slot(3), &follow, 9, &Budget::new(1, None));
    assert_eq!((unknown.paths.len(), unknown.cut_short), (0, Some(CutShort::Steps)));
}
