//! One pass over the bytes of a document: tokens, brackets, directives. Nothing is kept.

use super::{DocumentError, DocumentLimits, limit};

/// What a pass counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) tokens: usize,
    pub(super) directives: usize,
}

/// Counts until the end or the first limit. Whether the text is GraphQL is the parser's business.
pub(super) fn scan(text: &[u8], limits: &DocumentLimits) -> Result<Counts, DocumentError> {
    let mut counts = Counts::default();
    let mut nesting = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = end_of(text, at, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'"' => end_of_string(text, at),
            b'.' => end_of(text, at, |byte| byte == b'.'),
            byte if is_word(byte) => end_of(text, at, is_word),
            _ => at + 1,
        };
        match byte {
            b'{' | b'(' | b'[' => nesting += 1,
            b'}' | b')' | b']' => nesting = nesting.saturating_sub(1),
            b'@' => counts.directives += 1,
            _ => {}
        }
        counts.tokens += 1;
        limit("tokens", counts.tokens, limits.tokens_max)?;
        limit("levels of brackets", nesting, limits.nesting_max)?;
    }
    Ok(counts)
}

/// Names, numbers, and every byte beyond ASCII, which is legal in strings only.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || !byte.is_ascii()
}

fn end_of(text: &[u8], from: usize, inside: impl Fn(u8) -> bool) -> usize {
    let rest = &text[from..];
    from + rest.iter().position(|&byte| !inside(byte)).unwrap_or(rest.len())
}

fn end_of_string(text: &[u8], from: usize) -> usize {
    const BLOCK: &[u8] = b"\"\"\"";
    if text[from..].starts_with(BLOCK) {
        let mut at = from + BLOCK.len();
        while at < text.len() {
            if text[at..].starts_with(b"\\\"\"\"") {
                at += 1 + BLOCK.len();
            } else if text[at..].starts_with(BLOCK) {
                return at + BLOCK.len();
            } else {
                at += 1;
            }
        }
        return text.len();
    }
    let mut at = from + 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}
