//! Lists of CIs: filtered, sorted, one page at a time.
//!
//! In the order of ids a page costs what it returns and skips. Any other order looks at every
//! candidate once and keeps one page.

mod compare;
mod filter;

use std::cmp::Ordering;
use std::collections::BinaryHeap;

pub(in crate::graph) use compare::text_of;
pub use compare::{Comparison, Operand};
pub use filter::{AttributeTest, ChangedSince, CiFilter, Related};

use super::budget::{Budget, BudgetExceeded};
use super::{Estate, Slot};
use crate::model::{CiId, Revision};

/// By what to sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CiSort {
    /// By id, which is by creation.
    #[default]
    Id,
    /// By name, without regard to case.
    Name,
    /// By the name of the type.
    Type,
    /// By the revision of the last write.
    Changed,
    /// By tier, 1 first; CIs without one come last.
    Tier,
}

/// A sort with its direction. CIs that are equal by it are ordered by id, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CiOrder {
    /// By what.
    pub sort: CiSort,
    /// Largest first.
    pub descending: bool,
}

/// What a CI is sorted by, without its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// Nothing but the id.
    Id,
    /// A text.
    Text(String),
    /// A revision.
    Revision(Revision),
    /// A tier, or the number after the last one.
    Tier(u8),
}

/// The place of a CI in a sorted list: a page begins after one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// What it is sorted by.
    pub value: SortValue,
    /// Its id.
    pub id: CiId,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiPage {
    /// The CIs, in order.
    pub slots: Vec<Slot>,
    /// Whether there are more behind them.
    pub has_next: bool,
}

/// The key of a CI in an order.
pub fn sort_key(estate: &Estate, order: CiOrder, slot: Slot) -> SortKey {
    let value = match order.sort {
        CiSort::Id => SortValue::Id,
        CiSort::Name => SortValue::Text(estate.ci_at(slot).name().to_lowercase()),
        CiSort::Type => {
            let definition = estate.catalog().ci_type(estate.ci_type_of(slot));
            SortValue::Text(definition.map_or_else(String::new, |definition| definition.name.to_string()))
        }
        CiSort::Changed => SortValue::Revision(estate.ci_at(slot).changed().revision),
        CiSort::Tier => SortValue::Tier(estate.tier_of(slot).unwrap_or(u8::MAX)),
    };
    SortKey {
        value,
        id: estate.ci_id(slot),
    }
}

fn compare(order: CiOrder, a: &SortKey, b: &SortKey) -> Ordering {
    if order.sort == CiSort::Id && order.descending {
        return b.id.cmp(&a.id);
    }
    let by_value = if order.descending {
        b.value.cmp(&a.value)
    } else {
        a.value.cmp(&b.value)
    };
    by_value.then_with(|| a.id.cmp(&b.id))
}

/// The `first` CIs behind `after` that pass the filter. Costs one step for each candidate, more
/// for tests that read the CI itself.
pub fn find(
    estate: &Estate,
    filter: &CiFilter,
    order: CiOrder,
    after: Option<&SortKey>,
    first: usize,
    budget: &Budget,
) -> Result<CiPage, BudgetExceeded> {
    let candidates = filter.candidates(estate, budget)?;
    if order.sort == CiSort::Id {
        return by_id(estate, filter, order.descending, &candidates, after, first, budget);
    }
    let mut best = BinaryHeap::with_capacity(first.min(candidates.len()) + 2);
    for slot in candidates.iter().copied() {
        if !filter.passes(estate, slot, budget)? {
            continue;
        }
        let key = sort_key(estate, order, slot);
        if after.is_some_and(|after| compare(order, &key, after) != Ordering::Greater) {
            continue;
        }
        best.push(Ranked { order, key, slot });
        if best.len() > first + 1 {
            best.pop();
        }
    }
    let sorted = best.into_sorted_vec();
    Ok(CiPage {
        has_next: sorted.len() > first,
        slots: sorted.iter().take(first).map(|ranked| ranked.slot).collect(),
    })
}

/// How many CIs pass the filter. A filter by nothing, or by types or one stage or one source
/// alone, is answered from counters.
pub fn count(estate: &Estate, filter: &CiFilter, budget: &Budget) -> Result<usize, BudgetExceeded> {
    if let Some(count) = filter.counted(estate) {
        return Ok(count);
    }
    let mut count = 0;
    for slot in filter.candidates(estate, budget)?.iter() {
        count += usize::from(filter.passes(estate, *slot, budget)?);
    }
    Ok(count)
}

fn by_id(
    estate: &Estate,
    filter: &CiFilter,
    descending: bool,
    candidates: &[Slot],
    after: Option<&SortKey>,
    first: usize,
    budget: &Budget,
) -> Result<CiPage, BudgetExceeded> {
    // Candidates are in the order of ids, so the place to go on is found by halving.
    let rest = match (after, descending) {
        (None, _) => candidates,
        (Some(after), false) => &candidates[candidates.partition_point(|slot| estate.ci_id(*slot) <= after.id)..],
        (Some(after), true) => &candidates[..candidates.partition_point(|slot| estate.ci_id(*slot) < after.id)],
    };
    let mut slots = Vec::new();
    let mut rest = rest.iter();
    while let Some(slot) = if descending { rest.next_back() } else { rest.next() } {
        if filter.passes(estate, *slot, budget)? {
            if slots.len() == first {
                return Ok(CiPage { slots, has_next: true });
            }
            slots.push(*slot);
        }
    }
    Ok(CiPage { slots, has_next: false })
}

struct Ranked {
    order: CiOrder,
    key: SortKey,
    slot: Slot,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.order, &self.key, &other.key)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests;
