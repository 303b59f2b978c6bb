//! Answers of the AWS API, loaded.

use std::collections::BTreeMap;

use linchpin::ingest::report::Outcome;

use crate::formats_support::{codes, files, fixture, options, read, told};
use crate::ingest_support::{Database, down, sample};

#[test]
fn answers_are_joined_and_what_is_only_named_is_completed() {
    let database = Database::new();
    let text = fixture("aws", "good/estate.json");
    database.load_well(&text, None);
    assert_eq!(
        told(&database.census()),
        "cloud_region 2, cluster 2, database_instance 1, load_balancer 1, network 3, virtual_machine 2, volume 1"
    );
    assert_eq!(
        told(&database.links()),
        "attached_to 2, depends_on 1, hosted_on 1, located_in 5, member_of 3, stores_on 1"
    );
    assert!(!database.dump().join("\n").contains("not-to-be-kept"));
    let snapshot = database.cmdb.reader().snapshot();
    let balancer = "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/net/web/1";
    assert!(
        !down(&snapshot, &["i-0a1"], &[]).contains(&balancer.to_owned()),
        "one of two instances is enough"
    );
    assert!(down(&snapshot, &["i-0a1", "i-0a2"], &[]).contains(&balancer.to_owned()));
    database.load_again(&text, None);
    let vpc = r#"{"Vpcs":[{"VpcId":"vpc-01","CidrBlock":"10.50.0.0/16","Tags":[{"Key":"Name","Value":"prod"}]}]}"#;
    database.load_well(vpc, None);
    database.load_again(&text, None);
    assert!(
        database.lines_with("ci vpc-01 network `prod`").len() == 1,
        "a name stays"
    );
}

#[test]
fn bad_answers_say_why() {
    let database = Database::new();
    let report = database.load_as(&fixture("aws", "bad/rows.json"), options("aws", None));
    assert_eq!(report.summary.of(Outcome::Refused), 2, "{}", report.text());
    assert_eq!(codes(&report), ["BAD_USER_INPUT"]);
    assert_eq!(told(&database.census()), "network 1, volume 1");
    assert_eq!(
        codes(&database.load_as(&fixture("aws", "bad/other.json"), options("aws", None))),
        ["BAD_USER_INPUT"]
    );
    assert_eq!(
        codes(&database.load_as(&fixture("aws", "bad/other.json"), options("", None))),
        ["UNKNOWN_FORMAT"]
    );
}

/// The type and the list of each sample.
const TYPES: [(&str, &str); 13] = [
    ("AutoScalingGroups", "cluster"),
    ("Stacks", "cloud_resource"),
    ("Instances", "virtual_machine"),
    ("NetworkInterfaces", "interface"),
    ("RouteTables", "cloud_resource"),
    ("SecurityGroups", "cloud_resource"),
    ("Subnets", "network"),
    ("Volumes", "volume"),
    ("Vpcs", "network"),
    ("LoadBalancerDescriptions", "load_balancer"),
    ("LoadBalancers", "load_balancer"),
    ("TargetGroups", "cluster"),
    ("DBInstances", "database_instance"),
];

#[test]
fn the_sample_answers_have_the_known_resources() {
    let Some(folder) = sample("cloud-api-json") else { return };
    let known: serde_json::Value = serde_json::from_str(&read(&folder.join("KNOWN.json"))).expect("known answers");
    let together = Database::new();
    for path in files(&folder.join("aws"), ".json") {
        let name = format!("aws/{}", path.file_name().expect("a name").to_string_lossy());
        let text = read(&path);
        let database = Database::new();
        let report = database.load_well(&text, None);
        let counts: BTreeMap<String, usize> = serde_json::from_value(known["files"][&name].clone()).expect("counts");
        for (list, ci_type) in TYPES.iter().filter(|(list, _)| counts.contains_key(*list)) {
            // Resources of which only other answers say more have no name but their key.
            let made = database.census().get(*ci_type).copied().unwrap_or_default();
            assert!(
                made >= counts[*list] || report.text().contains("listed again"),
                "{name}: {made} {ci_type}"
            );
        }
        database.load_again(&text, None);
        together.load_well(&text, None);
    }
}
