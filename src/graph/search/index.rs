//! The dictionary of tokens and who has them.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::dictionary::Dictionary;
use super::matching::{Word, searched_texts};
use super::posting::PostingList;
use super::token::{TokenKey, tokens};
use crate::catalog::Catalog;
use crate::graph::Slot;
use crate::graph::budget::Budget;
use crate::graph::shared::SharedVec;
use crate::graph::traverse::CutShort;
use crate::model::ConfigurationItem;

/// So many tokens of the dictionary are compared for one step of a budget.
const TOKENS_PER_STEP: u64 = 8;

/// Tokens that a word may be the beginning of, or similar to, at most; the first in order count.
const TOKENS_MAX: usize = 10_000;

/// Lists that are copied together when one of them changes in one of two states.
const LISTS_PER_PART: usize = 64;

/// The text index of an estate: about 20 bytes for a token that one CI has, 4 bytes for each further
/// CI that has it.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    dictionary: Dictionary,
    lists: SharedVec<PostingList, LISTS_PER_PART>,
    free_lists: Vec<u32>,
}

/// Who has a token: most tokens are had by one CI, which needs no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posting(u32);

const LIST: u32 = 1 << 31;

enum Kind {
    One(Slot),
    List(usize),
}

impl Posting {
    fn kind(self) -> Kind {
        if self.0 & LIST == 0 {
            Kind::One(Slot::new(self.0))
        } else {
            Kind::List((self.0 & !LIST) as usize)
        }
    }

    pub(super) fn one(slot: Slot) -> Self {
        Self(slot.number() & !LIST)
    }

    fn list(at: usize) -> Self {
        Self(u32::try_from(at).unwrap_or(u32::MAX) | LIST)
    }
}

impl SearchIndex {
    /// The index of all these CIs, whose slots rise.
    pub fn build<'a>(cis: impl Iterator<Item = (Slot, &'a Arc<ConfigurationItem>)>, catalog: &Catalog) -> Self {
        // Tokens differ in their last letters, which a weaker hash does not spread.
        let mut known = HashMap::<TokenKey, Posting, RandomState>::default();
        let mut lists = SharedVec::default();
        for (slot, ci) in cis {
            for key in keys(ci, catalog) {
                let posting = known.entry(key).or_insert(Posting::one(slot));
                *posting = joined(*posting, slot, &mut lists, &mut Vec::new());
            }
        }
        let mut sorted: Vec<_> = known.into_iter().collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        Self {
            dictionary: Dictionary::from_sorted(&sorted),
            lists,
            free_lists: Vec::new(),
        }
    }

    /// Takes a CI up. Secret attributes are left out.
    pub fn insert(&mut self, slot: Slot, ci: &ConfigurationItem, catalog: &Catalog) {
        for key in keys(ci, catalog) {
            self.insert_key(key, slot);
        }
    }

    /// Takes a CI out, as it was taken up.
    pub fn remove(&mut self, slot: Slot, ci: &ConfigurationItem, catalog: &Catalog) {
        for key in keys(ci, catalog) {
            self.remove_key(key, slot);
        }
    }

    /// Number of different tokens.
    pub fn token_count(&self) -> usize {
        self.dictionary.len()
    }

    /// Who has a token that begins with a text.
    pub(super) fn beginning_with(&self, text: &str, budget: &Budget) -> Result<Vec<Posting>, CutShort> {
        let range = TokenKey::new(text)..=TokenKey::last_beginning_with(text);
        let mut found = Vec::new();
        for (_, posting) in self.dictionary.range(range).take(TOKENS_MAX) {
            budget.spend(1)?;
            found.push(posting);
        }
        Ok(found)
    }

    /// Who has a token that the word may have been meant to be.
    pub(super) fn similar_to(&self, word: &Word, budget: &Budget) -> Result<Vec<Posting>, CutShort> {
        let mut found = Vec::new();
        if word.errors_allowed() == 0 {
            return Ok(found);
        }
        let mut compared = 0u64;
        for (key, posting) in self.dictionary.iter() {
            compared += 1;
            if compared.is_multiple_of(TOKENS_PER_STEP) {
                budget.spend(1)?;
            }
            let (bytes, length) = key.bytes();
            if word.may_mean(&bytes[..length]) {
                found.push(posting);
                if found.len() == TOKENS_MAX {
                    break;
                }
            }
        }
        Ok(found)
    }

    pub(super) fn len(&self, posting: Posting) -> usize {
        match posting.kind() {
            Kind::One(_) => 1,
            Kind::List(list) => self.lists.get(list).map_or(0, PostingList::len),
        }
    }

    pub(super) fn slots(&self, posting: Posting) -> impl Iterator<Item = Slot> + '_ {
        let (one, list) = match posting.kind() {
            Kind::One(slot) => (Some(slot), None),
            Kind::List(list) => (None, self.lists.get(list)),
        };
        one.into_iter().chain(list.into_iter().flat_map(PostingList::iter))
    }

    fn insert_key(&mut self, key: TokenKey, slot: Slot) {
        let Some(known) = self.dictionary.get(key) else {
            self.dictionary.set(key, Posting::one(slot));
            return;
        };
        let posting = joined(known, slot, &mut self.lists, &mut self.free_lists);
        if posting != known {
            self.dictionary.set(key, posting);
        }
    }

    fn remove_key(&mut self, key: TokenKey, slot: Slot) {
        match self.dictionary.get(key).map(Posting::kind) {
            Some(Kind::One(present)) if present == slot => self.dictionary.remove(key),
            None | Some(Kind::One(_)) => {}
            Some(Kind::List(at)) => {
                let Some(list) = self.lists.get_mut(at) else { return };
                list.remove(slot);
                let only = list.only();
                if let Some(only) = only {
                    *list = PostingList::default();
                    self.free_lists.extend(u32::try_from(at));
                    self.dictionary.set(key, Posting::one(only));
                }
            }
        }
    }
}

/// Who has a token, once one more CI has it.
fn joined(
    posting: Posting,
    slot: Slot,
    lists: &mut SharedVec<PostingList, LISTS_PER_PART>,
    free_lists: &mut Vec<u32>,
) -> Posting {
    match posting.kind() {
        Kind::One(present) if present == slot => posting,
        Kind::One(present) => {
            let at = free_lists.pop().map_or(lists.len(), |at| at as usize);
            lists.set(at, PostingList::of_two(present, slot), &PostingList::default());
            Posting::list(at)
        }
        Kind::List(at) => {
            if let Some(list) = lists.get_mut(at) {
                list.insert(slot);
            }
            posting
        }
    }
}

/// Keys that most CIs have at most.
const KEYS_USUAL: usize = 32;

fn keys(ci: &ConfigurationItem, catalog: &Catalog) -> Vec<TokenKey> {
    let (mut keys, mut folded) = (Vec::with_capacity(KEYS_USUAL), String::new());
    searched_texts(ci, catalog, false, &mut |_, text| {
        if text.is_ascii() {
            folded.clear();
            folded.push_str(text);
            folded.make_ascii_lowercase();
        } else {
            folded = text.to_lowercase();
        }
        keys.extend(tokens(&folded).map(TokenKey::new));
    });
    keys.sort_unstable();
    keys.dedup();
    keys
}
