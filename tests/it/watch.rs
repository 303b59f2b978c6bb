//! A service that is watched, through a real server.

use serde_json::{Value, json};

use crate::process::{Events, Process};

/// A service on an application that needs one of two web servers, each on a host; and a bystander.
pub(crate) const ESTATE: &str = r#"{"source":"drawing"}
{"ci":{"key":"svc","type":"business_service","name":"svc","attributes":{"tier":1}}}
{"ci":{"key":"app","type":"application","name":"app"}}
{"ci":{"key":"w1","type":"web_server","name":"w1"}}
{"ci":{"key":"w2","type":"web_server","name":"w2"}}
{"ci":{"key":"h1","type":"physical_server","name":"h1"}}
{"ci":{"key":"h2","type":"physical_server","name":"h2"}}
{"ci":{"key":"by","type":"application","name":"by"}}
{"relationship":{"from":"svc","type":"depends_on","to":"app"}}
{"relationship":{"from":"w1","type":"runs_on","to":"h1"}}
{"relationship":{"from":"w2","type":"runs_on","to":"h2"}}
{"group":{"name":"web","consumer":"app","members":["w1","w2"],"up_min":1}}
"#;

const WATCH: &str = "subscription($service: String!, $level: ImpactState! = DOWN, $from: StartingState! = CURRENT) {
  watch(service: $service, level: $level, startingState: $from) {
    revision at isFirst takesPart service { name } state stateBefore complete truncatedReason howToGoOn
    singlePointsOfFailure { name } singlePointsOfFailureCount
    newSinglePointsOfFailure { name } newSinglePointsOfFailureCount
    vanishedSinglePointsOfFailure { name typeName } vanishedSinglePointsOfFailureCount
    redundancy { name consumer { name } upMin total up headroom output }
    redundancyChanges { before { up total headroom } after { up total headroom } } redundancyChangeCount
  }
}";

pub(crate) struct Server {
    pub(crate) process: Process,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::start(&folder.path().join("data"));
        assert_eq!(process.ingest("", ESTATE).summary()["complete"], true);
        Self {
            process,
            _folder: folder,
        }
    }

    pub(crate) fn watch(&self, variables: &Value) -> Events {
        self.process.subscribe(WATCH, variables)
    }

    /// Executes commands as one commit; its revision.
    pub(crate) fn execute(&self, commands: &Value) -> u64 {
        let query = "mutation($commands: [CommandInput!]!) { execute(commands: $commands, mode: ATOMIC) {
            changed results { error { code message } } } }";
        let answer = self.process.data(query, &json!({ "commands": commands }));
        assert_eq!(answer["execute"]["changed"], true, "{answer}");
        self.process.revision()
    }

    pub(crate) fn move_to(&self, ci: &str, stage: &str) -> u64 {
        self.execute(&json!([{ "moveConfigurationItem": { "ref": ci, "stage": stage } }]))
    }

    fn group(&self) -> Value {
        let query = "{ configurationItem(ref: \"application:app\") { redundancyGroups { id } } }";
        self.process.data(query, &Value::Null)["configurationItem"]["redundancyGroups"][0]["id"].clone()
    }
}

pub(crate) fn event(events: &Events) -> Value {
    let mut event = events.next().expect("an event");
    assert!(event.get("errors").is_none(), "{event}");
    event["data"]["watch"].take()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    let names = list.as_array().expect("a list").iter();
    names.map(|ci| ci["name"].as_str().expect("a name")).collect()
}

