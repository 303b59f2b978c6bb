use std::ops::ControlFlow;

use super::*;
use crate::api::query::subject::impact_view;
use crate::app::{Cmdb, CmdbOptions};
use crate::impact::{Budget, Incomplete, ScratchPool, Stage, TruncationReason, standing};
use crate::ingest::{IngestOptions, run};
use crate::model::Actor;

/// A service on one of two servers, and an application that has nothing to do with it.
const ESTATE: &str = r#"{"source":"drawing"}
{"ci":{"key":"svc","type":"business_service","name":"svc"}}
{"ci":{"key":"w1","type":"web_server","name":"w1"}}
{"ci":{"key":"w2","type":"web_server","name":"w2"}}
{"ci":{"key":"w3","type":"web_server","name":"w3","stage":"planned"}}
{"ci":{"key":"by","type":"application","name":"by"}}
{"group":{"name":"web","consumer":"svc","members":["w1","w2","w3"],"up_min":1}}
"#;

struct Estate {
    cmdb: Cmdb,
    _folder: tempfile::TempDir,
}

impl Estate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let estate = Self {
            cmdb: Cmdb::open(folder.path(), CmdbOptions::default()).expect("a new store"),
            _folder: folder,
        };
        estate.load(ESTATE);
        estate
    }

    /// Loads records, and gives what they changed.
    fn load(&self, payload: &str) -> Arc<JournalEntry> {
        let editor = self.cmdb.editor(Actor { name: "tester".into() });
        run(&editor, IngestOptions::default(), payload.as_bytes(), &mut |_| {
            ControlFlow::Continue(())
        });
        let revision = self.cmdb.reader().snapshot().revision();
        let entry = self.cmdb.reader().entry(revision).expect("it is read");
        Arc::new(entry.expect("it is there"))
    }

    fn picture(&self) -> Picture {
        let view = self.cmdb.reader().snapshot();
        let target = view.resolve("business_service:svc").expect("it is there");
        let (level, starting) = (ImpactState::Down, StartingState::Current);
        let impact_view = impact_view(&view);
        let look = |scratch: &mut _| standing(impact_view, target, level, starting, &Budget::UNLIMITED, scratch);
        let found = ScratchPool::default().with(look).expect("nothing is assumed");
        Picture::new(&view, view.committed_at(), found)
    }

    /// Whether a commit of these records has the service looked at again.
    fn touches(&self, records: &str) -> bool {
        let picture = self.picture();
        let entry = self.load(&format!("{{\"source\":\"drawing\"}}\n{records}\n"));
        assert!(entry.revision > picture.revision, "{records} changes something");
        let view = self.cmdb.reader().snapshot();
        entry.delta.items.iter().any(|item| is_touched(&picture, &view, item))
    }
}

#[test]
fn a_commit_that_touches_nothing_the_service_stands_on_is_passed_over() {
    let estate = Estate::new();
    for untouched in [
        r#"{"ci":{"key":"new","type":"application","name":"new"}}"#,
        r#"{"ci":{"key":"by","type":"application","name":"by","stage":"down"}}"#,
        r#"{"relationship":{"from":"by","type":"depends_on","to":"new"}}"#,
        r#"{"group":{"name":"pair","consumer":"by","members":["w1","w2"],"up_min":1}}"#,
        // Not in use, so nothing stands on it.
        r#"{"ci":{"key":"w3","type":"web_server","name":"w3","tags":["blue"]}}"#,
    ] {
        assert!(!estate.touches(untouched), "{untouched}");
    }
    for touched in [
        r#"{"ci":{"key":"w1","type":"web_server","name":"w1","stage":"down"}}"#,
        r#"{"relationship":{"from":"w1","type":"depends_on","to":"by"}}"#,
        r#"{"ci":{"key":"by","type":"application","name":"by","stage":"degraded"}}"#,
        r#"{"ci":{"key":"w3","type":"web_server","name":"w3","stage":"in_service"}}"#,
        r#"{"group":{"name":"web","consumer":"svc","members":["w1","w2","w3"],"up_min":2}}"#,
    ] {
        assert!(estate.touches(touched), "{touched}");
    }
}

#[test]
fn what_is_not_complete_takes_nothing_away_and_is_looked_at_with_every_commit() {
    let estate = Estate::new();
    estate.load("{\"source\":\"drawing\"}\n{\"ci\":{\"key\":\"w1\",\"type\":\"web_server\",\"name\":\"w1\",\"stage\":\"down\"}}\n");
    let cut_short = |stage| {
        let mut picture = estate.picture();
        (picture.points, picture.groups) = (Vec::new(), Vec::new());
        let reason = TruncationReason::Time;
        picture.incomplete = Some(Incomplete { reason, stage });
        Arc::new(picture)
    };
    let mut known = Known::default();
    let first = known.compare(&Arc::new(estate.picture()), true);
    assert_eq!(first.now.points.len(), 1, "w2 is all that is left");
    assert!(first.appeared.is_empty() && first.groups.is_empty());
    let part = known.compare(&cut_short(Stage::Dependencies), false);
    assert!(part.vanished.is_empty() && part.groups.is_empty(), "{part:?}");
    let again = known.compare(&Arc::new(estate.picture()), false);
    assert!(again.appeared.is_empty() && again.groups.is_empty(), "{again:?}");
    let failures = known.compare(&cut_short(Stage::Failures), false);
    assert!(failures.vanished.is_empty(), "{failures:?}");
    assert_eq!(failures.groups.len(), 1, "groups are all known by then");
    let source =
        estate.load("{\"source\":\"other\"}\n{\"ci\":{\"key\":\"x\",\"type\":\"application\",\"name\":\"x\"}}\n");
    let view = estate.cmdb.reader().snapshot();
    let item = source.delta.items.last().expect("an item");
    assert!(is_touched(&cut_short(Stage::Dependencies), &view, item));
    assert!(!is_touched(&cut_short(Stage::Failures), &view, item));
}
