use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn load(file: Option<&str>, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Effective, ConfigError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("given.toml");
    std::fs::write(&path, file.unwrap_or_default()).expect("a file");
    let flags: BTreeMap<String, String> = flags.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
    Effective::load(Some(&path), &variables.iter().copied().collect(), &flags)
}

fn refusal(file: Option<&str>, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
    load(file, variables, flags).expect_err("refused").to_string()
}

#[test]
fn later_layers_win() {
    let file = Some(
        "[server]\nlisten = \"127.0.0.1:1\"\nheader_timeout_ms = 20_000\norigins = [\"https://a\", \"https://b\"]",
    );
    let effective = load(file, &[], &[]).unwrap();
    assert_eq!(effective.config.server.listen.port(), 1);
    assert_eq!(effective.config.server.header_timeout_ms, Millis(20_000));
    assert_eq!(effective.config.server.origins.0, ["https://a", "https://b"]);
    let variables = [
        ("LINCHPIN_LISTEN", "127.0.0.1:2"),
        ("LINCHPIN_SERVER_HEADER_TIMEOUT_MS", "30000"),
    ];
    let effective = load(file, &variables, &[]).unwrap();
    assert_eq!(effective.config.server.listen.port(), 2);
    assert_eq!(effective.config.server.header_timeout_ms, Millis(30_000));
    let effective = load(file, &variables, &[("server.listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(effective.config.server.listen.port(), 3);
    assert_eq!(effective.origin("server.listen"), &Origin::Flag);
    assert_eq!(effective.origin("store.data"), &Origin::Default);
}

#[test]
fn what_is_unknown_or_wrong_is_refused_by_name() {
    assert!(refusal(Some("[server]\nlistn = 1"), &[], &[]).contains("`server.listn`"));
    assert!(refusal(Some("[sever]\n"), &[], &[]).contains("`sever`"));
    assert!(refusal(Some("listen = 1"), &[], &[]).contains("`listen`"));
    assert!(refusal(None, &[("LINCHPIN_LISTN", "x")], &[]).contains("`LINCHPIN_LISTN`"));
    assert!(refusal(None, &[], &[("store.dta", "x")]).contains("`store.dta`"));
    let message = refusal(None, &[("LINCHPIN_LIMITS_ERRORS_MAX", "0")], &[]);
    assert!(
        message.contains("LINCHPIN_LIMITS_ERRORS_MAX") && message.contains("from 1 to 1000"),
        "{message}"
    );
    assert!(refusal(Some("[log]\nformat = \"xml\""), &[], &[]).contains("`text` or `json`"));
    assert!(refusal(Some("= nothing"), &[], &[]).contains("not valid TOML"));
}

#[test]
fn what_is_printed_can_be_read_back() {
    let first = load(
        Some("[server]\ntoken_file = \"a\\\\b\"\nhosts = [\"x\", \"y\"]"),
        &[],
        &[],
    )
    .unwrap();
    let again = load(Some(&first.render_redacted()), &[], &[]).unwrap();
    assert_eq!(first.config, again.config);
}

#[test]
fn the_json_schema_has_every_setting_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/config.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut stated = Vec::new();
    for (section, body) in schema["properties"].as_object().unwrap() {
        assert_eq!(body["additionalProperties"], false, "{section}");
        for (key, property) in body["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{section}.{key}");
            stated.push(format!("{section}.{key}"));
        }
    }
    let mut known: Vec<String> = Config::SETTINGS.iter().map(ToString::to_string).collect();
    stated.sort();
    known.sort();
    assert_eq!(stated, known);
}

#[test]
fn a_token_is_compared_and_never_printed() {
    let secret = "0123456789abcdef";
    let token = Token::new(secret).unwrap();
    assert!(token.matches(secret) && !token.matches("0123456789abcdeF") && !token.matches(""));
    assert_eq!(format!("{token:?}"), "Token(***)");
    assert!(Token::new("short").is_none() && Token::new("with a space in the middle").is_none());
}
