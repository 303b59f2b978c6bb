//! Rules of ingest, as plain data: what a source may do, who decides an attribute, which values
//! identify nothing, which relationships follow from values, and what others call our CI types. The
//! catalog checks them and looks them up.

use std::fmt;

use jiff::SignedDuration;

use super::{CiTypeId, Name, RelationshipTypeId};

/// One rule of ingest. Its kind and its name together are its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IngestRule {
    /// What a source may do.
    Source(SourceRule),
    /// Who decides an attribute.
    Authority(AuthorityRule),
    /// Values that identify nothing.
    Junk(JunkRule),
    /// Relationships that follow from attribute values.
    Derivation(DerivationRule),
    /// What others call a CI type.
    ClassAlias(ClassAlias),
}

/// Which kind of rule, in the order of a catalog file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IngestRuleKind {
    /// A [`SourceRule`].
    Source,
    /// An [`AuthorityRule`].
    Authority,
    /// A [`JunkRule`].
    Junk,
    /// A [`DerivationRule`].
    Derivation,
    /// A [`ClassAlias`].
    ClassAlias,
}

/// What a source may do, and what becomes of its items that match nothing or several CIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRule {
    /// The source's name.
    pub name: Name,
    /// What it is, for people.
    pub description: String,
    /// What it may do.
    pub rights: SourceRights,
}

/// What a source may do. The default is that of a source without a rule.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each right is given by itself, in the words of the catalog file"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRights {
    /// Whether it may create CIs.
    pub may_create: bool,
    /// Whether it may change CIs.
    pub may_update: bool,
    /// Whether its silence may retire CIs.
    pub may_retire: bool,
    /// Whether a relationship to a CI that is not known makes a placeholder.
    pub may_create_placeholders: bool,
    /// What becomes of an item that matches no CI.
    pub on_no_match: OnNoMatch,
    /// What becomes of an item that matches several CIs.
    pub on_many_matches: OnManyMatches,
    /// Most CIs that one sync session may let go stale, in percent of what it speaks of.
    pub sweep_share_max: u8,
}

impl SourceRights {
    /// What a source without a rule may do.
    pub const DEFAULT: Self = Self {
        may_create: true,
        may_update: true,
        may_retire: true,
        may_create_placeholders: false,
        on_no_match: OnNoMatch::Create,
        on_many_matches: OnManyMatches::Review,
        sweep_share_max: 20,
    };
}

impl Default for SourceRights {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What becomes of an item that matches no CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNoMatch {
    /// A CI is created.
    Create,
    /// It is refused.
    Error,
    /// It waits in the review queue.
    Stage,
}

/// What becomes of an item that matches several CIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnManyMatches {
    /// It waits in the review queue.
    Review,
    /// It is refused.
    Error,
}

/// Who decides attributes of the CIs of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRule {
    /// Its name.
    pub name: Name,
    /// The type, with its subtypes.
    pub ci_type: CiTypeId,
    /// The attributes, `name`, `stage` and `tags` among them; empty: all that no other rule of the
    /// type names.
    pub attributes: Vec<Name>,
    /// Who decides them.
    pub authority: Authority,
}

/// Who decides an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// How it is decided.
    pub policy: AuthorityPolicy,
    /// The sources the policy speaks of, the first of the highest authority.
    pub sources: Vec<Name>,
    /// A source that has been silent on the CI for longer has no say while others speak.
    pub lapse: Option<SignedDuration>,
}

impl Authority {
    /// Who decides what no rule speaks of: the newest observation.
    pub const DEFAULT: Self = Self {
        policy: AuthorityPolicy::Newest,
        sources: Vec::new(),
        lapse: None,
    };
}

/// How an attribute that several sources speak of is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityPolicy {
    /// Only the one source decides.
    LockedToSource,
    /// The first of the sources that speaks decides.
    SourcePriority,
    /// Who was first decides; the others fill only what is empty.
    WriteIfEmpty,
    /// The newest observation decides.
    Newest,
    /// The value that most sources report decides.
    MostReported,
}

/// Values that identify nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JunkRule {
    /// Its name.
    pub name: Name,
    /// The attributes it speaks of, `name` among them; empty: every identifying attribute, but not
    /// `name`.
    pub attributes: Vec<Name>,
    /// Values, compared without regard to case and to blanks around them.
    pub values: Vec<String>,
    /// Regular expressions that match the whole value.
    pub patterns: Vec<String>,
}

/// Relationships that follow from attribute values: a host states the name of its cluster, so it is
/// a member of that cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivationRule {
    /// Its name.
    pub name: Name,
    /// The type whose CIs state the value, with its subtypes.
    pub from: CiTypeId,
    /// The attribute that states it; `name` is the CI's own name.
    pub attribute: Name,
    /// The type of the relationship.
    pub relationship_type: RelationshipTypeId,
    /// The type of the CIs that the value names, with its subtypes.
    pub to: CiTypeId,
    /// The attribute of theirs that must equal the value: `name`, or one that tells CIs apart.
    pub to_attribute: Name,
    /// Whether the relationship leads from the CI that is named to the one that names it.
    pub reversed: bool,
}

/// What others call a CI type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassAlias {
    /// Their name: `cmdb_ci_linux_server`.
    pub name: Name,
    /// Our type.
    pub ci_type: CiTypeId,
}

impl IngestRule {
    /// Its kind.
    pub const fn kind(&self) -> IngestRuleKind {
        match self {
            Self::Source(_) => IngestRuleKind::Source,
            Self::Authority(_) => IngestRuleKind::Authority,
            Self::Junk(_) => IngestRuleKind::Junk,
            Self::Derivation(_) => IngestRuleKind::Derivation,
            Self::ClassAlias(_) => IngestRuleKind::ClassAlias,
        }
    }

    /// Its name.
    pub const fn name(&self) -> &Name {
        match self {
            Self::Source(rule) => &rule.name,
            Self::Authority(rule) => &rule.name,
            Self::Junk(rule) => &rule.name,
            Self::Derivation(rule) => &rule.name,
            Self::ClassAlias(rule) => &rule.name,
        }
    }
}

impl IngestRuleKind {
    /// All kinds, in the order of a catalog file.
    pub const ALL: [Self; 5] = [
        Self::Source,
        Self::Authority,
        Self::Junk,
        Self::Derivation,
        Self::ClassAlias,
    ];

    /// The name of its table in a catalog file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Authority => "authority",
            Self::Junk => "junk",
            Self::Derivation => "derivation",
            Self::ClassAlias => "class_alias",
        }
    }

    /// What it is called in messages.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Authority => "authority",
            Self::Junk => "junk list",
            Self::Derivation => "derivation",
            Self::ClassAlias => "class alias",
        }
    }
}

impl fmt::Display for IngestRuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl OnNoMatch {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::Create, Self::Error, Self::Stage];

    /// The word in a catalog file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Error => "error",
            Self::Stage => "stage",
        }
    }
}

impl OnManyMatches {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 2] = [Self::Review, Self::Error];

    /// The word in a catalog file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Error => "error",
        }
    }
}

impl AuthorityPolicy {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] = [
        Self::LockedToSource,
        Self::SourcePriority,
        Self::WriteIfEmpty,
        Self::Newest,
        Self::MostReported,
    ];

    /// The word in a catalog file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LockedToSource => "locked_to_source",
            Self::SourcePriority => "source_priority",
            Self::WriteIfEmpty => "write_if_empty",
            Self::Newest => "newest",
            Self::MostReported => "most_reported",
        }
    }
}
