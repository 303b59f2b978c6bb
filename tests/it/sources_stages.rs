//! Who says where a CI stands in its life, and what nobody says.

use linchpin::ingest::IngestOptions;
use linchpin::model::{LifecycleStage, SourceName};
use serde_json::json;

use crate::sources_support::{World, day, source};

const RULES: &str = r#"
[[authority]]
name = "stages"
ci_type = "application"
attributes = ["stage"]
policy = "source_priority"
sources = ["planning", "monitoring"]

[[ci_type_extension]]
name = "application"
retire_after = "GRACE"
"#;

fn world(grace: &str) -> World {
    let world = World::new();
    let rules = RULES.replace("GRACE", grace);
    world.push(IngestOptions::default(), &json!({ "catalog": rules }).to_string());
    world
}

/// A source says something of the one application there is.
fn say(world: &World, who: &str, stage: Option<&str>) -> LifecycleStage {
    let mut record = json!({ "ci": {
        "key": format!("{who}-1"),
        "type": "application",
        "name": "shop",
        "attributes": { "number": "a-1" },
    }});
    if let Some(stage) = stage {
        record["ci"]["stage"] = stage.into();
    }
    let options = IngestOptions {
        source: Some(who.to_owned()),
        ..IngestOptions::default()
    };
    let summary = world.push(options, &record.to_string());
    assert_eq!(summary.of(linchpin::ingest::Outcome::Refused), 0, "{summary:?}");
    stage_of(world)
}

fn stage_of(world: &World) -> LifecycleStage {
    let snapshot = world.cmdb.reader().snapshot();
    let slots = snapshot.slots_by_id();
    assert_eq!(slots.len(), 1, "one application");
    snapshot.ci_at(slots[0]).stage()
}

/// A source completes a session in which it mentions nothing that is there.
fn fall_silent(world: &World, who: &SourceName) -> LifecycleStage {
    let session = world.begin(who);
    world.push(session.clone(), "");
    world.complete(&session, Some(100)).expect("all of it may go");
    stage_of(world)
}

#[test]
fn who_creates_a_ci_and_states_no_stage_does_not_stand_in_the_way_of_who_does() {
    let world = world("7d");
    world.set(day(1));
    assert_eq!(say(&world, "planning", None), LifecycleStage::InService);
    world.set(day(2));
    assert_eq!(say(&world, "monitoring", Some("down")), LifecycleStage::Down);
    assert_eq!(
        say(&world, "planning", None),
        LifecycleStage::Down,
        "it still says nothing"
    );
    let world = world.restart();
    world.set(day(3));
    let stage = say(&world, "planning", Some("in_service"));
    assert_eq!(
        stage,
        LifecycleStage::InService,
        "now it does, and it has the authority"
    );
    assert_eq!(say(&world, "monitoring", Some("down")), LifecycleStage::InService);
    world.set(day(4));
    assert_eq!(
        say(&world, "planning", Some("maintenance")),
        LifecycleStage::Maintenance
    );
}

#[test]
fn who_creates_a_ci_and_states_its_stage_has_said_so() {
    let world = world("7d");
    world.set(day(1));
    assert_eq!(say(&world, "planning", Some("in_service")), LifecycleStage::InService);
    let revision = world.revision();
    say(&world, "planning", Some("in_service"));
    assert_eq!(world.revision(), revision, "said before");
    let world = world.restart();
    world.set(day(2));
    assert_eq!(say(&world, "monitoring", Some("down")), LifecycleStage::InService);
}

#[test]
fn whoever_speaks_again_brings_back_what_silence_retired() {
    let (planning, monitoring) = (source("planning", "", ""), source("monitoring", "", ""));
    // With no grace and with a day of it, and whoever comes back, also somebody new.
    for grace in ["0s", "1d"] {
        for back in ["planning", "monitoring", "somebody"] {
            let world = world(grace);
            world.set(day(1));
            say(&world, "planning", None);
            say(&world, "monitoring", None);
            for at in [2, 4] {
                world.set(day(at));
                fall_silent(&world, &monitoring);
                fall_silent(&world, &planning);
            }
            assert_eq!(stage_of(&world), LifecycleStage::Retired, "{grace}");
            world.set(day(5));
            assert_eq!(say(&world, back, None), LifecycleStage::InService, "{back} is back");
            world.set(day(6));
            say(&world, "planning", None);
            let stage = say(&world, "monitoring", Some("maintenance"));
            assert_eq!(stage, LifecycleStage::Maintenance, "nothing is left of the retirement");
        }
    }
}

#[test]
fn who_said_that_it_is_retired_is_not_taken_to_have_been_silent() {
    let monitoring = source("monitoring", "", "");
    let world = world("0s");
    world.set(day(1));
    say(&world, "monitoring", None);
    world.set(day(2));
    assert_eq!(say(&world, "monitoring", Some("retired")), LifecycleStage::Retired);
    world.set(day(3));
    fall_silent(&world, &monitoring);
    assert_eq!(say(&world, "monitoring", None), LifecycleStage::Retired);
}
