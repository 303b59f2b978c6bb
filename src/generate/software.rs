//! Shared services, applications and what belongs to them.

use crate::model::Threshold;

use super::compute::environment;
use super::emit::{Emitter, Facts};
use super::plan::Kind;

const SHARED: [(&str, &str); 6] = [
    ("dns", "Name resolution"),
    ("ntp", "Time"),
    ("ldap", "Directory and sign-on"),
    ("monitoring", "Monitoring and alerting"),
    ("backup", "Backup and restore"),
    ("logging", "Central logging"),
];

fn shared_name(index: u64) -> (&'static str, &'static str) {
    SHARED[usize::try_from(index % 6).expect("below six")]
}

/// What everything uses: the CIs with the most dependents of all.
pub(super) fn shared_service(e: &mut Emitter<'_>) {
    let (name, description) = shared_name(e.index);
    let facts = Facts::default().text("description", description).number("tier", 2);
    e.ci("technical_service", format!("platform-{name}"), facts);
    e.owned();
}

pub(super) fn shared_instance(e: &mut Emitter<'_>) {
    let (name, _) = shared_name(e.index / 2);
    let facts = Facts::default()
        .text("version", "2.1")
        .text("environment", "production");
    e.ci("application_instance", format!("{name}-{}", e.index % 2 + 1), facts);
    // One instance in each half of the servers: as far apart as the estate allows.
    let servers = e.count(Kind::Server);
    let server = (e.index / 2 + e.index % 2 * (servers / 2)) % servers;
    e.to("runs_on", Kind::Server, server);
    if !e.index.is_multiple_of(2) {
        let pair = [e.index - 1, e.index].map(|index| Emitter::key(Kind::SharedInstance, index));
        e.needs_for(
            Kind::SharedService,
            e.index / 2,
            "instances",
            Threshold::Count(1),
            pair.to_vec(),
        );
    }
}

const DOMAINS: [&str; 12] = [
    "orders",
    "billing",
    "catalogue",
    "stock",
    "claims",
    "payroll",
    "pricing",
    "search",
    "identity",
    "shipping",
    "reporting",
    "support",
];

fn domain(number: u64) -> &'static str {
    DOMAINS[usize::try_from(number % 12).expect("below twelve")]
}

pub(super) fn application(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("description", format!("Application for {}", domain(e.index)))
        .text("version", format!("{}.{}", 1 + e.below(8), e.below(20)))
        .text("vendor", e.pick(&["in-house", "SAP", "Oracle", "Salesforce"]))
        .text("number", format!("APP{:06}", e.index))
        .text("language", e.pick(&["java", "rust", "go", "python", "csharp"]))
        .text("environment", environment(e.index));
    e.ci("application", format!("{}-{:04}", domain(e.index), e.index + 1), facts);
    let database = e.near(Kind::Database);
    e.to("depends_on", Kind::Database, database);
    if e.percent(40) {
        let queue = e.near(Kind::MessageQueue);
        e.to("depends_on", Kind::MessageQueue, queue);
    }
    if e.percent(50) {
        let workload = e.near(Kind::Workload);
        e.to("depends_on", Kind::Workload, workload);
    }
    e.shared(&[2, 5]);
    e.owned();
}

/// Calls between applications, after all of them: most go to an earlier one, some back, so that
/// there are cycles.
pub(super) fn application_links(e: &mut Emitter<'_>) {
    let count = e.count(Kind::Application);
    let source = Emitter::key(Kind::Application, e.index);
    for _ in 0..2 {
        let target = (e.index + count - 1 - e.below(6)) % count;
        if target != e.index {
            let kind = if e.percent(40) { "depends_on" } else { "uses" };
            e.relate(source.clone(), kind, Emitter::key(Kind::Application, target));
            return;
        }
    }
}

pub(super) fn application_instance(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("version", format!("{}.{}", 1 + e.below(8), e.below(20)))
        .text("entry_point", format!("https://app-{:05}.example.net/", e.index))
        .number("port", 8_443)
        .text("environment", environment(e.index / 3));
    e.ci(
        "application_instance",
        format!("{}-{:04}-{}", domain(e.index / 3), e.index / 3 + 1, e.index % 3 + 1),
        facts,
    );
    let machine = e.near(Kind::VirtualMachine);
    e.to("runs_on", Kind::VirtualMachine, machine);
    if e.index % 3 == 2 {
        let first = e.index - 2;
        let members: Vec<String> = (first..=e.index)
            .map(|index| Emitter::key(Kind::ApplicationInstance, index))
            .collect();
        e.needs_for(
            Kind::Application,
            first / 3,
            "instances",
            Threshold::Percent(50),
            members,
        );
    }
    e.shared(&[3]);
}

pub(super) fn web_server(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("vendor", e.pick(&["nginx", "apache", "iis"]))
        .boolean("tls", true)
        .text("version", "1.26")
        .number("port", 443)
        .text("environment", environment(e.index));
    e.ci("web_server", format!("web-{:05}", e.index + 1), facts);
    let machine = e.near(Kind::VirtualMachine);
    e.to("runs_on", Kind::VirtualMachine, machine);
    let pair = e.beside(Kind::LoadBalancer) / 2 * 2;
    let balancers = [pair, pair + 1].map(|index| Emitter::key(Kind::LoadBalancer, index));
    e.needs("load-balancers", Threshold::Count(1), balancers.to_vec());
    let application = e.beside(Kind::Application);
    e.from(Kind::Application, application, "depends_on");
    e.shared(&[3]);
}

pub(super) fn api(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text(
            "base_url",
            format!("https://api.example.net/{}/v{}", domain(e.index), e.index),
        )
        .text("version", "v1")
        .text("protocol", e.pick(&["rest", "graphql", "grpc"]));
    e.ci("api", format!("{}-api-{:04}", domain(e.index), e.index + 1), facts);
    let application = e.beside(Kind::Application);
    e.from(Kind::Application, application, "provides");
    e.owned();
}

pub(super) fn certificate(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("subject", format!("CN=app-{:05}.example.net", e.index))
        .text("issuer", "CN=Example Issuing CA 2")
        .text("certificate_serial", e.serial())
        .number("key_bits", 2_048)
        .boolean("auto_renewed", !e.index.is_multiple_of(3))
        .text("expires_at", format!("2027-{:02}-01T00:00:00Z", e.index % 12 + 1));
    e.ci("certificate", format!("cert-{:05}", e.index + 1), facts);
    let application = e.beside(Kind::Application);
    e.from(Kind::Application, application, "secured_by");
    e.owned();
}

pub(super) fn batch_job(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("scheduler", "control-m")
        .text("schedule", format!("{} {} * * *", e.below(60), e.below(24)))
        .text("description", format!("Nightly run for {}", domain(e.index)))
        .text("environment", environment(e.index));
    e.ci("batch_job", format!("job-{:05}", e.index + 1), facts);
    let database = e.near(Kind::Database);
    e.to("depends_on", Kind::Database, database);
    let machine = e.near(Kind::VirtualMachine);
    e.to("runs_on", Kind::VirtualMachine, machine);
    e.owned();
}
