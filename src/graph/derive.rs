//! From CMDB to dependency form: section 2.3 of the impact law.
//!
//! Arcs are derived from relationships and groups by the same function when they are added to and
//! when they are taken out of the dependency index, so the index is always what the tables say.

use super::Slot;
use super::dependency::{Carrier, GroupKey, GroupParameters, ImpactArc};
use super::estate::{Estate, RelationshipRef};
use super::relationship_table::EdgeSlot;
use crate::model::definition::PoolDefinition;
use crate::model::{
    AttributeValue, GroupId, PoolId, RedundancyGroup, RelationshipTypeId, Strength, Threshold, Thresholds, Weight,
};

impl Estate {
    /// Puts everything that hangs on a CI into the dependency index.
    pub(super) fn attach_ci(&mut self, slot: Slot) {
        let consumed: Vec<GroupId> = self.groups.of_consumer(slot).map(|group| group.id).collect();
        for group in consumed {
            self.attach_group_itself(group);
        }
        for (group, member) in self.memberships_elsewhere(slot) {
            self.attach_member(group, member);
        }
        for edge in self.edges_at(slot) {
            self.attach_edge(edge);
        }
    }

    /// Takes everything that hangs on a CI out of the dependency index.
    pub(super) fn detach_ci(&mut self, slot: Slot) {
        for edge in self.edges_at(slot) {
            self.detach_edge(edge);
        }
        for (group, member) in self.memberships_elsewhere(slot) {
            self.detach_member(group, member);
        }
        let consumed: Vec<GroupId> = self.groups.of_consumer(slot).map(|group| group.id).collect();
        for group in consumed {
            self.detach_group_itself(group);
        }
    }

    /// Puts a group and all its members, listed and by relationship, into the dependency index.
    pub(super) fn attach_group(&mut self, id: GroupId) {
        self.attach_group_itself(id);
        for edge in self.relationships.naming(id).to_vec() {
            self.attach_edge(edge);
        }
    }

    /// Takes a group and all its members out of the dependency index.
    pub(super) fn detach_group(&mut self, id: GroupId) {
        for edge in self.relationships.naming(id).to_vec() {
            self.detach_edge(edge);
        }
        self.detach_group_itself(id);
    }

    /// Puts what a relationship carries into the dependency index.
    pub(super) fn attach_edge(&mut self, edge: EdgeSlot) {
        for arc in self.arcs_of_edge(edge).into_iter().flatten() {
            if let Carrier::Member {
                group: GroupKey::Pool { consumer, pool },
                ..
            } = arc.carrier
            {
                self.ensure_pool_group(consumer, pool);
            }
            self.dependency.add(&arc);
        }
    }

    /// Takes what a relationship carries out of the dependency index.
    pub(super) fn detach_edge(&mut self, edge: EdgeSlot) {
        for arc in self.arcs_of_edge(edge).into_iter().flatten() {
            self.dependency.remove(&arc);
            if let Carrier::Member {
                group: key @ GroupKey::Pool { .. },
                ..
            } = arc.carrier
                && self
                    .dependency
                    .group_number(&key)
                    .is_some_and(|group| self.dependency.members(group).is_empty())
            {
                self.dependency.remove_group(&key);
            }
        }
    }

    /// States the thresholds of a consumer's pool groups anew, after its attributes changed.
    pub(super) fn refresh_pool_groups(&mut self, consumer: Slot) {
        let pools: Vec<PoolId> = self.catalog.pools().map(|pool| pool.id).collect();
        for pool in pools {
            let key = GroupKey::Pool { consumer, pool };
            if self.dependency.group_number(&key).is_some() {
                let parameters = self.pool_parameters(consumer, pool);
                self.dependency.put_group(key, parameters);
            }
        }
    }

    /// The arcs of a relationship in impact direction: at most one each way.
    pub(crate) fn arcs_of(&self, relationship: &RelationshipRef<'_>) -> [Option<ImpactArc>; 2] {
        self.arcs_of_edge(relationship.edge)
    }

    pub(super) fn arcs_of_edge(&self, edge: EdgeSlot) -> [Option<ImpactArc>; 2] {
        let Some(row) = self.relationships.row(edge).copied() else {
            return [None, None];
        };
        let Some(definition) = self.catalog.relationship_type(row.relationship_type) else {
            return [None, None];
        };
        if row.from == row.to || !self.columns.takes_part(row.from) || !self.columns.takes_part(row.to) {
            return [None, None];
        }
        let extras = self.relationships.extras(edge);
        let forward = extras.and_then(|extras| extras.forward).unwrap_or(definition.forward);
        let reverse = extras.and_then(|extras| extras.reverse).unwrap_or(definition.reverse);
        let named = extras.and_then(|extras| extras.group);
        let weight = extras.map_or(Weight::ONE, |extras| extras.weight);
        let arc = |source: Slot, target: Slot, strength: Strength| {
            (strength != Strength::NONE).then(|| ImpactArc {
                source,
                target,
                strength,
                relationship_type: Some(row.relationship_type),
                carrier: self.carrier(target, named, definition.pool, weight),
            })
        };
        [arc(row.from, row.to, forward), arc(row.to, row.from, reverse)]
    }

