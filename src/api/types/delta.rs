//! Deltas and journal entries.

use std::sync::Arc;

use async_graphql::{Enum, Object, SimpleObject, Value};

use super::attribute::{attributes_json, object, relationship_attributes_json};
use crate::api::connection::rows;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::{DateTime, Json, Long};
use crate::graph::Snapshot;
use crate::model::delta::BeforeAfter;
use crate::model::review::ReviewState;
use crate::model::{
    ConfigurationItem, Delta, DeltaItem, Distinction, IngestRule, JournalEntry, Merge, RedundancyGroup, Relationship,
    ReviewItem, Threshold, Validity,
};

/// What kind of thing a step of a delta changes.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaKind {
    /// A source was registered.
    Source,
    /// A CI type.
    CiType,
    /// A relationship type.
    RelationshipType,
    /// A pool.
    Pool,
    /// A rule of the lifecycle.
    Lifecycle,
    /// A rule of ingest.
    IngestRule,
    /// An item of the review queue.
    Review,
    /// A configuration item.
    ConfigurationItem,
    /// A relationship.
    Relationship,
    /// A redundancy group.
    RedundancyGroup,
    /// The record of a merge: two CIs that were one.
    Merge,
    /// The record that two CIs are not one.
    Distinction,
}

impl DeltaKind {
    /// The kind of a step.
    pub(in crate::api) fn of(item: &DeltaItem) -> Self {
        match item {
            DeltaItem::Source(_) => Self::Source,
            DeltaItem::CiType(_) => Self::CiType,
            DeltaItem::RelationshipType(_) => Self::RelationshipType,
            DeltaItem::Pool(_) => Self::Pool,
            DeltaItem::Lifecycle(_) => Self::Lifecycle,
            DeltaItem::IngestRule(_) => Self::IngestRule,
            DeltaItem::Review(_) => Self::Review,
            DeltaItem::Ci(_) => Self::ConfigurationItem,
            DeltaItem::Relationship(_) => Self::Relationship,
            DeltaItem::Group(_) => Self::RedundancyGroup,
            DeltaItem::Merge(_) => Self::Merge,
            DeltaItem::Distinction(_) => Self::Distinction,
        }
    }
}

/// What happens to it.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Created,
    /// It is different.
    Updated,
    /// It is gone.
    Removed,
}

impl Change {
    /// What a step does.
    pub(in crate::api) fn of(item: &DeltaItem) -> Self {
        match item {
            DeltaItem::Source(change) => Self::between(change),
            DeltaItem::CiType(change) => Self::between(change),
            DeltaItem::RelationshipType(change) => Self::between(change),
            DeltaItem::Pool(change) => Self::between(change),
            DeltaItem::Lifecycle(change) => Self::between(change),
            DeltaItem::IngestRule(change) => Self::between(change),
            DeltaItem::Review(change) => Self::between(change),
            DeltaItem::Ci(change) => Self::between(change),
            DeltaItem::Relationship(change) => Self::between(change),
            DeltaItem::Group(change) => Self::between(change),
            DeltaItem::Merge(change) => Self::between(change),
            DeltaItem::Distinction(change) => Self::between(change),
        }
    }

    fn between<T>(change: &BeforeAfter<T>) -> Self {
        match (&change.before, &change.after) {
            (None, _) => Self::Created,
            (Some(_), Some(_)) => Self::Updated,
            (Some(_), None) => Self::Removed,
        }
    }
}

/// The id of what a step changes, or the name of what has none.
pub(in crate::api) fn id_of(item: &DeltaItem) -> String {
    let id = match item {
        DeltaItem::Source(change) => change.either().map(|source| source.name.to_string()),
        DeltaItem::CiType(change) => change.either().map(|of| of.name.to_string()),
        DeltaItem::RelationshipType(change) => change.either().map(|of| of.name.to_string()),
        DeltaItem::Pool(change) => change.either().map(|pool| pool.name.to_string()),
        DeltaItem::Lifecycle(change) => change.either().map(|rule| rule.stage.to_string()),
        DeltaItem::Review(change) => change.either().map(|review| review.id.to_string()),
        DeltaItem::IngestRule(change) => change
            .either()
            .map(|rule| format!("{}:{}", rule.kind().as_str(), rule.name())),
        DeltaItem::Ci(change) => change.either().map(|ci| ci.id().to_string()),
        DeltaItem::Relationship(change) => change.either().map(|relationship| relationship.id.to_string()),
        DeltaItem::Group(change) => change.either().map(|group| group.id.to_string()),
        DeltaItem::Merge(change) => change.either().map(|merge| merge.alias().to_string()),
        DeltaItem::Distinction(change) => change.either().map(|distinction| {
            let [one, other] = distinction.cis;
            format!("{one} {other}")
        }),
    };
    id.unwrap_or_default()
}

