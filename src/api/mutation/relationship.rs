//! Commands on relationships.

use async_graphql::{Context, Object};

use super::convert::ToCommand;
use super::inputs::{ChangeRelationshipInput, RelateInput, UnrelateInput};
use super::options::{WriteOptions, digest, write_one};
use super::payload::RelationshipPayload;
use crate::api::context::current;
use crate::api::error::ApiResult;

#[derive(Debug, Default)]
pub(super) struct RelationshipMutation;

/// Relationships.
#[Object]
impl RelationshipMutation {
    /// Records a new relationship.
    async fn relate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relationship.")] input: RelateInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RelationshipPayload> {
        let digest = digest(&("relate", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Changes a relationship.
    async fn change_relationship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: ChangeRelationshipInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RelationshipPayload> {
        let digest = digest(&("change_relationship", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a relationship.
    async fn unrelate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relationship.")] input: UnrelateInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RelationshipPayload> {
        let digest = digest(&("unrelate", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }
}
