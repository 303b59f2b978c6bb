//! Identifiers of the catalog: names of types, attributes, pools and sources.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 100;

/// A name of the catalog: a lower-case letter, then lower-case letters, digits, `_`, `-` or `.`;
/// at most [`NAME_BYTES_MAX`] bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// A text is no [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name: use a lower-case letter, then lower-case letters, digits, `_`, `-` or `.`, \
     at most {NAME_BYTES_MAX} bytes"
)]
pub struct NameError(String);

impl Name {
    /// Checks and wraps a text.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let ok = text.len() <= NAME_BYTES_MAX
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.'));
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(NameError(text.chars().take(NAME_BYTES_MAX).collect()))
        }
    }

    /// The text inside.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}
