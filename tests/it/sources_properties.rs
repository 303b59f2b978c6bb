//! What several sources say comes to the same, in whatever order it arrives and however often.
//!
//! `LINCHPIN_SOURCES_CASES` sets how many cases are tried.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use linchpin::ingest::IngestOptions;
use linchpin::model::AttributeId;
use proptest::prelude::*;

use crate::process::setting;
use crate::sources_support::{World, day, picture, source};

/// The sources, by number.
const SOURCES: [(&str, &str); 3] = [("alpha", ""), ("beta", "x"), ("beta", "y")];

/// Every policy decides an attribute, and one of them the name.
const RULES: &str = r#"
[[ci_type]]
name = "thing"
label = "Thing"
description = "What the sources speak of."
parent = "configuration_item"
identification = [{ name = "number", attributes = ["number"], priority = 10 }]
attributes = [
    { name = "number", type = "string", unique = true, description = "Tells things apart." },
    { name = "locked", type = "integer", description = "Decided by one source." },
    { name = "lapsing", type = "integer", description = "Decided by one source, unless it is silent." },
    { name = "ranked", type = "integer", description = "Decided by the first source that speaks." },
    { name = "first", type = "integer", description = "Decided by who was first." },
    { name = "last", type = "integer", description = "Decided by who was last." },
    { name = "most", type = "integer", description = "Decided by the most." },
]

[[authority]]
name = "locked"
ci_type = "thing"
attributes = ["locked"]
policy = "locked_to_source"
sources = ["alpha"]

[[authority]]
name = "lapsing"
ci_type = "thing"
attributes = ["lapsing"]
policy = "locked_to_source"
sources = ["alpha"]
lapse = "3d"

[[authority]]
name = "ranked"
ci_type = "thing"
attributes = ["ranked"]
policy = "source_priority"
sources = ["beta", "alpha"]

[[authority]]
name = "first"
ci_type = "thing"
attributes = ["first"]
policy = "write_if_empty"

[[authority]]
name = "most"
ci_type = "thing"
attributes = ["most", "name"]
policy = "most_reported"

[[authority]]
name = "stage"
ci_type = "thing"
attributes = ["stage"]
policy = "source_priority"
sources = ["beta", "alpha"]
"#;

const ATTRIBUTES: [&str; 6] = ["locked", "lapsing", "ranked", "first", "last", "most"];

/// Stages between which things may move; the first is assumed where nobody says one.
const STAGES: [&str; 3] = ["in_service", "maintenance", "degraded"];

/// What a source says of a thing.
#[derive(Clone, Debug)]
#[expect(
    clippy::option_option,
    reason = "a source says nothing, that there is no value, or a value"
)]
struct Saying {
    source: usize,
    thing: u8,
    name: u8,
    /// Nothing, or one of [`STAGES`].
    stage: Option<usize>,
    /// Of each attribute: nothing, that there is no value, or a value.
    values: [Option<Option<u8>>; 6],
    /// When it was observed, in hours behind day 0; filled in by source, ascending.
    hour: i64,
}

impl Saying {
    fn record(&self) -> String {
        let mut attributes = serde_json::Map::new();
        attributes.insert("number".to_owned(), format!("number-{}", self.thing).into());
        for (name, value) in ATTRIBUTES.iter().zip(self.values) {
            if let Some(value) = value {
                attributes.insert((*name).to_owned(), value.into());
            }
        }
        let mut record = serde_json::json!({ "ci": {
            "key": format!("{}-{}", SOURCES[self.source].0, self.thing),
            "type": "thing",
            "name": format!("name-{}", self.name),
            "observed_at": self.observed_at().to_string(),
            "attributes": attributes,
        }});
        if let Some(stage) = self.stage {
            record["ci"]["stage"] = STAGES[stage].into();
        }
        record.to_string()
    }

    fn observed_at(&self) -> jiff::Timestamp {
        day(0) + SignedDuration::from_hours(self.hour)
    }
}

fn saying(with_nulls: bool) -> impl Strategy<Value = Saying> {
    let value = prop_oneof![
        3 => Just(None),
        u32::from(with_nulls) => Just(Some(None)),
        6 => (0..3_u8).prop_map(|value| Some(Some(value))),
    ];
    let values = prop::array::uniform6(value);
    let stage = prop::option::weighted(0.4, 0..STAGES.len());
    let what = (0..2_u8, 0..3_u8, stage);
    (0..SOURCES.len(), what, values, 1..60_i64).prop_map(|(source, (thing, name, stage), values, hour)| Saying {
        source,
        thing,
        name,
        stage,
        values,
        hour,
    })
}

