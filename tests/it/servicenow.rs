//! `ServiceNow`'s identify-and-reconcile, through a real server.

use serde_json::{Value, json};

use crate::process::Process;

struct Server {
    process: Process,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::start(&folder.path().join("data"));
        Self {
            process,
            _folder: folder,
        }
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.process.post(path, &body.to_string());
        let json = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (answer.status, json)
    }

    fn push(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body);
        assert_eq!(status, 200, "{answer}");
        answer["result"].clone()
    }
}

/// A web server that runs on a Linux server, as the documentation of the interface has it.
fn shop() -> Value {
    json!({
        "items": [
            { "className": "cmdb_ci_web_server", "internal_id": "w",
              "values": { "name": "apache shop 200", "tcp_port": "3452", "running_process_command": "httpd" } },
            { "className": "cmdb_ci_linux_server", "internal_id": "l",
              "values": { "name": "shop-01", "ram": "2048" },
              "lookup": [{ "className": "cmdb_serial_number",
                           "values": { "serial_number": "0-4bcc3a6b", "serial_number_type": "uuid", "valid": "true" } }],
              "sys_object_source_info": { "source_name": "SG", "source_native_key": "l-77",
                                          "source_recency_timestamp": "2023-01-31 12:00:00" } },
        ],
        "relations": [{ "parent": 0, "child": 1, "type": "Runs on::Runs" }],
    })
}

const PUSH: &str = "/api/now/identifyreconcile?sysparm_data_source=ServiceNow";
const QUERY: &str = "/api/now/v1/identifyreconcile/query?sysparm_data_source=ServiceNow";
const ENHANCED: &str = "/api/now/identifyreconcile/enhanced?sysparm_data_source=ServiceNow&options=partial_commits:true,generate_summary:true";

#[test]
fn a_payload_is_simulated_inserted_and_unchanged_the_second_time() {
    let server = Server::new();
    let revision = server.process.revision();
    let simulated = server.push(QUERY, &shop());
    assert_eq!(simulated["items"][0]["operation"], "INSERT", "{simulated}");
    assert_eq!(simulated["items"][0]["sysId"], "Unknown");
    assert_eq!(server.process.revision(), revision);

    let inserted = server.push(PUSH, &shop());
    assert_eq!(inserted["hasError"], false, "{inserted}");
    let web = &inserted["items"][0];
    assert_eq!(
        (&web["operation"], &web["className"]),
        (&json!("INSERT"), &json!("cmdb_ci_web_server"))
    );
    assert_eq!(web["inputIndices"], json!([0]));
    assert_eq!(web["warnings"][0]["error"], "FIELD_NOT_KNOWN", "{web}");
    assert_eq!(web["sysId"].as_str().map(str::len), Some(32));
    assert_eq!(inserted["relations"][0]["operation"], "INSERT", "{inserted}");
    assert_eq!(server.process.revision(), revision + 1, "one commit");

    let again = server.push(PUSH, &shop());
    let operations: Vec<&Value> = [&again["items"][0], &again["items"][1], &again["relations"][0]]
        .iter()
        .map(|one| &one["operation"])
        .collect();
    assert_eq!(
        operations,
        [&json!("NO_CHANGE"), &json!("NO_CHANGE"), &json!("NO_CHANGE")],
        "{again}"
    );
    assert_eq!(again["items"][0]["sysId"], web["sysId"]);
    let attempts = &again["items"][0]["identificationAttempts"];
    assert_eq!(attempts[0]["attemptResult"], "MATCHED", "{again}");
    assert_eq!(attempts[0]["identifierName"], "name_within_host");
    assert_eq!(attempts[0]["searchOnTable"], "cmdb_ci_web_server");
    assert_eq!(server.process.revision(), revision + 1);
}

