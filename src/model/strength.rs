//! How much of a failure a relationship passes on: section 2.2 of the impact law.

use std::fmt;
use std::str::FromStr;

use super::ImpactState;

/// A non-decreasing table `t` from state to state with `t(OK) = OK` and `t(x) <= x`: a failure
/// never gets worse on the way. There are 14 such tables; this is the number of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Strength(u8);

/// All tables as `[t(AT_RISK), t(DEGRADED), t(DOWN)]`, in lexicographic order.
const TABLES: [[u8; 3]; 14] = [
    [0, 0, 0],
    [0, 0, 1],
    [0, 0, 2],
    [0, 0, 3],
    [0, 1, 1],
    [0, 1, 2],
    [0, 1, 3],
    [0, 2, 2],
    [0, 2, 3],
    [1, 1, 1],
    [1, 1, 2],
    [1, 1, 3],
    [1, 2, 2],
    [1, 2, 3],
];

/// The tables that have a name.
const NAMES: [(Strength, &str); 6] = [
    (Strength::DOWN, "DOWN"),
    (Strength::DEGRADED, "DEGRADED"),
    (Strength::AT_RISK, "AT_RISK"),
    (Strength::SOFT, "SOFT"),
    (Strength::WEAK, "WEAK"),
    (Strength::NONE, "NONE"),
];

/// A text or table is no strength.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no strength: use DOWN, DEGRADED, AT_RISK, SOFT, WEAK, NONE, or a table \
     [AT_RISK, DEGRADED, DOWN] of states that never falls and never makes a state worse"
)]
pub struct StrengthError(pub String);

impl Strength {
    /// Hard: passes every state on as it is.
    pub const DOWN: Self = Self(13);
    /// Cap: at most `DEGRADED`.
    pub const DEGRADED: Self = Self(12);
    /// Cap: at most `AT_RISK`.
    pub const AT_RISK: Self = Self(9);
    /// One level off.
    pub const SOFT: Self = Self(5);
    /// Two levels off.
    pub const WEAK: Self = Self(1);
    /// Passes nothing on.
    pub const NONE: Self = Self(0);

    /// The strength with the table `[t(AT_RISK), t(DEGRADED), t(DOWN)]`.
    pub fn from_table(table: [ImpactState; 3]) -> Result<Self, StrengthError> {
        let levels = table.map(ImpactState::level);
        (0u8..)
            .zip(TABLES)
            .find(|(_, known)| *known == levels)
            .map(|(number, _)| Self(number))
            .ok_or_else(|| StrengthError(format!("[{},{},{}]", table[0], table[1], table[2])))
    }

    /// The strength of a stored number, `None` over 13.
    pub const fn from_number(number: u8) -> Option<Self> {
        if number < 14 { Some(Self(number)) } else { None }
    }

    /// The number of this strength, 0 to 13.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The table `[t(AT_RISK), t(DEGRADED), t(DOWN)]`.
    pub const fn table(self) -> [ImpactState; 3] {
        let [at_risk, degraded, down] = TABLES[self.0 as usize];
        [
            ImpactState::from_level(at_risk),
            ImpactState::from_level(degraded),
            ImpactState::from_level(down),
        ]
    }

    /// What arrives when the source is in this state.
    pub const fn apply(self, state: ImpactState) -> ImpactState {
        match state {
            ImpactState::Ok => ImpactState::Ok,
            ImpactState::AtRisk => ImpactState::from_level(TABLES[self.0 as usize][0]),
            ImpactState::Degraded => ImpactState::from_level(TABLES[self.0 as usize][1]),
            ImpactState::Down => ImpactState::from_level(TABLES[self.0 as usize][2]),
        }
    }

    /// The least source state from which at least `wanted` arrives; `None` if none does.
    pub fn needed(self, wanted: ImpactState) -> Option<ImpactState> {
        ImpactState::ALL.into_iter().find(|state| self.apply(*state) >= wanted)
    }

    /// The pointwise larger of two tables (again a strength: the law's tables are closed under it).
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let (left, right) = (TABLES[usize::from(self.0)], TABLES[usize::from(other.0)]);
        let joined = [left[0].max(right[0]), left[1].max(right[1]), left[2].max(right[2])];
        (0u8..)
            .zip(TABLES)
            .find(|(_, known)| *known == joined)
            .map_or(Self::DOWN, |(number, _)| Self(number))
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMES.iter().find(|(strength, _)| strength == self) {
            return f.write_str(name);
        }
        let [at_risk, degraded, down] = self.table();
        write!(f, "[{at_risk},{degraded},{down}]")
    }
}

impl fmt::Debug for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Strength {
    type Err = StrengthError;

    fn from_str(text: &str) -> Result<Self, StrengthError> {
        if let Some((strength, _)) = NAMES.iter().find(|(_, name)| *name == text) {
            return Ok(*strength);
        }
        let refuse = || StrengthError(text.to_owned());
        let body = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or_else(refuse)?;
        let states: Vec<ImpactState> = body
            .split(',')
            .map(|part| part.trim().parse().map_err(|_| refuse()))
            .collect::<Result<_, _>>()?;
        let table: [ImpactState; 3] = states.try_into().map_err(|_| refuse())?;
        Self::from_table(table).map_err(|_| refuse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_all_and_only_those_of_the_law() {
        let mut found = 0;
        for number in 0..64u8 {
            let table = [number / 16 % 4, number / 4 % 4, number % 4];
            let lawful = table[0] <= 1 && table[1] <= 2 && table[0] <= table[1] && table[1] <= table[2];
            let states = table.map(ImpactState::from_level);
            assert_eq!(Strength::from_table(states).is_ok(), lawful, "{states:?}");
            found += usize::from(lawful);
        }
        assert_eq!(found, TABLES.len());
    }

    #[test]
    fn names_and_tables_read_back() {
        for number in 0..14 {
            let strength = Strength::from_number(number).expect("below 14");
            assert_eq!(strength.to_string().parse(), Ok(strength));
        }
        assert_eq!("[AT_RISK, DEGRADED, DOWN]".parse(), Ok(Strength::DOWN));
        assert!("[OK,DOWN,DOWN]".parse::<Strength>().is_err());
        assert!("HARD".parse::<Strength>().is_err());
    }

    #[test]
    fn needed_is_the_least_state_that_suffices() {
        assert_eq!(Strength::SOFT.needed(ImpactState::Degraded), Some(ImpactState::Down));
        assert_eq!(Strength::AT_RISK.needed(ImpactState::Degraded), None);
        assert_eq!(Strength::DOWN.needed(ImpactState::AtRisk), Some(ImpactState::AtRisk));
    }
}
