//! The relationships and redundancy groups of the absorbed CI as they return to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Loss, LossKind, Reverting};
use crate::graph::Slot;
use crate::model::{
    BeforeAfter, CiId, CiTypeId, DeltaItem, GroupMember, MergedGroup, RedundancyGroup, Relationship, RelationshipFate,
    RelationshipTypeId, SourceId,
};

/// What names a relationship.
type Key = (RelationshipTypeId, CiId, CiId, Box<str>);

/// Gives back what connects the absorbed CI with others.
pub(super) struct Linked<'a, 'l> {
    reverting: &'a Reverting<'a>,
    /// The absorbed CI's type, and the survivor's as it will be.
    types: (CiTypeId, Option<CiTypeId>),
    lost: &'l mut Vec<Loss>,
    given: BTreeSet<Key>,
}

impl<'a, 'l> Linked<'a, 'l> {
    pub(super) fn new(
        reverting: &'a Reverting<'a>,
        types: (CiTypeId, Option<CiTypeId>),
        lost: &'l mut Vec<Loss>,
    ) -> Self {
        Self {
            reverting,
            types,
            lost,
            given: BTreeSet::new(),
        }
    }

    pub(super) fn relationships(&mut self) -> Vec<DeltaItem> {
        let mut items = Vec::new();
        for merged in &self.reverting.merge.relationships {
            let found = match &merged.fate {
                RelationshipFate::Moved => self.moved(&merged.before),
                RelationshipFate::Dropped => self.recreated(&merged.before).map(|item| vec![item]),
                RelationshipFate::United { before, after } => self.united(&merged.before, before, after),
            };
            match found {
                Ok(found) => items.extend(found.into_iter().map(DeltaItem::Relationship)),
                Err(because) => {
                    self.lost
                        .push(Loss::new(LossKind::Relationship, merged.before.id.to_string(), because));
                }
            }
        }
        items
    }

