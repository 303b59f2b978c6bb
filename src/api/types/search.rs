//! What a text search finds.

use async_graphql::{Enum, SimpleObject};

use super::CiObject;
use crate::graph::Snapshot;
use crate::graph::search::{MatchField, Rank, SearchHit};

/// How a CI fits a search text; better ones come first.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    /// The text is the CI's name, but for case.
    ExactName,
    /// The name begins with the text.
    NameBeginning,
    /// The CI has every word.
    Words,
    /// The CI has every word, some only as the beginning of one.
    Beginning,
    /// Some word is there with a typing error.
    Similar,
}

/// A CI found by text.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SearchHit")]
pub struct SearchHitObject {
    /// The CI.
    pub ci: CiObject,
    /// How it fits.
    pub kind: MatchKind,
    /// How well, from 0 to 100.
    pub score: u8,
    /// Where the least fitting word was found: `name`, `tag`, `nativeKey` or an attribute's name.
    pub field: String,
}

impl SearchHitObject {
    pub(in crate::api) fn new(view: &Snapshot, hit: &SearchHit) -> Self {
        let kind = match hit.rank {
            Rank::ExactName => MatchKind::ExactName,
            Rank::NameBeginning => MatchKind::NameBeginning,
            Rank::Words => MatchKind::Words,
            Rank::Beginning => MatchKind::Beginning,
            Rank::Similar(_) => MatchKind::Similar,
        };
        let field = match hit.field {
            MatchField::Name => "name".to_owned(),
            MatchField::Tag => "tag".to_owned(),
            MatchField::NativeKey => "nativeKey".to_owned(),
            MatchField::Attribute(id) => view
                .catalog()
                .attribute_name(id)
                .map(ToString::to_string)
                .unwrap_or_default(),
        };
        Self {
            ci: CiObject::at(view, hit.slot),
            kind,
            score: hit.rank.score(),
            field,
        }
    }
}
