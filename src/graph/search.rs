//! Text search over names, tags, attribute texts, addresses and native keys: ranked, and tolerant
//! of typing errors in words.
//!
//! The index only proposes CIs: every one is compared with what was typed before it is an answer.
//! So the index may cut long tokens, keep postings of texts that are gone, and forget nothing worse
//! than memory.

mod dictionary;
mod index;
mod matching;
mod posting;
mod token;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashSet;

pub use index::SearchIndex;
pub use matching::{MatchField, Rank};

use super::budget::Budget;
use super::traverse::CutShort;
use super::{Estate, Slot};
use crate::model::{AttributeValue, CiId, CiTypeId};
use matching::Wanted;

/// Most words of a search; further ones are ignored.
pub const WORDS_MAX: usize = 8;
/// Most bytes of a search text; further ones are ignored.
pub const TEXT_BYTES_MAX: usize = 500;

/// A CI found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The CI.
    pub slot: Slot,
    /// How well it fits.
    pub rank: Rank,
    /// Where the least fitting word was found.
    pub field: MatchField,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchResult {
    /// The best hits: best rank first, then by CI id.
    pub hits: Vec<SearchHit>,
    /// `None`: every candidate was looked at. Else there may be better ones.
    pub cut_short: Option<CutShort>,
}

/// The `first` best CIs whose texts have every word of `text`, of these types if any are given.
///
/// A word is first looked up as it is, as a beginning and as an identifier. Only if that proposes
/// nothing are similar words of the dictionary tried, up to one error from four letters on and up
/// to two from eight. Costs the candidates of the rarest word; a similar word costs a walk over the
/// dictionary.
pub fn search(estate: &Estate, text: &str, types: Option<&[CiTypeId]>, first: usize, budget: &Budget) -> SearchResult {
    let wanted = Wanted::new(text);
    let mut best = BinaryHeap::new();
    let cut_short = collect(estate, &wanted, types, first, budget, &mut best).err();
    let hits = best
        .into_sorted_vec()
        .into_iter()
        .map(|(_, _, Shown(hit))| hit)
        .collect();
    SearchResult { hits, cut_short }
}

type Found = (Reverse<Rank>, CiId, Shown);

fn collect(
    estate: &Estate,
    wanted: &Wanted,
    types: Option<&[CiTypeId]>,
    first: usize,
    budget: &Budget,
    best: &mut BinaryHeap<Found>,
) -> Result<(), CutShort> {
    let Some(candidates) = rarest(estate, wanted, budget)? else {
        return Ok(());
    };
    for slot in candidates {
        budget.spend(4)?;
        let Some(ci) = estate.ci_in(slot) else { continue };
        if types.is_some_and(|types| !types.contains(&ci.ci_type())) {
            continue;
        }
        let Some((rank, field)) = wanted.matches(ci, estate.catalog()) else {
            continue;
        };
        best.push((Reverse(rank), ci.id(), Shown(SearchHit { slot, rank, field })));
        if best.len() > first {
            best.pop();
        }
    }
    Ok(())
}

/// The candidates of the word that has the fewest; `None` without words.
fn rarest(estate: &Estate, wanted: &Wanted, budget: &Budget) -> Result<Option<Vec<Slot>>, CutShort> {
    let mut rarest: Option<Vec<Slot>> = None;
    for word in wanted.words() {
        let enough = rarest.as_ref().map_or(usize::MAX, Vec::len);
        if let Some(found) = candidates(estate, word, enough, budget)? {
            rarest = Some(found);
        }
    }
    Ok(rarest)
}

/// The CIs that may have a word, in the order of slots, each once; `None` if they are not fewer than
/// `enough`.
fn candidates(
    estate: &Estate,
    word: &matching::Word,
    enough: usize,
    budget: &Budget,
) -> Result<Option<Vec<Slot>>, CutShort> {
    let index = estate.search_index();
    let mut found: FxHashSet<Slot> = identified(estate, word.text());
    let mut postings = index.beginning_with(word.text(), budget)?;
    if found.is_empty() && postings.is_empty() {
        postings = index.similar_to(word, budget)?;
    }
    let total: usize = postings.iter().map(|posting| index.len(*posting)).sum();
    if total.max(found.len()) >= enough {
        return Ok(None);
    }
    for posting in postings {
        for slot in index.slots(posting) {
            budget.spend(1)?;
            found.insert(slot);
        }
    }
    let mut found: Vec<Slot> = found.into_iter().collect();
    found.sort_unstable();
    Ok(Some(found))
}

/// The CIs that have the word as a native key or as the value of an identifying attribute. These
/// have indexes of their own and are not in the dictionary.
fn identified(estate: &Estate, word: &str) -> FxHashSet<Slot> {
    let mut found = FxHashSet::default();
    let upper = word.to_uppercase();
    for text in [word, upper.as_str()] {
        for source in estate.sources() {
            found.extend(estate.by_native_key(source.id, text));
        }
        let value = AttributeValue::Text(text.into());
        for (attribute, _) in estate.catalog().attribute_names() {
            if estate.catalog().is_identifying(attribute) {
                found.extend(estate.with_identifier(attribute, &value));
            }
        }
    }
    found
}

/// A hit that takes no part in the order: rank and id before it decide, and no two have one id.
struct Shown(SearchHit);

impl Ord for Shown {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl PartialOrd for Shown {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Shown {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shown {}

#[cfg(test)]
mod tests;