    /// A relationship that the survivor took over.
    fn moved(&mut self, before: &Relationship) -> Result<Vec<BeforeAfter<Relationship>>, &'static str> {
        let found = self.reverting.estate.relationship(before.id);
        let now = found.ok_or("it was removed after the merge")?;
        let survivor = self.survivor();
        let absorbed = self.absorbed();
        let at = |was: CiId, is: Slot| was != absorbed || Some(is) == survivor;
        if !at(before.from, now.from()) || !at(before.to, now.to()) {
            return Err("it leads to another CI now");
        }
        let present = now.to_relationship();
        let after = Relationship {
            from: if before.from == absorbed {
                absorbed
            } else {
                present.from
            },
            to: if before.to == absorbed { absorbed } else { present.to },
            ..present.clone()
        };
        self.check(&after)?;
        Ok(vec![BeforeAfter::updated(Arc::new(present), after)])
    }

    /// A relationship that had no place beside the survivor's own.
    fn recreated(&mut self, before: &Relationship) -> Result<BeforeAfter<Relationship>, &'static str> {
        let (estate, absorbed) = (self.reverting.estate, self.absorbed());
        let end = |ci: CiId| -> Result<CiId, &'static str> {
            if ci == absorbed {
                return Ok(ci);
            }
            let slot = estate.slot_of(ci).ok_or("the CI at its other end is gone")?;
            Ok(estate.ci_id(slot))
        };
        let after = Relationship {
            from: end(before.from)?,
            to: end(before.to)?,
            group: before.group.filter(|group| estate.group(*group).is_some()),
            ..before.clone()
        };
        self.check(&after)?;
        Ok(BeforeAfter::created(after))
    }

    /// A relationship that the survivor had too: both have it again.
    fn united(
        &mut self,
        before: &Relationship,
        known: &Relationship,
        united: &Relationship,
    ) -> Result<Vec<BeforeAfter<Relationship>>, &'static str> {
        let found = self.reverting.estate.relationship(known.id);
        let now = found.ok_or("it was removed after the merge")?.to_relationship();
        let mut items = vec![self.recreated(before)?];
        let after = if now == *united {
            known.clone()
        } else {
            without(&now, known, before)
        };
        if after != now {
            items.push(BeforeAfter::updated(Arc::new(now), after));
        }
        Ok(items)
    }

    fn check(&mut self, relationship: &Relationship) -> Result<(), &'static str> {
        let catalog = self.reverting.estate.catalog();
        let type_of = |ci: CiId| {
            if ci == self.absorbed() {
                return Some(self.types.0);
            }
            let slot = self.reverting.estate.slot_of(ci)?;
            match self.types.1 {
                Some(freed) if Some(slot) == self.survivor() => Some(freed),
                Some(_) | None => Some(self.reverting.estate.ci_type_of(slot)),
            }
        };
        let ends = type_of(relationship.from).zip(type_of(relationship.to));
        let kind = relationship.relationship_type;
        if !ends.is_some_and(|(from, to)| catalog.allows_ends(kind, from, to)) {
            return Err("its type does not allow these ends any more");
        }
        let qualifier = relationship.qualifier.clone();
        if !self.given.insert((kind, relationship.from, relationship.to, qualifier)) {
            return Err("the CIs at its other end have become one, and another says the same");
        }
        Ok(())
    }

    pub(super) fn groups(&mut self) -> Vec<DeltaItem> {
        let mut items = Vec::new();
        for merged in &self.reverting.merge.groups {
            match self.group(merged) {
                Ok(item) => items.extend(item.map(DeltaItem::Group)),
                Err(because) => {
                    let what = format!("{} {}", merged.before.name, merged.before.id);
                    self.lost.push(Loss::new(LossKind::Group, what, because));
                }
            }
        }
        items
    }

    fn group(&self, merged: &MergedGroup) -> Result<Option<BeforeAfter<RedundancyGroup>>, &'static str> {
        let now = self.reverting.estate.group(merged.before.id);
        let now = now.ok_or("it was removed after the merge")?;
        let after = if **now == merged.after {
            merged.before.clone()
        } else {
            self.partly(now, merged)?
        };
        Ok((after != **now).then(|| BeforeAfter::updated(Arc::clone(now), after)))
    }

    /// A group that was changed since: only the absorbed CI's part in it returns.
    fn partly(&self, now: &RedundancyGroup, merged: &MergedGroup) -> Result<RedundancyGroup, &'static str> {
        let absorbed = self.absorbed();
        let survivor = self.survivor().map(|slot| self.reverting.estate.ci_id(slot));
        let survivor = survivor.ok_or("the survivor is gone")?;
        let mut after = now.clone();
        if merged.before.consumer == absorbed && now.consumer == survivor {
            after.consumer = absorbed;
            if now.name == merged.after.name {
                after.name = merged.before.name.clone();
            }
        }
        let was = merged.before.members.iter().find(|member| member.ci == absorbed);
        let Some(was) = was else { return Ok(after) };
        let survivor_was_in = merged
            .before
            .members
            .iter()
            .any(|member| member.ci == self.reverting.merge.before.id());
        let carried_itself = after.consumer == survivor;
        let place = after.members.iter().position(|member| member.ci == survivor);
        match place {
            Some(place) if !survivor_was_in => after.members[place].ci = absorbed,
            None if !survivor_was_in && !carried_itself => return Err("the survivor was taken out of it"),
            Some(_) | None => after.members.push(GroupMember::clone(was)),
        }
        after.members.sort_by_key(|member| member.ci);
        Ok(after)
    }

    fn absorbed(&self) -> CiId {
        self.reverting.merge.alias()
    }

    fn survivor(&self) -> Option<Slot> {
        self.reverting.now.as_ref().map(|(slot, _)| *slot)
    }
}

/// The survivor's relationship without those who only spoke of the absorbed CI's.
fn without(now: &Relationship, known: &Relationship, gone: &Relationship) -> Relationship {
    let says = |relationship: &Relationship, source: SourceId| {
        let mut also = relationship.also_said_by.iter();
        relationship.source == source || also.any(|said| said.source == source)
    };
    let mut after = now.clone();
    after
        .also_said_by
        .retain(|said| says(known, said.source) || !says(gone, said.source));
    after
}
