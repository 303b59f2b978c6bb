//! Families of sets of which none is part of another, and their algebra.
//!
//! What brings something about is such a family: any one of its sets will do. Where one of two things
//! is enough, the families are put together; where both are needed, each set of the one is joined with
//! each of the other. What is larger than a bound is left out on the way. That is exact up to the
//! bound, since nothing gets smaller by being joined.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::meter::{Meter, Stop};

/// The number of a class of CIs that are the same to the target; not 0.
pub(super) type Class = u16;

/// Up to four classes, ascending: sixteen bits each, the least in the highest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Set(u64);

impl Set {
    /// Classes in a set, at most.
    pub(super) const SIZE_MAX: usize = 4;

    const EMPTY: Self = Self(0);

    pub(super) fn single(class: Class) -> Self {
        Self(u64::from(class) << 48)
    }

    pub(super) fn len(self) -> usize {
        Self::SIZE_MAX - self.0.trailing_zeros() as usize / 16
    }

    pub(super) fn classes(self) -> impl Iterator<Item = Class> {
        let class = move |shift: u32| Class::try_from(self.0 >> shift & u64::from(Class::MAX)).unwrap_or_default();
        [48, 32, 16, 0].into_iter().map(class).take(self.len())
    }

    /// Everything in either, if that is not too much for a set.
    fn union(self, other: Self) -> Option<Self> {
        let (mut one, mut other, mut union) = (self.0, other.0, 0);
        for place in (0..Self::SIZE_MAX).rev() {
            let (first, second) = (one >> 48, other >> 48);
            let least = match (first, second) {
                (0, class) | (class, 0) => class,
                _ => first.min(second),
            };
            one <<= if first == least { 16 } else { 0 };
            other <<= if second == least { 16 } else { 0 };
            union |= least << (16 * place);
        }
        (one | other == 0).then_some(Self(union))
    }

    /// All that is in the set, in parts: each but the empty one, and itself.
    fn parts(self) -> impl Iterator<Item = Self> {
        (1..1u32 << self.len()).map(move |chosen| {
            let (mut part, mut shift) = (0, 64);
            for (place, class) in self.classes().enumerate() {
                if chosen >> place & 1 == 1 {
                    shift -= 16;
                    part |= u64::from(class) << shift;
                }
            }
            Self(part)
        })
    }
}

/// Sets of which none is part of another, by size.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    sets: Vec<Set>,
    known: FxHashSet<Set>,
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.sets == other.sets
    }
}

impl Family {
    /// What nothing brings about.
    pub(super) fn never() -> Self {
        Self::default()
    }

    /// What needs nothing to come about.
    pub(super) fn always() -> Self {
        Self::minimal(vec![Set::EMPTY])
    }

    /// The sets that have no other of them as a part.
    pub(super) fn minimal(mut sets: Vec<Set>) -> Self {
        sets.sort_unstable_by_key(|set| (set.len(), *set));
        sets.dedup();
        if sets.first() == Some(&Set::EMPTY) {
            sets.truncate(1);
        }
        let mut family = Self::default();
        for set in sets {
            if !family.is_hit_by(set) {
                family.known.insert(set);
                family.sets.push(set);
            }
        }
        family
    }

    pub(super) fn is_always(&self) -> bool {
        self.sets.first() == Some(&Set::EMPTY)
    }

    pub(super) fn sets(&self) -> &[Set] {
        &self.sets
    }

    /// Whether a set brings it about, by itself or by a part.
    fn is_hit_by(&self, set: Set) -> bool {
        self.is_always() || !self.sets.is_empty() && set.parts().any(|part| self.known.contains(&part))
    }

    /// Each set of the one with each of the other, up to a size; not only minimal ones.
    fn product(&self, other: &Self, size_max: usize, meter: &mut Meter<'_, '_>) -> Result<Vec<Set>, Stop> {
        let mut sets = Vec::new();
        meter.spend(self.sets.len() + other.sets.len())?;
        // What brings about the other too stays as it is, and joined with anything it is not minimal.
        let (done, mine): (Vec<Set>, Vec<Set>) = self.sets.iter().partition(|set| other.is_hit_by(**set));
        sets.extend(done);
        let (done, others): (Vec<Set>, Vec<Set>) = other.sets.iter().partition(|set| self.is_hit_by(**set));
        sets.extend(done);
        let mut with: FxHashMap<Class, Vec<Set>> = FxHashMap::default();
        for set in others.iter().filter(|set| set.len() > 1) {
            for class in set.classes() {
                with.entry(class).or_default().push(*set);
            }
        }
        for one in mine {
            let room = size_max.saturating_sub(one.len());
            let small = others.partition_point(|set| set.len() <= room);
            sets.extend(others[..small].iter().filter_map(|set| one.union(*set)));
            let mut looked_at = small + 1;
            // What is larger must share something.
            for class in one.classes() {
                let sharing = with.get(&class).map_or(&[][..], Vec::as_slice);
                let large = &sharing[sharing.partition_point(|set| set.len() <= room)..];
                looked_at += large.len();
                let unions = large.iter().filter_map(|set| one.union(*set));
                sets.extend(unions.filter(|set| set.len() <= size_max));
            }
            meter.spend(looked_at)?;
            meter.hold(sets.len())?;
        }
        Ok(sets)
    }
}

/// What brings about so many of the members that they weigh `need`, each by its family and with its weight.
///
/// One member after the other; of what has come about by then, only how much is still needed counts.
pub(super) fn at_least(
    need: u64,
    members: &[(&Family, u64)],
    size_max: usize,
    meter: &mut Meter<'_, '_>,
) -> Result<Family, Stop> {
    let mut left: u64 = members.iter().map(|(_, weight)| weight).sum();
    let mut by_need = BTreeMap::from([(need, Family::always())]);
    for (member, weight) in members {
        left -= weight;
        let mut next: BTreeMap<u64, Vec<Set>> = BTreeMap::new();
        for (need, family) in &by_need {
            meter.spend(1)?;
            let rest = need.saturating_sub(*weight);
            if rest <= left {
                let joined = family.product(member, size_max, meter)?;
                next.entry(rest).or_default().extend(joined);
            }
            if *need <= left {
                meter.spend(family.sets.len())?;
                next.entry(*need).or_default().extend_from_slice(&family.sets);
            }
        }
        by_need.clear();
        for (need, sets) in next {
            meter.spend(sets.len())?;
            let family = Family::minimal(sets);
            if !family.sets.is_empty() {
                by_need.insert(need, family);
            }
        }
    }
    Ok(by_need.remove(&0).unwrap_or_default())
}
