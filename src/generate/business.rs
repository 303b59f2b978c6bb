//! People and what the business knows: services, offerings, capabilities.

use super::emit::{Emitter, Facts};
use super::plan::Kind;

pub(super) fn organisation(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("description", "The company")
        .text("organisation_kind", "internal");
    e.ci("organisation", "Example Group".to_owned(), facts);
}

pub(super) fn team(e: &mut Emitter<'_>) {
    let field = [
        "platform",
        "network",
        "database",
        "applications",
        "workplace",
        "security",
    ][usize::try_from(e.index % 6).expect("below six")];
    let facts = Facts::default()
        .text("email", format!("{field}-{}@example.com", e.index / 6 + 1))
        .text("phone", format!("+49 69 555 {:04}", e.index % 10_000))
        .text("description", format!("Runs what belongs to {field}"));
    e.ci("team", format!("{field}-{}", e.index / 6 + 1), facts);
    e.to("belongs_to", Kind::Organisation, 0);
}

const FIRST: [&str; 10] = [
    "Ada", "Bram", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas",
];
const LAST: [&str; 10] = [
    "Abara", "Berg", "Costa", "Demir", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen",
];

pub(super) fn person(e: &mut Emitter<'_>) {
    let (first, last) = (e.pick(&FIRST), e.pick(&LAST));
    let facts = Facts::default()
        .text(
            "email",
            format!("{first}.{last}.{}@example.com", e.index).to_lowercase(),
        )
        .text("phone", format!("+49 69 556 {:05}", e.index % 100_000))
        .text("job_title", e.pick(&["engineer", "analyst", "manager"]));
    e.ci("person", format!("{first} {last} {}", e.index + 1), facts);
    e.to("belongs_to", Kind::Team, e.index / 3);
}

const SERVICES: [&str; 12] = [
    "online-shop",
    "card-payment",
    "customer-portal",
    "order-processing",
    "billing",
    "logistics",
    "human-resources",
    "data-warehouse",
    "mail",
    "partner-exchange",
    "customer-care",
    "mobile-app",
];

/// The name of a service: the second of a kind and later ones are numbered.
fn service_name(service: u64) -> String {
    let name = SERVICES[usize::try_from(service % 12).expect("below twelve")];
    match service / 12 {
        0 => name.to_owned(),
        round => format!("{name}-{}", round + 1),
    }
}

pub(super) fn capability(e: &mut Emitter<'_>) {
    let names = ["Sell", "Deliver", "Serve", "Account", "Staff"];
    let name = names[usize::try_from(e.index % 5).expect("below five")];
    let facts = Facts::default().text("description", format!("The ability to {}", name.to_lowercase()));
    e.ci("business_capability", format!("{name} {}", e.index / 5 + 1), facts);
}

pub(super) fn business_service(e: &mut Emitter<'_>) {
    let name = service_name(e.index);
    let tier = match e.index % 10 {
        0 => 1,
        1 | 2 => 2,
        3..=6 => 3,
        _ => 4,
    };
    let facts = Facts::default()
        .number("tier", tier)
        .number("cost_per_hour", (5 - tier) * (5 - tier) * 100_000)
        .number("users", (5 - tier) * 1_000 + e.below(500))
        .number("rto", tier * 60)
        .number("rpo", tier * 15)
        .text("sla", e.pick(&["gold", "silver", "bronze"]))
        .text("description", format!("{name} for one of our markets"));
    e.ci("business_service", name, facts);
    for place in 0..3 {
        let application = (e.beside(Kind::Application) + place) % e.count(Kind::Application);
        e.to("depends_on", Kind::Application, application);
    }
    let capability = e.beside(Kind::Capability);
    e.from(Kind::Capability, capability, "depends_on");
    if e.index > 0 && e.percent(30) {
        let earlier = e.below(e.index);
        e.to("depends_on", Kind::BusinessService, earlier);
    }
    e.owned();
}

pub(super) fn service_offering(e: &mut Emitter<'_>) {
    let level = if e.index.is_multiple_of(2) { "gold" } else { "standard" };
    let name = service_name(e.index / 2);
    let facts = Facts::default()
        .text("description", format!("{name}, {level} level"))
        .text("sla", level);
    e.ci("service_offering", format!("{name}-{level}"), facts);
    e.to("depends_on", Kind::BusinessService, e.index / 2);
    e.owned();
}
