//! Identities. Two kinds: public ones that live for ever (`CiId`, `GroupId`: UUID version 7;
//! `RelationshipId`: a number, because three million of them are held twice in memory), and
//! small catalog numbers that keep records compact.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text is not an identity of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind}: write `{prefix}:` and its {form}")]
pub struct IdError {
    text: String,
    kind: &'static str,
    prefix: &'static str,
    form: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What stands before the colon in the written form.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID; by convention version 7, so that identities sort by creation.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, ":{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, ":"))
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or_else(|| IdError {
                        text: text.to_owned(),
                        kind: $kind,
                        prefix: $prefix,
                        form: "UUID",
                    })
            }
        }
    };
}

uuid_id!(
    /// Identity of a configuration item, stable for its whole life. Written `ci:0190...`.
    CiId, "ci", "configuration item id"
);
uuid_id!(
    /// Identity of an item of the review queue.
    ReviewId,
    "review",
    "review item id"
);
uuid_id!(
    /// Identity of an explicit redundancy group. Written `group:0190...`.
    GroupId, "group", "redundancy group id"
);

/// Identity of a relationship: a number, never used twice. Written `rel:17`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationshipId(u64);

impl RelationshipId {
    /// What stands before the colon in the written form.
    pub const PREFIX: &'static str = "rel";

    /// Wraps a number given out by the writer.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number inside.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RelationshipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rel:{}", self.0)
    }
}

impl fmt::Debug for RelationshipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RelationshipId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.strip_prefix("rel:")
            .filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|rest| rest.parse().ok())
            .map(Self)
            .ok_or_else(|| IdError {
                text: text.to_owned(),
                kind: "relationship id",
                prefix: "rel",
                form: "number",
            })
    }
}

macro_rules! catalog_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u16);

        impl $name {
            /// Wraps a number given out by the catalog.
            pub const fn new(number: u16) -> Self {
                Self(number)
            }

            /// The number inside.
            pub const fn number(self) -> u16 {
                self.0
            }

            /// The number as an index into a dense table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

catalog_number!(
    /// Number of a CI type in this store's catalog; never given to another type.
    CiTypeId
);
catalog_number!(
    /// Number of a relationship type in this store's catalog; never given to another type.
    RelationshipTypeId
);
catalog_number!(
    /// Number of an attribute name in this store's catalog. One name has one number, whatever
    /// types declare it.
    AttributeId
);
catalog_number!(
    /// Number of a pool in this store's catalog.
    PoolId
);
catalog_number!(
    /// Number of a source in this store.
    SourceId
);

impl AttributeId {
    /// Stands for a CI's name where claims and pins speak of it.
    pub const NAME: Self = Self(u16::MAX - 2);
    /// Stands for a CI's stage where claims and pins speak of it.
    pub const STAGE: Self = Self(u16::MAX - 1);
    /// Stands for a CI's tags where claims and pins speak of them.
    pub const TAGS: Self = Self(u16::MAX);

    /// The word for what every CI has as a field of its own, if it stands for that.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::NAME => Some("name"),
            Self::STAGE => Some("stage"),
            Self::TAGS => Some("tags"),
            _ => None,
        }
    }
}

impl SourceId {
    /// The source of what people and scripts write through commands, without a feed behind it.
    pub const MANUAL: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = CiId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string().parse(), Ok(id));
        let relationship = RelationshipId::new(17);
        assert_eq!("rel:17".parse(), Ok(relationship));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let group = GroupId::from_uuid(Uuid::from_u128(1)).to_string();
        assert!(group.parse::<CiId>().is_err());
        assert!("rel:+17".parse::<RelationshipId>().is_err());
        assert!("17".parse::<RelationshipId>().is_err());
    }
}
