//! Building at once, on several cores, what [`Estate::apply`] keeps up item by item: everything that
//! follows from the catalog, the CIs, the relationships and the groups.

use std::sync::Arc;

use super::Slot;
use super::dependency::{Carrier, CiColumns, DependencyIndex, GroupKey};
use super::estate::Estate;
use super::listing::Listing;
use super::lookup::Lookup;
use super::search::SearchIndex;
use crate::model::{CiId, ConfigurationItem, RedundancyGroup};

impl Estate {
    /// Takes in groups and derives everything anew: O(estate). Fails where two CIs have one id.
    pub(super) fn build(&mut self, groups: Vec<Arc<RedundancyGroup>>) -> Result<(), CiId> {
        let mut relationships = std::mem::take(&mut self.relationships);
        let (cis, catalog) = (self.cis.clone(), Arc::clone(&self.catalog));
        std::thread::scope(|scope| {
            let search = scope.spawn(move || SearchIndex::build(occupied(cis.iter()), &catalog));
            let indexed = scope.spawn(move || {
                relationships.index_all();
                relationships
            });
            self.build_look_ups();
            self.relationships = indexed.join().expect("indexing does not panic");
            let listed = self.build_listing();
            if listed.is_ok() {
                for group in groups {
                    self.enter_group(group);
                }
                self.dependency = self.built_dependency();
            }
            self.search = search.join().expect("indexing does not panic");
            listed
        })
    }

    fn build_look_ups(&mut self) {
        self.columns = CiColumns::default();
        self.listing = Listing::default();
        self.bounded_cis = 0;
        for table in [
            &mut self.by_id,
            &mut self.by_alias,
            &mut self.by_name,
            &mut self.by_identifier,
            &mut self.by_native_key,
        ] {
            *table = Lookup::default();
        }
        let cis = self.cis.clone();
        for (slot, ci) in occupied(cis.iter()) {
            self.enter_ci(slot, ci);
            self.by_id.insert(ci.id(), slot);
        }
    }

    fn build_listing(&mut self) -> Result<(), CiId> {
        let mut by_id: Vec<(CiId, Slot)> = occupied(self.cis.iter()).map(|(slot, ci)| (ci.id(), slot)).collect();
        by_id.sort_unstable();
        if let Some(twice) = by_id.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(twice[0].0);
        }
        let slots = by_id.into_iter().map(|(_, slot)| (slot, self.columns.ci_type(slot)));
        self.listing.extend(slots);
        Ok(())
    }

    /// The dependency index of the tables as they are.
    fn built_dependency(&self) -> DependencyIndex {
        let mut index = DependencyIndex::default();
        for (slot, _) in occupied(self.cis.iter()) {
            index.add_ci(slot);
        }
        for group in self.groups() {
            let Some(parameters) = self.group_parameters(group) else {
                continue;
            };
            index.put_group(GroupKey::Explicit(group.id), parameters);
            self.listed_members(group).iter().for_each(|arc| index.add(arc));
        }
        for edge in self.relationships.edges() {
            for arc in self.arcs_of_edge(edge).into_iter().flatten() {
                if let Carrier::Member {
                    group: key @ GroupKey::Pool { consumer, pool },
                    ..
                } = arc.carrier
                    && index.group_number(&key).is_none()
                {
                    index.put_group(key, self.pool_parameters(consumer, pool));
                }
                index.add(&arc);
            }
        }
        index.compact();
        index
    }
}

/// The CIs that there are, by slot.
fn occupied<'a>(
    cis: impl Iterator<Item = &'a Option<Arc<ConfigurationItem>>>,
) -> impl Iterator<Item = (Slot, &'a Arc<ConfigurationItem>)> {
    let slots = (0u32..).map(Slot::new);
    slots.zip(cis).filter_map(|(slot, ci)| Some((slot, ci.as_ref()?)))
}
