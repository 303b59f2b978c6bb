//! How much it counts who says that a relationship is there.
//!
//! Rules of authority decide values of attributes, not relationships. But they say which sources an
//! organisation trusts with CIs of a type, and a source that is trusted with both ends' values is trusted
//! with what connects them. So the authority of a relationship is made of what is known anyway: who says
//! so, what the rules say of them, and whether they still speak of the CIs it connects.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::DERIVED;
use crate::graph::{Estate, RelationshipRef, Slot};
use crate::model::{CiTypeId, SourceId, SourceName};

/// The authority of a relationship, which is that of the one with the greatest among those who say so.
/// Ordered, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationshipAuthority {
    /// Whoever says so has stopped speaking of one of the CIs that it connects.
    Stale,
    /// A rule derives it from attribute values.
    Derived,
    /// A source says so that no rule of authority names.
    Unranked,
    /// A source says so that rules of authority about the types of its ends name: its best place among the
    /// sources of one of them, from 1.
    Ranked(Reverse<u32>),
    /// A person, or a script that writes as one, says so.
    Manual,
}

impl RelationshipAuthority {
    /// The place among the sources of a rule of authority.
    pub const fn place(self) -> Option<u32> {
        match self {
            Self::Ranked(Reverse(place)) => Some(place),
            Self::Stale | Self::Derived | Self::Unranked | Self::Manual => None,
        }
    }
}

/// Tells the authority of relationships of one estate: costs those who say so.
#[derive(Debug)]
pub struct Authorities<'a> {
    estate: &'a Estate,
    /// What is known of a source whatever it speaks of, by its number.
    voices: Vec<Option<Voice>>,
    /// The places of sources in the rules about types, as far as they were asked for.
    places: HashMap<(SourceId, CiTypeId), Option<u32>>,
}

/// What a source is.
#[derive(Clone, Copy, Debug)]
enum Voice {
    Person,
    Rule,
    Source,
}

impl<'a> Authorities<'a> {
    /// Of the relationships of an estate.
    pub fn new(estate: &'a Estate) -> Self {
        Self {
            estate,
            voices: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// The authority of a relationship.
    pub fn of(&mut self, relationship: &RelationshipRef<'_>) -> RelationshipAuthority {
        let ends = [relationship.from(), relationship.to()];
        let first = self.of_source(relationship.source(), ends);
        let others = relationship.also_said_by().iter();
        others.fold(first, |best, said| best.max(self.of_source(said.source, ends)))
    }

    fn of_source(&mut self, source: SourceId, ends: [Slot; 2]) -> RelationshipAuthority {
        match self.voice(source) {
            Voice::Person => RelationshipAuthority::Manual,
            Voice::Rule => RelationshipAuthority::Derived,
            Voice::Source if ends.iter().any(|end| self.is_silent(source, *end)) => RelationshipAuthority::Stale,
            Voice::Source => {
                let places = ends.iter().filter_map(|end| self.place(source, *end));
                let best = places.min();
                best.map_or(RelationshipAuthority::Unranked, |place| {
                    RelationshipAuthority::Ranked(Reverse(place))
                })
            }
        }
    }

    fn voice(&mut self, source: SourceId) -> Voice {
        if let Some(Some(voice)) = self.voices.get(source.index()) {
            return *voice;
        }
        let name = self.estate.source(source).map(|source| source.name.as_str());
        let voice = match name {
            Some(DERIVED) => Voice::Rule,
            Some(name) if name == SourceName::manual().name.as_str() => Voice::Person,
            Some(_) | None => Voice::Source,
        };
        if self.voices.len() <= source.index() {
            self.voices.resize(source.index() + 1, None);
        }
        self.voices[source.index()] = Some(voice);
        voice
    }

    /// Whether a source has stopped speaking of a CI.
    fn is_silent(&self, source: SourceId, slot: Slot) -> bool {
        let standing = self.estate.ci_in(slot).and_then(|ci| ci.standing());
        standing.is_some_and(|standing| standing.stale_since(source).is_some())
    }

    /// The place of a source in the rules about the type of a CI.
    fn place(&mut self, source: SourceId, slot: Slot) -> Option<u32> {
        let estate = self.estate;
        let ci_type = estate.ci_type_of(slot);
        *self.places.entry((source, ci_type)).or_insert_with(|| {
            let name = &estate.source(source)?.name;
            estate.catalog().authority_place(ci_type, name)
        })
    }
}
