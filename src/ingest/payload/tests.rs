use super::*;

fn read(line: &str) -> Record {
    parse_line(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error:?}"))
}

/// The error's code and its whole chain.
fn refusal(line: &[u8]) -> String {
    let Err(error) = parse_line(line) else {
        return "taken".to_owned();
    };
    let mut text = format!("{} {error}", error.code());
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn every_record_reads_back_as_it_was_written() {
    let lines = [
        r#"{"source":"scanner-1","feed":"dc-north","mode":"ATOMIC"}"#,
        r#"{"ci":{"key":"vm-17","type":"virtual_machine","name":"shop-web-01","stage":"in_service","attributes":{"cpu_count":4,"price":1.10,"big":123456789012345678901234567890,"exp":1e400,"neg":-0,"open":true,"none":null,"list":["a",1],"json":{"a":{"b":[]}}},"tags":["web","a \"b\" \\ \u0001"],"valid_from":"2026-01-01T00:00:00Z","valid_to":null}}"#,
        r#"{"ci":{"id":"ci:01900000-0000-7000-8000-000000000001","type":"team"}}"#,
        r#"{"ci":{"type":"team","aliases":["ci:01900000-0000-7000-8000-000000000002"],"pins":[{"attribute":"name","at":"2026-01-01T00:00:00Z","by":"admin"},{"attribute":"phone"}]}}"#,
        r#"{"relationship":{"from":"vm-17","type":"runs_on","to":"esx-03"}}"#,
        r#"{"relationship":{"from":"a","type":"uses","to":"b","qualifier":"left","forward":"[OK,OK,DOWN]","reverse":null,"weight":3,"group":null,"attributes":{"port":443},"valid_from":null,"valid_to":"2027-01-01T00:00:00Z"}}"#,
        r#"{"relationship":{"from":"a","type":"uses","to":"b","reverse":"SOFT","group":"pair"}}"#,
        r#"{"group":{"id":"group:01900000-0000-7000-8000-000000000001","key":"g1","name":"web","consumer":"shop","members":["a",{"ci":"b","weight":2},{"ci":"c","strength":"SOFT"}],"up_min":"50%","capacity_min":2,"spare_min":3,"strength":"DEGRADED","grounded":true,"valid_from":"2026-01-01T00:00:00Z"}}"#,
        r#"{"catalog":"[[ci_type]]\nname = \"lift\"\n"}"#,
    ];
    for line in lines {
        let mut written = Vec::new();
        write_line(&mut written, &read(line)).expect("memory takes it");
        assert_eq!(String::from_utf8(written).expect("JSON is text"), format!("{line}\n"));
    }
}

#[test]
fn values_may_be_written_in_several_ways() {
    let Record::Group(group) = read(
        r#" { "group" : {"name":"g","consumer":"c","members":[{"ci":"\u0061"}],"up_min":"2","strength":["OK","AT_RISK","DEGRADED"],"spare_min":null} } "#,
    ) else {
        panic!("a group");
    };
    assert_eq!(group.up_min, Some(Threshold::Count(2)));
    assert_eq!(group.strength, Some(Strength::SOFT));
    assert_eq!(group.members[0].ci, "a");
    assert_eq!(group.spare_min, None);
    let Record::Ci(ci) = read(r#"{"\u0063i":{"type":"team","\u006eame":"caf\u00e9"}}"#) else {
        panic!("a CI");
    };
    assert_eq!(ci.name.as_deref(), Some("café"));
}

#[test]
fn a_line_that_is_no_record_says_why() {
    let lines: [&[u8]; 31] = [
        b"",
        b"x",
        b"[]",
        b"7",
        b"null",
        b"\"ci\"",
        b"{}",
        b"{\"ci\":{\"type\":\"team\"},\"source\":\"s\"}",
        b"{\"ci\":{\"type\":\"team\"},\"catalog\":\"\"}",
        b"{\"ci\":{\"type\":\"team\"}",
        b"{\"ci\":{\"type\":\"team\"}} {}",
        b"{\"ci\":{\"type\":\"team\"},\"ci\":{\"type\":\"team\"}}",
        b"{\"ci\":5}",
        b"{\"ci\":{\"name\":\"a\"}}",
        b"{\"ci\":{\"type\":5}}",
        b"{\"ci\":{\"type\":\"team\",\"nmae\":\"a\"}}",
        b"{\"ci\":{\"type\":\"team\",\"attributes\":[]}}",
        b"{\"ci\":{\"type\":\"team\",\"attributes\":{\"a\":1,\"a\":2}}}",
        b"{\"ci\":{\"type\":\"team\",\"attributes\":{\"a\":01}}}",
        b"{\"ci\":{\"type\":\"team\",\"stage\":\"live\"}}",
        b"{\"ci\":{\"type\":\"team\",\"id\":\"17\"}}",
        b"{\"ci\":{\"type\":\"team\",\"tags\":[1]}}",
        b"{\"ci\":{\"type\":\"team\",\"valid_to\":\"soon\"}}",
        b"{\"ci\":{\"type\":\"te\xffam\"}}",
        b"{\"mode\":\"SOMETIMES\"}",
        b"{\"relationship\":{\"from\":\"a\",\"type\":\"uses\",\"to\":\"b\",\"weight\":0}}",
        b"{\"relationship\":{\"from\":\"a\",\"type\":\"uses\",\"to\":\"b\",\"reverse\":\"HARD\"}}",
        b"{\"relationship\":{\"from\":\"a\",\"type\":\"uses\"}}",
        b"{\"group\":{\"name\":\"g\",\"consumer\":\"c\",\"up_min\":\"120%\"}}",
        b"{\"group\":{\"name\":\"g\",\"consumer\":\"c\",\"members\":\"a\"}}",
        b"{\"group\":{\"name\":\"g\",\"consumer\":\"c\",\"members\":[{\"ci\":\"a\",\"wieght\":1}]}}",
    ];
    let refusals: Vec<String> = lines
        .iter()
        .map(|line| format!("{}\n  {}", line.escape_ascii(), refusal(line)))
        .collect();
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn a_value_nested_without_end_is_refused_before_the_stack_ends() {
    for depth in [40, 120, 100_000] {
        let line = format!(
            r#"{{"ci":{{"type":"team","attributes":{{"a":{}1{}}}}}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        assert!(
            matches!(parse_line(line.as_bytes()), Err(PayloadError::TooDeep { .. })),
            "{depth}"
        );
    }
    let deep = "[".repeat(100_000);
    assert!(parse_line(deep.as_bytes()).is_err());
}
