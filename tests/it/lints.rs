//! Findings about the model, by GraphQL and on the command line.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Process, run_on};

/// One place for each code, and a proper pair in racks of its own, about which there is nothing to say.
const ESTATE: &str = r#"{"source":"drawing"}
{"ci":{"key":"peers","type":"application","name":"peers"}}
{"ci":{"key":"p1","type":"web_server","name":"p1"}}
{"ci":{"key":"p2","type":"web_server","name":"p2"}}
{"group":{"name":"pair","consumer":"peers","members":["p1","p2"],"up_min":1}}
{"relationship":{"from":"p1","type":"depends_on","to":"p2"}}
{"ci":{"key":"short","type":"application","name":"short"}}
{"ci":{"key":"u1","type":"web_server","name":"u1"}}
{"ci":{"key":"u2","type":"web_server","name":"u2"}}
{"group":{"name":"trio","consumer":"short","members":["u1","u2"],"up_min":3}}
{"ci":{"key":"tight","type":"business_service","name":"tight","attributes":{"tier":1}}}
{"ci":{"key":"t1","type":"web_server","name":"t1"}}
{"ci":{"key":"t2","type":"web_server","name":"t2"}}
{"group":{"name":"both","consumer":"tight","members":["t1","t2"],"up_min":2}}
{"ci":{"key":"fated","type":"application","name":"fated"}}
{"ci":{"key":"f1","type":"web_server","name":"f1"}}
{"ci":{"key":"f2","type":"web_server","name":"f2"}}
{"ci":{"key":"room","type":"room","name":"room"}}
{"ci":{"key":"rack","type":"rack","name":"rack"}}
{"relationship":{"from":"rack","type":"located_in","to":"room"}}
{"relationship":{"from":"f1","type":"located_in","to":"rack"}}
{"relationship":{"from":"f2","type":"located_in","to":"rack"}}
{"group":{"name":"split","consumer":"fated","members":["f1","f2"],"up_min":1}}
{"ci":{"key":"round","type":"application","name":"round"}}
{"ci":{"key":"c1","type":"web_server","name":"c1"}}
{"ci":{"key":"c2","type":"web_server","name":"c2"}}
{"relationship":{"from":"c1","type":"depends_on","to":"round"}}
{"group":{"name":"either","consumer":"round","members":["c1","c2"],"up_min":1}}
{"ci":{"key":"s1","type":"switch","name":"s1"}}
{"ci":{"key":"s2","type":"switch","name":"s2"}}
{"relationship":{"from":"s1","type":"connects_to","to":"s2"}}
{"relationship":{"from":"s2","type":"connects_to","to":"s1"}}
{"ci":{"key":"lone","type":"application","name":"lone"}}
{"ci":{"key":"l1","type":"web_server","name":"l1"}}
{"ci":{"key":"l2","type":"web_server","name":"l2"}}
{"relationship":{"from":"lone","type":"depends_on","to":"l1"}}
{"relationship":{"from":"lone","type":"depends_on","to":"l2"}}
{"ci":{"key":"good","type":"application","name":"good"}}
{"ci":{"key":"g1","type":"web_server","name":"g1"}}
{"ci":{"key":"g2","type":"web_server","name":"g2"}}
{"ci":{"key":"rack-1","type":"rack","name":"rack-1"}}
{"ci":{"key":"rack-2","type":"rack","name":"rack-2"}}
{"relationship":{"from":"g1","type":"located_in","to":"rack-1"}}
{"relationship":{"from":"g2","type":"located_in","to":"rack-2"}}
{"group":{"name":"proper","consumer":"good","members":["g1","g2"],"up_min":1}}
"#;

/// A folder with the store of an estate in it.
struct Store {
    folder: tempfile::TempDir,
}

impl Store {
    fn with(estate: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("estate.ndjson");
        std::fs::write(&file, estate).expect("it is written");
        let store = Self { folder };
        let file = file.to_str().expect("a name in UTF-8");
        assert_eq!(store.lints(&["import", file]).0, 0);
        store
    }

    fn data(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("data")
    }

    /// The exit code of a command, and what it printed.
    fn lints(&self, arguments: &[&str]) -> (i32, String) {
        let output = run_on(&self.data(), arguments);
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.code().expect("an exit code"), printed)
    }
}