/// One step of a delta.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DeltaItem")]
pub struct DeltaItemObject {
    /// What kind of thing changes.
    pub kind: DeltaKind,
    /// Its id, or the name of what has none.
    pub id: String,
    /// What happens to it.
    pub change: Change,
    /// As it was; secret values are shown as `***`.
    pub before: Option<Json>,
    /// As it is; secret values are shown as `***`.
    pub after: Option<Json>,
}

/// The items of a delta, with the snapshot whose catalog names types and attributes.
#[derive(Clone, Debug)]
pub struct DeltaObject {
    view: Snapshot,
    delta: Arc<Delta>,
    selected: Option<Arc<[usize]>>,
}

impl DeltaObject {
    pub(in crate::api) fn new(view: &Snapshot, delta: Arc<Delta>) -> Self {
        Self {
            view: view.clone(),
            delta,
            selected: None,
        }
    }

    fn len(&self) -> usize {
        self.selected
            .as_ref()
            .map_or(self.delta.items.len(), |selected| selected.len())
    }

    fn item(&self, place: usize) -> Option<&DeltaItem> {
        let place = match &self.selected {
            Some(selected) => *selected.get(place)?,
            None => place,
        };
        self.delta.items.get(place)
    }
}

/// What a write changes: before and after of just what is different.
#[Object(name = "Delta")]
impl DeltaObject {
    /// How many things it changes.
    async fn total_count(&self) -> Long {
        self.len().into()
    }

    /// What it changes, in the order of the write.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn items(
        &self,
        #[graphql(desc = "So many items at most, up to 1,000.", default = 50)] first: i32,
        #[graphql(desc = "So many items are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<DeltaItemObject>> {
        let first = crate::api::connection::page_size(Some(first), 1_000)?;
        let offset = usize::try_from(offset)
            .map_err(|_| ApiError::input("offset", "`offset` must not be negative").with("value", offset))?;
        let places = offset..offset.saturating_add(first).min(self.len());
        Ok(places
            .filter_map(|place| self.item(place))
            .map(|item| item_object(&self.view, item))
            .collect())
    }
}

/// The record of a commit.
#[derive(Clone, Debug)]
pub struct JournalEntryObject {
    view: Snapshot,
    entry: Arc<JournalEntry>,
    selected: Option<Arc<[usize]>>,
}

impl JournalEntryObject {
    pub(in crate::api) fn new(view: &Snapshot, entry: Arc<JournalEntry>, selected: Option<Vec<usize>>) -> Self {
        Self {
            view: view.clone(),
            entry,
            selected: selected.map(Into::into),
        }
    }
}

/// The record of a commit.
#[Object(name = "JournalEntry")]
impl JournalEntryObject {
    /// The number of the commit.
    async fn revision(&self) -> Long {
        self.entry.revision.into()
    }

    /// When it was made.
    async fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// Who asked.
    async fn actor(&self) -> &str {
        &self.entry.actor.name
    }

    /// The source behind it.
    async fn source(&self) -> &str {
        self.entry.source.as_str()
    }

    /// Why, in the asker's words.
    async fn reason(&self) -> Option<&str> {
        self.entry.reason.as_deref()
    }

    /// The key it was asked under.
    async fn idempotency_key(&self) -> Option<&str> {
        self.entry
            .idempotency_key
            .as_ref()
            .map(crate::model::IdempotencyKey::as_str)
    }

    /// What it changed; in a filtered subscription, what passed the filter.
    async fn delta(&self) -> DeltaObject {
        DeltaObject {
            view: self.view.clone(),
            delta: Arc::clone(&self.entry.delta),
            selected: self.selected.clone(),
        }
    }
}

fn item_object(view: &Snapshot, item: &DeltaItem) -> DeltaItemObject {
    let named = |name: &str| object([("name", Value::from(name))]);
    let (before, after) = match item {
        DeltaItem::Source(change) => sides(change, |source| named(source.name.as_str())),
        DeltaItem::CiType(change) => sides(change, |of| named(of.name.as_str())),
        DeltaItem::RelationshipType(change) => sides(change, |of| named(of.name.as_str())),
        DeltaItem::Pool(change) => sides(change, |pool| named(pool.name.as_str())),
        DeltaItem::Lifecycle(change) => sides(change, |rule| named(rule.stage.as_str())),
        DeltaItem::Review(change) => sides(change, review_json),
        DeltaItem::IngestRule(change) => sides(change, |rule| ingest_rule_json(view, rule)),
        DeltaItem::Ci(change) => sides(change, |ci| ci_json(view, ci)),
        DeltaItem::Relationship(change) => sides(change, |relationship| relationship_json(view, relationship)),
        DeltaItem::Group(change) => sides(change, group_json),
        DeltaItem::Merge(change) => sides(change, merge_json),
        DeltaItem::Distinction(change) => sides(change, distinction_json),
    };
    DeltaItemObject {
        kind: DeltaKind::of(item),
        id: id_of(item),
        change: Change::of(item),
        before,
        after,
    }
}

