//! Taking a merge back: what came from the absorbed CI and is still there goes back to it, what has
//! changed since stays with the survivor, and what cannot be given back is told.

mod absorbed;
mod linked;
mod survivor;

use std::sync::Arc;

use self::linked::Linked;
use crate::app::CommandError;
use crate::app::check::Circumstances;
use crate::app::check::ci::check_content;
use crate::graph::{Estate, Slot};
use crate::model::{
    Attribute, AttributeId, BeforeAfter, CiFields, CiId, ConfigurationItem, Delta, DeltaItem, Merge, RelationshipId,
    SourceId,
};

/// Something of an absorbed CI that could not be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What kind of thing.
    pub kind: LossKind,
    /// Its name or id.
    pub what: String,
    /// Why, for people.
    pub because: String,
}

/// What could not be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl Loss {
    fn new(kind: LossKind, what: impl Into<String>, because: &str) -> Self {
        Self {
            kind,
            what: what.into(),
            because: because.to_owned(),
        }
    }
}

/// What is taken apart.
#[derive(Debug)]
struct Reverting<'a> {
    estate: &'a Estate,
    merge: &'a Merge,
    /// The survivor as it is now, or the CI that it has become part of; `None`: it was deleted.
    now: Option<(Slot, CiFields)>,
    /// Sources that know only the absorbed CI: what they say goes with it.
    leaving: Vec<SourceId>,
}

/// Gives an absorbed CI back, and says what could not be given back.
pub(in crate::app) fn revert(
    estate: &Estate,
    absorbed: CiId,
    circumstances: &Circumstances<'_>,
) -> Result<(Delta, Vec<Loss>), CommandError> {
    let merge = estate
        .merge_of(absorbed)
        .ok_or(CommandError::MergeNotFound { ci: absorbed })?;
    let slot = estate.slot_of(absorbed);
    if slot.is_some_and(|slot| estate.ci_id(slot) == absorbed) {
        // The survivor is gone, and somebody has used the identity again since.
        return Err(CommandError::CiExists { ci: absorbed });
    }
    if estate.catalog().ci_type(merge.absorbed.ci_type()).is_none() {
        return Err(CommandError::MergeTypeGone { ci: absorbed });
    }
    let now = slot.map(|slot| (slot, estate.ci_at(slot).to_fields()));
    let reverting = Reverting {
        leaving: leaving(merge, now.as_ref().map(|(_, fields)| fields)),
        estate,
        merge,
        now,
    };
    reverting.plan(circumstances)
}

impl Reverting<'_> {
    fn plan(&self, circumstances: &Circumstances<'_>) -> Result<(Delta, Vec<Loss>), CommandError> {
        let (mut items, mut lost) = (Vec::new(), Vec::new());
        let freed = self
            .now
            .as_ref()
            .map(|(slot, now)| self.survivor(*slot, now, circumstances, &mut lost));
        let own = self.now.as_ref().map(|(slot, _)| *slot);
        if let (Some(slot), Some(freed)) = (own, &freed) {
            check_content(self.estate, freed, &[slot])?;
            let before = Arc::clone(self.estate.ci_at(slot));
            let after = ConfigurationItem::new(CiFields {
                changed: circumstances.stamp(),
                ..freed.clone()
            });
            items.push(DeltaItem::Ci(BeforeAfter::updated(before, after)));
        }
        let returned = self.absorbed(freed.as_ref(), circumstances, &mut lost);
        check_content(self.estate, &returned, own.as_slice())?;
        let types = (returned.ci_type, freed.as_ref().map(|freed| freed.ci_type));
        items.push(DeltaItem::Ci(BeforeAfter::created(ConfigurationItem::new(returned))));
        let mut linked = Linked::new(self, types, &mut lost);
        items.extend(linked.relationships());
        items.extend(linked.groups());
        items.extend(self.later_merges(circumstances));
        items.push(DeltaItem::Merge(BeforeAfter::removed(Arc::new(self.merge.clone()))));
        Ok((Delta { items }, lost))
    }

    /// Where the survivor has become part of another CI, the records of these merges forget what came
    /// from the absorbed CI too, so that taking them back does not bring it up again.
    fn later_merges(&self, circumstances: &Circumstances<'_>) -> Vec<DeltaItem> {
        let Some((slot, _)) = &self.now else { return Vec::new() };
        let live = self.estate.ci_id(*slot);
        let mut ci = self.merge.before.id();
        let mut items = Vec::new();
        // Each step leads to another alias of the survivor, so there are no more than it has.
        let aliases = self.estate.identities_of(*slot).len();
        while ci != live
            && items.len() < aliases
            && let Some(later) = self.estate.merge_of(ci)
        {
            let without = |ci: &ConfigurationItem| {
                let freed = self.survivor(*slot, &ci.to_fields(), circumstances, &mut Vec::new());
                ConfigurationItem::new(freed)
            };
            let given_back = |relationship: RelationshipId| {
                let mut moved = self.merge.relationships.iter();
                moved.any(|merged| merged.before.id == relationship)
            };
            let mut after = Merge {
                absorbed: without(&later.absorbed),
                after: without(&later.after),
                ..Merge::clone(later)
            };
            after.relationships.retain(|merged| !given_back(merged.before.id));
            items.push(DeltaItem::Merge(BeforeAfter::updated(Arc::clone(later), after)));
            ci = later.before.id();
        }
        items
    }

    fn attribute_name(&self, id: AttributeId) -> String {
        let name = self.estate.catalog().claimed_name(id);
        name.unwrap_or_default().to_owned()
    }
}

/// The sources that know the absorbed CI, and did not know the survivor before.
fn leaving(merge: &Merge, now: Option<&CiFields>) -> Vec<SourceId> {
    let knew = |source: SourceId| {
        let standing = merge.before.standing();
        merge.before.origins().any(|origin| origin.source == source)
            || merge.before.attributes().iter().any(|claim| claim.source == source)
            || standing.is_some_and(|standing| standing.claims.iter().any(|claim| claim.source == source))
    };
    let has_other_key = |source: SourceId| {
        let origins = now.map_or(&[][..], |now| &now.origins);
        origins.iter().any(|origin| {
            let is_same =
                |known: &crate::model::Origin| known.source == origin.source && known.native_key == origin.native_key;
            origin.source == source && !merge.absorbed.origins().any(|known| is_same(&known))
        })
    };
    let mut leaving: Vec<SourceId> = merge
        .absorbed
        .origins()
        .map(|origin| origin.source)
        .filter(|source| !knew(*source) && !has_other_key(*source))
        .collect();
    leaving.dedup();
    leaving
}

/// All that is said of an attribute: what is in effect, then what else is claimed.
fn said(fields: &CiFields, id: AttributeId) -> (Option<Attribute>, Vec<Attribute>) {
    (fields.attributes.get(id), fields.standing.claims.of(id).collect())
}
