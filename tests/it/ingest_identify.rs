//! Which CI a record speaks of: junk, clones, hosts, related items, and what a source may do.

use crate::ingest_support::Database;

const RACK_OF_TWO: &str = r#"{"source":"vcenter"}
{"ci":{"key":"vm-1","type":"virtual_machine","name":"web-01","attributes":{"serial_number":"VMware-56 4d 01","uuid":"564d0101-0000-4000-8000-000000000001"}}}
{"ci":{"key":"vm-2","type":"virtual_machine","name":"web-02","attributes":{"serial_number":"VMware-56 4d 01","uuid":"564d0101-0000-4000-8000-000000000001"}}}
"#;

fn cis(database: &Database) -> usize {
    database.cmdb.reader().snapshot().ci_count()
}

fn outcomes(report: &crate::ingest_support::Report) -> Vec<(String, u64)> {
    let outcomes = report.summary.outcomes.iter();
    let word = |outcome| {
        serde_json::to_value(outcome)
            .expect("a word")
            .as_str()
            .expect("a word")
            .to_owned()
    };
    outcomes.map(|(outcome, count)| (word(outcome), *count)).collect()
}

fn warnings(report: &crate::ingest_support::Report) -> Vec<(String, u64)> {
    let warnings = report.summary.warnings.iter();
    warnings.map(|(code, count)| (code.clone(), *count)).collect()
}

#[test]
fn clones_with_one_serial_stay_two_machines_however_often_they_are_sent() {
    let database = Database::new();
    let report = database.load(RACK_OF_TWO);
    assert_eq!(outcomes(&report), [("CREATED".to_owned(), 2)]);
    assert_eq!(warnings(&report), [("SHARED_IDENTIFIER".to_owned(), 1)]);
    let item = report.items().into_iter().next().expect("the second");
    assert_eq!(item.key.as_deref(), Some("vm-2"));
    let serial = item.attempts.iter().find(|attempt| attempt.rule == "serial_number");
    let serial = serial.expect("it was tried");
    assert_eq!(format!("{:?}", serial.result), "OtherKey");
    assert_eq!(serial.candidates.len(), 1);

    let revision = database.revision();
    let again = database.load(RACK_OF_TWO);
    assert_eq!(outcomes(&again), [("UNCHANGED".to_owned(), 2)]);
    assert_eq!(warnings(&again), [("SHARED_IDENTIFIER".to_owned(), 1)]);
    assert_eq!((database.revision(), cis(&database)), (revision, 2));

    // Another source that knows neither by a key cannot tell them apart by what they share.
    let other = "{\"source\":\"scanner\"}\n{\"ci\":{\"key\":\"a\",\"type\":\"virtual_machine\",\"attributes\":\
        {\"uuid\":\"564d0101-0000-4000-8000-000000000001\"}}}\n";
    let report = database.load(other);
    let item = report.items().into_iter().next().expect("an item");
    assert_eq!(item.problems[0].code, "MULTI_MATCH");
    assert_eq!(item.candidates.len(), 2);
    assert_eq!(cis(&database), 2);
}

#[test]
fn another_source_finds_a_machine_by_its_serial_and_a_later_rule_decides_among_several() {
    let database = Database::new();
    database.load(RACK_OF_TWO);
    let scanned = "{\"source\":\"scanner\"}\n\
        {\"ci\":{\"key\":\"a\",\"type\":\"virtual_machine\",\"attributes\":{\"serial_number\":\"VMware-56 4d 01\"}}}\n";
    assert_eq!(outcomes(&database.load(scanned)), [("UPDATED".to_owned(), 1)]);
    let named = "{\"source\":\"vcenter\"}\n\
        {\"ci\":{\"key\":\"vm-2\",\"type\":\"virtual_machine\",\"attributes\":{\"fqdn\":\"web-02.example.com\"}}}\n";
    database.load(named);
    let both = "{\"source\":\"agent\"}\n{\"ci\":{\"key\":\"b\",\"type\":\"virtual_machine\",\"attributes\":\
        {\"uuid\":\"564d0101-0000-4000-8000-000000000001\",\"fqdn\":\"web-02.example.com\"}}}\n";
    assert_eq!(outcomes(&database.load(both)), [("UPDATED".to_owned(), 1)]);
    assert_eq!(cis(&database), 2);
}

