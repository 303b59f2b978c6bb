//! What Prometheus Alertmanager posts to a webhook, version 4: symptoms, and by their labels what they
//! concern.

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::{Problem, RecordKind, Warning};
use crate::ingest::payload::CiRecord;
use crate::model::Input;

use super::attributes::{Attributes, Tally, at, text_at};
use super::document::{Adapter, Content, Findings};

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "alertmanager",
    label: "Alertmanager's webhook, version 4",
    recognises,
    read,
};

/// The one version of the payload that there has been since Alertmanager 0.6.
const VERSION: &str = "4";

/// Labels that name what an alert is about, the most specific first, and the type of CI they name.
const LABELS: [(&str, &str); 11] = [
    ("pod", "kubernetes_pod"),
    ("persistentvolumeclaim", "kubernetes_volume_claim"),
    ("deployment", "workload"),
    ("statefulset", "workload"),
    ("daemonset", "workload"),
    ("cronjob", "workload"),
    ("job_name", "workload"),
    ("ingress", "kubernetes_ingress"),
    ("service", "kubernetes_service"),
    ("node", "kubernetes_node"),
    ("namespace", "kubernetes_namespace"),
];

/// Jobs whose pod and service are those of the watcher, while the alert is about the machine.
const JOBS_OF_MACHINES: [&str; 3] = ["node-exporter", "node_exporter", "node"];

fn recognises(content: &Content) -> bool {
    let is_post = |value: &Value| {
        text_at(value, &["version"]) == Some(VERSION)
            && value.get("alerts").is_some_and(Value::is_array)
            && (value.get("groupKey").is_some() || value.get("receiver").is_some())
    };
    let values = content.values();
    !values.is_empty() && values.iter().all(is_post)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut tally = Tally::default();
    for post in content.require_values()? {
        if text_at(post, &["version"]) != Some(VERSION) {
            let message = format!("the document is no webhook payload of version {VERSION}");
            return Err(Problem::new(ErrorCode::BadUserInput, message).of_field("version"));
        }
        let Some(alerts) = post.get("alerts").and_then(Value::as_array) else {
            return Err(Problem::new(ErrorCode::BadUserInput, "`alerts` is no list").of_field("alerts"));
        };
        for alert in alerts {
            read_alert(post, alert, findings, &mut tally);
        }
        let truncated = post.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or(0);
        if truncated > 0 {
            let message = format!("alerts that Alertmanager left out of this payload (`max_alerts`): {truncated}");
            findings.warn("TRUNCATED", message);
        }
    }
    tally.report(findings);
    Ok(())
}

fn read_alert(post: &Value, alert: &Value, findings: &mut Findings<'_>, tally: &mut Tally) {
    let lacking = |field: &'static str, message: &str| Problem::new(ErrorCode::BadUserInput, message).of_field(field);
    let Some(fingerprint) = text_at(alert, &["fingerprint"]).filter(|text| !text.trim().is_empty()) else {
        let problem = lacking(
            "fingerprint",
            "an alert states its `fingerprint`; Alertmanager does so since 0.19",
        );
        findings.unreadable(RecordKind::Ci, None, problem);
        return;
    };
    let key = format!("alert:{fingerprint}");
    let state = text_at(alert, &["status"]).filter(|state| *state == "firing" || *state == "resolved");
    let Some(state) = state else {
        let stated = alert.get("status").map(Value::to_string).unwrap_or_default();
        let problem = lacking("status", "the status of an alert is `firing` or `resolved`").of_value(&stated);
        findings.unreadable(RecordKind::Ci, Some(key), problem);
        return;
    };
    let label = |name: &str| text_at(alert, &["labels", name]).filter(|text| !text.trim().is_empty());
    let mut warnings = Vec::new();
    let mut attributes = Attributes::default();
    attributes.text("fingerprint", Some(fingerprint));
    attributes.text("alert_state", Some(state));
    attributes.text("severity", label("severity"));
    attributes.input("starts_at", moment(alert, "startsAt", &mut warnings));
    // While it fires, an end is at most a guess.
    let end = (state == "resolved")
        .then(|| moment(alert, "endsAt", &mut warnings))
        .flatten();
    attributes.input("ends_at", Some(end.unwrap_or(Input::Null)));
    attributes.json("labels", at(alert, &["labels"]));
    let told = ["description", "summary", "message"];
    let told = told.iter().find_map(|name| text_at(alert, &["annotations", name]));
    attributes.text("description", told);
    let url = text_at(alert, &["generatorURL"]);
    attributes.text(
        "generator_url",
        url.filter(|url| url.starts_with("http://") || url.starts_with("https://")),
    );
    attributes.text("receiver", text_at(post, &["receiver"]));
    let record = CiRecord {
        key: Some(key.clone()),
        ci_type: "alert".to_owned(),
        name: Some(label("alertname").unwrap_or(fingerprint).to_owned()),
        attributes: attributes.take(),
        ..CiRecord::default()
    };
    findings.ci_with(record, warnings);
    match concerned(label) {
        Some(reference) => findings.relationship(key, "concerns", reference),
        None => tally.count("UNMAPPED", "alerts have no label that names what they concern"),
    }
}

