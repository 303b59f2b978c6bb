//! The native payload: one JSON record a line, read and written.
//!
//! ```text
//! {"source":"scanner-1","feed":"dc-north","mode":"PARTIAL"}
//! {"ci":{"key":"vm-17","type":"virtual_machine","name":"shop-web-01","attributes":{"cpu_count":4}}}
//! {"relationship":{"from":"vm-17","type":"runs_on","to":"esx-03"}}
//! {"group":{"name":"web","consumer":"shop","members":["vm-17","vm-18"],"up_min":1}}
//! {"catalog":"[[ci_type]]\nname = \"lift\" ..."}
//! ```
//!
//! This module answers for the shape of a line and the laws of its single values (a weight is at
//! least 1, a strength never worsens a state). What a type or reference means is for the
//! pipeline behind it.

mod error;
mod json;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use error::{PayloadError, ValueError};
pub use json::VALUE_DEPTH_MAX;
pub use read::parse_line;
pub use write::{write_header, write_line};

use jiff::Timestamp;

use crate::model::command::NewPin;
use crate::model::{CiId, GroupId, Input, LifecycleStage, Strength, Threshold, Weight};

/// One line of a payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Who speaks, and how the payload is to be taken; the first line, or none.
    Header(HeaderRecord),
    /// What the source says of one CI.
    Ci(CiRecord),
    /// What the source says of one relationship.
    Relationship(RelationshipRecord),
    /// What the source says of one redundancy group.
    Group(GroupRecord),
    /// Definitions of the estate's own types, as the text of a catalog file.
    Catalog(String),
}

/// Whether the good records of a payload land when others are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IngestMode {
    /// Good records land, bad ones are reported.
    #[default]
    Partial,
    /// All records land, or none.
    Atomic,
}

impl IngestMode {
    /// The word in payloads, parameters and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "PARTIAL",
            Self::Atomic => "ATOMIC",
        }
    }
}

impl std::fmt::Display for IngestMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no mode: use PARTIAL or ATOMIC")]
pub struct IngestModeError(pub String);

impl std::str::FromStr for IngestMode {
    type Err = IngestModeError;

    fn from_str(text: &str) -> Result<Self, IngestModeError> {
        [Self::Partial, Self::Atomic]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| IngestModeError(text.to_owned()))
    }
}

/// The first line: who speaks. Whatever it leaves out may come from the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderRecord {
    /// The source's name.
    pub source: Option<String>,
    /// Which of the source's feeds this is.
    pub feed: Option<String>,
    /// Which part of the world the feed speaks of: `dc-north`.
    pub scope: Option<String>,
    /// When the source observed what its records say, unless they say otherwise.
    pub observed_at: Option<Timestamp>,
    /// Whether all records must land.
    pub mode: Option<IngestMode>,
}

/// What a source says of one CI. What is absent stays as it is; a null removes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CiRecord {
    /// Its identity, when the sender knows it: exports do.
    pub id: Option<CiId>,
    /// The source's own key for it, unique within the source.
    pub key: Option<String>,
    /// Its type, by name.
    pub ci_type: String,
    /// Its name.
    pub name: Option<String>,
    /// Where it stands in its life.
    pub stage: Option<LifecycleStage>,
    /// Its attributes by name, in the order written; each name once.
    pub attributes: Vec<(String, Input)>,
    /// All its labels.
    pub tags: Option<Vec<String>>,
    /// The CI it belongs to, named as a relationship's end, of types that are identified within a
    /// host: it is looked for there, and the relationship to it is recorded.
    pub host: Option<String>,
    /// What is known of CIs that it stands in relationship with, where a rule identifies it by them;
    /// only compared, not recorded.
    pub related: Vec<RelatedRecord>,
    /// From when it holds; `Some(None)`: since ever.
    pub valid_from: Option<Option<Timestamp>>,
    /// Until when it holds; `Some(None)`: for ever.
    pub valid_to: Option<Option<Timestamp>>,
    /// When the source observed this; absent: as the payload says, else when it arrived.
    pub observed_at: Option<Timestamp>,
    /// Identities that other CIs had before they became part of it.
    pub aliases: Vec<CiId>,
    /// Values that a person fixed elsewhere: exports state them.
    pub pins: Vec<NewPin>,
}

/// What is known of another CI that helps to identify one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelatedRecord {
    /// Its type, by name.
    pub ci_type: String,
    /// Its name.
    pub name: Option<String>,
    /// Its attributes by name, each name once.
    pub attributes: Vec<(String, Input)>,
}

/// What a source says of one relationship.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelationshipRecord {
    /// Where it starts: a key of this source, an id, `type:name` or an identifier.
    pub from: String,
    /// Its type, by name.
    pub relationship_type: String,
    /// Where it ends, named as `from`.
    pub to: String,
    /// Tells parallel relationships of one type apart; mostly empty.
    pub qualifier: String,
    /// How much of a failure of `from` hits `to`; `Some(None)`: as the type says.
    pub forward: Option<Option<Strength>>,
    /// How much of a failure of `to` hits `from`; `Some(None)`: as the type says.
    pub reverse: Option<Option<Strength>>,
    /// How much it counts in its group.
    pub weight: Option<Weight>,
    /// Its redundancy group: a key of this payload, an id, or a name among the groups of the
    /// relationship's ends; `Some(None)`: none.
    pub group: Option<Option<String>>,
    /// Its attributes by name, each name once.
    pub attributes: Vec<(String, Input)>,
    /// From when it holds; `Some(None)`: since ever.
    pub valid_from: Option<Option<Timestamp>>,
    /// Until when it holds; `Some(None)`: for ever.
    pub valid_to: Option<Option<Timestamp>>,
    /// When the source observed this; absent: as the payload says, else when it arrived.
    pub observed_at: Option<Timestamp>,
}

/// What a source says of one redundancy group: all of it, so what is absent takes its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupRecord {
    /// Its identity, when the sender knows it.
    pub id: Option<GroupId>,
    /// What relationships of this payload call it; absent: its name.
    pub key: Option<String>,
    /// Its name, unique among its consumer's groups.
    pub name: String,
    /// The CI that needs the members, named as a relationship's end.
    pub consumer: String,
    /// Its members.
    pub members: Vec<MemberRecord>,
    /// k; absent: all are needed.
    pub up_min: Option<Threshold>,
    /// d; absent: k.
    pub capacity_min: Option<Threshold>,
    /// r; absent: all.
    pub spare_min: Option<Threshold>,
    /// How much of its state reaches the consumer; absent: `DOWN`, all of it.
    pub strength: Option<Strength>,
    /// Whether support must be derivable from something that needs none.
    pub grounded: bool,
    /// From when it holds.
    pub valid_from: Option<Timestamp>,
    /// Until when it holds.
    pub valid_to: Option<Timestamp>,
}

/// A member of a redundancy group: written as a reference alone, or with weight and strength.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberRecord {
    /// The CI, named as a relationship's end.
    pub ci: String,
    /// How much it counts; absent: 1.
    pub weight: Option<Weight>,
    /// How much of its failure counts; absent: `DOWN`, all of it.
    pub strength: Option<Strength>,
}
