//! Why a catalog text, a catalog command or a value was refused.

use std::sync::Arc;

use crate::model::definition::AttributeDefinition;
use crate::model::lifecycle::LifecycleStageError;
use crate::model::name::NameError;
use crate::model::redundancy::ThresholdError;
use crate::model::strength::StrengthError;
use crate::model::{LifecycleStage, Name};

/// Most bytes of a refused value that a message shows.
const SHOWN_BYTES_MAX: usize = 80;

/// Why a change of the catalog was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The text is too long.
    #[error("the catalog file has {bytes} bytes, the limit is {limit}: split it", limit = super::FILE_BYTES_MAX)]
    FileTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The text is not TOML, or a key or value is not of the catalog's format.
    #[error("line {line} of the catalog file: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A definition in a catalog file is wrong.
    #[error("line {line} of the catalog file, {subject}: {problem}")]
    Definition {
        /// The line, from 1.
        line: usize,
        /// What is wrong: ``attribute `size` of CI type `volume` ``.
        subject: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The change would make the catalog as a whole wrong, or what it names is not there.
    #[error("{subject}: {problem}")]
    Catalog {
        /// What is or would be wrong.
        subject: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

impl CatalogError {
    /// What is wrong, where it is known that finely.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::FileTooLong { .. } | Self::Syntax { .. } => None,
            Self::Definition { problem, .. } | Self::Catalog { problem, .. } => Some(problem),
        }
    }
}

