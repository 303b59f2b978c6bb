//! How the estate changes: by applying deltas, which cannot fail.
//!
//! A delta was checked against the very state it is applied to, so an item that does not fit is
//! passed over. Applying a delta and then its inverse restores the state, including the slots that
//! the next items will get; this keeps the two states that alternate in memory equal.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use petgraph::stable_graph::EdgeIndex;

use super::Slot;
use super::dependency::CiRow;
use super::estate::{Estate, edge_slot, node};
use super::identity_table::identity_chunk;
use super::label::label;
use super::marks::ChangeMarks;
use super::relationship_table::EdgeSlot;
use super::sightings::SightingKind;
use crate::catalog::Catalog;
use crate::model::{
    AttributeId, AttributeValue, BeforeAfter, CiId, ConfigurationItem, Delta, DeltaItem, Distinction, Merge,
    RedundancyGroup, Relationship, Revision, SourceId,
};

impl Estate {
    /// Applies a checked delta. Costs what it changes, except for catalog items that change the
    /// meaning of what is recorded: those rebuild what is derived.
    pub fn apply(&mut self, delta: &Delta) {
        self.slips = OnceLock::new();
        let mut items = delta.items.as_slice();
        while let [first, rest @ ..] = items {
            if is_catalog_item(first) {
                let count = items.iter().take_while(|item| is_catalog_item(item)).count();
                let (run, others) = items.split_at(count);
                self.apply_catalog(run);
                items = others;
            } else {
                self.apply_item(first);
                items = rest;
            }
        }
    }

    /// States which commit this is the state after.
    pub fn stamp(&mut self, revision: Revision, committed_at: Timestamp) {
        self.revision = revision;
        self.committed_at = committed_at;
    }

    /// What changed since this was last asked.
    pub fn take_marks(&mut self) -> ChangeMarks {
        std::mem::take(&mut self.marks)
    }

    /// Lets relationship numbers go on behind those ever given out.
    pub fn reserve_relationship_ids(&mut self, next: u64) {
        self.next_relationship = self.next_relationship.max(next);
    }

    fn apply_item(&mut self, item: &DeltaItem) {
        match item {
            DeltaItem::Source(item) => {
                self.marks.sources = true;
                if let Some(source) = &item.after {
                    let namesake = self.sources_named(source.name.as_str()).next();
                    let namesake = namesake.map_or(source.id, |first| first.id);
                    self.namesakes.push(namesake);
                    self.sources.push(Arc::clone(source));
                } else {
                    self.sources.pop();
                    self.namesakes.pop();
                }
            }
            DeltaItem::Ci(BeforeAfter {
                before: None,
                after: Some(after),
            }) => self.insert_ci(after),
            DeltaItem::Ci(BeforeAfter {
                before: Some(before),
                after: Some(after),
            }) => self.replace_ci(before, after),
            DeltaItem::Ci(BeforeAfter {
                before: Some(before),
                after: None,
            }) => self.remove_ci(before),
            DeltaItem::Relationship(item) => self.apply_relationship(item),
            DeltaItem::Group(item) => self.apply_group(item),
            DeltaItem::Merge(item) => self.apply_merge(item),
            DeltaItem::Distinction(item) => self.apply_distinction(item),
            DeltaItem::Review(item) => {
                self.marks.reviews = true;
                self.reviews.apply(item);
            }
            DeltaItem::Ci(BeforeAfter {
                before: None,
                after: None,
            })
            | DeltaItem::CiType(_)
            | DeltaItem::RelationshipType(_)
            | DeltaItem::Pool(_)
            | DeltaItem::Lifecycle(_)
            | DeltaItem::IngestRule(_) => {}
        }
    }

    fn insert_ci(&mut self, ci: &Arc<ConfigurationItem>) {
        let slot =
            Slot::new(u32::try_from(self.graph.add_node(()).index()).expect("petgraph numbers CIs with 32 bits"));
        self.dependency.add_ci(slot);
        self.place_ci(slot, ci);
        self.listing.insert(slot, ci.id(), self.columns.ids());
        self.listing
            .insert_type(ci.ci_type(), slot, ci.id(), self.columns.ids());
        self.by_id.insert(ci.id(), slot);
        for origin in ci.origins() {
            self.sightings
                .start(SightingKind::Ci, origin.source, slot.number(), origin.first_seen);
        }
    }

