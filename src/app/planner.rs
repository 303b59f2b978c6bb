//! One write on its way: commands checked and applied one after the other on the writer's state.

use jiff::Timestamp;

use super::CommandError;
use super::check::merge::{Loss, revert};
use super::check::{Circumstances, check};
use super::derived::follow;
use crate::clock::IdGenerator;
use crate::graph::sightings::SightingKind;
use crate::graph::{Estate, Slot};
use crate::model::review::ReviewState;
use crate::model::{
    BeforeAfter, CiId, Command, Delta, DeltaItem, GroupId, Name, RelationshipId, Revision, Source, SourceId, SourceName,
};

/// What a command did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The CI it was about.
    pub ci: Option<CiId>,
    /// The relationship it was about.
    pub relationship: Option<RelationshipId>,
    /// The redundancy group it was about.
    pub group: Option<GroupId>,
    /// Whether anything changed.
    pub changed: bool,
    /// What taking a merge back could not give back.
    pub lost: Vec<Loss>,
}

/// A write being planned on the writer's thread. What it has executed is in the state it sees.
#[derive(Debug)]
pub struct Planner<'a> {
    estate: &'a mut Estate,
    ids: &'a mut IdGenerator,
    at: Timestamp,
    revision: Revision,
    source: SourceId,
    /// What the source is called.
    called: &'a SourceName,
    /// The source to register with the first change, where it is new.
    new_source: Option<Source>,
    delta: Delta,
    refused: bool,
    /// What was sighted: recorded when the write is committed.
    sighted: Vec<Sighted>,
}

/// Of what a source spoke: its kind, its place and the moment of the observation, if not now.
pub(super) type Sighted = (SightingKind, u32, Option<Timestamp>);

/// What a finished plan leaves for the writer.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) delta: Delta,
    pub(super) refused: bool,
    pub(super) source: SourceIdOrNone,
    pub(super) sighted: Vec<Sighted>,
}

/// The source of a plan.
pub(super) type SourceIdOrNone = Option<SourceId>;

impl<'a> Planner<'a> {
    pub(super) fn new(
        estate: &'a mut Estate,
        ids: &'a mut IdGenerator,
        at: Timestamp,
        revision: Revision,
        source: &'a SourceName,
    ) -> Self {
        let known = estate.source_of(source).map(|source| source.id);
        let next = SourceId::new(u16::try_from(estate.sources().count()).unwrap_or(u16::MAX));
        let new_source = known.is_none().then(|| Source {
            id: next,
            name: source.name.clone(),
            feed: source.feed.clone(),
            scope: source.scope.clone(),
        });
        Self {
            estate,
            ids,
            at,
            revision,
            source: known.unwrap_or(next),
            called: source,
            new_source,
            delta: Delta::default(),
            refused: false,
            sighted: Vec::new(),
        }
    }

    /// The state so far, with all that this plan has executed.
    pub fn estate(&self) -> &Estate {
        self.estate
    }

    /// The time of the write.
    pub fn now(&self) -> Timestamp {
        self.at
    }

    /// The source of the write.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// What the source of the write is called, with feed and scope.
    pub fn called(&self) -> &SourceName {
        self.called
    }

    /// The name of the source of the write.
    pub fn source_name(&self) -> &Name {
        &self.called.name
    }

    /// The first source of the same name: they know CIs by the same keys, also before this one has written
    /// anything.
    pub fn namesake(&self) -> SourceId {
        let known = self.estate.sources_named(self.called.name.as_str()).next();
        known.map_or(self.source, |known| known.id)
    }

    /// What a command would change, without executing it.
    pub fn preview(&mut self, command: &Command) -> Result<Delta, CommandError> {
        let mut circumstances = Circumstances {
            at: self.at,
            revision: self.revision,
            source: self.source,
            called: self.called,
            ids: self.ids,
        };
        check(self.estate, command, &mut circumstances)
    }

    /// What taking a merge back would change, and what it cannot bring back.
    fn preview_revert(&mut self, absorbed: CiId) -> Result<(Delta, Vec<Loss>), CommandError> {
        let circumstances = Circumstances {
            at: self.at,
            revision: self.revision,
            source: self.source,
            called: self.called,
            ids: self.ids,
        };
        revert(self.estate, absorbed, &circumstances)
    }

