//! The dictionary of tokens and who has them.

use std::collections::BTreeMap;

use super::matching::{Word, searched_texts};
use super::posting::PostingList;
use super::token::{TokenKey, tokens};
use crate::catalog::Catalog;
use crate::graph::Slot;
use crate::graph::budget::Budget;
use crate::graph::traverse::CutShort;
use crate::model::ConfigurationItem;

/// So many tokens of the dictionary are compared for one step of a budget.
const TOKENS_PER_STEP: u64 = 8;

/// Tokens that a word may be the beginning of, or similar to, at most; the first in order count.
const TOKENS_MAX: usize = 10_000;

/// The text index of an estate: about 30 bytes for a token that one CI has, 4 bytes for each further
/// CI that has it.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    dictionary: BTreeMap<TokenKey, Posting>,
    lists: Vec<PostingList>,
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

    fn one(slot: Slot) -> Self {
        Self(slot.number() & !LIST)
    }
}

impl SearchIndex {
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
        for posting in self
            .dictionary
            .range(range)
            .map(|(_, posting)| *posting)
            .take(TOKENS_MAX)
        {
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
        for (key, posting) in &self.dictionary {
            compared += 1;
            if compared.is_multiple_of(TOKENS_PER_STEP) {
                budget.spend(1)?;
            }
            let (bytes, length) = key.bytes();
            if word.may_mean(&bytes[..length]) {
                found.push(*posting);
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
        let Some(posting) = self.dictionary.get_mut(&key) else {
            self.dictionary.insert(key, Posting::one(slot));
            return;
        };
        match posting.kind() {
            Kind::One(present) if present == slot => {}
            Kind::One(present) => {
                let list = PostingList::of_two(present, slot);
                let at = if let Some(at) = self.free_lists.pop() {
                    self.lists[at as usize] = list;
                    at
                } else {
                    self.lists.push(list);
                    u32::try_from(self.lists.len() - 1).unwrap_or(u32::MAX)
                };
                *posting = Posting(at | LIST);
            }
            Kind::List(list) => self.lists[list].insert(slot),
        }
    }

    fn remove_key(&mut self, key: TokenKey, slot: Slot) {
        let Some(posting) = self.dictionary.get_mut(&key) else {
            return;
        };
        match posting.kind() {
            Kind::One(present) if present == slot => {
                self.dictionary.remove(&key);
            }
            Kind::One(_) => {}
            Kind::List(at) => {
                self.lists[at].remove(slot);
                let only = {
                    let mut left = self.lists[at].iter();
                    left.next().filter(|_| left.next().is_none())
                };
                if let Some(only) = only {
                    *posting = Posting::one(only);
                    self.lists[at] = PostingList::default();
                    self.free_lists.extend(u32::try_from(at));
                }
            }
        }
    }
}

fn keys(ci: &ConfigurationItem, catalog: &Catalog) -> Vec<TokenKey> {
    let mut keys = Vec::new();
    for (_, text) in searched_texts(ci, catalog, false) {
        let folded = text.to_lowercase();
        keys.extend(tokens(&folded).map(TokenKey::new));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}
