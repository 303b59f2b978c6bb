//! Who says so: the sources of what the estate knows.

use super::{Name, SourceId};

/// A discovery tool, a feed or a person's keyboard, known by name. When it last spoke of a CI or
/// relationship is kept beside the estate (a sighting), not in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number in this store.
    pub id: SourceId,
    /// Its name: `scanner-1`.
    pub name: Name,
}