    fn remove_ci(&mut self, ci: &Arc<ConfigurationItem>) {
        let Some(slot) = self.slot_by_id(ci.id()) else { return };
        self.listing.remove_type(ci.ci_type(), ci.id(), self.columns.ids());
        self.listing.remove(ci.id(), self.columns.ids());
        self.displace_ci(slot);
        self.by_id.remove(ci.id(), slot);
        self.dependency.remove_ci(slot);
        self.columns.clear(slot);
        self.cis.set(slot.index(), None, &None);
        self.graph.remove_node(node(slot));
    }

    fn replace_ci(&mut self, before: &Arc<ConfigurationItem>, after: &Arc<ConfigurationItem>) {
        let Some(slot) = self.slot_by_id(before.id()) else {
            return;
        };
        let moves = self.catalog.takes_part(before.stage()) != self.catalog.takes_part(after.stage());
        if moves {
            self.detach_ci(slot);
        }
        if before.ci_type() != after.ci_type() {
            self.listing
                .remove_type(before.ci_type(), before.id(), self.columns.ids());
            self.listing
                .insert_type(after.ci_type(), slot, after.id(), self.columns.ids());
        }
        self.displace_ci(slot);
        self.place_ci(slot, after);
        for origin in after
            .origins()
            .filter(|origin| before.origins().all(|known| known.source != origin.source))
        {
            self.sightings
                .start(SightingKind::Ci, origin.source, slot.number(), origin.first_seen);
        }
        self.inherit_sightings(slot, before, after);
        if moves {
            self.attach_ci(slot);
        } else {
            self.refresh_pool_groups(slot);
        }
    }

    /// Fills the table, the columns and the look-ups that a CI's content decides.
    fn place_ci(&mut self, slot: Slot, ci: &Arc<ConfigurationItem>) {
        self.marks.ci(slot);
        self.enter_ci(slot, ci);
        self.search.insert(slot, ci, &self.catalog);
        self.cis.set(slot.index(), Some(Arc::clone(ci)), &None);
    }

    /// Fills the columns, the counts and the hash tables that a CI's content decides.
    pub(super) fn enter_ci(&mut self, slot: Slot, ci: &ConfigurationItem) {
        self.columns.set(slot, self.row_of(ci));
        self.listing.count_stage(ci.stage(), true);
        self.by_name.insert(ci.name(), slot);
        if let Some(label) = other_label(&self.catalog, ci) {
            self.by_label.insert(label.as_str(), slot);
        }
        for alias in aliases(ci) {
            self.by_alias.insert(alias, slot);
        }
        for (source, _) in ci.native_keys() {
            self.listing.count_source(source, true);
        }
        for (namesake, key) in self.native_keys(ci) {
            self.by_native_key.insert((namesake, key), slot);
        }
        for (attribute, value) in self.identifiers_of(ci) {
            self.by_identifier.insert((attribute, &value), slot);
        }
        self.bounded_cis += usize::from(ci.validity().is_some());
    }

    /// The inverse of [`Estate::place_ci`] for the CI that is in the slot.
    fn displace_ci(&mut self, slot: Slot) {
        self.marks.ci(slot);
        let Some(ci) = self.cis.get_mut(slot.index()).and_then(Option::take) else {
            return;
        };
        self.listing.count_stage(ci.stage(), false);
        self.by_name.remove(ci.name(), slot);
        if let Some(label) = other_label(&self.catalog, &ci) {
            self.by_label.remove(label.as_str(), slot);
        }
        for alias in aliases(&ci) {
            self.by_alias.remove(alias, slot);
        }
        for (source, _) in ci.native_keys() {
            self.listing.count_source(source, false);
        }
        for (namesake, key) in self.native_keys(&ci) {
            self.by_native_key.remove((namesake, key), slot);
        }
        for (attribute, value) in self.identifiers_of(&ci) {
            self.by_identifier.remove((attribute, &value), slot);
        }
        self.search.remove(slot, &ci, &self.catalog);
        self.bounded_cis -= usize::from(ci.validity().is_some());
    }

