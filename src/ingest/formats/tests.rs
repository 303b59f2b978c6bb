use proptest::prelude::*;

use super::*;
use crate::ingest::observation::{Observed, Position};

fn parse(format: &Format, limit: usize, pieces: &[&[u8]]) -> Vec<Parsed> {
    let mut parser = Parser::new(
        format,
        Limits {
            line_bytes_max: limit,
            ..Limits::default()
        },
    );
    let mut found = Vec::new();
    for piece in pieces {
        parser.push(piece, &mut found);
    }
    parser.finish(&mut found);
    found
}

fn whole(format: &Format, text: &str) -> Vec<Parsed> {
    parse(format, LINE_BYTES_MAX, &[text.as_bytes()])
}

fn csv() -> Format {
    Format::Csv(Box::default())
}

/// What was found, one line each: enough to tell records and problems apart.
fn told(found: &[Parsed]) -> Vec<String> {
    let tell = |parsed: &Parsed| match parsed {
        Parsed::Header(header) => format!("header {}", header.source.as_deref().unwrap_or("-")),
        Parsed::Fatal(problem) => format!("fatal {}: {}", problem.code, problem.message),
        Parsed::Warning(warning) => format!("warning {}: {}", warning.code, warning.message),
        Parsed::Observation(Observation { position, observed, .. }) => {
            let Position { line, offset } = position;
            let what = match observed {
                Observed::Ci(ci) => {
                    let attributes: Vec<String> = ci
                        .attributes
                        .iter()
                        .map(|(name, value)| format!("{name}={value:?}"))
                        .collect();
                    format!(
                        "ci {} {} {}",
                        ci.key.as_deref().unwrap_or("-"),
                        ci.ci_type,
                        attributes.join(" ")
                    )
                }
                Observed::Relationship(relationship) => {
                    format!(
                        "{} {} {}",
                        relationship.from, relationship.relationship_type, relationship.to
                    )
                }
                Observed::Group(group) => format!("group {}", group.name),
                Observed::Catalog(_) => "catalog".to_owned(),
                Observed::Unreadable(unreadable) => {
                    let problems: Vec<String> = unreadable
                        .problems
                        .iter()
                        .map(|problem| format!("{} {}", problem.code, problem.message))
                        .collect();
                    problems.join("; ")
                }
            };
            format!("{line}@{offset} {}", what.trim_end())
        }
    };
    found.iter().map(tell).collect()
}

#[test]
fn lines_keep_their_place_through_blank_lines_marks_and_carriage_returns() {
    let text = "\u{feff}{\"source\":\"scan\"}\r\n\r\n{\"ci\":{\"key\":\"a\",\"type\":\"server\"}}\r\n\n{\"relationship\":{\"from\":\"a\",\"type\":\"runs_on\",\"to\":\"b\"}}";
    assert_eq!(
        told(&whole(&Format::Ndjson, text)),
        ["header scan", "3@24 ci a server", "5@61 a runs_on b"]
    );
}

#[test]
fn a_wrong_line_says_where_and_the_rest_is_read() {
    let mut text = "{\"ci\":{\"key\":\"a\",\"type\":\"server\"}}\n".repeat(3).into_bytes();
    text.extend_from_slice(b"{\"ci\":{\"key\":\"b\",}}\n");
    text.extend_from_slice(b"{\"ci\":{\"key\":\"\xff\"}}\n");
    text.extend_from_slice(b"{\"source\":\"late\"}\n{\"ci\":{\"key\":\"c\",\"type\":\"server\"}}");
    let told = told(&parse(&Format::Ndjson, LINE_BYTES_MAX, &[&text]));
    assert!(
        told[3].starts_with("4@105 MALFORMED_JSON not JSON at byte 122 "),
        "{}",
        told[3]
    );
    assert!(
        told[4].starts_with("5@125 INVALID_UTF8 the text is not UTF-8 at byte 139"),
        "{}",
        told[4]
    );
    assert!(told[5].contains("a header stands only in the first line"));
    assert_eq!(told[6], "7@162 ci c server");
}

#[test]
fn a_line_over_the_limit_is_passed_over() {
    let text = format!(
        "{}\n{{\"ci\":{{\"key\":\"a\",\"type\":\"server\"}}}}\n{}",
        "x".repeat(200),
        "y".repeat(101)
    );
    let bytes = text.as_bytes();
    let expected = [
        "1@0 LINE_TOO_LONG the record that starts in line 1 is longer than 100 bytes, which is the limit",
        "2@201 ci a server",
        "3@236 LINE_TOO_LONG the record that starts in line 3 is longer than 100 bytes, which is the limit",
    ];
    assert_eq!(told(&parse(&Format::Ndjson, 100, &[bytes])), expected);
    let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
    assert_eq!(told(&parse(&Format::Ndjson, 100, &pieces)), expected);
}

