//! Rules of the house that the compiler does not check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may name beside itself and the leaves.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("catalog", &["model"]),
    ("graph", &["model", "catalog"]),
    ("impact", &["model", "catalog", "graph"]),
    ("store", &["model", "catalog"]),
    ("app", &["model", "catalog", "graph", "impact", "store"]),
    ("ingest", &["model", "catalog", "graph", "app"]),
    ("api", &["model", "catalog", "graph", "impact", "app", "ingest"]),
    ("ui", &[]),
    ("http", &["model", "app", "ingest", "api", "ui"]),
    ("generate", &["model", "ingest"]),
];

/// Open to all, standing on nothing but what is named.
const LEAVES: &[(&str, &[&str])] = &[("clock", &["model"]), ("config", &["app"]), ("telemetry", &["config"])];

/// Crates that only these layers may name.
const HOMES: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("petgraph", &["graph"]),
    ("async_graphql", &["api"]),
    ("axum", &["http", "ui"]),
    ("hyper", &["http"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "main"]),
];

/// Longest file of code, in lines.
const FILE_LINES_MAX: usize = 600;

struct Source {
    path: PathBuf,
    layer: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inner = path.strip_prefix(&root).expect("below src").to_owned();
                let first = inner.iter().next().expect("a name").to_string_lossy().into_owned();
                let layer = first.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).expect("a source in UTF-8");
                found.push(Source {
                    path: inner,
                    layer,
                    text,
                });
            }
        }
    }
    assert!(found.len() > 50, "the sources are found");
    found
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests") || path.ends_with("tests.rs") || path.ends_with("oracle.rs")
}

/// The code without comments, up to the tests at the end of the file.
fn code(text: &str) -> String {
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    own.lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules named by `crate::x` and `crate::{x, y}`.
fn named(code: &str) -> Vec<String> {
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut item = String::new();
            for character in list.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 || (depth == 1 && character == ',') {
                    names.push(word(item.trim()));
                    item.clear();
                } else {
                    item.push(character);
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.push(word(rest));
        }
    }
    names
}

#[test]
fn layers_name_only_what_stands_before_them() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().chain(LEAVES).copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test(&source.path)) {
        let Some(allowed) = layers.get(source.layer.as_str()) else {
            continue;
        };
        for name in named(&code(&source.text)) {
            let known = layers.contains_key(name.as_str()) || name == "cli";
            let leaf = LEAVES.iter().any(|(leaf, _)| *leaf == name);
            if known && !leaf && name != source.layer && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: `{}` names `{name}`", source.path.display(), source.layer));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outside_crates_are_named_only_at_home() {
    let mut wrong = Vec::new();
    for source in sources() {
        let code = code(&source.text);
        for (name, homes) in HOMES {
            let path = format!("{name}::");
            let names = code.match_indices(&path).any(|(at, _)| {
                !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
            });
            if names && !homes.contains(&source.layer.as_str()) {
                wrong.push(format!("{} names {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_is_synchronous() {
    let core = ["model", "catalog", "graph", "impact", "store", "config"];
    let sources = sources();
    let core = sources
        .iter()
        .filter(|source| core.contains(&source.layer.as_str()) && !is_test(&source.path));
    let wrong: Vec<String> = core
        .filter(|source| code(&source.text).contains("async fn") || code(&source.text).contains("tokio::"))
        .map(|source| source.path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_have_one_subject_and_a_word_about_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX && !is_test(&source.path) {
            wrong.push(format!("{} has {lines} lines", source.path.display()));
        }
        if !source.text.starts_with("//!") && !is_test(&source.path) {
            wrong.push(format!("{} does not say what it answers for", source.path.display()));
        }
        if source.path.ends_with("mod.rs") {
            wrong.push(format!("{} is a mod.rs", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
