//! A service of a scanned host.

use roxmltree::Node;

use crate::ingest::formats::document::Findings;
use crate::ingest::formats::inventory::{Fields, Machine, Notes, Part, addresses_beyond_host};

use super::children;

/// Services of databases, by nmap's name, with the engine.
const DATABASES: [(&str, &str); 10] = [
    ("mysql", "mysql"),
    ("postgresql", "postgresql"),
    ("ms-sql-s", "mssql"),
    ("oracle-tns", "oracle"),
    ("mongodb", "mongodb"),
    ("mongod", "mongodb"),
    ("ibm-db2", "db2"),
    ("cassandra", "cassandra"),
    ("couchdb", "couchdb"),
    ("firebird", "firebird"),
];

/// Services of middleware, by nmap's name, with its kind in the catalog.
const MIDDLEWARE: [(&str, &str); 13] = [
    ("domain", "dns"),
    ("ntp", "ntp"),
    ("ldap", "directory"),
    ("ldaps", "directory"),
    ("kerberos-sec", "directory"),
    ("redis", "cache"),
    ("memcached", "cache"),
    ("memcache", "cache"),
    ("http-proxy", "proxy"),
    ("squid-http", "proxy"),
    ("elasticsearch", "search"),
    ("ajp13", "application_server"),
    ("zabbix", "monitoring"),
];

/// A port of a host.
#[derive(Debug)]
pub(super) struct Service<'a> {
    pub(super) is_open: bool,
    port: u16,
    protocol: &'a str,
    /// nmap's name of the service.
    name: Option<&'a str>,
    product: Option<&'a str>,
    version: Option<&'a str>,
    tunnel: Option<&'a str>,
    /// Whether nmap asked the service itself, rather than a table of well-known ports.
    probed: bool,
}

impl<'a> Service<'a> {
    /// Reads a port; none if it has no number.
    pub(super) fn of(element: Node<'a, '_>) -> Option<Self> {
        let state = children(element, "state").find_map(|state| state.attribute("state"));
        let service = children(element, "service").next();
        let attribute = |name: &str| {
            service
                .and_then(|service| service.attribute(name))
                .filter(|text| !text.is_empty())
        };
        Some(Self {
            is_open: state == Some("open"),
            port: element.attribute("portid")?.parse().ok()?,
            protocol: element.attribute("protocol").unwrap_or("tcp"),
            name: attribute("name"),
            product: attribute("product"),
            version: attribute("version"),
            tunnel: attribute("tunnel"),
            probed: attribute("method") == Some("probed"),
        })
    }

    /// `443/tcp`.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.port, self.protocol)
    }

    /// Records it on its host.
    pub(super) fn tell(
        &self,
        machine: &Machine,
        address: Option<&str>,
        notes: &mut Notes,
        findings: &mut Findings<'_>,
    ) {
        let name = self.name.unwrap_or("unknown");
        let of = |table: &[(&'static str, &'static str)]| {
            table.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
        };
        let mut fields = Fields::default();
        let ci_type = if let Some(engine) = of(&DATABASES) {
            fields.text("engine", Some(engine));
            "database_instance"
        } else if name.starts_with("http") && of(&MIDDLEWARE).is_none() {
            fields.boolean("tls", Some(name == "https" || self.tunnel == Some("ssl")));
            "web_server"
        } else if let Some(kind) = of(&MIDDLEWARE) {
            fields.text("middleware_kind", Some(kind));
            "middleware"
        } else {
            "network_service"
        };
        fields.text("host_name", Some(&machine.name));
        fields.integer("port", Some(i64::from(self.port)), 0..=65_535, notes);
        let beyond = address.filter(|address| addresses_beyond_host([*address]).next().is_some());
        fields.address("primary_ip", beyond, notes);
        fields.text("version", self.version);
        fields.custom("protocol", Some(self.protocol));
        fields.custom("service", self.name);
        fields.custom("product", self.product);
        fields.custom("identified_by", Some(if self.probed { "probe" } else { "port number" }));
        let shown = self.shown();
        let part = Part {
            ci_type,
            local_key: &shown,
            name: &format!("{name} {shown}"),
            relationship_type: "runs_on",
            forward: None,
        };
        machine.part(&part, fields, findings);
    }
}
