//! The estate and how to read it.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use super::Slot;
use super::dependency::{CiColumns, DependencyIndex};
use super::group_table::GroupTable;
use super::identity_table::IdentityTable;
use super::listing::Listing;
use super::lookup::Lookup;
use super::marks::ChangeMarks;
use super::relationship_table::{EdgeSlot, RelationshipTable};
use super::review_table::ReviewTable;
use super::search::SearchIndex;
use super::shared::SharedVec;
use super::sightings::{SightingKind, Sightings};
use super::slips::Slip;
use crate::catalog::Catalog;
use crate::model::{
    AttributeId, AttributeValue, Attributes, CiId, CiTypeId, ConfigurationItem, GroupId, LifecycleStage,
    RedundancyGroup, Relationship, RelationshipId, RelationshipTypeId, Revision, SaidBy, Source, SourceId, SourceName,
    Strength, Validity, Weight,
};

/// CIs whose pointers are copied together when one of them changes in one of two states: each costs
/// a cache miss.
const CIS_PER_PART: usize = 128;

/// The state of a whole organisation at one revision. Cheap to read, changed only by
/// [`Estate::apply`]. Cloning copies all of it but the CIs' own data.
#[derive(Clone, Debug)]
pub struct Estate {
    pub(super) revision: Revision,
    pub(super) committed_at: Timestamp,
    pub(super) catalog: Arc<Catalog>,
    pub(super) sources: Vec<Arc<Source>>,
    /// By source the first one of the same name.
    pub(super) namesakes: Vec<SourceId>,
    /// Who is linked to whom; the type of the relationship is the weight.
    pub(super) graph: StableDiGraph<(), RelationshipTypeId>,
    pub(super) cis: SharedVec<Option<Arc<ConfigurationItem>>, CIS_PER_PART>,
    pub(super) columns: CiColumns,
    pub(super) listing: Listing,
    pub(super) by_id: Lookup,
    /// By the identities that CIs had before they became part of others.
    pub(super) by_alias: Lookup,
    pub(super) by_name: Lookup,
    /// By the label of the name, where it is another text than the name.
    pub(super) by_label: Lookup,
    pub(super) by_identifier: Lookup,
    pub(super) by_native_key: Lookup,
    pub(super) relationships: RelationshipTable,
    pub(super) groups: GroupTable,
    pub(super) identities: IdentityTable,
    pub(super) reviews: ReviewTable,
    pub(super) dependency: DependencyIndex,
    pub(super) search: SearchIndex,
    pub(super) sightings: Arc<Sightings>,
    pub(super) next_relationship: u64,
    /// CIs that do not exist always.
    pub(super) bounded_cis: usize,
    /// What was modelled amiss, once somebody asked.
    pub(super) slips: OnceLock<Arc<[Slip]>>,
    /// What changed since it was last saved.
    pub(super) marks: ChangeMarks,
}

/// One revision of the estate, immutable. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Estate>);

impl Snapshot {
    /// Publishes a state.
    pub fn new(estate: Arc<Estate>) -> Self {
        Self(estate)
    }

    /// Whether two are one and the same in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Snapshot {
    type Target = Estate;

    fn deref(&self) -> &Estate {
        &self.0
    }
}

impl Default for Estate {
    fn default() -> Self {
        Self {
            revision: Revision::ZERO,
            committed_at: Timestamp::UNIX_EPOCH,
            catalog: Arc::default(),
            sources: Vec::new(),
            namesakes: Vec::new(),
            graph: StableDiGraph::default(),
            cis: SharedVec::default(),
            columns: CiColumns::default(),
            listing: Listing::default(),
            by_id: Lookup::default(),
            by_alias: Lookup::default(),
            by_name: Lookup::default(),
            by_label: Lookup::default(),
            by_identifier: Lookup::default(),
            by_native_key: Lookup::default(),
            relationships: RelationshipTable::default(),
            groups: GroupTable::default(),
            identities: IdentityTable::default(),
            reviews: ReviewTable::default(),
            dependency: DependencyIndex::default(),
            search: SearchIndex::default(),
            sightings: Arc::default(),
            next_relationship: 1,
            bounded_cis: 0,
            slips: OnceLock::new(),
            marks: ChangeMarks::default(),
        }
    }
}

/// The estate as a whole.
impl Estate {
    /// The commit this is the state after.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// When that commit was made.
    pub fn committed_at(&self) -> Timestamp {
        self.committed_at
    }