    /// The keys under which sources know a CI, each once, though several feeds of a source may know
    /// it under the same.
    pub(super) fn native_keys<'a>(&self, ci: &'a ConfigurationItem) -> Vec<(SourceId, &'a str)> {
        let mut keys: Vec<(SourceId, &str)> = ci
            .native_keys()
            .map(|(source, key)| (self.namesake(source), key))
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn row_of(&self, ci: &ConfigurationItem) -> CiRow {
        let stated = self
            .catalog
            .tier_attribute()
            .and_then(|attribute| ci.attributes().value(attribute));
        let stated = match stated {
            Some(AttributeValue::Integer(tier)) => u8::try_from(tier).ok(),
            _ => None,
        };
        let rule = self.catalog.lifecycle(ci.stage());
        CiRow {
            id: ci.id(),
            ci_type: ci.ci_type(),
            tier: stated.or_else(|| self.catalog.default_tier(ci.ci_type())),
            current: rule.current_state,
            takes_part: rule.takes_part,
        }
    }

    fn identifiers_of(&self, ci: &ConfigurationItem) -> Vec<(AttributeId, AttributeValue)> {
        let identifying = ci.attributes().iter_of(|id| self.catalog.is_identifying(id));
        identifying.map(|attribute| (attribute.id, attribute.value)).collect()
    }

    fn apply_relationship(&mut self, item: &BeforeAfter<Relationship>) {
        match (&item.before, &item.after) {
            (None, Some(after)) => self.insert_relationship(after),
            (Some(before), Some(after)) => {
                let Some(edge) = self.relationships.by_id(before.id) else {
                    return;
                };
                self.detach_edge(edge);
                self.marks.relationship(edge);
                if (before.from, before.to) == (after.from, after.to) {
                    self.relationships.replace(edge, after);
                    self.attach_edge(edge);
                } else {
                    self.repoint_edge(edge, after);
                }
            }
            (Some(before), None) => {
                let Some(edge) = self.relationships.by_id(before.id) else {
                    return;
                };
                self.detach_edge(edge);
                self.marks.relationship(edge);
                self.relationships.remove(edge);
                self.graph.remove_edge(EdgeIndex::new(edge.index()));
            }
            (None, None) => {}
        }
    }

    /// Gives a relationship other ends. It keeps its place: petgraph fills the place that became free
    /// last, and so what was sighted of it stays with it.
    fn repoint_edge(&mut self, edge: EdgeSlot, after: &Relationship) {
        let (Some(from), Some(to)) = (self.slot_of(after.from), self.slot_of(after.to)) else {
            return;
        };
        self.relationships.remove(edge);
        self.graph.remove_edge(EdgeIndex::new(edge.index()));
        let moved = edge_slot(self.graph.add_edge(node(from), node(to), after.relationship_type));
        self.marks.relationship(moved);
        self.relationships.insert(moved, after, from, to);
        self.attach_edge(moved);
    }

    fn insert_relationship(&mut self, relationship: &Relationship) {
        let (Some(from), Some(to)) = (self.slot_of(relationship.from), self.slot_of(relationship.to)) else {
            return;
        };
        let edge = edge_slot(
            self.graph
                .add_edge(node(from), node(to), relationship.relationship_type),
        );
        self.place_relationship(edge, relationship, from, to);
    }

    fn place_relationship(&mut self, edge: EdgeSlot, relationship: &Relationship, from: Slot, to: Slot) {
        self.marks.relationship(edge);
        self.relationships.insert(edge, relationship, from, to);
        self.next_relationship = self.next_relationship.max(relationship.id.number() + 1);
        self.sightings.start(
            SightingKind::Relationship,
            relationship.source,
            edge.0,
            relationship.first_seen,
        );
        self.attach_edge(edge);
    }

    fn apply_group(&mut self, item: &BeforeAfter<RedundancyGroup>) {
        self.marks.groups = true;
        if let Some(before) = &item.before {
            self.detach_group(before.id);
            let Some(consumer) = self.slot_of(before.consumer) else {
                return;
            };
            let members: Vec<Slot> = before
                .members
                .iter()
                .filter_map(|member| self.slot_of(member.ci))
                .collect();
            self.groups.remove(before.id, consumer, members.into_iter());
            // Relationships that still name the group are plain until it is there again.
            self.attach_naming(before);
        }
        if let Some(after) = &item.after {
            self.detach_naming(after);
            self.enter_group(Arc::clone(after));
            self.attach_group(after.id);
        }
    }

    fn apply_merge(&mut self, item: &BeforeAfter<Merge>) {
        if let Some(before) = &item.before {
            self.marks.identities.insert(identity_chunk(before.alias()));
            self.identities.take_merge(before.alias());
        }
        if let Some(after) = &item.after {
            self.marks.identities.insert(identity_chunk(after.alias()));
            self.identities.put_merge(after);
        }
    }

    fn apply_distinction(&mut self, item: &BeforeAfter<Distinction>) {
        if let Some(before) = &item.before {
            self.marks.identities.insert(identity_chunk(before.cis[0]));
            self.identities.take_distinction(before.cis);
        }
        if let Some(after) = &item.after {
            self.marks.identities.insert(identity_chunk(after.cis[0]));
            self.identities.put_distinction(after);
        }
    }

    /// A CI that takes in another has been seen when that one was last seen.
    fn inherit_sightings(&self, slot: Slot, before: &ConfigurationItem, after: &ConfigurationItem) {
        let known: Vec<CiId> = aliases(before).collect();
        let taken_in = aliases(after).filter(|alias| !known.contains(alias));
        for other in taken_in.filter_map(|alias| self.slot_by_id(alias)) {
            for origin in self.ci_at(other).origins() {
                if let Some(seen) = self.last_seen_ci(other, origin.source) {
                    self.sightings.saw(SightingKind::Ci, origin.source, slot.number(), seen);
                }
            }
        }
    }

    /// Fills the table of groups.
    pub(super) fn enter_group(&mut self, group: Arc<RedundancyGroup>) {
        let Some(consumer) = self.slot_of(group.consumer) else {
            return;
        };
        let members = group.members.iter().filter_map(|member| self.slot_of(member.ci));
        let members: Vec<Slot> = members.collect();
        self.groups.insert(group, consumer, members.into_iter());
    }

    fn attach_naming(&mut self, group: &RedundancyGroup) {
        for edge in self.relationships.naming(group.id).to_vec() {
            self.attach_edge(edge);
        }
    }

    fn detach_naming(&mut self, group: &RedundancyGroup) {
        for edge in self.relationships.naming(group.id).to_vec() {
            self.detach_edge(edge);
        }
    }

    fn apply_catalog(&mut self, items: &[DeltaItem]) {
        self.marks.catalog = true;
        let before = self.catalog.identifying_attributes().to_vec();
        let catalog = Arc::make_mut(&mut self.catalog);
        for item in items {
            catalog.apply(item);
        }
        let looked_up_otherwise = self.catalog.identifying_attributes() != before;
        if self.ci_count() > 0 && (looked_up_otherwise || items.iter().any(changes_meaning)) {
            self.build(Vec::new()).expect("the CIs of an estate have an id each");
        }
    }
}

