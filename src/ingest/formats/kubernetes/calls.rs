//! What a workload calls: services whose addresses stand in its environment.
//!
//! Of the environment nothing but these addresses is looked at, and nothing is kept: it may hold
//! secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ingest::formats::attributes::{at, list_at, text_at};

use super::Cluster;
use super::object::{Kind, Object, ObjectName};

/// The services of the document whose addresses a workload's containers are given.
pub(super) fn called_services<'c>(cluster: &'c Cluster<'_>, caller: &Object<'_>) -> Vec<&'c Object<'c>> {
    let mut names: BTreeSet<ObjectName<'_>> = BTreeSet::new();
    let namespace = caller.name.namespace;
    for text in environment(cluster, caller) {
        for address in text.split([',', ';', ' ']) {
            if let Some((name, of)) = host(address).map(|host| service_of(host, namespace)) {
                let name = ObjectName {
                    kind: Kind::Service,
                    namespace: of,
                    name,
                };
                if cluster.find(name).is_some() {
                    names.insert(name);
                }
            }
        }
    }
    names.into_iter().filter_map(|name| cluster.find(name)).collect()
}

/// The values that a workload's containers are given, as far as the document has them.
fn environment<'v>(cluster: &'v Cluster<'_>, caller: &Object<'v>) -> Vec<&'v str> {
    let Some(template) = caller.pod_template() else {
        return Vec::new();
    };
    let map = |name: Option<&'v str>| {
        let name = ObjectName {
            kind: Kind::ConfigMap,
            namespace: caller.name.namespace,
            name: name?,
        };
        cluster.find(name).and_then(|map| map.value.get("data"))
    };
    let mut values = Vec::new();
    for container in list_at(template, &["spec", "containers"]) {
        for variable in list_at(container, &["env"]) {
            values.extend(text_at(variable, &["value"]));
            let from = at(variable, &["valueFrom", "configMapKeyRef"]);
            let data = from.and_then(|from| map(text_at(from, &["name"])));
            let key = from.and_then(|from| text_at(from, &["key"]));
            values.extend(data.zip(key).and_then(|(data, key)| text_at(data, &[key])));
        }
        for source in list_at(container, &["envFrom"]) {
            let data = map(text_at(source, &["configMapRef", "name"])).and_then(Value::as_object);
            values.extend(data.into_iter().flatten().filter_map(|(_, value)| value.as_str()));
        }
    }
    values
}

/// The host of an address: of `scheme://user@host:port/path`, or of `host:port`. A bare word is no
/// address.
fn host(text: &str) -> Option<&str> {
    let text = text.trim();
    let (has_scheme, rest) = match text.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, text),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, has_port) = match authority.split_once(':') {
        Some((host, port)) => (host, !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())),
        None => (authority, false),
    };
    (!host.is_empty() && (has_scheme || has_port)).then_some(host)
}

/// The service and namespace that a host name stands for inside the cluster: `name`,
/// `name.namespace`, `name.namespace.svc...`.
fn service_of<'h>(host: &'h str, own: &'h str) -> (&'h str, &'h str) {
    let mut parts = host.split('.');
    let name = parts.next().unwrap_or(host);
    let namespace = parts.next().unwrap_or(own);
    match parts.next() {
        None | Some("svc") => (name, namespace),
        // A name of the world outside.
        Some(_) => ("", namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_addresses() {
        for (text, expected) in [
            ("redis-cart:6379", Some("redis-cart")),
            ("http://orders.shop/path?x=1", Some("orders.shop")),
            ("postgres://user:pass@db.shop.svc:5432/shop", Some("db.shop.svc")),
            ("jdbc:postgresql://db:5432/shop", Some("db")),
            ("redis-cart", None),
            ("redis:latest", None),
            ("", None),
            (":80", None),
            ("://", None),
        ] {
            assert_eq!(host(text), expected, "{text}");
        }
    }

    #[test]
    fn host_names_are_services_of_the_own_or_another_namespace() {
        assert_eq!(service_of("db", "shop"), ("db", "shop"));
        assert_eq!(service_of("db.data", "shop"), ("db", "data"));
        assert_eq!(service_of("db.data.svc.cluster.local", "shop"), ("db", "data"));
        assert_eq!(service_of("db.example.com", "shop").0, "");
    }
}