    /// The catalog in force.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// All sources, by number.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.iter()
    }

    /// A source by number.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.index()).map(Arc::as_ref)
    }

    /// The sources of a name, one for each of its feeds and scopes that has spoken. Linear in the
    /// number of sources, which is small.
    pub fn sources_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Source> {
        let sources = self.sources.iter().map(Arc::as_ref);
        sources.filter(move |source| source.name.as_str() == name)
    }

    /// A source by name, feed and scope. Linear in the number of sources, which is small.
    pub fn source_of(&self, name: &SourceName) -> Option<&Source> {
        self.sources.iter().map(Arc::as_ref).find(|source| name.is_of(source))
    }

    /// The first source of the same name: all of them know CIs by the same keys.
    pub fn namesake(&self, source: SourceId) -> SourceId {
        self.namesakes.get(source.index()).copied().unwrap_or(source)
    }

    /// Number of CIs.
    pub fn ci_count(&self) -> usize {
        self.listing.all().len()
    }

    /// Number of relationships.
    pub fn relationship_count(&self) -> usize {
        self.relationships.len()
    }

    /// Number of explicit redundancy groups.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The number that the next relationship gets.
    pub fn next_relationship_id(&self) -> RelationshipId {
        RelationshipId::new(self.next_relationship)
    }

    /// The dense index on which impact questions run.
    pub fn dependency_index(&self) -> &DependencyIndex {
        &self.dependency
    }

    /// What impact needs of every CI, by slot.
    pub fn columns(&self) -> &CiColumns {
        &self.columns
    }

    /// The text index.
    pub fn search_index(&self) -> &SearchIndex {
        &self.search
    }

    /// When each source last spoke of what.
    pub fn sightings(&self) -> &Arc<Sightings> {
        &self.sightings
    }

    /// Whether anything here is limited in valid time.
    pub fn has_bounded_validity(&self) -> bool {
        self.bounded_cis + self.relationships.bounded + self.groups.bounded > 0
    }
}

/// Configuration items.
impl Estate {
    /// One more than the greatest slot in use.
    pub fn slot_bound(&self) -> usize {
        self.cis.len()
    }

    /// The slot of a CI, or of the CI that it became part of.
    pub fn slot_of(&self, id: CiId) -> Option<Slot> {
        self.slot_by_id(id).or_else(|| {
            let has = |slot: &Slot| {
                let standing = self.ci_in(*slot).and_then(|ci| ci.standing());
                standing.is_some_and(|standing| standing.aliases.contains(&id))
            };
            self.by_alias.candidates(id).find(has)
        })
    }

    /// The slot of the CI with this very identity.
    pub(super) fn slot_by_id(&self, id: CiId) -> Option<Slot> {
        self.by_id.candidates(id).find(|slot| self.columns.id(*slot) == id)
    }

    /// The identity that a CI goes by now: another one, if it became part of another CI.
    pub fn present_id(&self, id: CiId) -> CiId {
        self.slot_of(id).map_or(id, |slot| self.ci_id(slot))
    }

    /// A CI by id.
    pub fn ci(&self, id: CiId) -> Option<&Arc<ConfigurationItem>> {
        self.slot_of(id).map(|slot| self.ci_at(slot))
    }

    /// The CI in a slot of this snapshot.
    ///
    /// # Panics
    /// If the slot is not of this snapshot.
    pub fn ci_at(&self, slot: Slot) -> &Arc<ConfigurationItem> {
        self.ci_in(slot).expect("slots given out by a snapshot hold a CI in it")
    }

    /// The CI in a slot, if there is one.
    pub fn ci_in(&self, slot: Slot) -> Option<&Arc<ConfigurationItem>> {
        self.cis.get(slot.index()).and_then(Option::as_ref)
    }

    /// The id of the CI in a slot.
    pub fn ci_id(&self, slot: Slot) -> CiId {
        self.columns.id(slot)
    }

    /// The type of the CI in a slot.
    pub fn ci_type_of(&self, slot: Slot) -> CiTypeId {
        self.columns.ci_type(slot)
    }

    /// The stage of the CI in a slot.
    pub fn stage_of(&self, slot: Slot) -> LifecycleStage {
        self.ci_at(slot).stage()
    }

    /// The tier of the CI in a slot: what it states, else its type's default.
    pub fn tier_of(&self, slot: Slot) -> Option<u8> {
        self.columns.tier(slot)
    }

    /// All CIs, by id.
    pub fn slots_by_id(&self) -> &[Slot] {
        self.listing.all()
    }

    /// The CIs of exactly this type, by id.
    pub fn slots_of_type(&self, ci_type: CiTypeId) -> &[Slot] {
        self.listing.of_type(ci_type)
    }

    /// Number of CIs of exactly this type.
    pub fn count_of_type(&self, ci_type: CiTypeId) -> usize {
        self.listing.of_type(ci_type).len()
    }

    /// Number of CIs in a stage.
    pub fn count_in_stage(&self, stage: LifecycleStage) -> usize {
        self.listing.in_stage(stage)
    }

    /// Number of CIs that a source knows.
    pub fn count_of_source(&self, source: SourceId) -> usize {
        self.listing.of_source(source)
    }

