//! The order of a payload's records does not matter.

use linchpin::ingest::IngestOptions;
use proptest::prelude::*;

use crate::ingest_support::Database;

/// A payload that says nothing twice: CIs, relationships among them, groups of some.
fn records() -> impl Strategy<Value = Vec<String>> {
    let ends = prop::collection::btree_set((0..8usize, 0..8usize), 0..10);
    let members = prop::collection::btree_set(0..8usize, 1..4);
    (ends, members, 0..3usize).prop_map(|(ends, members, cpu)| {
        let mut records: Vec<String> = (0..8)
            .map(|number| {
                format!(
                    "{{\"ci\":{{\"key\":\"k{number}\",\"type\":\"server\",\"name\":\"n{number}\",\
                     \"attributes\":{{\"serial_number\":\"s{number}\",\"cpu_count\":{cpu}}}}}}}"
                )
            })
            .collect();
        for (from, to) in ends {
            records.push(format!(
                "{{\"relationship\":{{\"from\":\"k{from}\",\"type\":\"depends_on\",\"to\":\"server:n{to}\"}}}}"
            ));
        }
        let members: Vec<String> = members.iter().map(|member| format!("\"k{member}\"")).collect();
        records.push(format!(
            "{{\"group\":{{\"key\":\"pair\",\"name\":\"g\",\"consumer\":\"k0\",\"members\":[{}],\"up_min\":1}}}}",
            members.join(",")
        ));
        records.push(
            "{\"relationship\":{\"from\":\"k0\",\"type\":\"uses\",\"to\":\"serial_number:s1\",\"group\":\"pair\",\"weight\":2}}"
                .to_owned(),
        );
        records
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_of_records_ends_in_the_same_estate(
        (plain, shuffled) in records().prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        batch_records in 1..5usize,
    ) {
        let options = |batch_records| IngestOptions { batch_records, ..IngestOptions::default() };
        let (one, other) = (Database::new(), Database::new());
        let first = one.load_as(&plain.join("\n"), options(1_000));
        let second = other.load_as(&shuffled.join("\n"), options(batch_records));
        prop_assert!(first.items().is_empty(), "{}", first.text());
        prop_assert!(second.items().is_empty(), "{}", second.text());
        prop_assert_eq!(one.dump(), other.dump());
    }
}
