//! What a single setting is: its name, its bounds, and how its value is read and printed.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// The configuration is wrong. The message names the setting, the value and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value does not fit its setting.
    #[error("{place} sets `{key}` to `{value}`, which is not {expected}")]
    InvalidValue {
        /// Where the value stands.
        place: String,
        /// `section.key`.
        key: String,
        /// The value as it was given.
        value: String,
        /// What would fit.
        expected: String,
    },
    /// A name that no setting has.
    #[error("{place} sets `{key}`, which is no setting; remove it, or see `linchpin config` for the names")]
    UnknownKey {
        /// Where the name stands.
        place: String,
        /// The name.
        key: String,
    },
    /// The file cannot be read.
    #[error("cannot read the configuration file {}; check the path and its rights", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: toml::de::Error,
    },
    /// The token file cannot be read.
    #[error("cannot read the token file {}; check `server.token_file` and the file's rights", path.display())]
    TokenUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The token file holds no usable token.
    #[error("the token file {} must hold one line of 16 to 512 visible ASCII characters, such as `openssl rand -hex 32` prints", path.display())]
    TokenUnusable {
        /// The file.
        path: PathBuf,
    },
}

/// One setting, for help, documentation and checks.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The section of the file.
    pub section: &'static str,
    /// The key in the section.
    pub key: &'static str,
    /// The default, as text.
    pub default: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// A span of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// The span.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// A value that may be absent; empty text is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

/// Words, written as a list in the file and separated by commas elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A type that a setting can have. `Err` says what would fit.
pub(super) trait Value: Sized {
    fn parse(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<Self, String>;
    fn show(&self) -> String;
}

fn number(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<u64, String> {
    let bounds = bounds.unwrap_or(0..=u64::MAX);
    let found = text
        .replace('_', "")
        .parse()
        .ok()
        .filter(|found| bounds.contains(found));
    found.ok_or_else(|| format!("a whole number from {} to {}", bounds.start(), bounds.end()))
}

impl Value for u64 {
    fn parse(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        number(text, bounds)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn parse(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        let found = number(text, bounds)?;
        Self::try_from(found).map_err(|_| "a number this machine can count to".to_owned())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Millis {
    fn parse(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        let milliseconds = number(text, bounds).map_err(|expected| format!("{expected}, in milliseconds"))?;
        Ok(Self(milliseconds))
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

impl Value for String {
    fn parse(text: &str, _: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn parse(text: &str, _: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("a path".to_owned());
        }
        Ok(Self::from(text))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for SocketAddr {
    fn parse(text: &str, _: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: Value> Value for Optional<T> {
    fn parse(text: &str, bounds: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        T::parse(text, bounds).map(|value| Self(Some(value)))
    }
    fn show(&self) -> String {
        self.0.as_ref().map(T::show).unwrap_or_default()
    }
}

impl Value for Words {
    fn parse(text: &str, _: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        Ok(Self(words.map(str::to_owned).collect()))
    }
    fn show(&self) -> String {
        self.0.join(",")
    }
}

impl Value for LogFormat {
    fn parse(text: &str, _: Option<RangeInclusive<u64>>) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("`text` or `json`".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Json => "json".to_owned(),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.section, self.key)
    }
}

/// Writes the sections, their defaults and the table of settings from one list, so that no setting
/// can be readable from one layer and not from another.
macro_rules! settings {
    (@bounds) => { None };
    (@bounds $bounds:expr) => { Some($bounds) };
    ($(
        $(#[doc = $section_help:literal])*
        $section:ident: $Section:ident {
            $($(#[doc = $help:literal])* $key:ident: $type:ty = $default:literal $(, $bounds:expr)?;)*
        }
    )*) => {
        /// The whole configuration.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $($(#[doc = $section_help])* pub $section: $Section,)*
        }

        $(
            $(#[doc = $section_help])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $Section {
                $($(#[doc = $help])* pub $key: $type,)*
            }
        )*

        impl Default for Config {
            fn default() -> Self {
                Self {
                    $($section: $Section {
                        $($key: <$type as setting::Value>::parse($default, settings!(@bounds $($bounds)?))
                            .expect("defaults fit their settings"),)*
                    },)*
                }
            }
        }

        impl Config {
            /// All settings, in the order of the sections.
            pub const SETTINGS: &'static [Setting] = &[
                $($(Setting {
                    section: stringify!($section),
                    key: stringify!($key),
                    default: $default,
                    help: concat!($($help),*).trim_ascii(),
                },)*)*
            ];

            /// Sets one value from text; `None` when there is no such setting.
            fn set(&mut self, section: &str, key: &str, text: &str) -> Option<Result<(), String>> {
                match (section, key) {
                    $($((stringify!($section), stringify!($key)) => Some(
                        <$type as setting::Value>::parse(text, settings!(@bounds $($bounds)?))
                            .map(|value| self.$section.$key = value),
                    ),)*)*
                    _ => None,
                }
            }

            /// One value as text; `None` when there is no such setting.
            fn show(&self, section: &str, key: &str) -> Option<String> {
                match (section, key) {
                    $($((stringify!($section), stringify!($key)) => {
                        Some(setting::Value::show(&self.$section.$key))
                    })*)*
                    _ => None,
                }
            }
        }
    };
}

pub(super) use settings;
