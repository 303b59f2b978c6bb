//! Merges of CIs, and CIs that are probably one.

use async_graphql::{Enum, ID, InputObject, Object, SimpleObject, Value};

use super::CiObject;
use super::attribute::{MASK, value_json};
use super::delta::DeltaObject;
use crate::api::scalars::{DateTime, Json, Long};
use crate::app::{self, Duplicate, MergePlan};
use crate::graph::Snapshot;
use crate::model::{self, AttributeValue, CiId, RelationshipFate};

/// One of the two CIs of a merge.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "model::MergeSide")]
pub enum MergeSide {
    /// The CI that stays.
    Survivor,
    /// The CI that becomes part of it.
    Absorbed,
}

/// Whose word counts.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "app::Taken")]
pub enum Taken {
    /// The survivor's.
    Survivor,
    /// The absorbed CI's.
    Absorbed,
    /// What both say together: tags, and what they agree in.
    Both,
}

/// Whose value of an attribute is to count.
#[derive(InputObject, Clone, Debug)]
pub struct MergeChoiceInput {
    /// The attribute; `name`, `stage`, `tags` and `validity` are among them.
    pub attribute: String,
    /// Whose value.
    pub from: MergeSide,
}

/// Two CIs that are one.
#[derive(InputObject, Clone, Debug)]
pub struct MergeInput {
    /// The CI that stays: an id, `type:name` or `attribute:value`.
    pub survivor: String,
    /// The CI that becomes part of it: an id, `type:name` or `attribute:value`.
    pub absorbed: String,
    /// Whose values count, where they are not to be as by default: the survivor's, and the absorbed
    /// CI's where the survivor has none.
    #[graphql(default)]
    pub take: Vec<MergeChoiceInput>,
}

/// What two CIs say of one thing, and what counts of it.
#[derive(Clone, Debug, SimpleObject)]
pub struct MergedField {
    /// The attribute; or `name`, `type`, `stage`, `tags`, `validity`.
    pub name: String,
    /// What the survivor says; masked if it is secret.
    pub survivor: Option<Json>,
    /// What the absorbed CI says; masked if it is secret.
    pub absorbed: Option<Json>,
    /// Whose word counts.
    pub taken: Taken,
}

/// What becomes of a relationship of an absorbed CI.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "RelationshipFate")]
pub enum Fate {
    /// It becomes one of the survivor's.
    Moved,
    /// The survivor has the same: the two become one.
    United,
    /// It connects the two CIs, and would lead from the survivor to itself.
    Dropped,
}

/// A relationship of an absorbed CI.
#[derive(Clone, Debug, SimpleObject)]
pub struct MergedRelationship {
    /// Its id.
    pub id: ID,
    /// The name of its type.
    pub type_name: String,
    /// Where it starts, before the merge.
    pub from: ID,
    /// Where it ends, before the merge.
    pub to: ID,
    /// What becomes of it.
    pub fate: Fate,
    /// The survivor's relationship that it becomes one with.
    pub united_with: Option<ID>,
}

/// A redundancy group that an absorbed CI carries or helps to carry.
#[derive(Clone, Debug, SimpleObject)]
pub struct MergedGroup {
    /// Its id.
    pub id: ID,
    /// Its name before the merge.
    pub name_before: String,
    /// Its name after the merge; another one where the survivor has a group of the name.
    pub name_after: String,
    /// Whether it becomes a group of the survivor.
    pub is_carried: bool,
    /// How many members it has before the merge.
    pub member_count_before: Long,
    /// How many members it has after the merge: fewer, where the two are members both, or the
    /// survivor would help to carry itself.
    pub member_count_after: Long,
}

/// What a merge does, or would do.
#[derive(Clone, Debug)]
pub struct MergePreview {
    view: Snapshot,
    plan: MergePlan,
}

impl MergePreview {
    pub(in crate::api) fn new(view: &Snapshot, plan: MergePlan) -> Self {
        Self {
            view: view.clone(),
            plan,
        }
    }
}

/// What a merge would do.
#[Object]
impl MergePreview {
    /// The identity that stays.
    async fn survivor(&self) -> ID {
        ID(self.plan.merge.before.id().to_string())
    }

    /// The identity that becomes an alias.
    async fn absorbed(&self) -> ID {
        ID(self.plan.merge.alias().to_string())
    }

    /// What the two say of themselves, and whose word counts.
    async fn fields(
        &self,
        #[graphql(desc = "Only where the two disagree or one says nothing.", default)] differing: bool,
    ) -> Vec<MergedField> {
        let fields = self.plan.fields.iter().map(|field| {
            let shown = |value: &Option<AttributeValue>| {
                let value = value.as_ref()?;
                Some(Json(if field.secret {
                    Value::from(MASK)
                } else {
                    value_json(value)
                }))
            };
            MergedField {
                name: field.name.clone(),
                survivor: shown(&field.survivor),
                absorbed: shown(&field.absorbed),
                taken: field.taken.into(),
            }
        });
        fields
            .filter(|field| !differing || field.survivor != field.absorbed)
            .collect()
    }

