//! Commands as they are written.

use async_graphql::{ID, InputObject, MaybeUndefined};

use crate::api::scalars::{DateTime, Json, Long};
use crate::api::types::{ImpactState, IngestRuleKind, LifecycleStage};

/// A CI to record.
#[derive(InputObject, Clone, Debug)]
pub struct CreateConfigurationItemInput {
    /// An identity of the caller's choice, `ci:` and a UUID, for further commands of the same bulk to
    /// name it; a new one if not said.
    pub id: Option<ID>,
    /// Its type, by name.
    #[graphql(name = "type")]
    pub ci_type: String,
    /// Its name.
    pub name: String,
    /// Its stage; `IN_SERVICE` if not said.
    pub stage: Option<LifecycleStage>,
    /// Its attributes: an object of values by attribute name.
    pub attributes: Option<Json>,
    /// Its labels.
    pub tags: Option<Vec<String>>,
    /// The first moment at which it holds.
    pub valid_from: Option<DateTime>,
    /// The first moment at which it no longer holds.
    pub valid_to: Option<DateTime>,
    /// The source's own key for it.
    pub native_key: Option<String>,
}

/// Changes to a CI; what is left out stays.
#[derive(InputObject, Clone, Debug)]
pub struct UpdateConfigurationItemInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// The revision of the CI's last write that the caller saw; refused if it changed since.
    pub expected_revision: Option<Long>,
    /// A new name.
    pub name: Option<String>,
    /// A new type, by name.
    #[graphql(name = "type")]
    pub ci_type: Option<String>,
    /// Attributes to set, by name; null removes one.
    pub attributes: Option<Json>,
    /// All its labels.
    pub tags: Option<Vec<String>>,
    /// The first moment at which it holds; null: since ever.
    pub valid_from: MaybeUndefined<DateTime>,
    /// The first moment at which it no longer holds; null: for ever.
    pub valid_to: MaybeUndefined<DateTime>,
    /// The source's own key for it, to be added to its origins.
    pub native_key: Option<String>,
}

/// A move of a CI through its life.
#[derive(InputObject, Clone, Debug)]
pub struct MoveConfigurationItemInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// The revision of the CI's last write that the caller saw; refused if it changed since.
    pub expected_revision: Option<Long>,
    /// The stage to move to.
    pub stage: LifecycleStage,
}

/// A CI to take out of use.
#[derive(InputObject, Clone, Debug)]
pub struct RetireConfigurationItemInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// The revision of the CI's last write that the caller saw; refused if it changed since.
    pub expected_revision: Option<Long>,
}

/// A CI recorded by mistake, to be removed.
#[derive(InputObject, Clone, Debug)]
pub struct DeleteConfigurationItemInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// The revision of the CI's last write that the caller saw; refused if it changed since.
    pub expected_revision: Option<Long>,
    /// Why.
    pub reason: String,
    /// Whether its relationships and group memberships may go too; refused if there are any and this
    /// is not set.
    #[graphql(default)]
    pub with_relationships: bool,
}

/// A relationship to record.
#[derive(InputObject, Clone, Debug)]
pub struct RelateInput {
    /// Its type, by name.
    #[graphql(name = "type")]
    pub relationship_type: String,
    /// Where it starts: an id, `type:name` or `attribute:value`.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// Tells parallel relationships of one type apart.
    #[graphql(default)]
    pub qualifier: String,
    /// How much of a failure of `from` hits `to`, if not as the type says: a strength's name, or its
    /// table `[AT_RISK,DEGRADED,DOWN]`.
    pub forward_strength: Option<String>,
    /// How much of a failure of `to` hits `from`, if not as the type says.
    pub reverse_strength: Option<String>,
    /// How much it counts in its redundancy group.
    pub weight: Option<i32>,
    /// The redundancy group it belongs to.
    pub redundancy_group: Option<ID>,
    /// Its attributes: an object of values by attribute name.
    pub attributes: Option<Json>,
    /// The first moment at which it holds.
    pub valid_from: Option<DateTime>,
    /// The first moment at which it no longer holds.
    pub valid_to: Option<DateTime>,
}

/// Changes to a relationship; what is left out stays.
#[derive(InputObject, Clone, Debug)]
pub struct ChangeRelationshipInput {
    /// The relationship.
    pub id: ID,
    /// Forward strength; null: as the type says.
    pub forward_strength: MaybeUndefined<String>,
    /// Reverse strength; null: as the type says.
    pub reverse_strength: MaybeUndefined<String>,
    /// How much it counts in its redundancy group.
    pub weight: Option<i32>,
    /// The redundancy group it belongs to; null: none.
    pub redundancy_group: MaybeUndefined<ID>,
    /// Attributes to set, by name; null removes one.
    pub attributes: Option<Json>,
    /// The first moment at which it holds; null: since ever.
    pub valid_from: MaybeUndefined<DateTime>,
    /// The first moment at which it no longer holds; null: for ever.
    pub valid_to: MaybeUndefined<DateTime>,
}