/// What all sources say, each source's own in the order in which it observed it, and no two of one at
/// one moment.
fn sayings(with_nulls: bool) -> impl Strategy<Value = Vec<Saying>> {
    prop::collection::vec(saying(with_nulls), 1..14).prop_map(|mut sayings| {
        let mut hours = [0; SOURCES.len()];
        for saying in &mut sayings {
            hours[saying.source] += saying.hour.min(20);
            saying.hour = hours[saying.source];
        }
        sayings
    })
}

/// The same in another order that keeps that of each source.
fn interleaved(sayings: &[Saying], order: &[usize]) -> Vec<Saying> {
    let mut left: Vec<std::collections::VecDeque<Saying>> = (0..SOURCES.len())
        .map(|number| {
            sayings
                .iter()
                .filter(|saying| saying.source == number)
                .cloned()
                .collect()
        })
        .collect();
    let mut all = Vec::new();
    for pick in order.iter().cycle() {
        let open: Vec<usize> = (0..left.len()).filter(|number| !left[*number].is_empty()).collect();
        let Some(number) = open.get(pick % open.len().max(1)) else {
            break;
        };
        all.extend(left[*number].pop_front());
    }
    assert_eq!(all.len(), sayings.len());
    all
}

fn world() -> World {
    let world = World::new();
    world.set(day(12));
    let catalog = serde_json::json!({ "catalog": RULES }).to_string();
    world.push(IngestOptions::default(), &catalog);
    world
}

/// Tells a world what the sources say, one by one.
fn tell(world: &World, sayings: &[Saying]) {
    for saying in sayings {
        let (name, scope) = SOURCES[saying.source];
        let options = IngestOptions {
            source: Some(name.to_owned()),
            scope: Some(scope.to_owned()),
            ..IngestOptions::default()
        };
        let summary = world.push(options, &saying.record());
        let refused = summary.of(linchpin::ingest::Outcome::Refused);
        assert_eq!(refused, 0, "{saying:?}: {summary:?}");
    }
}

/// All values and claims, and when each source was last heard.
fn known(world: &World) -> BTreeSet<String> {
    let snapshot = world.cmdb.reader().snapshot();
    let number = snapshot.catalog().attribute_id("number").expect("known");
    let called = |slot| format!("{:?}", snapshot.ci_at(slot).attributes().value(number));
    let mut lines = picture(&snapshot, called);
    for slot in snapshot.slots_by_id() {
        // What the first source says is written down only where others say something too.
        let ci = snapshot.ci_at(*slot);
        let first = ci.origins().min_by_key(|origin| (origin.first_seen, origin.source));
        let is_written = ci
            .standing()
            .is_some_and(|standing| standing.claims.of(AttributeId::STAGE).count() > 0);
        if let (false, false, Some(first)) = (is_written, ci.stage_assumed(), first) {
            let who = snapshot.source(first.source).expect("known").called();
            let since = crate::sources_support::number(first.first_seen);
            lines.insert(format!("{}.stage ~ {} {who}@{since}", called(*slot), ci.stage()));
        }
        for (name, scope) in SOURCES {
            let Some(source) = snapshot.source_of(&source(name, "", scope)) else {
                continue;
            };
            let heard = snapshot.last_seen_ci(*slot, source.id);
            lines.insert(format!("{} heard {name}/{scope} {heard:?}", called(*slot)));
        }
    }
    lines
}

/// Where two pictures differ.
fn difference(one: &BTreeSet<String>, other: &BTreeSet<String>) -> Vec<String> {
    one.symmetric_difference(other).cloned().collect()
}

/// Few cases, because each opens stores of its own.
fn config() -> ProptestConfig {
    let cases = setting("LINCHPIN_SOURCES_CASES").unwrap_or(8);
    ProptestConfig {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_interleaving_of_sources_comes_to_the_same(
        sayings in sayings(true),
        order in prop::collection::vec(0..6_usize, 1..12),
    ) {
        let (one, other) = (world(), world());
        tell(&one, &sayings);
        tell(&other, &interleaved(&sayings, &order));
        let (one, other) = (known(&one), known(&other));
        prop_assert!(one == other, "{:#?}", difference(&one, &other));
    }

    #[test]
    fn a_replayed_beginning_comes_to_the_same(sayings in sayings(true), length in 0..14_usize) {
        let (one, other) = (world(), world());
        tell(&one, &sayings);
        tell(&other, &sayings[..length.min(sayings.len())]);
        tell(&other, &sayings);
        let (one, other) = (known(&one), known(&other));
        prop_assert!(one == other, "{:#?}", difference(&one, &other));
    }

    #[test]
    fn what_is_sent_twice_changes_nothing_the_second_time(sayings in sayings(false)) {
        let world = world();
        tell(&world, &sayings);
        let (before, revision) = (known(&world), world.revision());
        tell(&world, &sayings);
        let after = known(&world);
        prop_assert!(before == after, "{:#?}", difference(&before, &after));
        prop_assert_eq!(revision, world.revision());
    }
}