    /// What becomes of the absorbed CI's relationships, by id; the first 1,000.
    async fn relationships(&self) -> Vec<MergedRelationship> {
        let merged = self.plan.merge.relationships.iter().take(LISTED_MAX);
        let shown = merged.map(|merged| {
            let kind = self.view.catalog().relationship_type(merged.before.relationship_type);
            let (fate, united_with) = match &merged.fate {
                RelationshipFate::Moved => (Fate::Moved, None),
                RelationshipFate::Dropped => (Fate::Dropped, None),
                RelationshipFate::United { before, .. } => (Fate::United, Some(ID(before.id.to_string()))),
            };
            MergedRelationship {
                id: ID(merged.before.id.to_string()),
                type_name: kind.map(|kind| kind.name.to_string()).unwrap_or_default(),
                from: ID(merged.before.from.to_string()),
                to: ID(merged.before.to.to_string()),
                fate,
                united_with,
            }
        });
        shown.collect()
    }

    /// How many relationships the absorbed CI has.
    async fn relationship_count(&self) -> Long {
        self.plan.merge.relationships.len().into()
    }

    /// What becomes of the redundancy groups that the absorbed CI carries or is a member of, by id; the
    /// first 1,000.
    async fn redundancy_groups(&self) -> Vec<MergedGroup> {
        let absorbed = self.plan.merge.alias();
        let merged = self.plan.merge.groups.iter().take(LISTED_MAX);
        let shown = merged.map(|group| MergedGroup {
            id: ID(group.before.id.to_string()),
            name_before: group.before.name.to_string(),
            name_after: group.after.name.to_string(),
            is_carried: group.before.consumer == absorbed,
            member_count_before: group.before.members.len().into(),
            member_count_after: group.after.members.len().into(),
        });
        shown.collect()
    }
}

/// Most relationships or groups of one merge that are listed.
const LISTED_MAX: usize = 1_000;

/// What a merge did.
#[derive(Clone, Debug, SimpleObject)]
pub struct MergePayload {
    /// The survivor after the merge, or as it would be.
    pub configuration_item: Option<CiObject>,
    /// The identity that became an alias.
    pub absorbed: Option<ID>,
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

/// What taking a merge back did.
#[derive(Clone, Debug, SimpleObject)]
pub struct RevertMergePayload {
    /// The CI that was absorbed, as it is again, or would be.
    pub configuration_item: Option<CiObject>,
    /// What could not be given back to it.
    pub lost: Vec<MergeLoss>,
    /// The commit that holds the write; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

/// What kind of thing could not be given back.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "app::LossKind", name = "MergeLossKind")]
pub enum LossKind {
    /// A source's key for the CI.
    Key,
    /// A value: it stays as it is now with the survivor.
    Attribute,
    /// A relationship.
    Relationship,
    /// A redundancy group, or the membership in one.
    Group,
    /// The identity of a CI that had become part of the absorbed one.
    Alias,
}

/// Something of an absorbed CI that could not be given back.
#[derive(Clone, Debug, SimpleObject)]
pub struct MergeLoss {
    /// What kind of thing.
    pub kind: LossKind,
    /// Its name or id.
    pub what: String,
    /// Why.
    pub because: String,
}

impl From<app::Loss> for MergeLoss {
    fn from(loss: app::Loss) -> Self {
        Self {
            kind: loss.kind.into(),
            what: loss.what,
            because: loss.because,
        }
    }
}

/// A CI that became part of another.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Merge")]
pub struct MergeObject {
    /// The identity that it had, which is an alias now.
    pub alias: ID,
    /// The name that it had.
    pub name: String,
    /// When it was merged.
    pub at: DateTime,
    /// Who decided it.
    pub by: String,
    /// Why; null if nothing was said.
    pub reason: Option<String>,
}

impl From<&model::Merge> for MergeObject {
    fn from(merge: &model::Merge) -> Self {
        Self {
            alias: ID(merge.alias().to_string()),
            name: merge.absorbed.name().to_owned(),
            at: DateTime(merge.at()),
            by: merge.by.to_string(),
            reason: Some(merge.reason.to_string()).filter(|reason| !reason.is_empty()),
        }
    }
}

/// Why two CIs are probably one, or probably not.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "app::ReasonKind", name = "DuplicateReasonKind")]
pub enum ReasonKind {
    /// All attributes of an identification rule agree.
    IdentificationRule,
    /// Host name and an address agree.
    HostNameAndAddress,
    /// Name and an address agree.
    NameAndAddress,
    /// The names agree but for case and domain.
    NameAlike,
    /// Against it: all attributes of an identification rule are known of both, and do not agree.
    RuleDiffers,
    /// Against it: a source that speaks of both knows them under different keys.
    KnownApart,
}

/// An attribute in which two CIs agree, or differ.
#[derive(Clone, Debug, SimpleObject)]
pub struct DuplicateValue {
    /// The attribute.
    pub attribute: String,
    /// The value of the first CI; null if it is secret.
    pub value: Option<String>,
}

/// Something that speaks for two CIs being one, or against it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DuplicateReason")]
pub struct DuplicateReasonObject {
    /// What kind of thing.
    pub kind: ReasonKind,
    /// Whether it speaks against the two being one.
    pub is_against: bool,
    /// The identification rule, or the source that knows both.
    pub name: Option<String>,
    /// What agrees, or differs.
    pub values: Vec<DuplicateValue>,
}

/// That two CIs are not one, as somebody said.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Distinction")]
pub struct DistinctionObject {
    /// When it was said.
    pub at: DateTime,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Which pairs of CIs.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateState {
    /// Those that nobody has decided on.
    Open,
    /// Those of which somebody said that they are not one.
    Dismissed,
}

/// Two CIs that are probably one.
#[derive(Clone, Debug)]
pub struct DuplicateObject {
    view: Snapshot,
    found: Duplicate,
}

impl DuplicateObject {
    pub(in crate::api) fn new(view: &Snapshot, found: Duplicate) -> Self {
        Self {
            view: view.clone(),
            found,
        }
    }

