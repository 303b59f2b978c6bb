//! A world that several sources speak of, on a clock of its own, and a picture of all that is known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use linchpin::app::{Cmdb, CmdbOptions, Editor, WriteRequest};
use linchpin::clock::{Clock, IdGenerator};
use linchpin::graph::{Estate, Slot};
use linchpin::ingest::sync::{self, Sweep, SweepOptions, SyncError};
use linchpin::ingest::{IngestOptions, Summary, run};
use linchpin::model::run::{Run, RunState};
use linchpin::model::{Actor, Attribute, AttributeId, AttributeValue, CiId, Command, Name, SourceId, SourceName};

/// A database with a clock that is set by hand.
pub(crate) struct World {
    pub(crate) cmdb: Cmdb,
    clock: Clock,
    folder: tempfile::TempDir,
    /// What tests call each CI: the first key it ever had.
    called: BTreeMap<CiId, String>,
    picture: BTreeSet<String>,
}

/// The moment that day 0 begins.
pub(crate) fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_700_006_400 + number * 86_400).expect("in range")
}

/// A source as requests name it; empty texts are none.
pub(crate) fn source(name: &str, feed: &str, scope: &str) -> SourceName {
    SourceName {
        feed: feed.into(),
        scope: scope.into(),
        ..SourceName::plain(Name::new(name).expect("a name"))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::at(day(0));
        let cmdb = open(&folder, &clock);
        let mut world = Self {
            cmdb,
            clock,
            folder,
            called: BTreeMap::new(),
            picture: BTreeSet::new(),
        };
        world.picture = world.look();
        world
    }

    pub(crate) fn set(&self, at: Timestamp) {
        self.clock.set(at);
    }

    pub(crate) fn editor(&self) -> Editor {
        self.cmdb.editor(Actor { name: "tester".into() })
    }

    pub(crate) fn revision(&self) -> u64 {
        self.cmdb.reader().snapshot().revision().number()
    }

    /// Closes the store and opens it again.
    pub(crate) fn restart(self) -> Self {
        self.cmdb.checkpoint().expect("a checkpoint");
        self.cmdb.close();
        drop(self.cmdb);
        Self {
            cmdb: open(&self.folder, &self.clock),
            ..self
        }
    }

    pub(crate) fn push(&self, options: IngestOptions, payload: &str) -> Summary {
        let summary = run(&self.editor(), options, payload.as_bytes(), &mut |_| {
            ControlFlow::Continue(())
        });
        assert!(summary.error.is_none(), "{summary:?}");
        summary
    }

    pub(crate) fn begin(&self, source: &SourceName) -> IngestOptions {
        let session = sync::begin(&self.editor(), source.clone(), self.clock.now()).expect("a session");
        IngestOptions {
            session: Some(session.id()),
            ..IngestOptions::default()
        }
    }

    pub(crate) fn complete(
        &self,
        session: &IngestOptions,
        share_max: Option<u8>,
    ) -> Result<(Run, Sweep), Box<SyncError>> {
        let options = SweepOptions {
            share_max,
            dry_run: false,
        };
        let id = session.session.expect("a session");
        let completed = sync::complete(&self.editor(), id, options, self.clock.now()).map_err(Box::new)?;
        assert!(!completed.repeated, "{completed:?}");
        Ok((Run::clone(&completed.run), completed.sweep))
    }

    pub(crate) fn abort(&self, session: &IngestOptions) -> Run {
        let id = session.session.expect("a session");
        sync::abort(&self.editor(), id, self.clock.now()).expect("it is open")
    }

    pub(crate) fn command(&self, command: Command) {
        let written = self.editor().write_blocking(WriteRequest::commands(vec![command]));
        assert!(written.is_ok(), "{written:?}");
    }

    /// The CI that a test calls so.
    pub(crate) fn ci(&self, called: &str) -> CiId {
        let found = self.called.iter().find(|(_, name)| *name == called);
        *found.expect("it was seen").0
    }

    /// Checks that since the last call just this has come (`+`) and gone (`-`), and nothing else.
    #[track_caller]
    pub(crate) fn expect(&mut self, what: &str, changes: &str) {
        let now = self.look();
        let came = now.difference(&self.picture).map(|line| format!("+ {line}"));
        let went = self.picture.difference(&now).map(|line| format!("- {line}"));
        let found: BTreeSet<String> = came.chain(went).collect();
        let wanted: BTreeSet<String> = changes
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let surplus: Vec<&String> = found.difference(&wanted).collect();
        let missing: Vec<&String> = wanted.difference(&found).collect();
        assert!(
            surplus.is_empty() && missing.is_empty(),
            "{what}: not expected {surplus:#?}, expected {missing:#?}"
        );
        self.picture = now;
    }

    fn look(&mut self) -> BTreeSet<String> {
        let snapshot = self.cmdb.reader().snapshot();
        for slot in snapshot.slots_by_id() {
            let ci = snapshot.ci_at(*slot);
            let first = ci.origins().next().map(|origin| origin.native_key.to_string());
            let name = first.unwrap_or_else(|| ci.name().to_owned());
            self.called.entry(ci.id()).or_insert(name);
        }
        picture(&snapshot, |slot| self.called[&snapshot.ci_id(slot)].clone())
    }
}

