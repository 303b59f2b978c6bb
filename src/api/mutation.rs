//! What can be changed: every command, singly and in bulk.

mod bulk;
mod catalog;
mod ci;
mod convert;
mod group;
mod inputs;
mod merge;
mod options;
mod payload;
mod planned_names;
mod relationship;
mod review;
mod sync;

use async_graphql::MergedObject;

pub use bulk::{CommandFailure, CommandInput, CommandResult, ExecutePayload};
pub(super) use convert::ToCommand;
pub use inputs::{
    ChangeLifecycleInput, ChangeRedundancyGroupInput, ChangeRelationshipInput, CreateConfigurationItemInput,
    CreateRedundancyGroupInput, DefineCatalogInput, DeleteConfigurationItemInput, DeleteRedundancyGroupInput,
    GroupMemberInput, LifecycleRuleInput, MoveConfigurationItemInput, RelateInput, RemoveIngestRuleInput,
    RemoveTypeInput, RetireConfigurationItemInput, ThresholdsInput, UnrelateInput, UpdateConfigurationItemInput,
};
pub(super) use merge::choices;
pub use options::WriteOptions;
pub use payload::{CatalogPayload, ConfigurationItemPayload, RedundancyGroupPayload, RelationshipPayload};
pub(super) use planned_names::name_created;

use bulk::BulkMutation;
use catalog::CatalogMutation;
use ci::CiMutation;
use group::GroupMutation;
use merge::MergeMutation;
use relationship::RelationshipMutation;
use review::ReviewMutation;
pub use review::{DismissReviewInput, ResolveReviewInput, ReviewPayload};
use sync::SyncMutation;

/// What can be changed. A field is one commit: it is durable and visible when it answers. Several
/// fields run one after the other.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    CiMutation,
    RelationshipMutation,
    GroupMutation,
    MergeMutation,
    CatalogMutation,
    ReviewMutation,
    BulkMutation,
    SyncMutation,
);
