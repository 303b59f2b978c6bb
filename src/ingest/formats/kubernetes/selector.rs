//! Label selectors, and how many pods a disruption budget wants up.

use serde_json::Value;

use crate::ingest::formats::attributes::{at, list_at, text_at};

/// Whether a plain selector, a map of labels, fits; an empty one fits nothing.
pub(super) fn map_fits(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let wanted = selector.and_then(Value::as_object);
    wanted.is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|(key, value)| has(labels, key, value)))
}

/// Whether a label selector fits: `matchLabels` and `matchExpressions`, all of them. An empty one fits
/// everything, an absent one nothing.
pub(super) fn selector_fits(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let Some(selector) = selector.filter(|selector| selector.is_object()) else {
        return false;
    };
    let wanted = at(selector, &["matchLabels"]).and_then(Value::as_object);
    wanted.is_none_or(|wanted| wanted.iter().all(|(key, value)| has(labels, key, value)))
        && list_at(selector, &["matchExpressions"])
            .iter()
            .all(|expression| expression_fits(expression, labels))
}

fn expression_fits(expression: &Value, labels: Option<&Value>) -> bool {
    let Some(key) = text_at(expression, &["key"]) else {
        return false;
    };
    let stated = labels.and_then(|labels| labels.get(key));
    let listed = || stated.is_some_and(|stated| list_at(expression, &["values"]).contains(stated));
    match text_at(expression, &["operator"]) {
        Some("In") => listed(),
        Some("NotIn") => !listed(),
        Some("Exists") => stated.is_some(),
        Some("DoesNotExist") => stated.is_none(),
        _ => false,
    }
}

fn has(labels: Option<&Value>, key: &str, value: &Value) -> bool {
    labels.and_then(|labels| labels.get(key)) == Some(value)
}

/// How many of so many pods a budget wants up, at least 1: a workload with none is down. `None`: it
/// states neither `minAvailable` nor `maxUnavailable` in a form that can be read.
pub(super) fn wanted_up(budget: &Value, replicas: u64) -> Option<u64> {
    let spec = budget.get("spec")?;
    // Kubernetes rounds both kinds of percentage up.
    let wanted = match (spec.get("minAvailable"), spec.get("maxUnavailable")) {
        (Some(available), _) => count_of(available, replicas)?,
        (None, Some(unavailable)) => replicas.saturating_sub(count_of(unavailable, replicas)?),
        (None, None) => return None,
    };
    Some(wanted.min(replicas).max(1))
}

fn count_of(value: &Value, whole: u64) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => match text.trim().strip_suffix('%') {
            Some(percent) => {
                let percent = percent.parse::<u64>().ok().filter(|percent| *percent <= 100)?;
                Some(whole.saturating_mul(percent).div_ceil(100))
            }
            None => text.trim().parse().ok(),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_fit_as_kubernetes_has_it() {
        let labels = json!({"app": "web", "tier": "front"});
        let fits = |selector: Value| selector_fits(Some(&selector), Some(&labels));
        assert!(fits(json!({})), "an empty selector fits all");
        assert!(!selector_fits(None, Some(&labels)), "no selector fits none");
        assert!(fits(json!({"matchLabels": {"app": "web"}})));
        assert!(!fits(json!({"matchLabels": {"app": "web", "tier": "back"}})));
        let expression = |operator: &str, values: Value| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": values}]});
        assert!(fits(expression("In", json!(["api", "web"]))));
        assert!(!fits(expression("NotIn", json!(["web"]))));
        assert!(fits(expression("Exists", json!(null))));
        assert!(!fits(expression("DoesNotExist", json!(null))));
        assert!(
            !fits(expression("Sideways", json!(null))),
            "what is unknown fits nothing"
        );
        assert!(
            !map_fits(Some(&json!({})), Some(&labels)),
            "a service without a selector selects nothing"
        );
        assert!(map_fits(Some(&json!({"app": "web"})), Some(&labels)));
        assert!(!map_fits(Some(&json!({"app": "web"})), None));
    }

    #[test]
    fn a_budget_wants_k_of_n() {
        let wanted = |spec: Value, replicas: u64| wanted_up(&json!({ "spec": spec }), replicas);
        assert_eq!(wanted(json!({"minAvailable": 2}), 3), Some(2));
        assert_eq!(wanted(json!({"minAvailable": "50%"}), 3), Some(2));
        assert_eq!(wanted(json!({"maxUnavailable": 1}), 3), Some(2));
        assert_eq!(wanted(json!({"maxUnavailable": "34%"}), 3), Some(1));
        assert_eq!(wanted(json!({"maxUnavailable": 1}), 1), Some(1), "with none it is down");
        assert_eq!(wanted(json!({"minAvailable": 5}), 3), Some(3));
        assert_eq!(wanted(json!({"minAvailable": "many"}), 3), None);
        assert_eq!(wanted(json!({"minAvailable": "900%"}), 3), None);
        assert_eq!(wanted(json!({}), 3), None);
    }
}