#[test]
fn errors_are_of_their_items_and_keep_the_others_back_unless_commits_may_be_partial() {
    let server = Server::new();
    let body = json!({
        "items": [
            { "className": "cmdb_ci_linux_server", "values": { "name": "good", "serial_number": "S1" } },
            { "className": "cmdb_ci_linux_server", "values": { "name": "nothing to tell it by" } },
            { "className": "u_spaceship", "values": { "name": "x" } },
            { "className": "cmdb_ci_linux_server", "values": { "name": "same", "serial_number": "S1" } },
        ],
        "relations": [
            { "parent": 0, "child": 1, "type": "Depends on::Used by" },
            { "parent": 0, "child": 9, "type": "Depends on::Used by" },
            { "parent": 0, "child": 3, "type": "Sings to::Sung to by" },
        ],
    });
    let revision = server.process.revision();
    let whole = server.push(PUSH, &body);
    assert_eq!(whole["hasError"], true);
    assert_eq!(server.process.revision(), revision, "nothing lands");
    let partial = server.push(ENHANCED, &body);
    assert!(server.process.revision() > revision);
    let items = partial["items"].as_array().expect("items");
    assert_eq!(items.len(), 3, "two of the items are one CI: {partial}");
    assert_eq!(
        (&items[0]["operation"], &items[0]["inputIndices"]),
        (&json!("INSERT"), &json!([0, 3]))
    );
    assert_eq!(
        items[1]["errors"][0]["error"], "MISSING_MATCHING_ATTRIBUTES",
        "{partial}"
    );
    assert_eq!(items[2]["errors"][0]["error"], "INVALID_INPUT_DATA");
    assert_eq!(
        (&items[1]["errorCount"], &items[1]["sysId"]),
        (&json!(1), &json!("Unknown"))
    );
    let errors: Vec<&Value> = (0..3)
        .map(|place| &partial["relations"][place]["errors"][0]["error"])
        .collect();
    assert_eq!(
        errors,
        [
            &json!("MISSING_DEPENDENCY"),
            &json!("INVALID_INPUT_DATA"),
            &json!("INVALID_INPUT_DATA")
        ]
    );
    assert_eq!(partial["summary"]["itemsReceived"], 4);
}

#[test]
fn an_unknown_class_is_taken_for_its_nearest_known_ancestor() {
    let server = Server::new();
    let item =
        |class: &str| json!({ "items": [{ "className": class, "values": { "name": "n", "serial_number": class } }] });
    let answer = server.push(PUSH, &item("cmdb_ci_plan9_server"));
    assert_eq!(
        answer["items"][0]["warnings"][0]["error"], "CLASS_NOT_KNOWN",
        "{answer}"
    );
    assert_eq!(answer["items"][0]["operation"], "INSERT");
    assert_eq!(server.push(PUSH, &item("cmdb_ci_aix_server"))["hasWarning"], false);
}

#[test]
fn a_single_ci_is_recorded_with_its_relations() {
    let server = Server::new();
    let pushed = server.push(PUSH, &shop());
    let host = pushed["items"][1]["sysId"].clone();
    let body = json!({
        "attributes": { "name": "nginx shop", "tcp_port": 80 },
        "outbound_relations": [{ "type": "Runs on::Runs", "target": host }],
        "source": "ServiceNow",
    });
    let (status, made) = server.post("/api/now/cmdb/instance/cmdb_ci_web_server", &body);
    assert_eq!(status, 201, "{made}");
    let result = &made["result"];
    assert_eq!(result["attributes"]["name"], "nginx shop");
    assert_eq!(result["outbound_relations"][0]["target"]["value"], host, "{made}");
    assert_eq!(result["inbound_relations"], json!([]));
    let (status, refused) = server.post("/api/now/cmdb/instance/u_spaceship", &body);
    assert_eq!(status, 400, "{refused}");
    assert_eq!(server.post(PUSH, &json!("x")).0, 400);
    assert_eq!(server.post(PUSH, &json!({ "items": [] })).0, 200);
}
