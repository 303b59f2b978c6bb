//! Commits as they happen.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Subscription as GraphQlSubscription};
use futures_util::{Stream, StreamExt};

use super::context::{api, current, pool, resolve};
use super::error::{ApiError, ApiResult};
use super::query::subject::answers;
use super::query::targets::failing_level;
use super::scalars::Long;
use super::types::{DeltaKind, ImpactState, JournalEntryObject, StartingState, WatchEvent, bounded, ci_types};
use super::watch::Watch;
use crate::graph::Snapshot;
use crate::model::{CiId, CiTypeId, DeltaItem};

/// What a watch counts as in the cost of a document, beside its lists.
const WATCH_COST: usize = 500;

/// What can be followed.
#[derive(Debug, Default)]
pub struct Subscription;

/// What can be followed.
#[GraphQlSubscription]
impl Subscription {
    /// Committed deltas, in order and without gaps. A follower that is too slow reads them from the
    /// journal; one that cannot go on is told so by an error, and may follow again from the last
    /// revision it has seen.
    async fn deltas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Commits after this one; those to come if not said.")] from: Option<Long>,
        #[graphql(desc = "Only changes of these kinds.")] kinds: Option<Vec<DeltaKind>>,
        #[graphql(desc = "Only changes of CIs of these types or their subtypes, and of their relationships.")]
        ci_types: Option<Vec<String>>,
        #[graphql(desc = "Only changes of these CIs, their relationships and groups.")] refs: Option<Vec<String>>,
    ) -> Result<impl Stream<Item = ApiResult<JournalEntryObject>> + use<>, ApiError> {
        let view = current(ctx)?;
        let filter = DeltaFilter::new(&view, kinds, ci_types, refs)?;
        let reader = api(ctx)?.cmdb.reader();
        let from = from.map_or_else(|| view.revision(), Into::into);
        if from > view.revision() {
            let message = format!("`from` is {from}, and the last commit is {}", view.revision());
            return Err(ApiError::input("from", message).with("value", from.number()));
        }
        let entries = reader.follow(from);
        Ok(entries.filter_map(move |entry| {
            let found = match entry {
                Err(_) => Some(Err(ApiError::internal(
                    "the journal cannot be read on: follow again from the last revision seen",
                ))),
                Ok(entry) => {
                    let view = reader.snapshot();
                    filter
                        .select(&view, &entry.delta.items)
                        .map(|selected| Ok(JournalEntryObject::new(&view, Arc::clone(&entry), selected)))
                }
            };
            std::future::ready(found)
        }))
    }

    /// A service as it stands, and an event whenever a commit changes what alone would bring it to a
    /// level, the redundancy it stands on, or its state; also when that changes without a commit, because
    /// something it stands on begins or ceases to hold (`validFrom`, `validTo`). Commits in a burst, or while
    /// the reader is slow, may be told by one event, which then tells the latest; none is lost. A watch that
    /// cannot go on ends with an error: `CI_NOT_FOUND` when the service is deleted or its validity ends. A
    /// retired service stays watched (`takesPart: false`). Watching again begins with the present.
    #[graphql(complexity = "WATCH_COST.saturating_add(child_complexity)")]
    async fn watch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service, or any CI: an id, `type:name` or `attribute:value`.")] service: String,
        #[graphql(
            desc = "What counts as a failure of the service: this state or a worse one.",
            default_with = "ImpactState::Down"
        )]
        level: ImpactState,
        #[graphql(
            desc = "What single points of failure are told: on top of what is broken, or as if all were well.",
            default_with = "StartingState::Current"
        )]
        starting_state: StartingState,
    ) -> Result<impl Stream<Item = ApiResult<WatchEvent>> + use<>, ApiError> {
        let level = failing_level("level", level)?;
        let (context, view) = (api(ctx)?, current(ctx)?);
        let slot = resolve(&view, "service", &service)?;
        let watch = Watch {
            service: view.ci_id(slot),
            level,
            starting: starting_state.into(),
            reader: context.cmdb.reader(),
            pool: pool(ctx)?,
            answers: answers(ctx)?,
            clock: context.clock.clone(),
            figures: context.figures.clone(),
        };
        Ok(watch.follow(view.revision()).map(|change| change.map(WatchEvent)))
    }
}