    fn carrier(&self, target: Slot, named: Option<GroupId>, pool: Option<PoolId>, weight: Weight) -> Carrier {
        if let Some(id) = named {
            let is_consumer = self
                .groups
                .get(id)
                .is_some_and(|group| group.consumer == self.ci_id(target));
            return if is_consumer {
                Carrier::Member {
                    group: GroupKey::Explicit(id),
                    weight,
                }
            } else {
                Carrier::Plain
            };
        }
        match pool {
            Some(pool) => Carrier::Member {
                group: GroupKey::Pool { consumer: target, pool },
                weight,
            },
            None => Carrier::Plain,
        }
    }

    fn edges_at(&self, slot: Slot) -> Vec<EdgeSlot> {
        let from = self.relationships_from(slot).map(|relationship| relationship.edge);
        let to = self
            .relationships_to(slot)
            .filter(|other| other.from() != slot)
            .map(|relationship| relationship.edge);
        from.chain(to).collect()
    }

    fn ensure_pool_group(&mut self, consumer: Slot, pool: PoolId) {
        let key = GroupKey::Pool { consumer, pool };
        if self.dependency.group_number(&key).is_none() {
            let parameters = self.pool_parameters(consumer, pool);
            self.dependency.put_group(key, parameters);
        }
    }

    pub(super) fn pool_parameters(&self, consumer: Slot, pool: PoolId) -> GroupParameters {
        let definition = self.catalog.pool(pool);
        let mut thresholds = definition.map_or_else(Thresholds::default, |pool| pool.thresholds);
        if let Some(stated) = definition.and_then(|pool| self.stated_up_min(consumer, pool)) {
            thresholds.up_min = Some(stated);
        }
        GroupParameters {
            consumer,
            thresholds,
            strength: Strength::DOWN,
            grounded: definition.is_some_and(|pool| pool.grounded),
        }
    }

    fn stated_up_min(&self, consumer: Slot, pool: &PoolDefinition) -> Option<Threshold> {
        let attribute = self.catalog.attribute_id(pool.up_min_attribute.as_ref()?.as_str())?;
        match self.ci_at(consumer).attributes().value(attribute)? {
            AttributeValue::Text(text) => text.parse().ok(),
            AttributeValue::Integer(count) => u32::try_from(count).ok().map(Threshold::Count),
            AttributeValue::Decimal(_)
            | AttributeValue::Boolean(_)
            | AttributeValue::Timestamp(_)
            | AttributeValue::Duration(_)
            | AttributeValue::IpAddress(_)
            | AttributeValue::Cidr(_)
            | AttributeValue::Mac(_)
            | AttributeValue::List(_)
            | AttributeValue::Json(_) => None,
        }
    }

    /// The listed members of a group that take part, and the group itself.
    fn attach_group_itself(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(id).cloned() else {
            return;
        };
        let Some(parameters) = self.group_parameters(&group) else {
            return;
        };
        self.dependency.put_group(GroupKey::Explicit(id), parameters);
        for arc in self.listed_members(&group) {
            self.dependency.add(&arc);
        }
    }

    /// What a group asks to hold; `None` where its consumer does not take part.
    pub(super) fn group_parameters(&self, group: &RedundancyGroup) -> Option<GroupParameters> {
        Some(GroupParameters {
            consumer: self.active(group.consumer)?,
            thresholds: group.thresholds,
            strength: group.strength,
            grounded: group.grounded,
        })
    }

    fn detach_group_itself(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(id).cloned() else {
            return;
        };
        for arc in self.listed_members(&group) {
            self.dependency.remove(&arc);
        }
        self.dependency.remove_group(&GroupKey::Explicit(id));
    }

    fn attach_member(&mut self, group: GroupId, member: Slot) {
        if let Some(arc) = self.listed_member(group, member) {
            self.dependency.add(&arc);
        }
    }

    fn detach_member(&mut self, group: GroupId, member: Slot) {
        if let Some(arc) = self.listed_member(group, member) {
            self.dependency.remove(&arc);
        }
    }

    fn listed_member(&self, group: GroupId, member: Slot) -> Option<ImpactArc> {
        let group = self.groups.get(group)?;
        self.listed_members(group).into_iter().find(|arc| arc.source == member)
    }

    pub(super) fn listed_members(&self, group: &RedundancyGroup) -> Vec<ImpactArc> {
        let Some(target) = self.active(group.consumer) else {
            return Vec::new();
        };
        let member = |member: &crate::model::GroupMember| {
            let source = self.active(member.ci).filter(|source| *source != target)?;
            Some(ImpactArc {
                source,
                target,
                strength: member.strength,
                relationship_type: None::<RelationshipTypeId>,
                carrier: Carrier::Member {
                    group: GroupKey::Explicit(group.id),
                    weight: member.weight,
                },
            })
        };
        group.members.iter().filter_map(member).collect()
    }

    fn active(&self, ci: crate::model::CiId) -> Option<Slot> {
        self.slot_of(ci).filter(|slot| self.columns.takes_part(*slot))
    }

    /// The groups of other consumers that list a CI.
    fn memberships_elsewhere(&self, slot: Slot) -> Vec<(GroupId, Slot)> {
        let own = self.ci_id(slot);
        let groups = self.groups.with_member(slot).filter(|group| group.consumer != own);
        groups.map(|group| (group.id, slot)).collect()
    }
}
