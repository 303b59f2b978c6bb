//! The admin token: read from its file, kept as a digest only.

use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::setting::ConfigError;

/// The admin token, as its SHA-256: the secret itself is forgotten once it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Fewest characters; shorter ones can be guessed.
    pub const BYTES_MIN: usize = 16;
    /// Most characters.
    pub const BYTES_MAX: usize = 512;

    /// Wraps a secret; `None` when it is too short, too long or not visible ASCII.
    pub fn new(secret: &str) -> Option<Self> {
        let length = (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&secret.len());
        let visible = secret.bytes().all(|byte| byte.is_ascii_graphic());
        (length && visible).then(|| Self(digest(secret)))
    }

    /// Reads the token of a file. A file that others can read is taken, with a warning: secrets that
    /// a container platform mounts are readable by all of their container.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::TokenUnreadable {
            path: path.to_path_buf(),
            source,
        };
        let secret = std::fs::read_to_string(path).map_err(unreadable)?;
        if others_can_read(path) {
            tracing::warn!(file = %path.display(), "other users can read the token file; `chmod 600` it");
        }
        Self::new(secret.trim()).ok_or_else(|| ConfigError::TokenUnusable {
            path: path.to_path_buf(),
        })
    }

    /// Whether a text is the token, in a time that does not tell how much of it is right.
    pub fn matches(&self, secret: &str) -> bool {
        self.0.ct_eq(&digest(secret)).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}