#[test]
fn junk_identifies_nothing_and_is_stored_only_where_it_need_not_be_unique() {
    let database = Database::new();
    let junk = |source: &str, key: &str| {
        format!(
            "{{\"source\":\"{source}\"}}\n{{\"ci\":{{\"key\":\"{key}\",\"type\":\"physical_server\",\"name\":\"{key}\",\
             \"attributes\":{{\"serial_number\":\"To be filled by O.E.M.\",\"asset_tag\":\"Asset Tag\"}}}}}}\n"
        )
    };
    let report = database.load(&junk("one", "a"));
    assert_eq!(warnings(&report), [("JUNK_IDENTIFIER".to_owned(), 1)]);
    let item = report.items().into_iter().next().expect("an item");
    let results: Vec<String> = item
        .attempts
        .iter()
        .map(|one| format!("{} {:?}", one.rule, one.result))
        .collect();
    assert!(results.contains(&"serial_number Junk".to_owned()), "{results:?}");
    assert!(results.contains(&"asset_tag Junk".to_owned()), "{results:?}");
    assert_eq!(outcomes(&database.load(&junk("two", "b"))), [("CREATED".to_owned(), 1)]);
    let dump = database.dump().join("\n");
    assert!(!dump.contains("O.E.M."), "{dump}");
    assert_eq!(dump.matches("Asset Tag").count(), 2, "{dump}");
}

#[test]
fn what_belongs_to_a_host_is_looked_for_within_it() {
    let database = Database::new();
    let of = |source: &str| {
        format!(
            "{{\"source\":\"{source}\"}}\n\
             {{\"ci\":{{\"type\":\"interface\",\"name\":\"eth0\",\"host\":\"physical_server:h1\"}}}}\n\
             {{\"ci\":{{\"type\":\"interface\",\"name\":\"eth0\",\"host\":\"physical_server:h2\"}}}}\n"
        )
    };
    let hosts = "{\"source\":\"one\"}\n\
        {\"ci\":{\"key\":\"h1\",\"type\":\"physical_server\",\"name\":\"h1\"}}\n\
        {\"ci\":{\"key\":\"h2\",\"type\":\"physical_server\",\"name\":\"h2\"}}\n";
    database.load(hosts);
    assert_eq!(outcomes(&database.load(&of("one"))), [("CREATED".to_owned(), 2)]);
    assert_eq!(database.cmdb.reader().snapshot().relationship_count(), 2);
    let revision = database.revision();
    assert_eq!(outcomes(&database.load(&of("one"))), [("UNCHANGED".to_owned(), 2)]);
    assert_eq!(database.revision(), revision);
    database.load(&of("two"));
    assert_eq!(
        (cis(&database), database.cmdb.reader().snapshot().relationship_count()),
        (4, 2)
    );

    // The same from a relationship of the same payload, in any order.
    let by_relationship = "{\"source\":\"three\"}\n\
        {\"relationship\":{\"from\":\"n1\",\"type\":\"hosted_on\",\"to\":\"s1\"}}\n\
        {\"ci\":{\"key\":\"n1\",\"type\":\"interface\",\"name\":\"eth0\"}}\n\
        {\"ci\":{\"key\":\"s1\",\"id\":\"ID\",\"type\":\"physical_server\"}}\n";
    let snapshot = database.cmdb.reader().snapshot();
    let host = snapshot.ci_id(snapshot.named("h2").next().expect("h2"));
    database.load(&by_relationship.replace("ID", &host.to_string()));
    assert_eq!(cis(&database), 4);
    let wrong = "{\"source\":\"one\"}\n{\"ci\":{\"key\":\"r\",\"type\":\"rack\",\"name\":\"r\",\"host\":\"physical_server:h1\"}}\n\
        {\"ci\":{\"key\":\"n\",\"type\":\"interface\",\"name\":\"eth1\",\"host\":\"physical_server:h9\"}}\n";
    let report = database.load(wrong);
    let codes: Vec<String> = report
        .items()
        .iter()
        .flat_map(|item| item.problems.clone())
        .map(|one| one.code)
        .collect();
    assert_eq!(codes, ["BAD_USER_INPUT", "DANGLING_EDGE"]);
}

#[test]
fn a_machine_is_found_by_the_address_of_its_interface() {
    let database = Database::new();
    database.load(
        "{\"source\":\"one\"}\n\
         {\"ci\":{\"key\":\"h1\",\"type\":\"physical_server\",\"name\":\"h1\"}}\n\
         {\"ci\":{\"key\":\"n1\",\"type\":\"interface\",\"name\":\"eth0\",\"host\":\"h1\",\
         \"attributes\":{\"mac_address\":\"52:54:00:12:34:56\"}}}\n",
    );
    let report = database.load(
        "{\"source\":\"two\"}\n{\"ci\":{\"key\":\"x\",\"type\":\"server\",\"name\":\"h1-by-mac\",\"related\":[\
         {\"type\":\"interface\",\"attributes\":{\"mac_address\":\"00-00-00-00-00-00\"}},\
         {\"type\":\"interface\",\"attributes\":{\"mac_address\":\"52-54-00-12-34-56\"}}]}}\n",
    );
    assert_eq!(outcomes(&report), [("UPDATED".to_owned(), 1)]);
    assert_eq!(cis(&database), 2);
}