/// A moment; the year 1 is none, as an alert has no end while it is open.
fn moment(alert: &Value, field: &'static str, warnings: &mut Vec<Warning>) -> Option<Input> {
    let text = text_at(alert, &[field]).filter(|text| !text.starts_with("0001-01-01"))?;
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Input::Text(moment.to_string()));
    }
    warnings.push(Warning {
        code: "VALUE_DROPPED",
        message: format!("`{field}` is no moment as RFC 3339 writes it, and is left out"),
        field: Some(field.to_owned()),
    });
    None
}

/// The reference to what an alert concerns, from the most telling of its labels.
fn concerned<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if let Some(reference) = label("ci") {
        return Some(reference.to_owned());
    }
    let job = label("job");
    let of_machine = job.is_some_and(|job| {
        JOBS_OF_MACHINES
            .iter()
            .any(|name| job == *name || job.ends_with("node-exporter"))
    });
    let machine = || {
        let node = label("node").map(|node| format!("kubernetes_node:{node}"));
        node.or_else(|| label("instance").and_then(host_reference))
    };
    if of_machine && let Some(reference) = machine() {
        return Some(reference);
    }
    // Outside Kubernetes `service` is what its rule means by it, and comes before the host.
    let in_cluster = label("namespace").is_some();
    if !in_cluster && let Some(service) = label("service") {
        return Some(format!("configuration_item:{service}"));
    }
    let named = LABELS
        .iter()
        .filter(|(name, _)| in_cluster || (*name != "service" && *name != "namespace"));
    let by_name = |specific: bool| {
        named
            .clone()
            .filter(|(name, _)| (*name != "namespace") == specific)
            .find_map(|(name, ci_type)| Some(format!("{ci_type}:{}", label(name)?)))
    };
    by_name(true)
        .or_else(|| label("instance").and_then(host_reference))
        .or_else(|| by_name(false))
        .or_else(|| job.map(|job| format!("configuration_item:{job}")))
}

/// The reference to the host of an `instance`: `web-1:9100`, `https://shop.example.org/health`.
fn host_reference(instance: &str) -> Option<String> {
    let rest = instance.split_once("://").map_or(instance, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?.trim();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if authority.matches(':').count() > 1 => authority,
        None => authority.split(':').next()?,
    };
    if host.is_empty() {
        return None;
    }
    if let Ok(address) = host.parse::<std::net::IpAddr>() {
        return Some(format!("address:{address}"));
    }
    Some(if host.contains('.') {
        format!("fqdn:{host}")
    } else {
        format!("device:{host}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_alert_concerns_is_the_most_telling_label() {
        let of = |labels: &[(&str, &'static str)]| {
            let label = |wanted: &str| labels.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
            concerned(label).unwrap_or_default()
        };
        for (labels, expected) in [
            (&[("ci", "server:web-1"), ("pod", "a")][..], "server:web-1"),
            (
                &[
                    ("namespace", "shop"),
                    ("pod", "a"),
                    ("deployment", "b"),
                    ("instance", "10.0.0.1:80"),
                ],
                "kubernetes_pod:a",
            ),
            (
                &[("namespace", "shop"), ("deployment", "b"), ("service", "exporter")],
                "workload:b",
            ),
            (&[("namespace", "shop"), ("service", "web")], "kubernetes_service:web"),
            (&[("namespace", "shop")], "kubernetes_namespace:shop"),
            (
                &[("service", "billing"), ("instance", "web-1:80")],
                "configuration_item:billing",
            ),
            (
                &[
                    ("job", "node-exporter"),
                    ("pod", "exporter-1"),
                    ("namespace", "m"),
                    ("instance", "10.0.0.1:9100"),
                ],
                "address:10.0.0.1",
            ),
            (
                &[("job", "node-exporter"), ("node", "n1"), ("instance", "10.0.0.1:9100")],
                "kubernetes_node:n1",
            ),
            (
                &[("job", "api"), ("instance", "web-1.example.org:443")],
                "fqdn:web-1.example.org",
            ),
            (
                &[("instance", "https://shop.example.org/health")],
                "fqdn:shop.example.org",
            ),
            (&[("instance", "[2001:db8::1]:9100")], "address:2001:db8::1"),
            (&[("instance", "web-1")], "device:web-1"),
            (&[("job", "billing")], "configuration_item:billing"),
            (&[("alertname", "Watchdog")], ""),
        ] {
            assert_eq!(of(labels), expected, "{labels:?}");
        }
    }
}