    /// The one that more sources know, else that was recorded first.
    fn survivor(&self) -> Option<CiId> {
        let cis = self.found.cis.iter().filter_map(|ci| self.view.ci(*ci));
        let best = cis.min_by_key(|ci| (std::cmp::Reverse(ci.origins().count()), ci.created().revision, ci.id()));
        best.map(|ci| ci.id())
    }
}

/// Two CIs that are probably one.
#[Object(name = "Duplicate")]
impl DuplicateObject {
    /// The two.
    async fn configuration_items(&self) -> Vec<CiObject> {
        let slots = self.found.cis.iter().filter_map(|ci| self.view.slot_of(*ci));
        slots.map(|slot| CiObject::at(&self.view, slot)).collect()
    }

    /// How much speaks for it, 1 to 100. For ordering; it is no probability.
    async fn score(&self) -> i32 {
        i32::from(self.found.score)
    }

    /// What speaks for it, the strongest first, then what speaks against it.
    async fn reasons(&self) -> Vec<DuplicateReasonObject> {
        let reasons = self.found.reasons.iter().map(|reason| DuplicateReasonObject {
            kind: reason.kind.into(),
            is_against: reason.kind.is_against(),
            name: Some(reason.name.clone()).filter(|name| !name.is_empty()),
            values: reason
                .values
                .iter()
                .map(|(attribute, value)| DuplicateValue {
                    attribute: attribute.clone(),
                    value: value.clone(),
                })
                .collect(),
        });
        reasons.collect()
    }

    /// The one to keep, if the two are one: that which more sources know, else which was recorded first.
    async fn suggested_survivor(&self) -> Option<ID> {
        self.survivor().map(|ci| ID(ci.to_string()))
    }

    /// That they are not one, if somebody said so.
    async fn distinction(&self) -> Option<DistinctionObject> {
        let [one, other] = self.found.cis.map(|ci| self.view.slot_of(ci));
        let found = self.view.are_told_apart(one?, other?)?;
        Some(DistinctionObject {
            at: DateTime(found.at),
            by: found.by.to_string(),
            reason: found.reason.to_string(),
        })
    }
}

/// A value that names several CIs under a derivation.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "AmbiguousDerivation")]
pub struct AmbiguousDerivationObject {
    /// The rule.
    pub rule: String,
    /// The CI that states the value.
    pub configuration_item: Option<CiObject>,
    /// The value; masked if it is secret.
    pub value: Json,
    /// How many CIs it names.
    pub candidate_count: Long,
    /// The CIs that it names, by id; the first 20.
    pub candidates: Vec<CiObject>,
}

/// Most CIs that one ambiguous value is told to name.
const CANDIDATES_MAX: usize = 20;

impl AmbiguousDerivationObject {
    pub(in crate::api) fn new(view: &Snapshot, found: &app::AmbiguousDerivation) -> Self {
        let catalog = view.catalog();
        let ci = |id: CiId| view.slot_of(id).map(|slot| CiObject::at(view, slot));
        let rule = catalog.ingest_rule(model::rule::IngestRuleKind::Derivation, &found.rule);
        let attribute = rule.and_then(|rule| match rule.as_ref() {
            model::IngestRule::Derivation(rule) => Some(rule.attribute.as_str().to_owned()),
            model::IngestRule::Source(_)
            | model::IngestRule::Authority(_)
            | model::IngestRule::Junk(_)
            | model::IngestRule::ClassAlias(_) => None,
        });
        let stating = view.ci(found.ci).zip(attribute);
        let definition = stating.and_then(|(ci, name)| catalog.attribute_of(ci.ci_type(), &name));
        let secret = definition.is_some_and(|definition| definition.secret);
        Self {
            rule: found.rule.to_string(),
            configuration_item: ci(found.ci),
            value: Json(if secret {
                Value::from(MASK)
            } else {
                value_json(&found.value)
            }),
            candidate_count: found.candidates.len().into(),
            candidates: found
                .candidates
                .iter()
                .take(CANDIDATES_MAX)
                .filter_map(|id| ci(*id))
                .collect(),
        }
    }
}
