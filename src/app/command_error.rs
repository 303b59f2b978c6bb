//! Why a command was refused.

use crate::app::ErrorCode;
use crate::catalog::{AttributeError, CatalogError, Problem};
use crate::model::lifecycle::LifecycleStageError;
use crate::model::validity::ValidityError;
use crate::model::{CiId, GroupId, LifecycleStage, Name, RelationshipId, ReviewId, Revision};

/// Longest name of a CI, in bytes.
pub const CI_NAME_BYTES_MAX: usize = 500;

/// Longest tag, native key, qualifier or reason, in bytes.
pub const SHORT_TEXT_BYTES_MAX: usize = 1_000;

/// Most tags of a CI.
pub const TAGS_MAX: usize = 100;

/// Most members of a redundancy group that one command may list.
pub const GROUP_MEMBERS_MAX: usize = 1_000_000;

/// Why a command was refused. Nothing was written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says what its fields are")]
pub enum CommandError {
    #[error("there is no CI type `{name}`")]
    UnknownCiType { name: String },
    #[error("`{name}` is an abstract CI type")]
    AbstractCiType { name: Name },
    #[error("there is no relationship type `{name}`")]
    UnknownRelationshipType { name: String },
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    #[error("`{ci_type}` requires a value for `{attribute}`")]
    MissingAttribute { attribute: Name, ci_type: Name },
    #[error("`{attribute}` = `{value}` already identifies {existing}")]
    DuplicateIdentifier {
        attribute: String,
        value: String,
        existing: CiId,
    },
    #[error("`{field}` has {bytes} bytes: it needs 1 to {limit}, without control characters")]
    InvalidText {
        field: &'static str,
        bytes: usize,
        limit: usize,
    },
    #[error("{count} tags are too many: the limit is {TAGS_MAX}")]
    TooManyTags { count: usize },
    #[error("{ci} exists already")]
    CiExists { ci: CiId },
    #[error("no configuration item {ci}")]
    CiNotFound { ci: CiId },
    #[error("`{field}` names {ci}, which does not exist")]
    EndNotFound { field: &'static str, ci: CiId },
    #[error("{ci} was changed in revision {found}, after revision {expected} that the command saw")]
    StaleRevision {
        ci: CiId,
        expected: Revision,
        found: Revision,
    },
    #[error("{ci} cannot move from {from} to {to}: allowed are {}", join(allowed))]
    IllegalTransition {
        ci: CiId,
        from: LifecycleStage,
        to: LifecycleStage,
        allowed: Vec<LifecycleStage>,
    },
    #[error("{ci} is {stage} and takes no new relationship")]
    CiNotActive { ci: CiId, stage: LifecycleStage },
    #[error("deleting {ci} needs a reason")]
    ReasonRequired { ci: CiId },
    #[error("{ci} still has {count} relationships and group memberships")]
    CiHasRelationships { ci: CiId, count: usize },
    #[error("`{relationship_type}` cannot lead from a {from_type} to a {to_type}")]
    DisallowedEnds {
        relationship_type: Name,
        from_type: Name,
        to_type: Name,
    },
    #[error("{existing} is the same relationship already")]
    RelationshipExists { existing: RelationshipId },
    #[error("no relationship {relationship}")]
    RelationshipNotFound { relationship: RelationshipId },
    #[error("no redundancy group {group}")]
    GroupNotFound { group: GroupId },
    #[error("no item {review} in the review queue")]
    ReviewNotFound { review: ReviewId },
    #[error("{review} was decided before")]
    ReviewDecided { review: ReviewId },
    #[error("the review queue is full")]
    ReviewQueueFull,
    #[error("{consumer} already has a redundancy group `{name}`: {existing}")]
    GroupExists {
        consumer: CiId,
        name: Name,
        existing: GroupId,
    },
    #[error("the redundancy group's consumer {ci} does not exist")]
    GroupConsumerMissing { ci: CiId },
    #[error("the redundancy group's member {ci} does not exist")]
    GroupMemberMissing { ci: CiId },
    #[error("{count} members are too many: the limit is {GROUP_MEMBERS_MAX}")]
    TooManyMembers { count: usize },
    #[error(transparent)]
    Validity(#[from] ValidityError),
    #[error(transparent)]
    Stage(#[from] LifecycleStageError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("{ci} is of type `{from}`, which cannot become `{to}`: only a subtype or the same family can")]
    TypeChange { ci: CiId, from: Name, to: Name },
    #[error("the catalog change would make {count} configuration items invalid, the first {ci}: {because}")]
    CatalogBreaksData {
        count: usize,
        ci: CiId,
        because: String,
        examples: Vec<CiId>,
    },
    #[error("`{name}` still has {count} {what}")]
    TypeInUse {
        name: String,
        count: usize,
        what: &'static str,
    },
    #[error("{survivor} and {absorbed} are the same CI already, {ci}")]
    MergeSelf { survivor: CiId, absorbed: CiId, ci: CiId },
    #[error(
        "{absorbed} is of type `{absorbed_type}`, {survivor} of type `{survivor_type}`: only a CI of the same type, \
         a subtype or a more general type can be merged"
    )]
    MergeTypes {
        survivor: CiId,
        survivor_type: String,
        absorbed: CiId,
        absorbed_type: String,
    },
    #[error("{ci} has no value of `{attribute}` to take")]
    MergeChoice { attribute: String, ci: CiId },
    #[error("no CI {ci} was merged into another, or that was taken back")]
    MergeNotFound { ci: CiId },
    #[error("the type that {ci} had is not defined any more")]
    MergeTypeGone { ci: CiId },
    #[error("nobody said that {one} and {other} are not one")]
    DistinctionNotFound { one: CiId, other: CiId },
    #[error("another command of the atomic batch was refused")]
    BatchRefused,
}

impl CommandError {
    /// The code that clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownCiType { .. } | Self::MergeTypeGone { .. } => ErrorCode::UnknownCiType,
            Self::AbstractCiType { .. } => ErrorCode::AbstractCiType,
            Self::UnknownRelationshipType { .. } => ErrorCode::UnknownRelationshipType,
            Self::Attribute(AttributeError::Unknown { .. }) => ErrorCode::UnknownAttribute,
            Self::Attribute(_) | Self::TypeChange { .. } => ErrorCode::InvalidAttribute,
            Self::MissingAttribute { .. } => ErrorCode::MissingAttribute,
            Self::DuplicateIdentifier { .. } => ErrorCode::DuplicateIdentifier,
            Self::InvalidText { .. } | Self::TooManyTags { .. } => ErrorCode::InvalidName,
            Self::CiExists { .. } => ErrorCode::CiExists,
            Self::CiNotFound { .. } => ErrorCode::CiNotFound,
            Self::EndNotFound { .. } => ErrorCode::DanglingEdge,
            Self::StaleRevision { .. } => ErrorCode::StaleRevision,
            Self::IllegalTransition { .. } | Self::Stage(_) => ErrorCode::IllegalTransition,
            Self::CiNotActive { .. } => ErrorCode::CiNotActive,
            Self::ReasonRequired { .. } => ErrorCode::ReasonRequired,
            Self::CiHasRelationships { .. } => ErrorCode::CiHasRelationships,
            Self::DisallowedEnds { .. } => ErrorCode::DisallowedEnds,
            Self::RelationshipExists { .. } => ErrorCode::RelationshipExists,
            Self::RelationshipNotFound { .. } => ErrorCode::RelationshipNotFound,
            Self::GroupNotFound { .. } => ErrorCode::GroupNotFound,
            Self::ReviewNotFound { .. } => ErrorCode::ReviewNotFound,
            Self::ReviewDecided { .. } => ErrorCode::ReviewDecided,
            Self::GroupExists { .. } => ErrorCode::GroupExists,
            Self::GroupConsumerMissing { .. } => ErrorCode::GroupConsumerMissing,
            Self::GroupMemberMissing { .. } => ErrorCode::GroupMemberMissing,
            Self::TooManyMembers { .. } | Self::ReviewQueueFull => ErrorCode::LimitExceeded,
            Self::Validity(_) => ErrorCode::InvalidWindow,
            Self::Catalog(error) => catalog_code(error),
            Self::CatalogBreaksData { .. } | Self::TypeInUse { .. } => ErrorCode::CatalogBreaksData,
            Self::MergeSelf { .. } => ErrorCode::MergeSelf,
            Self::MergeTypes { .. } => ErrorCode::TypeConflict,
            Self::MergeChoice { .. } => ErrorCode::MergeChoice,
            Self::MergeNotFound { .. } => ErrorCode::MergeNotFound,
            Self::DistinctionNotFound { .. } => ErrorCode::DistinctionNotFound,
            Self::BatchRefused => ErrorCode::BatchRefused,
        }
    }

    /// The field, value, limit or candidates at fault, by name, for machines.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownCiType { name } | Self::UnknownRelationshipType { name } => {
                vec![("field", "type".to_owned()), ("value", name.clone())]
            }
            Self::AbstractCiType { name } => vec![("field", "type".to_owned()), ("value", name.to_string())],
            Self::MissingAttribute { attribute, .. } => vec![("field", attribute.to_string())],
            Self::DuplicateIdentifier {
                attribute,
                value,
                existing,
            } => vec![
                ("field", attribute.clone()),
                ("value", value.clone()),
                ("existing", existing.to_string()),
            ],
            Self::InvalidText { field, bytes, limit } => vec![
                ("field", (*field).to_owned()),
                ("bytes", bytes.to_string()),
                ("limit", limit.to_string()),
            ],
            Self::StaleRevision { expected, found, .. } => vec![
                ("field", "expectedRevision".to_owned()),
                ("value", expected.to_string()),
                ("found", found.to_string()),
            ],
            Self::IllegalTransition { to, allowed, .. } => vec![
                ("field", "stage".to_owned()),
                ("value", to.to_string()),
                ("allowed", join(allowed)),
            ],
            Self::EndNotFound { field, ci } => vec![("field", (*field).to_owned()), ("value", ci.to_string())],
            Self::CatalogBreaksData { count, examples, .. } => {
                let examples: Vec<String> = examples.iter().map(ToString::to_string).collect();
                vec![("count", count.to_string()), ("examples", examples.join(" "))]
            }
            Self::Attribute(error) => attribute_details(error),
            Self::TooManyTags { count } => vec![("field", "tags".to_owned()), ("value", count.to_string())],
            Self::TooManyMembers { count } => vec![("field", "members".to_owned()), ("value", count.to_string())],
            Self::RelationshipExists { existing } => vec![("existing", existing.to_string())],
            Self::GroupExists { existing, .. } => vec![("existing", existing.to_string())],
            Self::CiExists { ci } | Self::CiNotFound { ci } => {
                vec![("field", "id".to_owned()), ("value", ci.to_string())]
            }
            Self::MergeSelf { .. }
            | Self::MergeTypes { .. }
            | Self::MergeChoice { .. }
            | Self::MergeNotFound { .. }
            | Self::MergeTypeGone { .. }
            | Self::DistinctionNotFound { .. } => self.merge_details(),
            Self::GroupConsumerMissing { ci } => vec![("field", "consumer".to_owned()), ("value", ci.to_string())],
            Self::GroupMemberMissing { ci } => vec![("field", "members".to_owned()), ("value", ci.to_string())],
            Self::TypeChange { to, .. } => vec![("field", "type".to_owned()), ("value", to.to_string())],
            Self::ReasonRequired { .. } => vec![("field", "reason".to_owned())],
            Self::CiHasRelationships { count, .. } | Self::TypeInUse { count, .. } => {
                vec![("count", count.to_string())]
            }
            Self::CiNotActive { .. }
            | Self::DisallowedEnds { .. }
            | Self::RelationshipNotFound { .. }
            | Self::GroupNotFound { .. }
            | Self::ReviewNotFound { .. }
            | Self::ReviewDecided { .. }
            | Self::ReviewQueueFull
            | Self::Validity(_)
            | Self::Stage(_)
            | Self::Catalog(_)
            | Self::BatchRefused => Vec::new(),
        }
    }
}