/// Which items of a delta are told. Empty parts say nothing.
struct DeltaFilter {
    kinds: Option<Vec<DeltaKind>>,
    types: Option<Vec<CiTypeId>>,
    cis: Option<BTreeSet<CiId>>,
}

impl DeltaFilter {
    fn new(
        view: &Snapshot,
        kinds: Option<Vec<DeltaKind>>,
        types: Option<Vec<String>>,
        refs: Option<Vec<String>>,
    ) -> ApiResult<Self> {
        let resolved = refs.map(|refs| {
            let refs = bounded("refs", Some(&refs))?.iter();
            refs.map(|reference| resolve(view, "refs", reference).map(|slot| view.ci_id(slot)))
                .collect()
        });
        Ok(Self {
            kinds,
            types: types.map(|names| ci_types(view, &names, true)).transpose()?,
            cis: resolved.transpose()?,
        })
    }

    /// `None`: nothing of the delta is told. `Some(None)`: all of it is.
    #[expect(clippy::option_option, reason = "nothing, everything, or some of it")]
    fn select(&self, view: &Snapshot, items: &[DeltaItem]) -> Option<Option<Vec<usize>>> {
        if self.kinds.is_none() && self.types.is_none() && self.cis.is_none() {
            return Some(None);
        }
        let places = items.iter().enumerate().filter(|(_, item)| self.passes(view, item));
        let selected: Vec<usize> = places.map(|(place, _)| place).collect();
        (!selected.is_empty()).then_some(Some(selected))
    }

    fn passes(&self, view: &Snapshot, item: &DeltaItem) -> bool {
        let kind_passes = self
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&DeltaKind::of(item)));
        if !kind_passes || (self.types.is_none() && self.cis.is_none()) {
            return kind_passes;
        }
        let involved = involved(item);
        let type_passes = self.types.as_ref().is_none_or(|types| {
            let recorded = |id: &CiId| view.ci(*id).map(|ci| ci.ci_type());
            let of_item = item.as_ci().and_then(|change| change.either()).map(|ci| ci.ci_type());
            of_item
                .into_iter()
                .chain(involved.iter().filter_map(recorded))
                .any(|found| types.contains(&found))
        });
        type_passes
            && self
                .cis
                .as_ref()
                .is_none_or(|cis| involved.iter().any(|id| cis.contains(id)))
    }
}

/// The CIs that an item is about.
pub(super) fn involved(item: &DeltaItem) -> Vec<CiId> {
    match item {
        DeltaItem::Ci(change) => change.either().map(|ci| ci.id()).into_iter().collect(),
        DeltaItem::Relationship(change) => change
            .either()
            .map(|relationship| vec![relationship.from, relationship.to])
            .unwrap_or_default(),
        DeltaItem::Group(change) => {
            let members = |group: &crate::model::RedundancyGroup| -> Vec<CiId> {
                let members = group.members.iter().map(|member| member.ci);
                std::iter::once(group.consumer).chain(members).collect()
            };
            change.either().map(|group| members(group)).unwrap_or_default()
        }
        DeltaItem::Merge(change) => {
            let pair = change.either().map(|merge| vec![merge.before.id(), merge.alias()]);
            pair.unwrap_or_default()
        }
        DeltaItem::Distinction(change) => {
            let pair = change.either().map(|distinction| distinction.cis.to_vec());
            pair.unwrap_or_default()
        }
        DeltaItem::Source(_)
        | DeltaItem::CiType(_)
        | DeltaItem::RelationshipType(_)
        | DeltaItem::Pool(_)
        | DeltaItem::Lifecycle(_)
        | DeltaItem::IngestRule(_)
        | DeltaItem::Review(_) => Vec::new(),
    }
}