#[test]
fn losing_one_of_a_pair_makes_the_other_a_single_point_of_failure_until_it_is_back() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": "business_service:svc" }));
    let first = event(&events);
    assert_eq!(
        (&first["isFirst"], &first["state"], &first["stateBefore"]),
        (&json!(true), &json!("OK"), &Value::Null)
    );
    assert_eq!(
        (&first["complete"], &first["truncatedReason"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(names(&first["singlePointsOfFailure"]), ["app"]);
    assert_eq!(
        first["redundancy"],
        json!([{ "name": "web", "consumer": { "name": "app" }, "upMin": 1, "total": 2, "up": 2, "headroom": 1,
            "output": "OK" }])
    );
    let counts = [
        "newSinglePointsOfFailureCount",
        "vanishedSinglePointsOfFailureCount",
        "redundancyChangeCount",
    ];
    assert!(counts.iter().all(|count| first[count] == json!(0)), "{first}");

    let revision = server.move_to("physical_server:h1", "DOWN");
    let lost = event(&events);
    assert_eq!((&lost["revision"], &lost["isFirst"]), (&json!(revision), &json!(false)));
    assert_eq!(
        (&lost["stateBefore"], &lost["state"]),
        (&json!("OK"), &json!("AT_RISK"))
    );
    assert_eq!(names(&lost["newSinglePointsOfFailure"]), ["w2", "h2"]);
    assert_eq!(names(&lost["singlePointsOfFailure"]), ["app", "w2", "h2"]);
    assert_eq!(
        lost["redundancyChanges"],
        json!([{ "before": { "up": 2, "total": 2, "headroom": 1 }, "after": { "up": 1, "total": 2, "headroom": 0 } }])
    );

    server.move_to("physical_server:h1", "IN_SERVICE");
    let back = event(&events);
    assert_eq!(
        (&back["stateBefore"], &back["state"]),
        (&json!("AT_RISK"), &json!("OK"))
    );
    let mut vanished = names(&back["vanishedSinglePointsOfFailure"]);
    vanished.sort_unstable();
    assert_eq!(vanished, ["h2", "w2"]);
    assert_eq!(names(&back["newSinglePointsOfFailure"]), Vec::<&str>::new());
}

#[test]
fn what_does_not_change_the_service_is_no_event() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": "business_service:svc" }));
    event(&events);
    // Nothing to do with it; below it, without consequence; and a new dependent of what it stands on.
    server.move_to("application:by", "DOWN");
    server.execute(&json!([{ "updateConfigurationItem": { "ref": "web_server:w1", "tags": ["blue"] } }]));
    server.execute(&json!([{ "relate": { "from": "application:by", "type": "depends_on", "to": "web_server:w1" } }]));
    let relate = json!([{ "relate": { "from": "web_server:w1", "type": "runs_on", "to": "physical_server:h2" } }]);
    let revision = server.execute(&relate);
    let shared = event(&events);
    assert_eq!(shared["revision"], json!(revision), "{shared}");
    assert_eq!(names(&shared["newSinglePointsOfFailure"]), ["h2"]);
    assert_eq!(
        (&shared["state"], &shared["redundancyChangeCount"]),
        (&json!("OK"), &json!(0))
    );
}

#[test]
fn a_member_that_comes_into_use_is_noticed_though_nothing_stood_on_it() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": "business_service:svc" }));
    event(&events);
    let group = server.group();
    let member = json!({ "type": "web_server", "name": "w3", "stage": "PLANNED" });
    server.execute(&json!([{ "createConfigurationItem": member }]));
    let add = json!({ "id": group, "addMembers": [{ "ref": "web_server:w3" }] });
    server.execute(&json!([{ "changeRedundancyGroup": add }]));
    let revision = server.move_to("web_server:w3", "IN_SERVICE");
    let grown = event(&events);
    assert_eq!(grown["revision"], json!(revision), "{grown}");
    assert_eq!(
        grown["redundancyChanges"],
        json!([{ "before": { "up": 2, "total": 2, "headroom": 1 }, "after": { "up": 3, "total": 3, "headroom": 2 } }])
    );
    // All members needed, and not said how many: the group promises no redundancy any more.
    server.execute(&json!([{ "changeRedundancyGroup": { "id": group, "thresholds": {} } }]));
    let gone = event(&events);
    assert_eq!(gone["redundancyChanges"][0]["after"], Value::Null, "{gone}");
    let mut new = names(&gone["newSinglePointsOfFailure"]);
    new.sort_unstable();
    assert_eq!(new, ["h1", "h2", "w1", "w2", "w3"]);
}

#[test]
fn a_watch_of_what_would_be_without_present_failures_keeps_its_points() {
    let server = Server::new();
    let service = "business_service:svc";
    let events = server.watch(&json!({ "service": service, "from": "STRUCTURAL" }));
    event(&events);
    server.move_to("physical_server:h1", "DOWN");
    let lost = event(&events);
    assert_eq!(names(&lost["singlePointsOfFailure"]), ["app"]);
    assert_eq!(
        (&lost["state"], &lost["newSinglePointsOfFailureCount"]),
        (&json!("AT_RISK"), &json!(0))
    );
    let degraded = server.watch(&json!({ "service": service, "level": "DEGRADED" }));
    assert_eq!(names(&event(&degraded)["singlePointsOfFailure"]), ["app", "w2", "h2"]);
}

#[test]
fn a_burst_of_commits_ends_with_what_is_true() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": "business_service:svc" }));
    event(&events);
    for _ in 0..10 {
        server.move_to("physical_server:h1", "DOWN");
        server.move_to("physical_server:h1", "IN_SERVICE");
    }
    let last = server.move_to("physical_server:h2", "DOWN");
    let mut before = json!("OK");
    loop {
        let event = event(&events);
        assert_eq!(
            event["stateBefore"], before,
            "each event goes on where the last one ended"
        );
        before = event["state"].clone();
        if event["revision"] == json!(last) {
            assert_eq!(names(&event["singlePointsOfFailure"]), ["app", "w1", "h1"]);
            break;
        }
    }
}

#[test]
fn a_watch_ends_with_its_service_and_refuses_what_cannot_be_watched() {
    let server = Server::new();
    let events = server.watch(&json!({ "service": "business_service:svc" }));
    event(&events);
    server.move_to("business_service:svc", "RETIRED");
    assert_eq!(event(&events)["takesPart"], false);
    server.execute(&json!([{ "deleteConfigurationItem": {
        "ref": "business_service:svc", "reason": "a mistake", "withRelationships": true } }]));
    let end = events.next().expect("an error");
    assert_eq!(end["errors"][0]["extensions"]["code"], "CI_NOT_FOUND", "{end}");
    assert_eq!(events.next(), None);
    for (variables, code) in [
        (json!({ "service": "business_service:nobody" }), "CI_NOT_FOUND"),
        (json!({ "service": "application:app", "level": "OK" }), "INVALID_STATE"),
    ] {
        let refused = server.watch(&variables).next().expect("an error");
        assert_eq!(refused["errors"][0]["extensions"]["code"], code, "{refused}");
    }
}
