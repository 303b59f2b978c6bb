//! Relationships of one CI, a page at a time.

use std::collections::BinaryHeap;

use async_graphql::Context;

use crate::api::connection::{Connection, Cursors, Edge};
use crate::api::context::ask;
use crate::api::error::{ApiError, ApiResult};
use crate::api::types::{Direction, RelationshipObject, bounded};
use crate::app::ErrorCode;
use crate::graph::budget::{Budget, BudgetExceeded};
use crate::graph::traverse::Follow;
use crate::graph::{Slot, Snapshot};
use crate::model::{RelationshipId, RelationshipTypeId};

/// Relationships looked at before the work moves to the pool of questions: most CIs have fewer, and
/// a change of threads costs more than looking at them.
const INLINE_MAX: u64 = 4_096;

/// The name of the relationship type that says who owns a CI.
const OWNED_BY: &str = "owned_by";

/// Relationship types by name.
pub(in crate::api) fn types(view: &Snapshot, names: Option<&[String]>) -> ApiResult<Option<Vec<RelationshipTypeId>>> {
    let Some(names) = names else {
        return Ok(None);
    };
    let ids = bounded("relationshipTypes", Some(names))?.iter().map(|name| {
        view.catalog()
            .relationship_type_named(name)
            .map(|definition| definition.id)
            .ok_or_else(|| {
                let message = format!("there is no relationship type `{name}`");
                ApiError::new(ErrorCode::UnknownRelationshipType, message).with("value", name.clone())
            })
    });
    ids.collect::<ApiResult<Vec<_>>>().map(Some)
}

pub(in crate::api) fn follow(view: &Snapshot, direction: Direction, names: Option<&[String]>) -> ApiResult<Follow> {
    Ok(Follow {
        direction: direction.into(),
        types: types(view, names)?,
    })
}

/// The relationship type that says who owns a CI.
pub(in crate::api) fn owned_by(view: &Snapshot) -> ApiResult<RelationshipTypeId> {
    view.catalog()
        .relationship_type_named(OWNED_BY)
        .map(|definition| definition.id)
        .ok_or_else(|| {
            ApiError::new(
                ErrorCode::UnknownRelationshipType,
                format!("the catalog has no relationship type `{OWNED_BY}`"),
            )
        })
}

/// Who owns a CI.
pub(in crate::api) fn owner(view: &Snapshot, slot: Slot) -> Option<Slot> {
    let owned_by = owned_by(view).ok()?;
    let owners = view
        .relationships_from(slot)
        .filter(|relationship| relationship.relationship_type() == owned_by);
    owners
        .map(|relationship| relationship.to())
        .min_by_key(|owner| view.ci_id(*owner))
}

struct Listed {
    ids: Vec<RelationshipId>,
    has_next: bool,
    total: usize,
}

/// A page of a CI's relationships, by id.
pub(in crate::api) async fn page(
    ctx: &Context<'_>,
    view: &Snapshot,
    slot: Option<Slot>,
    follow: Follow,
    cursors: Cursors,
    after: Option<&str>,
    first: usize,
) -> ApiResult<Connection<RelationshipObject>> {
    let after = after.map(|cursor| read_id(cursors, cursor)).transpose()?;
    let listed = match slot {
        None => Listed {
            ids: Vec::new(),
            has_next: false,
            total: 0,
        },
        Some(slot) => match list(view, slot, &follow, after, first, &Budget::new(INLINE_MAX, None)) {
            Ok(listed) => listed,
            Err(_) => {
                ask(ctx, view, move |view, budget| {
                    Ok(list(view, slot, &follow, after, first, budget)?)
                })
                .await?
            }
        },
    };
    let edges = listed.ids.iter().filter_map(|id| {
        Some(Edge {
            cursor: cursors.write(&id.number().to_be_bytes()),
            node: RelationshipObject::of(view, view.relationship(*id)?),
        })
    });
    Ok(cursors.connection(edges.collect(), listed.has_next, after.is_some(), listed.total))
}

fn read_id(cursors: Cursors, cursor: &str) -> ApiResult<RelationshipId> {
    let key = <[u8; 8]>::try_from(cursors.read(cursor)?.as_slice());
    key.map(|key| RelationshipId::new(u64::from_be_bytes(key)))
        .map_err(|_| {
            ApiError::new(ErrorCode::CursorInvalid, "`after` is no cursor of this list").with("field", "after")
        })
}

/// The least ids behind `after`, kept in a heap of one page: a hub's list is never copied.
fn list(
    view: &Snapshot,
    slot: Slot,
    follow: &Follow,
    after: Option<RelationshipId>,
    first: usize,
    budget: &Budget,
) -> Result<Listed, BudgetExceeded> {
    let mut total = 0;
    let mut behind = 0;
    let mut page = BinaryHeap::new();
    for (_, relationship) in follow.steps(view, slot) {
        budget.spend(1)?;
        if !follow.allows(relationship.relationship_type()) {
            continue;
        }
        total += 1;
        let id = relationship.id();
        if after.is_some_and(|after| id <= after) {
            continue;
        }
        behind += 1;
        page.push(id);
        if page.len() > first {
            page.pop();
        }
    }
    Ok(Listed {
        ids: page.into_sorted_vec(),
        has_next: behind > first,
        total,
    })
}
