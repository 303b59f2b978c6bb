//! `check(state, command) -> Delta`: every rule that refuses a write.
//!
//! A check reads the state so far and touches nothing; what it returns can be applied without fail.

mod apart;
mod catalog;
mod ci;
mod decide;
mod group;
mod ledger;
pub(super) mod merge;
mod observe;
mod relationship;
mod review;

use jiff::Timestamp;

use self::ledger::Voice;
use super::CommandError;
use super::command_error::SHORT_TEXT_BYTES_MAX;
use crate::clock::IdGenerator;
use crate::graph::{Estate, Slot};
use crate::model::{
    Attribute, AttributeId, AttributeValue, Attributes, CiId, Command, Delta, Revision, SourceId, SourceName, Stamp,
};

/// What a check needs beside the state and the command.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    /// The time of the write.
    pub(super) at: Timestamp,
    /// The revision that the write will have.
    pub(super) revision: Revision,
    /// Who is behind it.
    pub(super) source: SourceId,
    /// What that source is called; the state knows of it only when it has written something.
    pub(super) called: &'a SourceName,
    /// Where new identities come from.
    pub(super) ids: &'a mut IdGenerator,
}

impl Circumstances<'_> {
    fn stamp(&self) -> Stamp {
        Stamp {
            revision: self.revision,
            at: self.at,
        }
    }

    /// Who speaks, of what was observed when.
    fn voice(&self, observed_at: Option<Timestamp>) -> Voice<'_> {
        Voice {
            source: self.source,
            called: self.called,
            observed_at,
            now: self.second(),
        }
    }

    /// The time of the write to the second, as provenance keeps it.
    fn second(&self) -> Timestamp {
        Timestamp::from_second(self.at.as_second()).unwrap_or(self.at)
    }
}

/// Checks a command against the state so far. An empty delta says that nothing would change.
pub(super) fn check(
    estate: &Estate,
    command: &Command,
    circumstances: &mut Circumstances<'_>,
) -> Result<Delta, CommandError> {
    match command {
        Command::CreateCi(new) => ci::create(estate, new, circumstances),
        Command::UpdateCi { ci, expected, patch } => ci::update(estate, *ci, *expected, patch, circumstances),
        Command::ObserveCi { ci, observation } => observe::observe(estate, *ci, observation, circumstances),
        Command::MissCi { ci, retire } => observe::miss(estate, *ci, *retire, circumstances),
        Command::PinCi { ci, pin, unpin, by } => observe::pin(estate, *ci, (pin, unpin), by, circumstances),
        Command::MoveCi { ci, expected, stage } => ci::move_to(estate, *ci, *expected, *stage, circumstances),
        Command::DeleteCi {
            ci,
            expected,
            reason,
            with_relationships,
        } => ci::delete(estate, *ci, *expected, reason, *with_relationships),
        Command::MergeCis {
            survivor,
            absorbed,
            choices,
            by,
            reason,
        } => {
            let request = merge::MergeRequest {
                survivor: *survivor,
                absorbed: *absorbed,
                choices,
                by,
                reason: reason.as_deref(),
            };
            merge::merge(estate, &request, circumstances)
        }
        Command::RevertMerge { absorbed } => merge::revert(estate, *absorbed, circumstances).map(|(delta, _)| delta),
        Command::TellApart { cis, by, reason } => apart::tell_apart(estate, *cis, (by, reason), circumstances),
        Command::ReopenDuplicate { cis } => apart::reopen(estate, *cis),
        Command::Relate(new) => relationship::relate(estate, new, circumstances),
        Command::ChangeRelationship { relationship, patch } => {
            relationship::change(estate, *relationship, patch, circumstances)
        }
        Command::ConfirmRelationship { relationship } => relationship::confirm(estate, *relationship, circumstances),
        Command::WithdrawRelationship { relationship } => relationship::withdraw(estate, *relationship, circumstances),
        Command::Unrelate { relationship } => relationship::unrelate(estate, *relationship),
        Command::CreateGroup(new) => group::create(estate, new, circumstances),
        Command::ChangeGroup { group, patch } => group::change(estate, *group, patch),
        Command::DeleteGroup { group } => group::delete(estate, *group),
        Command::Review(command) => review::check(estate, command, circumstances),
        Command::Catalog(command) => catalog::check(estate, command, circumstances),
    }
}

fn slot_of(estate: &Estate, ci: CiId) -> Result<Slot, CommandError> {
    estate.slot_of(ci).ok_or(CommandError::CiNotFound { ci })
}

/// A text that people gave: not empty, not too long, no control characters.
fn check_text(field: &'static str, text: &str, limit: usize) -> Result<(), CommandError> {
    let ok = !text.trim().is_empty() && text.len() <= limit && !text.chars().any(char::is_control);
    if ok {
        Ok(())
    } else {
        Err(CommandError::InvalidText {
            field,
            bytes: text.len(),
            limit,
        })
    }
}

fn check_short(field: &'static str, text: &str) -> Result<(), CommandError> {
    check_text(field, text, SHORT_TEXT_BYTES_MAX)
}

/// The attributes after setting (`Some`) and removing (`None`) some. A value that stays keeps its
/// provenance.
fn merge(
    known: &Attributes,
    set: Vec<(AttributeId, Option<AttributeValue>)>,
    circumstances: &Circumstances<'_>,
) -> Attributes {
    if set.is_empty() {
        return known.clone();
    }
    let mut merged: Vec<Attribute> = known.iter().collect();
    for (id, value) in set {
        let place = merged.iter().position(|attribute| attribute.id == id);
        let Some(value) = value else {
            merged.retain(|attribute| attribute.id != id);
            continue;
        };
        let fresh = Attribute {
            id,
            value,
            source: circumstances.source,
            first_seen: circumstances.second(),
        };
        match place {
            Some(place) if merged[place].value == fresh.value => {}
            Some(place) => merged[place] = fresh,
            None => merged.push(fresh),
        }
    }
    Attributes::new(merged)
}
