//! Cutting texts into tokens.

/// The longest run of letters and digits that is a token of its own, in bytes; the rest of a longer
/// one is compared only on the CI.
pub(super) const KEY_BYTES: usize = 16;

/// Most tokens taken from one text: long descriptions are found by their first words.
const TOKENS_PER_TEXT_MAX: usize = 32;

/// A token as the dictionary keeps it: its first bytes in the order of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TokenKey(u128);

impl TokenKey {
    pub(super) fn new(token: &str) -> Self {
        let mut bytes = [0; KEY_BYTES];
        for (to, from) in bytes.iter_mut().zip(token.bytes()) {
            *to = from;
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// The greatest key of a token that begins with this text.
    pub(super) fn last_beginning_with(token: &str) -> Self {
        let mut bytes = [u8::MAX; KEY_BYTES];
        for (to, from) in bytes.iter_mut().zip(token.bytes()) {
            *to = from;
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// The bytes of the token, as far as the key holds them.
    pub(super) fn bytes(self) -> ([u8; KEY_BYTES], usize) {
        let bytes = self.0.to_be_bytes();
        let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(KEY_BYTES);
        (bytes, length)
    }
}

/// The tokens of a text that has been folded to lower case: every part between blanks, and, where a
/// part is not all letters and digits, every run of these within it.
pub(super) fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_whitespace().flat_map(parts).take(TOKENS_PER_TEXT_MAX)
}

fn parts(word: &str) -> impl Iterator<Item = &str> {
    let runs = word
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(move |run| !run.is_empty() && *run != word);
    std::iter::once(word).chain(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_gives_itself_and_its_runs() {
        let of = |text| tokens(text).collect::<Vec<_>>();
        assert_eq!(of("web-01.fra shop"), ["web-01.fra", "web", "01", "fra", "shop"]);
        assert_eq!(of("häuser"), ["häuser"]);
        assert!(of(" ").is_empty());
    }

    #[test]
    fn keys_sort_as_texts_and_enclose_their_beginnings() {
        let inside = |token, beginning| {
            let range = TokenKey::new(beginning)..=TokenKey::last_beginning_with(beginning);
            range.contains(&TokenKey::new(token))
        };
        assert!(TokenKey::new("a") < TokenKey::new("ab"));
        assert!(inside("web-01", "web"));
        assert!(inside("web", "web"));
        assert!(!inside("wea", "web"));
        assert!(inside("a-very-long-name-01", "a-very-long-name-02"));
    }
}