    /// Checks a command and, if nothing refuses it, applies it.
    pub fn execute(&mut self, command: &Command) -> Result<Done, CommandError> {
        let (delta, lost) = if let Command::RevertMerge { absorbed } = command {
            self.preview_revert(*absorbed)?
        } else {
            (self.preview(command)?, Vec::new())
        };
        let mut done = done(self.estate, command, &delta);
        done.lost = lost;
        if !delta.is_empty() {
            self.register_source();
            self.estate.apply(&delta);
            let followed = follow(self.estate, &delta, self.at);
            self.delta.items.extend(delta.items);
            self.delta.items.extend(followed.items);
        }
        Ok(done)
    }

    /// Notes that the source spoke of a CI, as observed at some moment: now, if none is given.
    pub fn saw_ci(&mut self, slot: Slot, observed_at: Option<Timestamp>) {
        self.sighted.push((SightingKind::Ci, slot.number(), observed_at));
    }

    /// Notes that the source spoke of a relationship, and gives the relationship's place.
    pub fn saw_relationship(&mut self, relationship: RelationshipId, observed_at: Option<Timestamp>) -> Option<u32> {
        let place = self.estate.relationship(relationship)?.place();
        self.sighted.push((SightingKind::Relationship, place, observed_at));
        Some(place)
    }

    /// Gives the whole write up: everything it executed is taken back.
    pub fn refuse(&mut self) {
        self.refused = true;
    }

    pub(super) fn finish(self) -> Planned {
        let source = self.estate.source(self.source).map(|source| source.id);
        Planned {
            delta: self.delta,
            refused: self.refused,
            source,
            sighted: self.sighted,
        }
    }

    fn register_source(&mut self) {
        if let Some(source) = self.new_source.take() {
            let item = Delta {
                items: vec![DeltaItem::Source(BeforeAfter::created(source))],
            };
            self.estate.apply(&item);
            self.delta.items.extend(item.items);
        }
    }
}

/// What the command was about: named by it, or created by its delta.
fn done(estate: &Estate, command: &Command, delta: &Delta) -> Done {
    let mut done = Done {
        changed: !delta.is_empty(),
        ..Done::default()
    };
    match command {
        Command::UpdateCi { ci, .. }
        | Command::ObserveCi { ci, .. }
        | Command::MissCi { ci, .. }
        | Command::PinCi { ci, .. }
        | Command::MoveCi { ci, .. }
        | Command::DeleteCi { ci, .. } => done.ci = Some(estate.present_id(*ci)),
        Command::ChangeRelationship { relationship, .. }
        | Command::ConfirmRelationship { relationship }
        | Command::WithdrawRelationship { relationship }
        | Command::Unrelate { relationship } => {
            done.relationship = Some(*relationship);
        }
        Command::ChangeGroup { group, .. } | Command::DeleteGroup { group } => done.group = Some(*group),
        Command::CreateCi(_) | Command::Relate(_) | Command::CreateGroup(_) => {
            let first = delta.items.first();
            let ci = first.and_then(DeltaItem::as_ci);
            let relationship = first.and_then(DeltaItem::as_relationship);
            let group = first.and_then(DeltaItem::as_group);
            done.ci = ci.and_then(|step| step.after.as_ref()).map(|ci| ci.id());
            done.relationship = relationship.and_then(|step| step.after.as_ref()).map(|after| after.id);
            done.group = group.and_then(|step| step.after.as_ref()).map(|group| group.id);
        }
        Command::Review(_) => {
            let mut decided = delta.items.iter().filter_map(DeltaItem::as_review);
            done.ci = decided.find_map(|change| match change.after.as_ref()?.state {
                ReviewState::Resolved { ci, .. } => Some(ci),
                ReviewState::Open | ReviewState::Dismissed { .. } => None,
            });
        }
        Command::MergeCis { survivor, .. } => done.ci = Some(estate.present_id(*survivor)),
        Command::RevertMerge { absorbed } => done.ci = Some(*absorbed),
        Command::Catalog(_) | Command::TellApart { .. } | Command::ReopenDuplicate { .. } => {}
    }
    done
}