#[test]
fn a_csv_file_of_cis_in_three_delimiters() {
    for delimiter in [",", ";", "\t"] {
        let text = "\u{feff}u_key,sys_class_name,name,cpu_count\r\na,server,\"web, \"\"big\"\"\none\",4\r\n\r\nb,server,db,\r\n";
        let text = text.replace(',', delimiter);
        assert_eq!(
            told(&whole(&csv(), &text)),
            ["2@40 ci a server cpu_count=Text(\"4\")", "5@73 ci b server"]
        );
    }
}

#[test]
fn a_csv_file_of_relationships() {
    let mapping = "[relationship_types.\"Runs::Runs on\"]\ntype = \"runs_on\"\nreversed = true";
    let mapping = CsvMapping::from_toml(mapping).expect("a mapping");
    let text = "parent,child,type,weight\nesx,vm,Runs::Runs on,2\na,b,depends_on,\n,b,depends_on,0\n";
    let told = told(&whole(&Format::Csv(Box::new(mapping)), text));
    assert_eq!(told[..2], ["2@25 vm runs_on esx", "3@48 a depends_on b"]);
    assert!(
        told[2].contains("states no `from`") && told[2].contains("INVALID_WEIGHT"),
        "{}",
        told[2]
    );
}

#[test]
fn a_csv_file_that_cannot_be_read_says_why() {
    assert!(
        told(&whole(&csv(), "name,colour\nx,red\n"))[0].starts_with("fatal BAD_USER_INPUT: no column says the `type`")
    );
    assert!(told(&whole(&csv(), "type,name,name\n"))[0].contains("`name` stands twice"));
    let found = told(&whole(
        &csv(),
        "type,name\nserver,\"a\"b\nserver,a,b\nserver,\"open\nserver,c\n",
    ));
    assert!(
        found[0].contains("text stands behind a closing quote in line 2"),
        "{found:?}"
    );
    assert!(found[1].contains("3 fields, the header 2"), "{found:?}");
    assert!(found[2].contains("starts in line 4 is never closed"), "{found:?}");
}

#[test]
fn the_embedded_mapping_is_one() {
    assert!(!CsvMapping::servicenow().fields.is_empty());
}

fn pieces(text: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for cut in cuts.into_iter().chain([text.len()]) {
        pieces.push(text[start..cut].to_vec());
        start = cut;
    }
    pieces
}

proptest! {
    #[test]
    fn any_cutting_of_a_stream_reads_the_same(
        text in prop::collection::vec(prop::sample::select(vec![
            "a", ",", ";", "\"", "\n", "\r\n", "type", "name", "{\"ci\":{\"key\":\"a\",\"type\":\"server\"}}", "ü", "\u{feff}", "{",
        ]), 0..60),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        limit in 5usize..60,
    ) {
        let text = text.concat().into_bytes();
        let cut = pieces(&text, &cuts);
        let cut: Vec<&[u8]> = cut.iter().map(Vec::as_slice).collect();
        for format in [Format::Ndjson, csv()] {
            prop_assert_eq!(parse(&format, limit, &cut), parse(&format, limit, &[&text]));
        }
        let csv = Format::Csv(Box::default());
        let headed = [b"type,name\n".as_slice(), &text].concat();
        let cut = pieces(&headed, &cuts);
        let cut: Vec<&[u8]> = cut.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(parse(&csv, limit, &cut), parse(&csv, limit, &[&headed]));
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::Ndjson, csv()] {
            parse(&format, 100, &[&bytes]);
        }
    }
}

#[test]
fn servicenow_columns_and_class_aliases_name_the_same_types() {
    let mut catalog = crate::catalog::Catalog::default();
    for item in crate::catalog::Catalog::embedded().expect("the default catalog") {
        catalog.apply(&item);
    }
    for (class, ci_type) in &CsvMapping::servicenow().ci_types {
        let known = catalog.ci_type_named(ci_type).map(|known| known.id);
        assert!(known.is_some(), "{ci_type}");
        assert_eq!(catalog.class_alias(class), known, "{class}");
    }
}
