//! Commands on configuration items.

use async_graphql::{Context, Object};

use super::convert::ToCommand;
use super::inputs::{
    CreateConfigurationItemInput, DeleteConfigurationItemInput, MoveConfigurationItemInput,
    RetireConfigurationItemInput, UpdateConfigurationItemInput,
};
use super::options::{WriteOptions, digest, write_one};
use super::payload::ConfigurationItemPayload;
use crate::api::context::current;
use crate::api::error::ApiResult;

#[derive(Debug, Default)]
pub(super) struct CiMutation;

/// Configuration items.
#[Object]
impl CiMutation {
    /// Records a new configuration item.
    async fn create_configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI.")] input: CreateConfigurationItemInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("create_configuration_item", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Changes what is recorded of a configuration item.
    async fn update_configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateConfigurationItemInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("update_configuration_item", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Moves a configuration item through its life.
    async fn move_configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI and its new stage.")] input: MoveConfigurationItemInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("move_configuration_item", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Takes a configuration item out of use, keeping it for the record.
    async fn retire_configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI.")] input: RetireConfigurationItemInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("retire_configuration_item", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a configuration item that was recorded by mistake.
    async fn delete_configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The CI and the reason.")] input: DeleteConfigurationItemInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ConfigurationItemPayload> {
        let digest = digest(&("delete_configuration_item", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }
}