#[test]
fn each_finding_is_told_with_names_and_with_what_to_do() {
    let store = Store::with(ESTATE);
    let (code, told) = store.lints(&["lints"]);
    assert_eq!(code, 1, "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn findings_are_chosen_by_code_severity_and_what_they_are_about() {
    let store = Store::with(ESTATE);
    let found = |arguments: &[&str]| -> (i32, Vec<(String, String)>) {
        let (code, printed) = store.lints(&[&["lints", "--json"], arguments].concat());
        let report: Value = serde_json::from_str(&printed).expect("JSON");
        let told = report["findings"].as_array().expect("a list").iter().map(|finding| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&finding["code"]), text(&finding["ci"]["name"]))
        });
        (code, told.collect())
    };
    let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    let (code, all) = found(&[]);
    assert_eq!((code, all.len()), (1, 8), "{all:?}");
    assert!(all.iter().all(|(_, name)| name != "good"), "{all:?}");
    let tight = vec![pair("ZERO_HEADROOM", "tight")];
    assert_eq!(found(&["--tier", "1"]), (1, tight.clone()));
    assert_eq!(found(&["--type", "service"]), (1, tight.clone()));
    assert_eq!(found(&["--code", "zero_headroom"]), (1, tight));
    assert_eq!(found(&["--ci", "rack:rack"]), (1, vec![pair("SHARED_FATE", "fated")]));
    assert_eq!(found(&["--ci", "rack:rack-1"]), (0, vec![]));
    let (_, errors) = found(&["--min-severity", "error"]);
    let mut codes: Vec<&str> = errors.iter().map(|(code, _)| code.as_str()).collect();
    codes.dedup();
    assert_eq!(codes, ["PEER_HARD_EDGE", "GROUP_UNDERSIZED", "UNGROUNDED_AT_BASELINE"]);
    assert_eq!(found(&["--limit", "1"]).1.len(), 1);
    assert_eq!(store.lints(&["lints", "--code", "NONSENSE"]).0, 2);
    assert_eq!(store.lints(&["lints", "--type", "spaceship"]).0, 3);
    assert_eq!(store.lints(&["lints", "--ci", "rack:nowhere"]).0, 4);
}

