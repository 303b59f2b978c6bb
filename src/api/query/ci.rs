//! Configuration items, relationships and groups: one, or lists.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};

use crate::api::connection::{Connection, Cursors, Edge, QuestionHash, page_size, rows};
use crate::api::context::{api, ask, resolve, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{
    CiFilterInput, CiObject, CiOrderInput, CiTypeObject, GroupObject, RelationshipObject, RelationshipTypeObject,
    SearchHitObject, ci_types,
};
use crate::app::ErrorCode;
use crate::graph::find::{self, CiOrder};
use crate::graph::{Snapshot, search};
use crate::model::{CiId, GroupId, RelationshipId};

/// Anything with an identity of its own.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its identity, unique among everything."))]
pub enum Node {
    /// A configuration item.
    ConfigurationItem(CiObject),
    /// A relationship.
    Relationship(RelationshipObject),
    /// A redundancy group.
    RedundancyGroup(GroupObject),
    /// A CI type.
    CiType(CiTypeObject),
    /// A relationship type.
    RelationshipType(RelationshipTypeObject),
}

/// Most nodes asked for by one `nodes`.
const NODES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct CiQuery;

/// Configuration items, relationships and groups.
#[Object]
impl CiQuery {
    /// One configuration item. Null if none answers; an error if several do.
    async fn configuration_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            name = "ref",
            desc = "Which one: its id (`ci:...`), `type:name` with any supertype, or `attribute:value` of an identifying attribute."
        )]
        reference: String,
    ) -> ApiResult<Option<CiObject>> {
        let view = snapshot(ctx)?;
        match resolve(view, "ref", &reference) {
            Ok(slot) => Ok(Some(CiObject::at(view, slot))),
            Err(error) if error.code() == ErrorCode::CiNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Configuration items, filtered and sorted, a page at a time.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn configuration_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What they must be; all if not said.")] filter: Option<CiFilterInput>,
        #[graphql(desc = "In which order; by id if not said.")] sort: Option<CiOrderInput>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<CiObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&("configurationItems", &filter, &sort)),
        };
        let key = after
            .as_deref()
            .map(|cursor| cursors.read_sort_key(cursor))
            .transpose()?;
        let order = sort.map_or_else(CiOrder::default, CiOrder::from);
        let filter = filter.unwrap_or_default().to_filter(view)?;
        // Counting looks at everything, so it is done only for those who ask for the count.
        let counted = ctx.look_ahead().field("totalCount").exists();
        let has_previous = key.is_some();
        let (edges, has_next, total) = ask(ctx, view, move |view, budget| {
            let total = if counted {
                find::count(view, &filter, budget)?
            } else {
                0
            };
            let page = find::find(view, &filter, order, key.as_ref(), first, budget)?;
            let edges: Vec<Edge<CiObject>> = page
                .slots
                .iter()
                .map(|slot| Edge {
                    cursor: cursors.write_sort_key(&find::sort_key(view, order, *slot)),
                    node: CiObject::at(view, *slot),
                })
                .collect();
            Ok((edges, page.has_next, total))
        })
        .await?;
        Ok(cursors.connection(edges, has_next, has_previous, total))
    }

    /// Configuration items whose names, tags, attributes, addresses or native keys have every word
    /// of a text, the best first; small typing errors are forgiven. `totalCount` is the number of
    /// hits listed.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The words.")] text: String,
        #[graphql(desc = "Only CIs of these types or their subtypes.")] types: Option<Vec<String>>,
        #[graphql(desc = "Hits at most: 50 if not said, at most 1,000.")] first: Option<i32>,
    ) -> ApiResult<Connection<SearchHitObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        if text.len() > search::TEXT_BYTES_MAX {
            let message = format!("a search text has at most {} bytes", search::TEXT_BYTES_MAX);
            return Err(ApiError::input("text", message).with("limit", search::TEXT_BYTES_MAX));
        }
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&("search", &text, &types)),
        };
        let types = types.as_deref().map(|names| ci_types(view, names, true)).transpose()?;
        ask(ctx, view, move |view, budget| {
            let found = search::search(view, &text, types.as_deref(), first, budget);
            let hit = |place: usize| SearchHitObject::new(view, &found.hits[place]);
            let mut page = cursors.page(None, first, found.hits.len(), hit)?;
            page.complete = found.cut_short.is_none();
            Ok(page)
        })
        .await
    }

    /// One relationship, by its id (`rel:...`).
    async fn relationship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> ApiResult<Option<RelationshipObject>> {
        let view = snapshot(ctx)?;
        let id: RelationshipId = id.parse().map_err(|error| ApiError::from(error).with("field", "id"))?;
        Ok(view.relationship(id).map(|found| RelationshipObject::of(view, found)))
    }

    /// One explicit redundancy group, by its id (`group:...`).
    async fn redundancy_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> ApiResult<Option<GroupObject>> {
        let view = snapshot(ctx)?;
        let id: GroupId = id.parse().map_err(|error| ApiError::from(error).with("field", "id"))?;
        Ok(view.group(id).map(|group| GroupObject::new(view, Arc::clone(group))))
    }

    /// Explicit redundancy groups, by id.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn redundancy_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<GroupObject>> {
        let view = snapshot(ctx)?;
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: view.revision(),
            question: QuestionHash::of(&"redundancyGroups"),
        };
        ask(ctx, view, move |view, _| {
            let groups: Vec<_> = view.groups().collect();
            let group = |place: usize| GroupObject::new(view, Arc::clone(groups[place]));
            cursors.page(after.as_deref(), first, groups.len(), group)
        })
        .await
    }

    /// Anything by its id; null if there is nothing.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id.")] id: ID) -> ApiResult<Option<Node>> {
        find_node(snapshot(ctx)?, &id)
    }

    /// Several things by their ids, in the order asked for.
    #[graphql(complexity = "ids.len().saturating_mul(child_complexity.saturating_add(1))")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids, at most 1,000.")] ids: Vec<ID>,
    ) -> ApiResult<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            let message = format!("at most {NODES_MAX} ids at once, `ids` has {}", ids.len());
            return Err(ApiError::new(ErrorCode::PageTooLarge, message)
                .with("field", "ids")
                .with("limit", NODES_MAX));
        }
        let view = snapshot(ctx)?;
        ids.iter().map(|id| find_node(view, id)).collect()
    }
}

fn find_node(view: &Snapshot, id: &str) -> ApiResult<Option<Node>> {
    let refuse = || {
        ApiError::input(
            "id",
            format!("`{id}` is no id: ids begin with ci:, rel:, group:, citype: or reltype:"),
        )
    };
    let (kind, rest) = id.split_once(':').ok_or_else(refuse)?;
    Ok(match kind {
        CiId::PREFIX => {
            let slot = view.slot_of(id.parse()?);
            slot.map(|slot| Node::ConfigurationItem(CiObject::at(view, slot)))
        }
        RelationshipId::PREFIX => {
            let found = view.relationship(id.parse()?);
            found.map(|found| Node::Relationship(RelationshipObject::of(view, found)))
        }
        GroupId::PREFIX => {
            let group = view.group(id.parse()?);
            group.map(|group| Node::RedundancyGroup(GroupObject::new(view, Arc::clone(group))))
        }
        "citype" => {
            let found = view.catalog().ci_type_named(rest);
            found
                .and_then(|found| CiTypeObject::of(view, found.id))
                .map(Node::CiType)
        }
        "reltype" => {
            let found = view.catalog().relationship_type_named(rest);
            found
                .and_then(|found| RelationshipTypeObject::of(view, found.id))
                .map(Node::RelationshipType)
        }
        _ => return Err(refuse()),
    })
}
