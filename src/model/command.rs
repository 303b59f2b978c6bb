//! What may be asked of the estate: each command is checked against the state and either refused
//! or turned into a delta.
//!
//! Commands name types and attributes as people do; CIs by id, because whoever sends a command has
//! resolved them.

use jiff::Timestamp;

use super::definition::LifecycleRule;
use super::review::ReviewCommand;
use super::rule::IngestRuleKind;
use super::{
    CiId, GroupId, GroupMember, Input, LifecycleStage, MergeChoice, Name, RelationshipId, Revision, Strength,
    Thresholds, Weight,
};

/// A write.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Records a new CI.
    CreateCi(NewCi),
    /// Changes what is recorded of a CI.
    UpdateCi {
        /// The CI.
        ci: CiId,
        /// The revision of the CI's last write that the caller saw; refused if it changed since.
        expected: Option<Revision>,
        /// What to change.
        patch: CiPatch,
    },
    /// A source speaks of a recorded CI: what counts of what it says is decided among all sources.
    ObserveCi {
        /// The CI.
        ci: CiId,
        /// What the source says.
        observation: CiObservation,
    },
    /// A source has stopped speaking of a CI.
    MissCi {
        /// The CI.
        ci: CiId,
        /// Whether the grace is over: the CI is retired, or, if other sources still speak of it, loses
        /// what this source said.
        retire: bool,
    },
    /// Fixes values against all sources, or lets them go.
    PinCi {
        /// The CI.
        ci: CiId,
        /// Attributes to fix at their present value, `name`, `stage` and `tags` among them.
        pin: Vec<String>,
        /// Attributes to let go.
        unpin: Vec<String>,
        /// Who does it.
        by: String,
    },
    /// Moves a CI through its lifecycle.
    MoveCi {
        /// The CI.
        ci: CiId,
        /// As in `UpdateCi`.
        expected: Option<Revision>,
        /// The stage to move to. Retiring is moving to `retired`.
        stage: LifecycleStage,
    },
    /// Removes a CI recorded by mistake, with its relationships and group memberships.
    DeleteCi {
        /// The CI.
        ci: CiId,
        /// As in `UpdateCi`.
        expected: Option<Revision>,
        /// Why; must not be empty.
        reason: String,
        /// Whether its relationships may go too; refused if there are any and this is not set.
        with_relationships: bool,
    },
    /// Makes one of two CIs that are one: everything the absorbed CI has goes to the survivor, and its
    /// identity becomes an alias.
    MergeCis {
        /// The CI that stays.
        survivor: CiId,
        /// The CI that becomes part of it.
        absorbed: CiId,
        /// Whose value counts, where it is not to be as by default.
        choices: Vec<MergeChoice>,
        /// Who decides it.
        by: String,
        /// Why.
        reason: Option<String>,
    },
    /// Takes a merge back, as far as what came from the absorbed CI is still there.
    RevertMerge {
        /// The absorbed CI's identity.
        absorbed: CiId,
    },
    /// Says that two CIs are not one, whatever they have in common.
    TellApart {
        /// The two.
        cis: [CiId; 2],
        /// Who says so.
        by: String,
        /// Why; must not be empty.
        reason: String,
    },
    /// Takes back that two CIs are not one.
    ReopenDuplicate {
        /// The two.
        cis: [CiId; 2],
    },
    /// Records a new relationship.
    Relate(NewRelationship),
    /// Changes a relationship.
    ChangeRelationship {
        /// The relationship.
        relationship: RelationshipId,
        /// What to change.
        patch: RelationshipPatch,
    },
    /// Another source says what is recorded.
    ConfirmRelationship {
        /// The relationship.
        relationship: RelationshipId,
    },
    /// A source does not say so any more; the relationship goes if nobody else does.
    WithdrawRelationship {
        /// The relationship.
        relationship: RelationshipId,
    },
    /// Removes a relationship.
    Unrelate {
        /// The relationship.
        relationship: RelationshipId,
    },
    /// Records a redundancy group.
    CreateGroup(NewGroup),
    /// Changes a redundancy group.
    ChangeGroup {
        /// The group.
        group: GroupId,
        /// What to change.
        patch: GroupPatch,
    },
    /// Removes a redundancy group; relationships that name it become plain.
    DeleteGroup {
        /// The group.
        group: GroupId,
    },
    /// Changes the review queue.
    Review(ReviewCommand),
    /// Changes the catalog.
    Catalog(CatalogCommand),
}

/// A CI to record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewCi {
    /// Its identity, where the caller needs to know it beforehand; else a new one.
    pub id: Option<CiId>,
    /// Its type, by name.
    pub ci_type: String,
    /// Its name.
    pub name: String,
    /// Its stage; absent: `in_service`.
    pub stage: Option<LifecycleStage>,
    /// Its attributes, by name.
    pub attributes: Vec<(String, Input)>,
    /// Its labels.
    pub tags: Vec<String>,
    /// From when it holds.
    pub valid_from: Option<Timestamp>,
    /// Until when it holds.
    pub valid_to: Option<Timestamp>,
    /// The source's own key for it.
    pub native_key: Option<String>,
    /// When it was observed; absent: now.
    pub observed_at: Option<Timestamp>,
    /// Identities that other CIs had before they became part of it.
    pub aliases: Vec<CiId>,
    /// Values that a person fixed.
    pub pins: Vec<NewPin>,
    /// Whether a source observed it: then only those of its values count that the source may decide. What
    /// a person states always counts.
    pub is_observed: bool,
}