/// The runs of sources in a world. Each says what it brought: created, updated, unchanged, refused, stale,
/// retired, relationships gone.
pub(crate) struct Runs {
    pub(crate) world: World,
    /// How many there were.
    pub(crate) noted: usize,
}

impl Runs {
    pub(crate) fn sync(&mut self, who: &SourceName, records: &[String], share_max: Option<u8>) -> [u64; 7] {
        let session = self.world.begin(who);
        self.world.push(session.clone(), &records.join("\n"));
        let (run, _) = self.world.complete(&session, share_max).expect("it is complete");
        self.noted(&run, RunState::Completed)
    }

    /// A run is noted as it was answered.
    pub(crate) fn noted(&mut self, run: &Run, state: RunState) -> [u64; 7] {
        let runs = self.world.cmdb.reader().runs().clone();
        let (last, completed) = runs.last(&run.source);
        assert_eq!(last.as_deref(), Some(run));
        assert_eq!(run.state, state);
        assert_eq!(run.revision.number(), self.world.revision());
        let is_completed = completed.is_some_and(|completed| *completed == *run);
        assert_eq!(is_completed, state == RunState::Completed);
        self.noted += 1;
        assert_eq!(runs.of(None).len(), self.noted, "every run is kept");
        let counts = run.counts;
        [
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.refused,
            counts.stale,
            counts.retired,
            counts.relationships_removed,
        ]
    }

    /// What a person loads by hand: rows of a table.
    pub(crate) fn by_hand(&mut self, table: &str) -> [u64; 7] {
        let options = IngestOptions::from_request("text/csv", [("source", "manual-csv")]);
        self.world.push(options.expect("a format"), table);
        let by = source("manual-csv", "", "");
        let (run, _) = self.world.cmdb.reader().runs().last(&by);
        self.noted(&run.expect("it was noted"), RunState::Completed)
    }
}

/// A virtual machine as vcenter knows it.
pub(crate) fn vm(key: &str, name: &str, serial: &str, memory: u32) -> String {
    format!(
        r#"{{"ci":{{"key":"{key}","type":"virtual_machine","name":"{name}","attributes":{{"serial_number":"{serial}","memory":{memory}}}}}}}"#
    )
}

/// A host as Ansible knows it.
pub(crate) fn host(name: &str, ci_type: &str, serial: &str, memory: u32) -> String {
    format!(
        r#"{{"ci":{{"key":"{name}","type":"{ci_type}","name":"{name}","attributes":{{"serial_number":"{serial}","fqdn":"{name}.example.com","memory":{memory},"operating_system":"Debian 12"}}}}}}"#
    )
}

/// A host as a scanner sees it.
pub(crate) fn scanned(key: &str, name: &str, address: &str) -> String {
    format!(
        r#"{{"ci":{{"key":"{key}","type":"server","attributes":{{"fqdn":"{name}.example.com","primary_ip":"{address}","operating_system":"Linux"}}}}}}"#
    )
}

