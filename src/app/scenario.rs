//! What if: commands checked and applied to a copy of the estate that nobody writes.

use jiff::Timestamp;

use super::check::{Circumstances, check};
use super::planner::Planner;
use super::{CommandError, Done};
use crate::clock::IdGenerator;
use crate::graph::Estate;
use crate::model::{Command, Delta, SourceId, SourceName};

/// The estate as it would be after commands that nobody has given: checked like any other command,
/// refused in the same way, and written nowhere.
#[derive(Debug)]
pub struct Scenario {
    estate: Estate,
    ids: IdGenerator,
    at: Timestamp,
    delta: Delta,
}

impl Scenario {
    /// A copy of the estate: costs what it holds in memory. New CIs and groups get the same identities
    /// whenever the same commands are tried with the same seed.
    pub fn of(estate: &Estate, seed: u64) -> Self {
        Self {
            at: estate.committed_at(),
            estate: estate.clone(),
            ids: IdGenerator::seeded(seed),
            delta: Delta::default(),
        }
    }

    /// Checks a command and, if nothing refuses it, applies it.
    pub fn execute(&mut self, command: &Command) -> Result<Done, CommandError> {
        let revision = self.estate.revision().next();
        let source = SourceName::manual();
        let mut planner = Planner::new(&mut self.estate, &mut self.ids, self.at, revision, &source);
        let done = planner.execute(command);
        self.delta.items.extend(planner.finish().delta.items);
        done
    }

    /// The estate with all commands, and what they changed.
    pub fn finish(self) -> (Estate, Delta) {
        (self.estate, self.delta)
    }
}

/// What a command of a source would change, without a copy of the estate: checked like any other
/// command, refused in the same way, and written nowhere.
pub fn preview(estate: &Estate, source: &SourceName, command: &Command, at: Timestamp) -> Result<Delta, CommandError> {
    let known = estate.source_of(source).map(|known| known.id);
    let next = || SourceId::new(u16::try_from(estate.sources().count()).unwrap_or(u16::MAX));
    let mut ids = IdGenerator::seeded(0);
    let mut circumstances = Circumstances {
        at,
        revision: estate.revision().next(),
        source: known.unwrap_or_else(next),
        called: source,
        ids: &mut ids,
    };
    check(estate, command, &mut circumstances)
}
