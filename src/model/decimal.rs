//! Exact decimal numbers, for prices, versions of measures and all that must not round.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Most digits behind the point.
pub const DECIMAL_SCALE_MAX: u8 = 18;

/// `units / 10^scale`, kept without trailing zeros, so that equal numbers are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    units: i64,
    scale: u8,
}

/// A text is no decimal number in range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no decimal number: use digits with at most one point, at most 18 digits in all")]
pub struct DecimalError(pub String);

impl Decimal {
    /// `units / 10^scale`; `None` where the scale is over [`DECIMAL_SCALE_MAX`].
    pub fn new(mut units: i64, mut scale: u8) -> Option<Self> {
        if scale > DECIMAL_SCALE_MAX {
            return None;
        }
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Some(Self { units, scale })
    }

    /// The number times `10^scale()`.
    pub const fn units(self) -> i64 {
        self.units
    }

    /// Digits behind the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let widen = |number: &Self| i128::from(number.units) * 10i128.pow(u32::from(DECIMAL_SCALE_MAX - number.scale));
        widen(self).cmp(&widen(other))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.units);
        }
        let power = 10u64.pow(u32::from(self.scale));
        let sign = if self.units < 0 { "-" } else { "" };
        let size = self.units.unsigned_abs();
        let width = usize::from(self.scale);
        write!(f, "{sign}{}.{:0width$}", size / power, size % power)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let refuse = || DecimalError(text.to_owned());
        let body = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || body.ends_with('.') {
            return Err(refuse());
        }
        let fraction = fraction.trim_end_matches('0');
        let scale = u8::try_from(fraction.len()).map_err(|_| refuse())?;
        let units: i64 = format!("{whole}{fraction}").parse().map_err(|_| refuse())?;
        let units = if body.len() == text.len() { units } else { -units };
        Self::new(units, scale).ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_back_and_compare_by_value() {
        for (text, shown) in [
            ("1.50", "1.5"),
            ("-0.05", "-0.05"),
            ("12", "12"),
            ("0.0", "0"),
            ("100", "100"),
        ] {
            let decimal: Decimal = text.parse().expect("a decimal");
            assert_eq!(decimal.to_string(), shown);
        }
        assert_eq!("1.0".parse::<Decimal>(), "1".parse());
        assert!("1.5".parse::<Decimal>().expect("a decimal") < "1.50001".parse().expect("a decimal"));
        for text in ["", "-", ".", "1.", ".5", "1e3", "99999999999999999999", "+1"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }
}