/// What a source says of a recorded CI; what is absent is not said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CiObservation {
    /// Attributes, name, tags, validity and key. `Input::Null` says that the source knows of no value.
    pub patch: CiPatch,
    /// Where it stands in its life.
    pub stage: Option<LifecycleStage>,
    /// When it was observed; absent: now.
    pub observed_at: Option<Timestamp>,
    /// Identities that other CIs had before they became part of it.
    pub aliases: Vec<CiId>,
    /// Values that a person fixed: as they are once the rest is decided.
    pub pins: Vec<NewPin>,
}

/// A value that a person fixed elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NewPin {
    /// The attribute, or `name`, `stage` or `tags`.
    pub attribute: String,
    /// When; absent, or to come: now.
    pub at: Option<Timestamp>,
    /// By whom; absent: the source that says so.
    pub by: Option<String>,
}

/// Changes to a CI; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CiPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new type, by name.
    pub ci_type: Option<String>,
    /// Attributes to set; `Input::Null` removes one.
    pub attributes: Vec<(String, Input)>,
    /// All its labels.
    pub tags: Option<Vec<String>>,
    /// From when it holds; `Some(None)`: since ever.
    pub valid_from: Option<Option<Timestamp>>,
    /// Until when it holds; `Some(None)`: for ever.
    pub valid_to: Option<Option<Timestamp>>,
    /// The source's own key for it, to be added to its origins.
    pub native_key: Option<String>,
}

/// A relationship to record.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRelationship {
    /// Its type, by name.
    pub relationship_type: String,
    /// Its start.
    pub from: CiId,
    /// Its end.
    pub to: CiId,
    /// Tells parallel relationships of one type apart; mostly empty.
    pub qualifier: String,
    /// What else is said of it.
    pub properties: RelationshipPatch,
}

/// Changes to a relationship, or the properties of a new one; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelationshipPatch {
    /// Forward strength; `Some(None)`: as the type says.
    pub forward: Option<Option<Strength>>,
    /// Reverse strength; `Some(None)`: as the type says.
    pub reverse: Option<Option<Strength>>,
    /// Weight in its group.
    pub weight: Option<Weight>,
    /// Its redundancy group; `Some(None)`: none.
    pub group: Option<Option<GroupId>>,
    /// Attributes to set; `Input::Null` removes one.
    pub attributes: Vec<(String, Input)>,
    /// From when it holds; `Some(None)`: since ever.
    pub valid_from: Option<Option<Timestamp>>,
    /// Until when it holds; `Some(None)`: for ever.
    pub valid_to: Option<Option<Timestamp>>,
}

/// A redundancy group to record.
#[derive(Clone, Debug, PartialEq)]
pub struct NewGroup {
    /// Its identity, where the caller needs to know it beforehand; else a new one.
    pub id: Option<GroupId>,
    /// Its name, unique among its consumer's groups.
    pub name: Name,
    /// The CI that needs the members.
    pub consumer: CiId,
    /// Its members.
    pub members: Vec<GroupMember>,
    /// k, d and r.
    pub thresholds: Thresholds,
    /// How much of its state reaches the consumer.
    pub strength: Strength,
    /// Whether it is grounded.
    pub grounded: bool,
    /// From when it holds.
    pub valid_from: Option<Timestamp>,
    /// Until when it holds.
    pub valid_to: Option<Timestamp>,
}

/// Changes to a redundancy group; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupPatch {
    /// A new name.
    pub name: Option<Name>,
    /// Members to add, or to change by CI.
    pub add_members: Vec<GroupMember>,
    /// Members to take out.
    pub remove_members: Vec<CiId>,
    /// k, d and r, all three.
    pub thresholds: Option<Thresholds>,
    /// How much of its state reaches the consumer.
    pub strength: Option<Strength>,
    /// Whether it is grounded.
    pub grounded: Option<bool>,
}

/// A change of the catalog. Definitions are given as the text of a catalog file (TOML), the same
/// that `schema/catalog` holds, so there is one form for people, files and API.
#[derive(Clone, Debug, PartialEq)]
pub enum CatalogCommand {
    /// Adds or replaces the types, relationship types, pools and rules of a catalog file.
    Define {
        /// The text of the file.
        text: String,
        /// What to do with CIs that the new definitions make invalid.
        migration: Migration,
    },
    /// Removes a CI type that has no CIs, no subtypes and no relationship type naming it.
    RemoveCiType {
        /// Its name.
        name: String,
    },
    /// Removes a relationship type that has no relationships.
    RemoveRelationshipType {
        /// Its name.
        name: String,
    },
    /// Removes a rule of ingest.
    RemoveIngestRule {
        /// Its kind.
        kind: IngestRuleKind,
        /// Its name.
        name: String,
    },
    /// Replaces rules of the lifecycle.
    Lifecycle {
        /// The rules, one for each stage to replace.
        rules: Vec<LifecycleRule>,
    },
}

/// What to do with CIs that a catalog change makes invalid.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Migration {
    /// Refuse the change, listing them.
    #[default]
    Refuse,
    /// Drop values that no longer fit, and fill missing required ones from `defaults`.
    Migrate {
        /// Values for attributes that become required, by name.
        defaults: Vec<(String, Input)>,
    },
}