#[test]
fn sources_do_only_what_they_may() {
    let database = Database::new();
    // Of two that speak in one second, the first by name counts: the reader's word would.
    let define = r#"{"source":"vcenter"}
{"catalog":"[[source]]\nname = \"reader\"\nmay_create = false\nmay_update = false\n[[source]]\nname = \"matcher\"\non_no_match = \"error\"\n"}
{"ci":{"key":"h1","type":"physical_server","name":"h1","attributes":{"serial_number":"S1"}}}
"#;
    database.load(define);
    let say = |source: &str, serial: &str, name: &str| {
        let payload = format!(
            "{{\"source\":\"{source}\"}}\n{{\"ci\":{{\"key\":\"k\",\"type\":\"physical_server\",\"name\":\"{name}\",\
             \"attributes\":{{\"serial_number\":\"{serial}\"}}}}}}\n"
        );
        let report = database.load(&payload);
        let codes: Vec<String> = report
            .items()
            .iter()
            .flat_map(|item| item.problems.clone())
            .map(|one| one.code)
            .collect();
        (outcomes(&report)[0].0.clone(), codes.join(" "))
    };
    assert_eq!(
        say("reader", "S2", "h2"),
        ("REFUSED".into(), "CREATE_NOT_ALLOWED".into())
    );
    assert_eq!(
        say("reader", "S1", "h2"),
        ("REFUSED".into(), "UPDATE_NOT_ALLOWED".into())
    );
    assert_eq!(say("reader", "S1", "h1"), ("UNCHANGED".into(), String::new()));
    assert_eq!(say("matcher", "S2", "h2"), ("REFUSED".into(), "NO_MATCH".into()));
    assert_eq!(say("matcher", "S1", "h1").0, "UPDATED");
    assert_eq!(cis(&database), 1);
}

#[test]
fn an_atomic_load_refuses_what_would_wait_for_a_person() {
    let database = Database::new();
    database.load(RACK_OF_TWO);
    let (before, dump) = (database.revision(), database.dump());
    let several = "{\"source\":\"scanner\",\"mode\":\"ATOMIC\"}\n\
        {\"ci\":{\"key\":\"n\",\"type\":\"virtual_machine\",\"name\":\"new\"}}\n\
        {\"ci\":{\"key\":\"a\",\"type\":\"virtual_machine\",\"attributes\":\
        {\"uuid\":\"564d0101-0000-4000-8000-000000000001\"}}}\n";
    let report = database.load(several);
    assert_eq!(
        outcomes(&report),
        [("REFUSED".to_owned(), 1), ("NOT_APPLIED".to_owned(), 1)],
        "{}",
        report.text()
    );
    assert!(!report.summary.complete, "{}", report.text());
    let item = report.items().into_iter().find(|item| item.key.as_deref() == Some("a"));
    let item = item.expect("it is told");
    assert_eq!(item.problems[0].code, "MULTI_MATCH");
    assert_eq!(item.candidates.len(), 2);
    let waiting = |database: &Database| database.cmdb.reader().snapshot().open_review_count();
    assert_eq!(
        (database.revision(), database.dump(), waiting(&database)),
        (before, dump, 0)
    );

    let rule = "[[source]]\nname = \"scanner\"\non_no_match = \"stage\"\n";
    database.load(&format!("{}\n", serde_json::json!({ "catalog": rule })));
    let before = database.revision();
    let none = "{\"source\":\"scanner\",\"mode\":\"ATOMIC\"}\n\
        {\"ci\":{\"key\":\"n\",\"type\":\"virtual_machine\",\"name\":\"new\"}}\n";
    let report = database.load(none);
    assert_eq!(outcomes(&report), [("REFUSED".to_owned(), 1)], "{}", report.text());
    assert_eq!(report.items()[0].problems[0].code, "NO_MATCH");
    assert_eq!((database.revision(), waiting(&database)), (before, 0));

    // The same records wait where the others may land.
    let partial = database.load(&several.replace("ATOMIC", "PARTIAL"));
    assert_eq!(outcomes(&partial), [("REVIEW".to_owned(), 2)], "{}", partial.text());
    assert_eq!(waiting(&database), 2);
}