fn review_json(review: &ReviewItem) -> Value {
    let state = match review.state {
        ReviewState::Open => "OPEN",
        ReviewState::Resolved { .. } => "RESOLVED",
        ReviewState::Dismissed { .. } => "DISMISSED",
    };
    object([
        ("id", Value::from(review.id.to_string())),
        ("source", Value::from(review.source.name.as_str())),
        ("feed", Value::from(review.source.feed.as_ref())),
        ("scope", Value::from(review.source.scope.as_ref())),
        ("subject", Value::from(review.subject.as_ref())),
        ("state", Value::from(state)),
    ])
}

fn ingest_rule_json(view: &Snapshot, rule: &IngestRule) -> Value {
    object([
        ("kind", Value::from(rule.kind().as_str())),
        ("name", Value::from(rule.name().as_str())),
        ("definition", Value::from(view.catalog().render_ingest_rule(rule))),
    ])
}

fn sides<T>(change: &BeforeAfter<T>, json: impl Fn(&T) -> Value) -> (Option<Json>, Option<Json>) {
    let side = |thing: &Option<Arc<T>>| thing.as_ref().map(|thing| Json(json(thing)));
    (side(&change.before), side(&change.after))
}

fn ci_json(view: &Snapshot, ci: &ConfigurationItem) -> Value {
    let catalog = view.catalog();
    let type_name = catalog
        .ci_type(ci.ci_type())
        .map(|definition| definition.name.to_string());
    let mut fields = vec![
        ("id", Value::from(ci.id().to_string())),
        ("type", type_name.map_or(Value::Null, Value::from)),
        ("name", Value::from(ci.name())),
        ("stage", Value::from(ci.stage().as_str().to_uppercase())),
        ("tags", Value::List(ci.tags().map(Value::from).collect())),
        (
            "attributes",
            attributes_json(catalog, ci.ci_type(), ci.attributes(), None),
        ),
        ("revision", Value::from(ci.changed().revision.number())),
    ];
    fields.extend(validity_fields(ci.validity()));
    object(fields)
}

fn relationship_json(view: &Snapshot, relationship: &Relationship) -> Value {
    let catalog = view.catalog();
    let type_name = catalog.relationship_type(relationship.relationship_type);
    let type_name = type_name.map(|definition| definition.name.to_string());
    let attributes = relationship_attributes_json(catalog, relationship.relationship_type, &relationship.attributes);
    let mut fields = vec![
        ("id", Value::from(relationship.id.to_string())),
        ("type", type_name.map_or(Value::Null, Value::from)),
        ("from", Value::from(relationship.from.to_string())),
        ("to", Value::from(relationship.to.to_string())),
        ("qualifier", Value::from(relationship.qualifier.as_ref())),
        ("forwardStrength", optional(relationship.forward.as_ref())),
        ("reverseStrength", optional(relationship.reverse.as_ref())),
        ("weight", Value::from(relationship.weight.get())),
        ("redundancyGroup", optional(relationship.group.as_ref())),
        ("attributes", attributes),
    ];
    fields.extend(validity_fields(relationship.validity));
    object(fields)
}

fn group_json(group: &RedundancyGroup) -> Value {
    let members = group.members.iter().map(|member| {
        object([
            ("ci", Value::from(member.ci.to_string())),
            ("weight", Value::from(member.weight.get())),
            ("strength", Value::from(member.strength.to_string())),
        ])
    });
    let threshold = |threshold: Option<Threshold>| optional(threshold.as_ref());
    let mut fields = vec![
        ("id", Value::from(group.id.to_string())),
        ("name", Value::from(group.name.as_str())),
        ("consumer", Value::from(group.consumer.to_string())),
        ("members", Value::List(members.collect())),
        ("upMin", threshold(group.thresholds.up_min)),
        ("capacityMin", threshold(group.thresholds.capacity_min)),
        ("spareMin", threshold(group.thresholds.spare_min)),
        ("strength", Value::from(group.strength.to_string())),
        ("grounded", Value::from(group.grounded)),
    ];
    fields.extend(validity_fields(group.validity));
    object(fields)
}

fn merge_json(merge: &Merge) -> Value {
    object([
        ("absorbed", Value::from(merge.alias().to_string())),
        ("survivor", Value::from(merge.before.id().to_string())),
        ("by", Value::from(merge.by.as_ref())),
        ("reason", Value::from(merge.reason.as_ref())),
    ])
}

fn distinction_json(distinction: &Distinction) -> Value {
    let cis = distinction.cis.map(|ci| Value::from(ci.to_string()));
    object([
        ("cis", Value::List(cis.to_vec())),
        ("by", Value::from(distinction.by.as_ref())),
        ("reason", Value::from(distinction.reason.as_ref())),
    ])
}

fn optional(value: Option<&impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::from(value.to_string()))
}

fn validity_fields(validity: Option<Validity>) -> [(&'static str, Value); 2] {
    let from = validity.and_then(|validity| validity.from());
    let to = validity.and_then(|validity| validity.to());
    [
        ("validFrom", optional(from.as_ref())),
        ("validTo", optional(to.as_ref())),
    ]
}
