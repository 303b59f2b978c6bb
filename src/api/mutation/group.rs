//! Commands on redundancy groups.

use async_graphql::{Context, Object};

use super::convert::ToCommand;
use super::inputs::{ChangeRedundancyGroupInput, CreateRedundancyGroupInput, DeleteRedundancyGroupInput};
use super::options::{WriteOptions, digest, write_one};
use super::payload::RedundancyGroupPayload;
use crate::api::context::current;
use crate::api::error::ApiResult;

#[derive(Debug, Default)]
pub(super) struct GroupMutation;

/// Redundancy groups.
#[Object]
impl GroupMutation {
    /// Records a new redundancy group.
    async fn create_redundancy_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group.")] input: CreateRedundancyGroupInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RedundancyGroupPayload> {
        let digest = digest(&("create_redundancy_group", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Changes a redundancy group.
    async fn change_redundancy_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: ChangeRedundancyGroupInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RedundancyGroupPayload> {
        let digest = digest(&("change_redundancy_group", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a redundancy group; relationships that name it become plain.
    async fn delete_redundancy_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group.")] input: DeleteRedundancyGroupInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<RedundancyGroupPayload> {
        let digest = digest(&("delete_redundancy_group", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }
}
