//! Who says so: the sources of what the estate knows, and what each of them says.

use std::fmt;

use jiff::Timestamp;

use super::packed::PackError;
use super::{Attribute, AttributeId, CiId, Name, SourceId};

/// Who speaks: a discovery tool or a person's keyboard, known by name; which of its feeds; and which
/// part of the world that feed speaks of. When it last spoke of a CI or relationship is kept beside
/// the estate (a sighting), not in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number in this store. Each combination of name, feed and scope has one of its own.
    pub id: SourceId,
    /// Its name: `scanner-1`.
    pub name: Name,
    /// Which of the source's feeds; empty: none is named.
    pub feed: Box<str>,
    /// Which part of the world: `dc-north`; empty: none is named.
    pub scope: Box<str>,
}

impl Source {
    /// What requests call it.
    pub fn called(&self) -> SourceName {
        SourceName {
            name: self.name.clone(),
            feed: self.feed.clone(),
            scope: self.scope.clone(),
        }
    }
}

/// A source as requests name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName {
    /// Its name.
    pub name: Name,
    /// Its feed; empty: none.
    pub feed: Box<str>,
    /// Its scope; empty: none.
    pub scope: Box<str>,
}

impl SourceName {
    /// A source of which no feed and no scope is named.
    pub fn plain(name: Name) -> Self {
        Self {
            name,
            feed: Box::default(),
            scope: Box::default(),
        }
    }

    /// The source behind a write that names none: people and scripts that use commands.
    pub fn manual() -> Self {
        Self::plain(Name::new("manual").expect("`manual` is a name"))
    }

    /// Whether this is what a source is called.
    pub fn is_of(&self, source: &Source) -> bool {
        self.name == source.name && self.feed == source.feed && self.scope == source.scope
    }
}

/// Name, feed and scope, with a slash between those that are named.
impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())?;
        let named = [&self.feed, &self.scope].into_iter().filter(|text| !text.is_empty());
        for text in named {
            write!(f, "/{text}")?;
        }
        Ok(())
    }
}

/// What is known of a CI's sources beyond what is in effect. Most CIs have one source and nothing of
/// this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What sources say that is not in effect, or that others say in the same words: by attribute and
    /// source. The claim in effect is the attribute itself; of name, stage and tags every claim is
    /// here.
    pub claims: Claims,
    /// Values that a person fixed, by attribute.
    pub pins: Vec<Pin>,
    /// Sources that have stopped speaking of the CI, by source: it was not mentioned in a sync session
    /// that was completed.
    pub stale: Vec<Stale>,
    /// Identities that other CIs had before they were merged into this one, ascending.
    pub aliases: Vec<CiId>,
}

/// A value that a person fixed: no source changes it until it is let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Which attribute, or [`AttributeId::NAME`], [`AttributeId::STAGE`], [`AttributeId::TAGS`].
    pub attribute: AttributeId,
    /// When, to the second.
    pub at: Timestamp,
    /// By whom.
    pub by: Box<str>,
}

/// A source that has stopped speaking of a CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The source.
    pub source: SourceId,
    /// When it was first missed, to the second.
    pub since: Timestamp,
}

impl Standing {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Since when a source has stopped speaking of the CI.
    pub fn stale_since(&self, source: SourceId) -> Option<Timestamp> {
        let stale = self.stale.iter().find(|stale| stale.source == source);
        stale.map(|stale| stale.since)
    }

    /// Whether a value is fixed.
    pub fn is_pinned(&self, attribute: AttributeId) -> bool {
        self.pins.iter().any(|pin| pin.attribute == attribute)
    }
}

/// What sources say of a CI, packed as [`super::Attributes`] are, by attribute and source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims(Box<[u8]>);

impl Claims {
    /// Packs claims; there is at most one of each attribute and source.
    pub fn new(mut claims: Vec<Attribute>) -> Self {
        claims.sort_by_key(|claim| (claim.id, claim.source));
        Self(Attribute::pack_all(&claims))
    }

    /// Takes packed bytes back, checking every one of them.
    pub fn from_packed(bytes: &[u8]) -> Result<Self, PackError> {
        Attribute::check_all(bytes, |id, source| (id, source))?;
        Ok(Self(bytes.into()))
    }

    /// The packed bytes.
    pub fn as_packed(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by attribute and source.
    pub fn iter(&self) -> impl Iterator<Item = Attribute> + '_ {
        Attribute::unpack_all(&self.0)
    }

    /// What is said of one attribute, by source.
    pub fn of(&self, attribute: AttributeId) -> impl Iterator<Item = Attribute> + '_ {
        self.iter()
            .skip_while(move |claim| claim.id < attribute)
            .take_while(move |claim| claim.id == attribute)
    }
}