    /// The CIs with exactly this name, in no order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Slot> + 'a {
        self.by_name
            .candidates(name)
            .filter(move |slot| self.ci_at(*slot).name() == name)
    }

    /// The CIs with this value of an indexed attribute (one that is unique or that an identification
    /// rule names), in no order.
    pub fn with_identifier<'a>(
        &'a self,
        attribute: AttributeId,
        value: &'a AttributeValue,
    ) -> impl Iterator<Item = Slot> + 'a {
        let candidates = self.by_identifier.candidates((attribute, value));
        candidates.filter(move |slot| self.ci_at(*slot).attributes().value(attribute).as_ref() == Some(value))
    }

    /// The CI that a source knows under a key, whatever its feed and scope.
    pub fn by_native_key(&self, source: SourceId, key: &str) -> Option<Slot> {
        let namesake = self.namesake(source);
        let knows = |slot: &Slot| {
            let mut keys = self.ci_at(*slot).native_keys();
            keys.any(|(source, known)| known == key && self.namesake(source) == namesake)
        };
        self.by_native_key.candidates((namesake, key)).find(knows)
    }

    /// When a source last spoke of a CI.
    pub fn last_seen_ci(&self, slot: Slot, source: SourceId) -> Option<Timestamp> {
        self.sightings.last(SightingKind::Ci, source, slot.number())
    }
}

/// Relationships and redundancy groups.
impl Estate {
    /// A relationship by id.
    pub fn relationship(&self, id: RelationshipId) -> Option<RelationshipRef<'_>> {
        self.relationships
            .by_id(id)
            .map(|edge| RelationshipRef { estate: self, edge })
    }

    /// The relationships that start at a CI, in no stated order.
    pub fn relationships_from(&self, slot: Slot) -> impl Iterator<Item = RelationshipRef<'_>> {
        self.relationships_at(slot, Direction::Outgoing)
    }

    /// The relationships that end at a CI, in no stated order.
    pub fn relationships_to(&self, slot: Slot) -> impl Iterator<Item = RelationshipRef<'_>> {
        self.relationships_at(slot, Direction::Incoming)
    }

    /// The relationships from one CI to another. Linear in the relationships that start at `from`.
    pub fn relationships_between(&self, from: Slot, to: Slot) -> impl Iterator<Item = RelationshipRef<'_>> {
        let edges = self.graph.edges_connecting(node(from), node(to));
        edges.map(|edge| RelationshipRef {
            estate: self,
            edge: edge_slot(edge.id()),
        })
    }

    /// The relationship of a type between two CIs, in constant time.
    pub fn find_relationship(
        &self,
        relationship_type: RelationshipTypeId,
        from: Slot,
        to: Slot,
        qualifier: &str,
    ) -> Option<RelationshipRef<'_>> {
        let edge = self.relationships.by_key(relationship_type, from, to, qualifier)?;
        Some(RelationshipRef { estate: self, edge })
    }

    /// The relationships of a type that lead from one CI to another: several have different qualifiers. In
    /// no stated order; costs what there is, not what the CIs have.
    pub fn relationships_of_type(
        &self,
        relationship_type: RelationshipTypeId,
        from: Slot,
        to: Slot,
    ) -> impl Iterator<Item = RelationshipRef<'_>> {
        let found = self.relationships.between(relationship_type, from, to);
        found.map(|edge| RelationshipRef { estate: self, edge })
    }

    /// All relationships, in the order of their places in the tables.
    pub fn relationships(&self) -> impl Iterator<Item = RelationshipRef<'_>> {
        self.relationships
            .edges()
            .map(|edge| RelationshipRef { estate: self, edge })
    }

    /// One more than the greatest relationship place in use.
    pub fn relationship_bound(&self) -> usize {
        self.relationships.bound()
    }

    /// The relationship in a place of the tables, if there is one.
    pub fn relationship_in(&self, place: u32) -> Option<RelationshipRef<'_>> {
        let edge = EdgeSlot(place);
        self.relationships
            .row(edge)
            .map(|_| RelationshipRef { estate: self, edge })
    }

    /// Relationships that name a group.
    pub fn relationships_naming(&self, group: GroupId) -> impl Iterator<Item = RelationshipRef<'_>> {
        self.relationships.naming(group).iter().map(|edge| RelationshipRef {
            estate: self,
            edge: *edge,
        })
    }

    /// A redundancy group by id.
    pub fn group(&self, id: GroupId) -> Option<&Arc<RedundancyGroup>> {
        self.groups.get(id)
    }

    /// All explicit redundancy groups, by id.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.groups.iter()
    }

    /// The groups that carry a CI, by id.
    pub fn groups_of_consumer(&self, consumer: Slot) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.groups.of_consumer(consumer)
    }

    /// The groups that list a CI as a member, by id.
    pub fn groups_with_member(&self, member: Slot) -> impl Iterator<Item = &Arc<RedundancyGroup>> {
        self.groups.with_member(member)
    }

    fn relationships_at(&self, slot: Slot, direction: Direction) -> impl Iterator<Item = RelationshipRef<'_>> {
        let edges = self.graph.edges_directed(node(slot), direction);
        edges.map(|edge| RelationshipRef {
            estate: self,
            edge: edge_slot(edge.id()),
        })
    }
}

