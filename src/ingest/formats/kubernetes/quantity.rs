//! Quantities as Kubernetes writes them: `4039616Ki`, `1900m`, `8G`.

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// A quantity as a number: bytes, cores.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text
        .find(|c: char| c.is_ascii_alphabetic() && c != 'e')
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at_checked(split)?;
    let scale = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => MEBIBYTE,
        "Gi" => MEBIBYTE * 1024.0,
        "Ti" => MEBIBYTE * MEBIBYTE,
        "Pi" => MEBIBYTE * MEBIBYTE * 1024.0,
        "Ei" => MEBIBYTE * MEBIBYTE * MEBIBYTE,
        _ => return None,
    };
    let number = digits.parse::<f64>().ok()? * scale;
    (0.0..9e18).contains(&number).then_some(number)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be within range and not negative; parts of a unit are cut off"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Memory or disk space, in whole MiB.
pub(super) fn mebibytes(text: &str) -> Option<u64> {
    number(text).map(|bytes| whole(bytes / MEBIBYTE))
}

/// Processor cores, rounded up.
pub(super) fn cores(text: &str) -> Option<u64> {
    number(text).map(|cores| whole(cores.ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read() {
        assert_eq!(mebibytes("4039616Ki"), Some(3944));
        assert_eq!(mebibytes("8Gi"), Some(8192));
        assert_eq!(mebibytes("1e9"), Some(953));
        assert_eq!(mebibytes("1G"), Some(953));
        assert_eq!(cores("1900m"), Some(2));
        assert_eq!(cores("2"), Some(2));
        for odd in ["", "Gi", "-3Gi", "3Zi", "NaN", "1e400", "é"] {
            assert_eq!(mebibytes(odd), None, "{odd}");
        }
    }
}
