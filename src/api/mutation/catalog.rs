//! Commands on the catalog.

use async_graphql::{Context, Object};

use super::convert::{ToCommand, remove_ci_type, remove_relationship_type};
use super::inputs::{ChangeLifecycleInput, DefineCatalogInput, RemoveIngestRuleInput, RemoveTypeInput};
use super::options::{WriteOptions, digest, write_one};
use super::payload::CatalogPayload;
use crate::api::context::current;
use crate::api::error::ApiResult;

#[derive(Debug, Default)]
pub(super) struct CatalogMutation;

/// The catalog.
#[Object]
impl CatalogMutation {
    /// Adds or replaces types, relationship types, pools, lifecycle rules and rules of ingest.
    async fn define_catalog(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The definitions.")] input: DefineCatalogInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("define_catalog", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a CI type that has no CIs, no subtypes and no relationship type naming it.
    async fn remove_ci_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The type.")] input: RemoveTypeInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("remove_ci_type", &input));
        let command = Ok(remove_ci_type(input));
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a relationship type that has no relationships.
    async fn remove_relationship_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The type.")] input: RemoveTypeInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("remove_relationship_type", &input));
        let command = Ok(remove_relationship_type(input));
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Removes a rule of ingest.
    async fn remove_ingest_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: RemoveIngestRuleInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("remove_ingest_rule", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }

    /// Replaces rules of the lifecycle.
    async fn change_lifecycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rules.")] input: ChangeLifecycleInput,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<CatalogPayload> {
        let digest = digest(&("change_lifecycle", &input));
        let command = input.to_command(&*current(ctx)?);
        Ok(write_one(ctx, command, options, digest).await?.into())
    }
}
