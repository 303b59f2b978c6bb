//! What the tests of ingest share: a database in a folder of its own, loads, and what is in it.

use std::ops::ControlFlow;

use jiff::Timestamp;
use linchpin::app::{Cmdb, CmdbOptions, Editor};
use linchpin::clock::{Clock, IdGenerator};
use linchpin::graph::{Estate, Slot};
use linchpin::impact::{Budget, ImpactQuestion, ImpactView, Premises, Scratch, impact};
use linchpin::ingest::formats::Format;
use linchpin::ingest::formats::document::DocumentOptions;
use linchpin::ingest::report::{ItemLine, ReportLine, Summary};
use linchpin::ingest::{IngestOptions, run};
use linchpin::model::{Actor, ImpactState, Revision};

/// A database in a folder that goes with it.
pub(crate) struct Database {
    pub(crate) cmdb: Cmdb,
    folder: tempfile::TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = Timestamp::from_second(1_700_000_000).expect("in range");
        let options = CmdbOptions {
            clock: Clock::at(at),
            ids: IdGenerator::seeded(7),
            ..CmdbOptions::default()
        };
        Self {
            cmdb: Cmdb::open(folder.path(), options).expect("a new store"),
            folder,
        }
    }

    pub(crate) fn editor(&self) -> Editor {
        self.cmdb.editor(Actor { name: "tester".into() })
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn revision(&self) -> Revision {
        self.cmdb.reader().snapshot().revision()
    }

    /// Loads a payload with the default options.
    pub(crate) fn load(&self, payload: &str) -> Report {
        self.load_as(payload, IngestOptions::default())
    }

    pub(crate) fn load_as(&self, payload: &str, options: IngestOptions) -> Report {
        let mut lines = Vec::new();
        let summary = run(&self.editor(), options, payload.as_bytes(), &mut |line| {
            lines.push(line);
            ControlFlow::Continue(())
        });
        Report { lines, summary }
    }

    /// Everything that is recorded, in an order of its own and without identities.
    pub(crate) fn dump(&self) -> Vec<String> {
        let snapshot = self.cmdb.reader().snapshot();
        let mut lines: Vec<String> = snapshot
            .slots_by_id()
            .iter()
            .map(|slot| ci_line(&snapshot, *slot))
            .collect();
        for relationship in snapshot.relationships() {
            let definition = snapshot.catalog().relationship_type(relationship.relationship_type());
            lines.push(format!(
                "{} -{}-> {} `{}` weight {} group {:?}",
                name(&snapshot, relationship.from()),
                definition.expect("known").name,
                name(&snapshot, relationship.to()),
                relationship.qualifier(),
                relationship.weight().get(),
                relationship
                    .group()
                    .and_then(|group| snapshot.group(group))
                    .map(|group| &group.name),
            ));
        }
        for group in snapshot.groups() {
            let of = |ci| name(&snapshot, snapshot.slot_of(ci).expect("live"));
            let mut members: Vec<String> = group.members.iter().map(|member| of(member.ci)).collect();
            members.sort();
            lines.push(format!(
                "group {} of {}: {} {:?}",
                group.name,
                of(group.consumer),
                members.join(" "),
                group.thresholds
            ));
        }
        lines.sort();
        lines
    }
}

fn name(estate: &Estate, slot: Slot) -> String {
    let ci = estate.ci_at(slot);
    let key = ci.origins().next().map(|origin| origin.native_key.to_string());
    key.filter(|key| !key.is_empty())
        .unwrap_or_else(|| ci.name().to_owned())
}

fn ci_line(estate: &Estate, slot: Slot) -> String {
    let ci = estate.ci_at(slot);
    let ci_type = estate.catalog().ci_type(ci.ci_type()).expect("known");
    let mut keys: Vec<String> = ci.origins().map(|origin| origin.native_key.to_string()).collect();
    keys.sort();
    let attributes = ci.attributes().iter().map(|attribute| {
        let name = estate.catalog().attribute_name(attribute.id).expect("known");
        format!("{name}={:?}", attribute.value)
    });
    let attributes: Vec<String> = attributes.collect();
    format!(
        "ci {} {} `{}` {} {}",
        keys.join("+"),
        ci_type.name,
        ci.name(),
        ci.stage(),
        attributes.join(" ")
    )
}