/// A relationship to remove.
#[derive(InputObject, Clone, Debug)]
pub struct UnrelateInput {
    /// The relationship.
    pub id: ID,
}

/// A CI that helps to carry a redundancy group's consumer.
#[derive(InputObject, Clone, Debug)]
pub struct GroupMemberInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// How much it counts.
    #[graphql(default = 1)]
    pub weight: i32,
    /// How much of its failure counts: a strength's name, or its table.
    #[graphql(default_with = "\"DOWN\".to_owned()")]
    pub strength: String,
}

/// The thresholds of a redundancy group: each a whole number, or a percentage of the whole weight.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ThresholdsInput {
    /// k: with less weight up, the group is DOWN. All are needed if not said.
    pub up_min: Option<String>,
    /// d: with less weight up, the group is DEGRADED. As k if not said.
    pub capacity_min: Option<String>,
    /// r: with less weight undegraded, the group is `AT_RISK`. All if not said.
    pub spare_min: Option<String>,
}

/// A redundancy group to record.
#[derive(InputObject, Clone, Debug)]
pub struct CreateRedundancyGroupInput {
    /// An identity of the caller's choice, `group:` and a UUID; a new one if not said.
    pub id: Option<ID>,
    /// Its name, unique among its consumer's groups.
    pub name: String,
    /// The CI that needs the members: an id, `type:name` or `attribute:value`.
    pub consumer: String,
    /// Its members; relationships may add more.
    #[graphql(default)]
    pub members: Vec<GroupMemberInput>,
    /// Its thresholds.
    pub thresholds: Option<ThresholdsInput>,
    /// How much of its state reaches the consumer: a strength's name, or its table.
    #[graphql(default_with = "\"DOWN\".to_owned()")]
    pub strength: String,
    /// Whether support must be derivable from something that needs none.
    #[graphql(default)]
    pub grounded: bool,
    /// The first moment at which it holds.
    pub valid_from: Option<DateTime>,
    /// The first moment at which it no longer holds.
    pub valid_to: Option<DateTime>,
}

/// Changes to a redundancy group; what is left out stays.
#[derive(InputObject, Clone, Debug)]
pub struct ChangeRedundancyGroupInput {
    /// The group.
    pub id: ID,
    /// A new name.
    pub name: Option<String>,
    /// Members to add, or to change.
    #[graphql(default)]
    pub add_members: Vec<GroupMemberInput>,
    /// Members to take out, each an id, `type:name` or `attribute:value`.
    #[graphql(default)]
    pub remove_members: Vec<String>,
    /// All its thresholds.
    pub thresholds: Option<ThresholdsInput>,
    /// How much of its state reaches the consumer.
    pub strength: Option<String>,
    /// Whether support must be derivable from something that needs none.
    pub grounded: Option<bool>,
}

/// A redundancy group to remove; relationships that name it become plain.
#[derive(InputObject, Clone, Debug)]
pub struct DeleteRedundancyGroupInput {
    /// The group.
    pub id: ID,
}

/// Definitions to add or replace.
#[derive(InputObject, Clone, Debug)]
pub struct DefineCatalogInput {
    /// The text of a catalog file (TOML).
    pub text: String,
    /// Whether to change CIs that the new definitions make invalid: values that no longer fit are
    /// dropped. If not set, the change is refused, and the error lists them.
    #[graphql(default)]
    pub migrate: bool,
    /// Values for attributes that become required, by name; used with `migrate`.
    pub defaults: Option<Json>,
}

/// A type to remove, by name.
#[derive(InputObject, Clone, Debug)]
pub struct RemoveTypeInput {
    /// Its name.
    pub name: String,
}

/// A rule of ingest to remove.
#[derive(InputObject, Clone, Debug)]
pub struct RemoveIngestRuleInput {
    /// Its kind.
    pub kind: IngestRuleKind,
    /// Its name.
    pub name: String,
}

/// What a lifecycle stage is to mean.
#[derive(InputObject, Clone, Debug)]
pub struct LifecycleRuleInput {
    /// The stage.
    pub stage: LifecycleStage,
    /// Whether its CIs take part in impact.
    pub takes_part: bool,
    /// The own state of its CIs when a question starts from the current state.
    #[graphql(default_with = "ImpactState::Ok")]
    pub current_state: ImpactState,
    /// The stages that a CI may move to from it.
    pub next: Vec<LifecycleStage>,
}

/// Rules of the lifecycle to replace.
#[derive(InputObject, Clone, Debug)]
pub struct ChangeLifecycleInput {
    /// The rules, one for each stage to replace.
    pub rules: Vec<LifecycleRuleInput>,
}