impl CommandError {
    /// The details of what was refused of merges and duplicates.
    #[expect(clippy::wildcard_enum_match_arm, reason = "it is asked of these errors only")]
    fn merge_details(&self) -> Vec<(&'static str, String)> {
        let field = |name: &str, value: String| vec![("field", name.to_owned()), ("value", value)];
        match self {
            Self::MergeSelf { absorbed, .. } => field("absorbed", absorbed.to_string()),
            Self::MergeTypes {
                survivor_type,
                absorbed_type,
                ..
            } => {
                let mut details = field("absorbed", absorbed_type.clone());
                details.push(("found", survivor_type.clone()));
                details
            }
            Self::MergeChoice { attribute, .. } => field("take", attribute.clone()),
            Self::MergeNotFound { ci } | Self::MergeTypeGone { ci } => field("absorbed", ci.to_string()),
            Self::DistinctionNotFound { one, other } => field("cis", format!("{one} {other}")),
            _ => Vec::new(),
        }
    }
}

fn attribute_details(error: &AttributeError) -> Vec<(&'static str, String)> {
    match error {
        AttributeError::Unknown { attribute, .. } => vec![("field", attribute.clone())],
        AttributeError::Invalid { attribute, value, .. } => {
            let shown = value.iter().map(|value| ("value", value.clone()));
            [("field", attribute.to_string())].into_iter().chain(shown).collect()
        }
    }
}

fn catalog_code(error: &CatalogError) -> ErrorCode {
    match error.problem() {
        Some(Problem::InvalidStrength(_)) => ErrorCode::InvalidStrength,
        Some(Problem::InvalidThreshold(_)) => ErrorCode::InvalidK,
        Some(_) | None => ErrorCode::InvalidCatalog,
    }
}

fn join(stages: &[LifecycleStage]) -> String {
    let names: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
    names.join(", ")
}