/// Identities that other CIs had before they became part of this one.
fn aliases(ci: &ConfigurationItem) -> impl Iterator<Item = CiId> + '_ {
    ci.standing()
        .into_iter()
        .flat_map(|standing| standing.aliases.iter().copied())
}

/// The label of a CI's name, where it is another text.
fn other_label(catalog: &Catalog, ci: &ConfigurationItem) -> Option<String> {
    label(catalog, ci).filter(|label| label != ci.name())
}

fn is_catalog_item(item: &DeltaItem) -> bool {
    match item {
        DeltaItem::CiType(_)
        | DeltaItem::RelationshipType(_)
        | DeltaItem::Pool(_)
        | DeltaItem::Lifecycle(_)
        | DeltaItem::IngestRule(_) => true,
        DeltaItem::Source(_)
        | DeltaItem::Review(_)
        | DeltaItem::Ci(_)
        | DeltaItem::Relationship(_)
        | DeltaItem::Group(_)
        | DeltaItem::Merge(_)
        | DeltaItem::Distinction(_) => false,
    }
}

/// Whether a catalog item may change the meaning of what is recorded; a new type has no CIs yet.
fn changes_meaning(item: &DeltaItem) -> bool {
    match item {
        DeltaItem::CiType(item) => item.before.is_some(),
        DeltaItem::RelationshipType(item) => item.before.is_some(),
        DeltaItem::Pool(item) => item.before.is_some(),
        DeltaItem::Lifecycle(_) => true,
        DeltaItem::IngestRule(_)
        | DeltaItem::Review(_)
        | DeltaItem::Source(_)
        | DeltaItem::Ci(_)
        | DeltaItem::Relationship(_)
        | DeltaItem::Group(_)
        | DeltaItem::Merge(_)
        | DeltaItem::Distinction(_) => false,
    }
}
