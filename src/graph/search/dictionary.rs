//! The sorted map from tokens to who has them: leaves of sorted arrays, which two states share as
//! long as they agree.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::index::Posting;
use super::token::TokenKey;

/// Tokens of one leaf at most.
const LEAF_MAX: usize = 512;

/// Twenty bytes a token.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionary {
    /// The first key of each leaf.
    firsts: Vec<TokenKey>,
    /// None is empty.
    leaves: Vec<Arc<Leaf>>,
    length: usize,
}

#[derive(Clone, Debug, Default)]
struct Leaf {
    keys: Vec<TokenKey>,
    postings: Vec<Posting>,
}

impl Leaf {
    /// The tokens from a place on.
    fn from(&self, place: usize) -> impl Iterator<Item = (TokenKey, Posting)> + '_ {
        self.keys[place..]
            .iter()
            .copied()
            .zip(self.postings[place..].iter().copied())
    }
}

impl Dictionary {
    /// A dictionary of tokens in order, each once.
    pub(super) fn from_sorted(sorted: &[(TokenKey, Posting)]) -> Self {
        let leaf = |part: &[(TokenKey, Posting)]| {
            let (keys, postings) = part.iter().copied().unzip();
            Arc::new(Leaf { keys, postings })
        };
        let parts = || sorted.chunks(LEAF_MAX);
        Self {
            firsts: parts().map(|part| part[0].0).collect(),
            leaves: parts().map(leaf).collect(),
            length: sorted.len(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&self, key: TokenKey) -> Option<Posting> {
        let leaf = self.leaves.get(self.leaf_of(key))?;
        leaf.keys.binary_search(&key).ok().map(|place| leaf.postings[place])
    }

    /// Says who has a token, whether it is new or not.
    pub(super) fn set(&mut self, key: TokenKey, posting: Posting) {
        let at = self.leaf_of(key);
        let Some(leaf) = self.leaves.get_mut(at) else {
            *self = Self::from_sorted(&[(key, posting)]);
            return;
        };
        let leaf = Arc::make_mut(leaf);
        match leaf.keys.binary_search(&key) {
            Ok(place) => leaf.postings[place] = posting,
            Err(place) => {
                leaf.keys.insert(place, key);
                leaf.postings.insert(place, posting);
                self.length += 1;
                self.firsts[at] = leaf.keys[0];
                if leaf.keys.len() > LEAF_MAX {
                    let half = leaf.keys.len() / 2;
                    let behind = Leaf {
                        keys: leaf.keys.split_off(half),
                        postings: leaf.postings.split_off(half),
                    };
                    self.firsts.insert(at + 1, behind.keys[0]);
                    self.leaves.insert(at + 1, Arc::new(behind));
                }
            }
        }
    }

    pub(super) fn remove(&mut self, key: TokenKey) {
        let at = self.leaf_of(key);
        let Some(leaf) = self.leaves.get_mut(at) else { return };
        let Ok(place) = leaf.keys.binary_search(&key) else {
            return;
        };
        let leaf = Arc::make_mut(leaf);
        leaf.keys.remove(place);
        leaf.postings.remove(place);
        self.length -= 1;
        if let Some(first) = leaf.keys.first() {
            self.firsts[at] = *first;
        } else {
            self.firsts.remove(at);
            self.leaves.remove(at);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TokenKey, Posting)> + '_ {
        self.leaves.iter().flat_map(|leaf| leaf.from(0))
    }

    pub(super) fn range(&self, range: RangeInclusive<TokenKey>) -> impl Iterator<Item = (TokenKey, Posting)> + '_ {
        let (first, last) = range.into_inner();
        let leaves = self.leaves.get(self.leaf_of(first)..).unwrap_or(&[]);
        leaves
            .iter()
            .flat_map(move |leaf| leaf.from(leaf.keys.partition_point(|key| *key < first)))
            .take_while(move |(key, _)| *key <= last)
    }

    /// The leaf that has a key or should.
    fn leaf_of(&self, key: TokenKey) -> usize {
        self.firsts.partition_point(|first| *first <= key).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::graph::Slot;

    proptest! {
        #[test]
        fn a_dictionary_is_a_sorted_map(steps in prop::collection::vec((0u8..4, 0u32..3000), 0..6000)) {
            let key = |number: u32| TokenKey::new(&format!("t{number:05}"));
            let mut dictionary = Dictionary::default();
            let mut naive = BTreeMap::new();
            for (step, number) in steps {
                if step == 0 {
                    dictionary.remove(key(number));
                    naive.remove(&key(number));
                } else {
                    dictionary.set(key(number), Posting::one(Slot::new(number)));
                    naive.insert(key(number), Posting::one(Slot::new(number)));
                }
            }
            let all = || naive.iter().map(|(key, posting)| (*key, *posting));
            prop_assert_eq!(dictionary.len(), naive.len());
            prop_assert!(dictionary.iter().eq(all()));
            prop_assert!(dictionary.range(key(1000)..=key(1999)).eq(all().filter(|(at, _)| (key(1000)..=key(1999)).contains(at))));
            prop_assert!((0..3000).all(|number| dictionary.get(key(number)) == naive.get(&key(number)).copied()));
            let sorted: Vec<_> = all().collect();
            prop_assert!(Dictionary::from_sorted(&sorted).iter().eq(all()));
        }
    }
}