fn open(folder: &tempfile::TempDir, clock: &Clock) -> Cmdb {
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let options = CmdbOptions {
            clock: clock.clone(),
            ids: IdGenerator::seeded(7),
            ..CmdbOptions::default()
        };
        match Cmdb::open(folder.path(), options) {
            Ok(cmdb) => return cmdb,
            // Programs that other tests start hold a copy of the lock for an instant.
            Err(error)
                if error.code() == linchpin::app::ErrorCode::StoreLocked && std::time::Instant::now() < deadline =>
            {
                std::thread::yield_now();
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// All that is known, in lines: what each CI is and which sources know it, every value in effect
/// (`=`) and every claim beside it (`~`) with who says so and since which day, pins, silence, and
/// relationships with who says so.
pub(crate) fn picture(estate: &Estate, called: impl Fn(Slot) -> String) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for slot in estate.slots_by_id() {
        let ci = estate.ci_at(*slot);
        let name = called(*slot);
        let known_by = ci
            .origins()
            .map(|origin| format!("{}:{}", who(estate, origin.source), origin.native_key));
        let known_by: BTreeSet<String> = known_by.collect();
        let known_by: Vec<String> = known_by.into_iter().collect();
        lines.insert(format!(
            "{name} is {} {} {} of {}",
            estate.catalog().ci_type(ci.ci_type()).expect("known").name,
            ci.name(),
            ci.stage(),
            known_by.join(" ")
        ));
        for attribute in ci.attributes().iter() {
            assert!(
                lines.insert(said(estate, &name, '=', &attribute)),
                "twice: {attribute:?}"
            );
        }
        let Some(standing) = ci.standing() else { continue };
        for claim in standing.claims.iter() {
            assert!(lines.insert(said(estate, &name, '~', &claim)), "twice: {claim:?}");
        }
        for pin in &standing.pins {
            lines.insert(format!(
                "{name} pinned {} by {}",
                attribute(estate, pin.attribute),
                pin.by
            ));
        }
        for stale in &standing.stale {
            let source = who(estate, stale.source);
            lines.insert(format!("{name} stale {source}@{}", number(stale.since)));
        }
    }
    for relationship in estate.relationships() {
        let kind = estate.catalog().relationship_type(relationship.relationship_type());
        let said_by =
            std::iter::once(relationship.source()).chain(relationship.also_said_by().iter().map(|by| by.source));
        let said_by: BTreeSet<String> = said_by.map(|source| who(estate, source)).collect();
        let said_by: Vec<String> = said_by.into_iter().collect();
        lines.insert(format!(
            "{} -{}-> {} says {}",
            called(relationship.from()),
            kind.expect("known").name,
            called(relationship.to()),
            said_by.join(" ")
        ));
    }
    lines
}

fn said(estate: &Estate, name: &str, how: char, claim: &Attribute) -> String {
    format!(
        "{name}.{} {how} {} {}@{}",
        attribute(estate, claim.id),
        text(&claim.value),
        who(estate, claim.source),
        number(claim.first_seen)
    )
}

fn attribute(estate: &Estate, id: AttributeId) -> String {
    match id {
        AttributeId::NAME => "name".to_owned(),
        AttributeId::STAGE => "stage".to_owned(),
        AttributeId::TAGS => "tags".to_owned(),
        _ => estate.catalog().attribute_name(id).expect("known").to_string(),
    }
}

/// A source without its feed, which the tests do not use to tell sources apart.
fn who(estate: &Estate, source: SourceId) -> String {
    let source = estate.source(source).expect("known");
    if source.scope.is_empty() {
        source.name.to_string()
    } else {
        format!("{}/{}", source.name, source.scope)
    }
}

/// The number of a day, or the seconds since day 0 where it is none.
pub(crate) fn number(at: Timestamp) -> String {
    let since: SignedDuration = at.duration_since(day(0));
    if since.as_secs() % 86_400 == 0 {
        (since.as_secs() / 86_400).to_string()
    } else {
        format!("{}s", since.as_secs())
    }
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.to_string(),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::IpAddress(address) => address.to_string(),
        AttributeValue::List(values) => values.iter().map(text).collect::<Vec<String>>().join("+"),
        AttributeValue::Decimal(_)
        | AttributeValue::Boolean(_)
        | AttributeValue::Timestamp(_)
        | AttributeValue::Duration(_)
        | AttributeValue::Cidr(_)
        | AttributeValue::Mac(_)
        | AttributeValue::Json(_) => format!("{value:?}"),
    }
}