/// petgraph's number of a slot.
pub(super) fn node(slot: Slot) -> NodeIndex {
    NodeIndex::new(slot.index())
}

/// The table place of petgraph's number of a relationship.
pub(super) fn edge_slot(edge: petgraph::stable_graph::EdgeIndex) -> EdgeSlot {
    EdgeSlot(u32::try_from(edge.index()).expect("petgraph numbers edges with 32 bits"))
}

/// A relationship of a snapshot, read in place.
#[derive(Clone, Copy, Debug)]
pub struct RelationshipRef<'a> {
    estate: &'a Estate,
    pub(super) edge: EdgeSlot,
}

impl RelationshipRef<'_> {
    /// Its place in the tables.
    pub fn place(&self) -> u32 {
        self.edge.0
    }

    /// Its identity.
    pub fn id(&self) -> RelationshipId {
        self.row().id
    }

    /// Its type.
    pub fn relationship_type(&self) -> RelationshipTypeId {
        self.row().relationship_type
    }

    /// Where it starts.
    pub fn from(&self) -> Slot {
        self.row().from
    }

    /// Where it ends.
    pub fn to(&self) -> Slot {
        self.row().to
    }

    /// Who said so first.
    pub fn source(&self) -> SourceId {
        self.row().source
    }

    /// When it was first said.
    pub fn first_seen(&self) -> Timestamp {
        self.row().first_seen()
    }

    /// When any of those who say so last said it.
    pub fn last_seen(&self) -> Timestamp {
        let others = self.also_said_by().iter();
        let first = others.clone().map(|said| said.first_seen).chain([self.first_seen()]);
        let sources = others.map(|said| said.source).chain([self.source()]);
        let sightings = &self.estate.sightings;
        let sighted = sources.filter_map(|source| sightings.last(SightingKind::Relationship, source, self.edge.0));
        sighted.chain(first).max().unwrap_or_else(|| self.first_seen())
    }

    /// Tells it apart from parallel ones; mostly empty.
    pub fn qualifier(&self) -> &str {
        self.extras().map_or("", |extras| &extras.qualifier)
    }

    /// Its own forward strength.
    pub fn forward(&self) -> Option<Strength> {
        self.extras().and_then(|extras| extras.forward)
    }

    /// Its own reverse strength.
    pub fn reverse(&self) -> Option<Strength> {
        self.extras().and_then(|extras| extras.reverse)
    }

    /// How much it counts in its group.
    pub fn weight(&self) -> Weight {
        self.extras().map_or(Weight::ONE, |extras| extras.weight)
    }

    /// The redundancy group it names.
    pub fn group(&self) -> Option<GroupId> {
        self.extras().and_then(|extras| extras.group)
    }

    /// Its attributes.
    pub fn attributes(&self) -> Attributes {
        self.extras()
            .map_or_else(Attributes::default, |extras| extras.attributes.clone())
    }

    /// When it holds; `None`: always.
    pub fn validity(&self) -> Option<Validity> {
        self.extras().and_then(|extras| extras.validity)
    }

    /// Who says so besides [`RelationshipRef::source`].
    pub fn also_said_by(&self) -> &[SaidBy] {
        self.extras().map_or(&[], |extras| &extras.also_said_by)
    }

    /// Whether a source says so.
    pub fn is_said_by(&self, source: SourceId) -> bool {
        self.source() == source || self.also_said_by().iter().any(|said| said.source == source)
    }

    /// All of it, by value.
    pub fn to_relationship(&self) -> Relationship {
        Relationship {
            id: self.id(),
            relationship_type: self.relationship_type(),
            from: self.estate.ci_id(self.from()),
            to: self.estate.ci_id(self.to()),
            qualifier: self.qualifier().into(),
            forward: self.forward(),
            reverse: self.reverse(),
            weight: self.weight(),
            group: self.group(),
            attributes: self.attributes(),
            source: self.source(),
            first_seen: self.first_seen(),
            also_said_by: self.also_said_by().to_vec(),
            validity: self.validity(),
        }
    }

    fn row(&self) -> &super::relationship_table::Row {
        self.estate
            .relationships
            .row(self.edge)
            .expect("references are made from live rows")
    }

    fn extras(&self) -> Option<&super::relationship_table::Extras> {
        self.estate.relationships.extras(self.edge)
    }
}