/// The report of a load.
pub(crate) struct Report {
    pub(crate) lines: Vec<ReportLine>,
    pub(crate) summary: Summary,
}

impl Report {
    pub(crate) fn items(&self) -> Vec<&ItemLine> {
        let item = |line: &'_ ReportLine| matches!(line, ReportLine::Item(_));
        self.lines
            .iter()
            .filter(|line| item(line))
            .map(|line| match line {
                ReportLine::Item(item) => &**item,
                ReportLine::Progress(_) | ReportLine::Summary(_) => unreachable!("only items are left"),
            })
            .collect()
    }

    /// The item lines and the summary as JSON, without what differs from run to run.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let line = match line {
                ReportLine::Progress(_) => continue,
                ReportLine::Item(_) => line.clone(),
                ReportLine::Summary(summary) => ReportLine::Summary(Box::new(Summary {
                    duration_ms: 0,
                    ..Summary::clone(summary)
                })),
            };
            text.push_str(&serde_json::to_string(&line).expect("a line"));
            text.push('\n');
        }
        text
    }
}

/// The keys of the CIs that are down, besides those that failed, when some fail.
pub(crate) fn down(estate: &Estate, failed: &[&str], excluded_types: &[&str]) -> Vec<String> {
    impacted(estate, failed, excluded_types, |state| state == ImpactState::Down)
}

/// The keys of the CIs that are in a worse state, besides those that failed, when some fail.
pub(crate) fn worse(estate: &Estate, failed: &[&str]) -> Vec<String> {
    impacted(estate, failed, &[], |state| state != ImpactState::Ok)
}

fn impacted(
    estate: &Estate,
    failed: &[&str],
    excluded_types: &[&str],
    counts: impl Fn(ImpactState) -> bool,
) -> Vec<String> {
    let slot = |key: &&str| {
        let found = estate.sources().find_map(|source| estate.by_native_key(source.id, key));
        found.unwrap_or_else(|| panic!("no CI has the key {key}"))
    };
    let failed: Vec<Slot> = failed.iter().map(slot).collect();
    let excluded = |name: &&str| estate.catalog().relationship_type_named(name).expect("a type").id;
    let question = ImpactQuestion {
        failed: failed
            .iter()
            .map(|slot| linchpin::impact::FailedCi {
                slot: *slot,
                state: ImpactState::Down,
            })
            .collect(),
        premises: Premises {
            excluded_types: excluded_types.iter().map(excluded).collect(),
            ..Premises::default()
        },
        ..ImpactQuestion::default()
    };
    let view = ImpactView {
        index: estate.dependency_index(),
        columns: estate.columns(),
    };
    let report = impact(view, &question, &Budget::UNLIMITED, &mut Scratch::default()).expect("an answer");
    assert!(report.is_complete());
    let impacted = report.impacted_unordered().iter();
    let mut keys: Vec<String> = impacted
        .filter(|impacted| counts(impacted.after) && !failed.contains(&impacted.slot))
        .map(|impacted| name(estate, impacted.slot))
        .collect();
    keys.sort();
    keys
}

/// Options for a document whose format is found out.
pub(crate) fn detected(source: &str) -> IngestOptions {
    IngestOptions {
        source: Some(source.to_owned()),
        format: Format::Document(DocumentOptions::default()),
        ..IngestOptions::default()
    }
}

/// The same, for what the document does not say of itself.
pub(crate) fn named(mut options: IngestOptions, name: &str) -> IngestOptions {
    if let Format::Document(document) = &mut options.format {
        document.name = Some(name.to_owned());
    }
    options
}

/// The text of one of our own payloads.
pub(crate) fn fixture(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ingest");
    std::fs::read_to_string(folder.join(name)).expect("a fixture")
}

/// A folder of samples beside the repository, if it is there; says so if it is not.
pub(crate) fn sample(name: &str) -> Option<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    note(&format!("skipped: {} is not there", folder.display()));
    None
}

#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn note(text: &str) {
    eprintln!("{text}");
}
