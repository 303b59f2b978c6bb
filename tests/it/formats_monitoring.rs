//! What monitoring and tracing say: alerts of Alertmanager, service graphs of OpenTelemetry.

use crate::format_fixtures::{check, options};
use crate::ingest_support::{Database, down};

#[test]
fn fixtures_of_alertmanager_are_read_as_expected() {
    check("alertmanager");
}

#[test]
fn fixtures_of_service_graphs_are_read_as_expected() {
    check("otel-service-graph");
}

fn alert(state: &str, starts_at: &str, ends_at: &str) -> String {
    format!(
        r#"{{"version":"4","groupKey":"x","receiver":"y","alerts":[{{"status":"{state}","labels":{{"alertname":"Full"}},
        "startsAt":"{starts_at}","endsAt":"{ends_at}","fingerprint":"f"}}]}}"#
    )
}

#[test]
fn an_alert_is_one_ci_that_opens_and_ends() {
    const OPEN: &str = "0001-01-01T00:00:00Z";
    let database = Database::new();
    let load = |text: String| {
        let report = database.load_as(&text, options(None, None));
        assert!(report.items().is_empty(), "{}", report.text());
        let lines = database.dump();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.concat()
    };
    let first = load(alert("firing", "2026-03-01T08:00:00Z", OPEN));
    assert!(first.contains("\"firing\"") && !first.contains("ends_at"), "{first}");
    let ended = load(alert("resolved", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"));
    assert!(
        ended.contains("\"resolved\"") && ended.contains("ends_at=Timestamp(2026-03-01T09:00:00Z)"),
        "{ended}"
    );
    let anew = load(alert("firing", "2026-03-02T08:00:00Z", OPEN));
    assert!(anew.contains("\"firing\"") && !anew.contains("ends_at"), "{anew}");
    assert!(anew.contains("starts_at=Timestamp(2026-03-02T08:00:00Z)"), "{anew}");
}

#[test]
fn calls_that_were_seen_carry_impact_and_messages_do_not() {
    let database = Database::new();
    let text = include_str!("../../fixtures/ingest/otel-service-graph/good/metrics.txt");
    database.load_as(text, options(None, None));
    let estate = database.cmdb.reader().snapshot();
    assert_eq!(
        down(&estate, &["service:orders-db"], &[]),
        ["service:cart", "service:front-end"]
    );
    assert_eq!(down(&estate, &["service:shipping"], &[]), [""; 0]);
}