/// What is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A text is no name.
    #[error(transparent)]
    InvalidName(#[from] NameError),
    /// The name stands for something every CI has.
    #[error("`{0}` is a field that every CI has: use another name")]
    ReservedName(Name),
    /// The same thing is defined twice.
    #[error("it is defined twice: keep one")]
    Duplicate,
    /// There is no such CI type.
    #[error("there is no CI type `{0}`: define it in the same file, or correct the name")]
    UnknownCiType(String),
    /// There is no such relationship type.
    #[error("there is no relationship type `{0}`")]
    UnknownRelationshipType(String),
    /// There is no such rule of ingest.
    #[error("there is no such rule: correct the name or the kind")]
    UnknownIngestRule,
    /// There is no such pool.
    #[error("there is no pool `{0}`: define it in the same file, or correct the name")]
    UnknownPool(String),
    /// There is no such attribute.
    #[error("there is no attribute `{0}`: declare it on the type or an ancestor, or correct the name")]
    UnknownAttribute(Name),
    /// The type would specialise itself.
    #[error("it would specialise itself through its parent `{parent}`: choose another parent")]
    InheritanceCycle {
        /// The stated parent.
        parent: Name,
    },
    /// The tree would have two roots.
    #[error("it has no parent, and `{root}` is the root already: set `parent = \"{root}\"` or another type")]
    SecondRoot {
        /// The root.
        root: Name,
    },
    /// The attribute widens what another type says of it.
    #[error("it conflicts with CI type `{ci_type}`, which declares it too: {rule}")]
    AttributeConflict {
        /// The other type.
        ci_type: Name,
        /// What a refinement must keep.
        rule: &'static str,
    },
    /// The pattern is no regular expression.
    #[error("`{pattern}` is no usable regular expression: {message}")]
    InvalidPattern {
        /// The pattern.
        pattern: String,
        /// What the parser says.
        message: String,
    },
    /// The type of values is not known.
    #[error(
        "`{0}` is no type of values: use string, integer, decimal, boolean, timestamp, duration, enumeration, \
         ip_address, cidr, mac, url, email, list or json"
    )]
    UnknownValueType(String),
    /// A key is needed, or makes no sense, for this type of values.
    #[error("{0}")]
    KeyMisplaced(&'static str),
    /// A bound is no number, or the bounds exclude everything.
    #[error("`{0}` is no bound: use a whole number, or a decimal number as text, with minimum <= maximum")]
    InvalidBound(String),
    /// A strength outside the law.
    #[error(transparent)]
    InvalidStrength(#[from] StrengthError),
    /// A threshold outside the law.
    #[error(transparent)]
    InvalidThreshold(#[from] ThresholdError),
    /// A tier outside 1 to 4.
    #[error("`{0}` is no tier: use 1 (most critical) to 4")]
    InvalidTier(i64),
    /// A text names no lifecycle stage.
    #[error(transparent)]
    InvalidStage(#[from] LifecycleStageError),
    /// A text names no state.
    #[error("`{0}` is no state: use OK, AT_RISK, DEGRADED or DOWN")]
    InvalidState(String),
    /// A lifecycle rule leads from a stage to itself.
    #[error("`next` lists `{0}` itself: staying is always allowed, leave it out")]
    MoveToItself(LifecycleStage),
    /// Something is too long, or there is too much of it.
    #[error("{what} has {size}, the limit is {limit}: make it smaller")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// Something must not be empty.
    #[error("{0} is empty: say at least one thing")]
    Empty(&'static str),
    /// All numbers of this kind were given out.
    #[error("no number is left: this store has had its 65535 {0}")]
    OutOfNumbers(&'static str),
    /// The type has subtypes.
    #[error("it has the subtype `{0}`: remove that first")]
    HasSubtypes(Name),
    /// A rule of ingest or of identification names it.
    #[error("{0} names it: change that first")]
    NamedByRule(String),
    /// A share outside 0 to 100.
    #[error("`{0}` is no share: use 0 to 100, in percent")]
    InvalidShare(i64),
    /// A length of time that is none, or not of whole seconds.
    #[error("`{0}` is no length of time: use whole seconds as 7d, 12h or PT30M, at most 36500d")]
    InvalidLength(String),
    /// A word that is none of those that stand there.
    #[error("`{word}` is not known here: use {known}")]
    UnknownWord {
        /// The word, shortened.
        word: String,
        /// The words that are known.
        known: String,
    },
    /// A list has something twice.
    #[error("{list} lists `{name}` twice: keep one")]
    ListedTwice {
        /// Which list.
        list: &'static str,
        /// What is there twice.
        name: Name,
    },
    /// Two rules of one type decide the same.
    #[error("authority `{other}` decides {what} of the same type already: state it in one of them")]
    AuthorityOverlap {
        /// The other rule.
        other: Name,
        /// What both decide.
        what: String,
    },
    /// CIs cannot be looked up by the attribute.
    #[error("`{0}` does not tell CIs apart: use `name`, a unique attribute, or one that an identification rule names")]
    NotIdentifying(Name),
    /// A relationship type does not lead between the types that a rule names.
    #[error("relationship type `{0}` does not allow these ends: use another, or `reversed`")]
    EndsNotAllowed(Name),
    /// A relationship type names the type.
    #[error("relationship type `{0}` names it: change that first")]
    NamedByRelationshipType(Name),
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// The type has no such attribute.
    #[error(
        "`{of}` has no attribute `{attribute}`{hint}",
        hint = did_you_mean.as_ref().map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
    )]
    Unknown {
        /// The name as it was sent, shortened.
        attribute: String,
        /// The CI type or relationship type.
        of: String,
        /// The closest name the type has.
        did_you_mean: Option<Name>,
    },
    /// The value does not fit the definition.
    #[error(
        "attribute `{attribute}` takes {expected}{got}",
        got = value.as_ref().map_or_else(String::new, |value| format!(", not {value}"))
    )]
    Invalid {
        /// The attribute.
        attribute: Name,
        /// The value, shortened; `None` for a secret.
        value: Option<String>,
        /// What it takes.
        expected: String,
    },
}

impl AttributeError {
    pub(super) fn unknown(attribute: &str, of: &str, known: &[Arc<AttributeDefinition>]) -> Self {
        let attribute = shortened(attribute);
        let close = known
            .iter()
            .map(|definition| (distance(&attribute, definition.name.as_str()), &definition.name))
            .filter(|(distance, name)| *distance <= 1 + name.as_str().len() / 5)
            .min();
        Self::Unknown {
            of: of.to_owned(),
            did_you_mean: close.map(|(_, name)| name.clone()),
            attribute,
        }
    }
}

/// The start of a text, for a message.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= SHOWN_BYTES_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SHOWN_BYTES_MAX);
    format!("{}…", &text[..end])
}

/// Levenshtein's distance in bytes; both texts are short (names and shortened texts).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
