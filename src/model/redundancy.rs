//! k of n: redundancy groups and their thresholds (sections 2.3 and 2.4 of the impact law).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::{CiId, GroupId, Name, Strength, Validity};

/// How much a member counts in its group; at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(NonZeroU32);

/// A number is no weight.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no weight: use a whole number from 1 to {max}", max = Weight::MAX)]
pub struct WeightError(pub String);

impl Weight {
    /// The default weight.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// The largest weight: sums over a group's members stay within 64 bits by a wide margin.
    pub const MAX: u32 = 1_000_000;

    /// Checks and wraps a number.
    pub fn new(number: i64) -> Result<Self, WeightError> {
        u32::try_from(number)
            .ok()
            .filter(|number| *number <= Self::MAX)
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or_else(|| WeightError(number.to_string()))
    }

    /// The number inside.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

/// One threshold of a group: a sum of weights, or a percentage of the group's whole weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Threshold {
    /// So much weight.
    Count(u32),
    /// So many hundredths of the whole weight, rounded up; 0 to 100.
    Percent(u8),
}

/// A text is no threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no threshold: use a whole number from 0, or a percentage from 0% to 100%")]
pub struct ThresholdError(pub String);

impl Threshold {
    /// The weight this threshold stands for in a group of the whole weight `total`, not yet clamped.
    pub fn resolve(self, total: u64) -> u64 {
        match self {
            Self::Count(count) => u64::from(count),
            Self::Percent(percent) => (total * u64::from(percent)).div_ceil(100),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let refuse = || ThresholdError(text.to_owned());
        let digits = text.strip_suffix('%').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        if digits.len() == text.len() {
            digits.parse().map(Self::Count).map_err(|_| refuse())
        } else {
            let percent = digits.parse().ok().filter(|percent| *percent <= 100);
            percent.map(Self::Percent).ok_or_else(refuse)
        }
    }
}

/// The three thresholds of a group, as stated; what is absent takes the law's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thresholds {
    /// `k`: with less weight up, the group is `DOWN`. Absent: all are needed.
    pub up_min: Option<Threshold>,
    /// `d`: with less weight up, the group is `DEGRADED`. Absent: `k`.
    pub capacity_min: Option<Threshold>,
    /// `r`: with less weight undegraded, the group is `AT_RISK`. Absent: all.
    pub spare_min: Option<Threshold>,
}

/// A CI that helps to carry a redundancy group's consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The member.
    pub ci: CiId,
    /// How much it counts.
    pub weight: Weight,
    /// How much of its failure counts.
    pub strength: Strength,
}

/// Several CIs of which one consumer needs some: pairs, quorums, pools, dual power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedundancyGroup {
    /// Its identity.
    pub id: GroupId,
    /// Its name, unique among its consumer's groups.
    pub name: Name,
    /// The CI that needs the members.
    pub consumer: CiId,
    /// The listed members, by CI id; relationships may name the group and add theirs.
    pub members: Vec<GroupMember>,
    /// k, d and r.
    pub thresholds: Thresholds,
    /// How much of the group's state reaches the consumer.
    pub strength: Strength,
    /// Whether support must be derivable from something that needs none (section 2.10).
    pub grounded: bool,
    /// When it holds; `None`: always.
    pub validity: Option<Validity>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_rounds_up() {
        assert_eq!(Threshold::Percent(50).resolve(3), 2);
        assert_eq!(Threshold::Percent(100).resolve(7), 7);
        assert_eq!(Threshold::Percent(0).resolve(7), 0);
    }

    #[test]
    fn thresholds_outside_the_law_are_refused() {
        for text in ["120%", "-1", "", "%", "1.5", "+1", "x", "99999999999"] {
            assert!(text.parse::<Threshold>().is_err(), "{text}");
        }
        assert_eq!("50%".parse(), Ok(Threshold::Percent(50)));
        assert_eq!("0".parse(), Ok(Threshold::Count(0)));
    }
}
