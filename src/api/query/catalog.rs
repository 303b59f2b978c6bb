//! The catalog.

use async_graphql::{Context, Object};

use crate::api::connection::{Connection, Cursors, QuestionHash, page_size, rows};
use crate::api::context::{api, snapshot};
use crate::api::error::ApiResult;
use crate::api::types::{
    CiTypeObject, IngestRuleKind, IngestRuleObject, LifecycleRuleObject, PoolObject, RelationshipTypeObject,
};
use crate::model::{self, LifecycleStage};

#[derive(Debug, Default)]
pub(super) struct CatalogQuery;

/// The catalog.
#[Object]
impl CatalogQuery {
    /// All CI types, by name.
    #[graphql(complexity = "rows(first.or(Some(200)), child_complexity)")]
    async fn ci_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 1,000 if not said, which is the most.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<CiTypeObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first.or(Some(1_000)), api(ctx)?.limits.page_max.max(1_000))?;
        let mut types: Vec<_> = view.catalog().ci_types().collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        let types: Vec<CiTypeObject> = types
            .iter()
            .filter_map(|found| CiTypeObject::of(view, found.id))
            .collect();
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&"ciTypes"),
        };
        cursors.page(after.as_deref(), first, types.len(), |place| types[place].clone())
    }

    /// One CI type.
    async fn ci_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> ApiResult<Option<CiTypeObject>> {
        let view = snapshot(ctx)?;
        let found = view.catalog().ci_type_named(&name);
        Ok(found.and_then(|found| CiTypeObject::of(view, found.id)))
    }

    /// All relationship types, by name.
    #[graphql(complexity = "rows(first.or(Some(100)), child_complexity)")]
    async fn relationship_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 1,000 if not said, which is the most.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<RelationshipTypeObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first.or(Some(1_000)), api(ctx)?.limits.page_max.max(1_000))?;
        let mut types: Vec<_> = view.catalog().relationship_types().collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        let types: Vec<RelationshipTypeObject> = types
            .iter()
            .filter_map(|found| RelationshipTypeObject::of(view, found.id))
            .collect();
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&"relationshipTypes"),
        };
        cursors.page(after.as_deref(), first, types.len(), |place| types[place].clone())
    }

    /// One relationship type.
    async fn relationship_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> ApiResult<Option<RelationshipTypeObject>> {
        let view = snapshot(ctx)?;
        let found = view.catalog().relationship_type_named(&name);
        Ok(found.and_then(|found| RelationshipTypeObject::of(view, found.id)))
    }

    /// The rules of ingest, by kind and name.
    #[graphql(complexity = "rows(first.or(Some(100)), child_complexity)")]
    async fn ingest_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only rules of this kind.")] kind: Option<IngestRuleKind>,
        #[graphql(desc = "Items of the page: 1,000 if not said, which is the most.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<IngestRuleObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first.or(Some(1_000)), api(ctx)?.limits.page_max.max(1_000))?;
        let wanted = kind.map(model::rule::IngestRuleKind::from);
        let rules = view.catalog().ingest_rules();
        let rules = rules.filter(|rule| wanted.is_none_or(|wanted| rule.kind() == wanted));
        let rules: Vec<IngestRuleObject> = rules.map(|rule| IngestRuleObject::new(view, rule)).collect();
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&("ingestRules", wanted)),
        };
        cursors.page(after.as_deref(), first, rules.len(), |place| rules[place].clone())
    }

    /// All pools, by name.
    async fn pools(&self, ctx: &Context<'_>) -> ApiResult<Vec<PoolObject>> {
        let mut pools: Vec<PoolObject> = snapshot(ctx)?.catalog().pools().map(Into::into).collect();
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(pools)
    }

    /// What every lifecycle stage means, in the order of a life.
    async fn lifecycle(&self, ctx: &Context<'_>) -> ApiResult<Vec<LifecycleRuleObject>> {
        let catalog = snapshot(ctx)?.catalog();
        Ok(LifecycleStage::ALL
            .into_iter()
            .map(|stage| catalog.lifecycle(stage).into())
            .collect())
    }
}
