//! Credentials inside a text: URLs, connection strings, settings, private keys.

use std::borrow::Cow;
use std::ops::Range;

use super::name::is_secret_name;

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// Shortest text that may be a private key, in bytes: its first line alone has as many.
const PRIVATE_KEY_BYTES_MIN: usize = "-----BEGIN PRIVATE KEY-----".len();

/// How tokens of well-known makers begin.
const TOKENS: [&str; 10] = [
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "hvs.",
];

/// What the header `Authorization` begins with.
const SCHEMES: [&str; 4] = ["Bearer ", "Basic ", "Token ", "ApiKey "];

/// Longest user, password and host of a URL, in bytes.
const INFO_BYTES_MAX: usize = 512;

/// Shortest text that is taken for a token by its beginning, in bytes.
const TOKEN_BYTES_MIN: usize = 20;

/// A text without the credentials in it; `None` where nothing of it can stay.
pub fn mask(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let suspicious = bytes
        .iter()
        .fold(false, |seen, byte| seen | matches!(byte, b'=' | b':' | b'-' | b'_'));
    if !suspicious {
        return Some(Cow::Borrowed(text));
    }
    if is_token(text) || is_private_key(text) {
        return None;
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for (place, byte) in bytes.iter().enumerate() {
        // What stands inside something found already is gone with it.
        if found.last().is_some_and(|last| place < last.end) {
            continue;
        }
        match byte {
            b':' if bytes.get(place + 1..place + 3) == Some(b"//") => found.extend(user_info(text, place + 3)),
            b':' => found.extend(oracle(text, place).or_else(|| member(text, place))),
            b'=' => found.extend(setting(text, place)),
            _ => {}
        }
    }
    if found.is_empty() {
        return Some(Cow::Borrowed(text));
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for range in found {
        masked.push_str(text.get(from..range.start).unwrap_or_default());
        masked.push_str(MASK);
        from = range.end;
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    Some(Cow::Owned(masked))
}

/// Whether a value is no secret though it stands under a secret's name: empty, a mark, a reference to
/// where the secret is.
pub(super) fn says_nothing(text: &str) -> bool {
    let text = text.trim();
    let words = [
        "true",
        "false",
        "yes",
        "no",
        "none",
        "null",
        "enabled",
        "disabled",
        "(sensitive value)",
    ];
    text.is_empty()
        || text.bytes().all(|byte| matches!(byte, b'*' | b'.'))
        || text.len() >= 3 && text.bytes().all(|byte| matches!(byte, b'x' | b'X'))
        || text.starts_with("${") && text.ends_with('}')
        || text.starts_with("$(") && text.ends_with(')')
        || text.starts_with("{{") && text.ends_with("}}")
        || text.starts_with('<') && text.ends_with('>')
        || words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text is the value of a header `Authorization`.
pub(super) fn is_authorization(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

fn is_private_key(text: &str) -> bool {
    text.len() >= PRIVATE_KEY_BYTES_MIN && text.contains("-----BEGIN") && text.contains("PRIVATE KEY")
}

fn is_token(text: &str) -> bool {
    text.len() >= TOKEN_BYTES_MIN
        && TOKENS.iter().any(|start| text.starts_with(start))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// As much of a text as is looked through for the end of what has begun, so that many beginnings
/// without an end cost no more than their number.
fn head(text: &str) -> &str {
    let mut end = text.len().min(INFO_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The password of a URL whose authority begins at `start`: `user:password@host`.
fn user_info(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = head(text.get(start..)?);
    let rest = rest.get(
        ..rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'))
            .unwrap_or(rest.len()),
    )?;
    let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let end = authority.rfind('@').or_else(|| {
        // A password with a slash in it, written as it is: what stands behind the colon is no port.
        let (_, behind) = authority.split_once(':')?;
        let is_port = behind.bytes().all(|byte| byte.is_ascii_digit());
        (!is_port && !authority.starts_with('['))
            .then(|| rest.rfind('@'))
            .flatten()
    })?;
    let info = rest.get(..end)?;
    let secret = match info.find(':') {
        Some(colon) => colon + 1..end,
        None if is_token(info) => 0..end,
        None => return None,
    };
    let shown = rest.get(secret.clone())?;
    (!says_nothing(shown)).then(|| start + secret.start..start + secret.end)
}

/// The password of `jdbc:oracle:thin:user/password@host`, whose last colon before the user is at
/// `colon`.
fn oracle(text: &str, colon: usize) -> Option<Range<usize>> {
    let scheme = text.get(..colon)?;
    if !scheme.ends_with("jdbc:oracle:thin") && !scheme.ends_with("jdbc:oracle:oci") {
        return None;
    }
    let rest = head(text.get(colon + 1..)?);
    let slash = rest.find('/')?;
    let end = slash + rest.get(slash..)?.find('@')?;
    (end > slash + 1 && !rest.starts_with('@')).then(|| colon + 2 + slash..colon + 1 + end)
}

/// The value of a setting whose sign `=` is at `sign`: `Password=...;`, `&sig=...`, `PGPASSWORD=...`.
fn setting(text: &str, sign: usize) -> Option<Range<usize>> {
    let before = text.get(..sign)?.trim_end_matches(' ');
    let name = last_word(before);
    let opens = before.get(..before.len() - name.len())?;
    let in_query = opens.ends_with(['?', '&']);
    let signed = in_query
        && ["sig", "signature", "x-amz-signature"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
    if !signed && !is_secret_name(name) {
        return None;
    }
    let blanks = text.get(sign + 1..)?.len() - text.get(sign + 1..)?.trim_start_matches(' ').len();
    let start = sign + 1 + blanks;
    let rest = text.get(start..)?;
    // `==` compares, and the working directory of a shell is no password.
    if rest.starts_with(['=', '>']) || name.eq_ignore_ascii_case("pwd") && rest.starts_with('/') {
        return None;
    }
    value(rest, start, |c| {
        c.is_whitespace() || matches!(c, ';' | '&' | ',' | '"' | '\'' | ')' | '}')
    })
}

/// The value of a member of an object that stands in a text as JSON or YAML, whose colon is at
/// `colon`: `"password": "..."`, `password: ...`, `Authorization: Bearer ...`.
fn member(text: &str, colon: usize) -> Option<Range<usize>> {
    let before = text.get(..colon)?.trim_end_matches(' ');
    let quoted = before.strip_suffix('"').or_else(|| before.strip_suffix('\''));
    let plain = quoted.unwrap_or(before);
    let name = last_word(plain.strip_suffix('\\').unwrap_or(plain));
    let is_header = name.eq_ignore_ascii_case("authorization");
    if !is_header && !is_secret_name(name) {
        return None;
    }
    let rest = text.get(colon + 1..)?;
    let inner = rest.trim_start_matches([' ', '\\']);
    let start = colon + 1 + (rest.len() - inner.len());
    if is_header {
        let opened = inner.trim_start_matches('"');
        let scheme = SCHEMES.iter().find(|scheme| opened.starts_with(**scheme))?;
        let start = start + (inner.len() - opened.len()) + scheme.len();
        return value(opened.get(scheme.len()..)?, start, |c| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '\\')
        });
    }
    // Prose says `token: see below`; only a password's name is taken at its word there.
    if quoted.is_none() && (!rest.starts_with(' ') || !name.to_ascii_lowercase().contains("passw")) {
        return None;
    }
    value(inner, start, |c| {
        c.is_whitespace() || matches!(c, ',' | ';' | '}' | ']' | '\\')
    })
}

/// The value at the beginning of `rest`, which stands at `start`: in quotes, or up to what ends it.
fn value(rest: &str, start: usize, ends: impl Fn(char) -> bool) -> Option<Range<usize>> {
    let (skip, length) = match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let inner = rest.get(1..)?;
            (1, inner.find(quote).unwrap_or(inner.len()))
        }
        '{' | '[' => return None,
        _ => (0, rest.find(ends).unwrap_or(rest.len())),
    };
    let value = rest.get(skip..skip + length)?;
    let value = value.strip_suffix('\\').unwrap_or(value);
    (!says_nothing(value)).then(|| start + skip..start + skip + value.len())
}

/// The name at the end of a text.
fn last_word(text: &str) -> &str {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = text.bytes().rev().take_while(inside).count();
    text.get(text.len() - length..).unwrap_or_default()
}
