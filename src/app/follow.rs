//! Commits as they happen, from a revision on, without gaps.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, Stream};
use tokio::sync::broadcast;

use super::Reader;
use crate::model::{JournalEntry, Revision};
use crate::store::{JournalReader, ReadError};

/// Entries read from the journal at once, for a follower that is behind.
const PAGE: usize = 256;

/// Why a follower cannot go on. It may follow again from the last revision it has seen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The journal could not be read.
    #[error("cannot read the journal")]
    Read(#[from] ReadError),
    /// The reading thread was lost.
    #[error("the reading of the journal was interrupted")]
    Interrupted,
}

struct Follower {
    journal: JournalReader,
    live: broadcast::Receiver<Arc<JournalEntry>>,
    /// The last revision handed out.
    last: Revision,
    /// Read from the journal, not yet handed out.
    ready: VecDeque<Arc<JournalEntry>>,
    /// Whether what follows `last` must be looked for in the journal.
    behind: bool,
    failed: bool,
}

impl Reader {
    /// Every commit after a revision, in order: first those in the journal, then those to come. A
    /// follower that is too slow for the live ones reads them from the journal, so it misses none.
    pub fn follow(&self, after: Revision) -> impl Stream<Item = Result<Arc<JournalEntry>, FollowError>> + Send + use<> {
        let follower = Follower {
            journal: self.journal.clone(),
            // Listening begins before the journal is read, so that nothing falls between.
            live: self.events.subscribe(),
            last: after,
            ready: VecDeque::new(),
            behind: true,
            failed: false,
        };
        stream::unfold(follower, |mut follower| async move {
            let next = follower.next().await?;
            Some((next, follower))
        })
    }
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Arc<JournalEntry>, FollowError>> {
        if self.failed {
            return None;
        }
        loop {
            if let Some(entry) = self.ready.pop_front() {
                self.last = entry.revision;
                return Some(Ok(entry));
            }
            if self.behind {
                match self.read().await {
                    Ok(()) => continue,
                    Err(error) => {
                        self.failed = true;
                        return Some(Err(error));
                    }
                }
            }
            match self.live.recv().await {
                Ok(entry) if entry.revision == self.last.next() => self.ready.push_back(entry),
                Ok(entry) => self.behind = entry.revision > self.last,
                Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Reads on in the journal; an empty page says that the live commits are next.
    async fn read(&mut self) -> Result<(), FollowError> {
        let (journal, from) = (self.journal.clone(), self.last.next());
        let page = tokio::task::spawn_blocking(move || journal.entries(from, PAGE)).await;
        let page = page.map_err(|_| FollowError::Interrupted)??;
        self.behind = page.len() == PAGE;
        self.ready.extend(page.into_iter().map(Arc::new));
        Ok(())
    }
}