#[test]
fn an_estate_without_findings_ends_with_zero() {
    let good = ESTATE.lines().next().into_iter();
    let good = good.chain(ESTATE.lines().skip_while(|line| !line.contains(r#""key":"good""#)));
    let store = Store::with(&good.collect::<Vec<_>>().join("\n"));
    assert_eq!(store.lints(&["lints"]), (0, String::new()));
}

const PAGE: &str = "query($codes: [LintCode!], $limits: ImpactLimits, $first: Int, $after: String) {
  lints(codes: $codes, limits: $limits) {
    complete truncatedReason howToGoOn linksVisited
    counts { code count complete }
    findings(first: $first, after: $after) {
      nodes { code ci { name } group { name upMinStated upMin total } cis(first: 1) { name } ciCount explanation }
      pageInfo { hasNextPage endCursor } totalCount complete
    }
  }
}";

#[test]
fn pages_cover_all_findings_and_expire_with_the_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    assert_eq!(server.ingest("", ESTATE).summary()["complete"], true);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let answer = server.data(PAGE, &json!({ "first": 3, "after": after }));
        let lints = &answer["lints"];
        assert_eq!(
            (&lints["complete"], &lints["truncatedReason"]),
            (&json!(true), &Value::Null)
        );
        for count in lints["counts"].as_array().expect("counts") {
            let code = count["code"].as_str().expect("a code").to_owned();
            counted.insert(code, count["count"].as_u64().expect("a number"));
        }
        seen.extend(lints["findings"]["nodes"].as_array().expect("nodes").iter().cloned());
        assert_eq!(lints["findings"]["totalCount"], 8);
        if lints["findings"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = lints["findings"]["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen.len(), 8);
    assert_eq!((counted.len(), counted.values().sum::<u64>()), (7, 8));
    let fated = seen
        .iter()
        .find(|finding| finding["code"] == "SHARED_FATE")
        .expect("it is there");
    assert_eq!(
        fated["group"],
        json!({ "name": "split", "upMinStated": "1", "upMin": 1, "total": 2 })
    );
    // The rack before the room, which takes the rack along.
    assert_eq!(
        (&fated["cis"][0]["name"], &fated["ciCount"]),
        (&json!("rack"), &json!(2))
    );
    let other = server.graphql(PAGE, &json!({ "codes": ["SHARED_FATE"], "after": after }));
    assert_eq!(other["errors"][0]["extensions"]["code"], "CURSOR_EXPIRED", "{other}");
    server.ingest(
        "",
        "{\"source\":\"drawing\"}\n{\"ci\":{\"key\":\"new\",\"type\":\"application\",\"name\":\"new\"}}\n",
    );
    let gone = server.graphql(PAGE, &json!({ "first": 3, "after": after }));
    assert_eq!(gone["errors"][0]["extensions"]["code"], "CURSOR_EXPIRED", "{gone}");
}

#[test]
fn a_look_that_is_cut_short_says_so_and_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    assert_eq!(server.ingest("", ESTATE).summary()["complete"], true);
    let whole = server.data(PAGE, &json!({}));
    let links = whole["lints"]["linksVisited"].as_u64().expect("a number");
    let part = server.data(PAGE, &json!({ "limits": { "maxLinks": links - 1 } }));
    let part = &part["lints"];
    assert_eq!(
        (&part["complete"], &part["truncatedReason"]),
        (&json!(false), &json!("ARCS"))
    );
    assert_eq!(part["findings"]["complete"], false);
    assert!(
        part["howToGoOn"].as_str().is_some_and(|way| way.contains("codes")),
        "{part}"
    );
    let incomplete = part["counts"].as_array().expect("counts").iter();
    let incomplete: Vec<&Value> = incomplete.filter(|count| count["complete"] == json!(false)).collect();
    assert_eq!(incomplete.len(), 1, "{part}");
    assert_eq!(incomplete[0]["code"], "SHARED_FATE");
}

#[test]
fn a_plan_is_looked_at_before_it_is_carried_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(&folder.path().join("data"));
    assert_eq!(server.ingest("", ESTATE).summary()["complete"], true);
    let query = "query($commands: [CommandInput!]!) { scenario(commands: $commands) {
        lints(codes: [SHARED_FATE]) { findings { nodes { ci { name } cis { name } } totalCount } } } }";
    let relate = |from: &str, to: &str| json!({ "relate": { "from": from, "type": "located_in", "to": to } });
    let commands = json!([
        relate("web_server:g1", "rack:rack"),
        relate("web_server:g2", "rack:rack")
    ]);
    let answer = server.data(query, &json!({ "commands": commands }));
    let found = &answer["scenario"]["lints"]["findings"];
    assert_eq!(found["totalCount"], 2, "{found}");
    assert_eq!(found["nodes"][1]["ci"]["name"], "good");
    let now = server.data(
        "{ lints(codes: [SHARED_FATE]) { findings { totalCount } } }",
        &Value::Null,
    );
    assert_eq!(now["lints"]["findings"]["totalCount"], 1);
}

#[test]
fn findings_are_a_spreadsheet_and_a_tier_that_is_none_is_refused() {
    let store = Store::with(ESTATE);
    let (code, told) = store.lints(&["lints", "--format", "csv"]);
    assert_eq!(code, 1);
    let mut reader = csv::Reader::from_reader(told.as_bytes());
    let headings = reader.headers().expect("headings").clone();
    assert_eq!(
        headings.iter().take(4).collect::<Vec<_>>(),
        ["severity", "code", "ci", "group"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 8, "{told}");
    assert!(rows.iter().all(|row| row.len() == headings.len() && !row[7].is_empty()));
    let (_, json) = store.lints(&["lints", "--format", "json"]);
    assert_eq!(json, store.lints(&["lints", "--json"]).1);
    // A typing error must not look like an estate without findings.
    assert_eq!(store.lints(&["lints", "--tier", "9"]).0, 2);
    let server = crate::process::Process::start(&store.data());
    let answer = server.graphql("{ lints(filter: { tiers: [9] }) { complete } }", &Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["field"], "tiers", "{answer}");
}
