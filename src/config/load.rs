//! Reading the layers, and saying where each value came from.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Config;
use super::setting::{ConfigError, Setting};

/// The file that is read when none is named and it is there.
pub const DEFAULT_FILE: &str = "linchpin.toml";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "LINCHPIN_CONFIG";

/// Short names of the settings people set most.
const SHORT_VARIABLES: [(&str, &str, &str); 3] = [
    ("LINCHPIN_DATA", "store", "data"),
    ("LINCHPIN_LISTEN", "server", "listen"),
    ("LINCHPIN_TOKEN_FILE", "server", "token_file"),
];

/// Variables with our prefix that are read elsewhere: the command line's server address, the cases
/// of the conformance test.
const FOREIGN_VARIABLES: [&str; 2] = ["LINCHPIN_URL", "LINCHPIN_CASES"];

/// The `LINCHPIN_*` variables, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// What this process was started with.
    pub fn read() -> Self {
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("LINCHPIN_"))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self(pairs.collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said otherwise.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// A variable.
    Environment(String),
    /// A flag of the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The configuration in force, and where each of its values came from.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The values.
    pub config: Config,
    origins: BTreeMap<String, Origin>,
}

impl Effective {
    /// Reads the layers. `file` is what the command line names; `flags` are `section.key` and text.
    pub fn load(
        file: Option<&Path>,
        environment: &Environment,
        flags: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut effective = Self {
            config: Config::default(),
            origins: BTreeMap::new(),
        };
        let named = file
            .map(Path::to_path_buf)
            .or_else(|| environment.get(FILE_VARIABLE).map(PathBuf::from));
        match named {
            Some(path) => effective.read_file(&path)?,
            None if Path::new(DEFAULT_FILE).exists() => effective.read_file(Path::new(DEFAULT_FILE))?,
            None => {}
        }
        effective.read_environment(environment)?;
        for (name, text) in flags {
            effective.set(name, text, Origin::Flag)?;
        }
        Ok(effective)
    }

    /// Where the value of `section.key` came from.
    pub fn origin(&self, name: &str) -> &Origin {
        self.origins.get(name).unwrap_or(&Origin::Default)
    }

    /// The configuration as a file would state it, each value with its origin. Secrets are never
    /// part of it: the token stands in a file of its own, of which only the path is shown.
    pub fn render_redacted(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for setting in Config::SETTINGS {
            if setting.section != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                section = setting.section;
                writeln!(text, "{gap}[{section}]").expect("writing to a string cannot fail");
            }
            let value = self
                .config
                .show(setting.section, setting.key)
                .expect("the table names settings only");
            let value = toml_literal(setting, &value);
            let origin = self.origin(&setting.to_string());
            writeln!(text, "{} = {value}  # {origin}", setting.key).expect("writing to a string cannot fail");
        }
        text
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let unreadable = |source| ConfigError::Unreadable {
            path: path.to_path_buf(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let tables: toml::Table = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.to_path_buf(),
            source,
        })?;
        for (section, table) in &tables {
            let unknown = || ConfigError::UnknownKey {
                place: format!("the file {}", path.display()),
                key: section.clone(),
            };
            for (key, value) in table.as_table().ok_or_else(unknown)? {
                let name = format!("{section}.{key}");
                self.set(&name, &toml_text(value), Origin::File(path.to_path_buf()))?;
            }
            if Config::SETTINGS.iter().all(|setting| setting.section != section) {
                return Err(unknown());
            }
        }
        Ok(())
    }

    fn read_environment(&mut self, environment: &Environment) -> Result<(), ConfigError> {
        // Long names first, so that of two names of one setting the short one wins every time.
        let (short, long): (Vec<_>, Vec<_>) = environment
            .0
            .iter()
            .filter(|(name, _)| *name != FILE_VARIABLE && !FOREIGN_VARIABLES.contains(&name.as_str()))
            .partition(|(name, _)| SHORT_VARIABLES.iter().any(|known| known.0 == *name));
        for (variable, text) in long.into_iter().chain(short) {
            let name = setting_of(variable).ok_or_else(|| ConfigError::UnknownKey {
                place: "the environment".to_owned(),
                key: variable.clone(),
            })?;
            self.set(&name, text, Origin::Environment(variable.clone()))?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, text: &str, origin: Origin) -> Result<(), ConfigError> {
        let place = match &origin {
            Origin::Default => "the default".to_owned(),
            Origin::File(path) => format!("the file {}", path.display()),
            Origin::Environment(variable) => format!("the variable {variable}"),
            Origin::Flag => "the command line".to_owned(),
        };
        let (section, key) = name.split_once('.').unwrap_or((name, ""));
        match self.config.set(section, key, text) {
            None => Err(ConfigError::UnknownKey {
                place,
                key: name.to_owned(),
            }),
            Some(Err(expected)) => Err(ConfigError::InvalidValue {
                place,
                key: name.to_owned(),
                value: text.to_owned(),
                expected,
            }),
            Some(Ok(())) => {
                self.origins.insert(name.to_owned(), origin);
                Ok(())
            }
        }
    }
}

fn setting_of(variable: &str) -> Option<String> {
    if let Some((_, section, key)) = SHORT_VARIABLES.iter().find(|known| known.0 == variable) {
        return Some(format!("{section}.{key}"));
    }
    let rest = variable.strip_prefix("LINCHPIN_")?.to_ascii_lowercase();
    let known = Config::SETTINGS
        .iter()
        .find(|setting| format!("{}_{}", setting.section, setting.key) == rest)?;
    Some(known.to_string())
}

fn toml_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(toml_text).collect::<Vec<_>>().join(","),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_) => value.to_string(),
    }
}

/// Numbers stand bare, everything else quoted.
fn toml_literal(setting: &Setting, value: &str) -> String {
    if !setting.default.is_empty() && setting.default.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.to_owned();
    }
    toml::Value::String(value.to_owned()).to_string()
}
