//! Questions over a real socket, each in turn with a hello-world query of the same stack.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000).
#![expect(clippy::print_stdout, reason = "what is measured is printed")]

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/estate.rs"]
mod estate;
#[path = "support/timing.rs"]
mod timing;

use std::sync::Arc;

use linchpin::api::ApiFigures;
use linchpin::api::context::{ApiContext, ApiLimits};
use linchpin::api::schema::build;
use linchpin::api::service::GraphQlService;
use linchpin::clock::Clock;
use linchpin::config::Config;
use linchpin::http::{HttpState, Server};
use serde_json::{Value, json};
use timing::{Times, ratio, shown};
use ureq::Agent;

const HELLO: &str = "{ __typename }";
const LOOKUP: &str = "query($ref: String!) { configurationItem(ref: $ref) { id name stage } }";
const IMPACT: &str = "query($ref: String!) { impact(failed: [{ ref: $ref }]) { complete counts { down atRisk } } }";

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let cmdb = estate::open(&folder.path().join("store"));
    estate::load(&cmdb, &estate::write_payload(folder.path(), estate::size()));
    let snapshot = cmdb.reader().snapshot();
    let slots = snapshot.slots_by_id();
    let rounds = if estate::is_measuring() { 1_000 } else { 10 };
    let step = (slots.len() / rounds).max(1);
    let references: Vec<String> = slots
        .iter()
        .step_by(step)
        .map(|slot| snapshot.ci_id(*slot).to_string())
        .collect();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse().expect("an address");
    let server = runtime.block_on(Server::bind(&config.server)).expect("a free port");
    let url = format!("http://{}/graphql", server.local_addr());
    let context = ApiContext {
        cmdb: cmdb.clone(),
        limits: ApiLimits::default(),
        clock: Clock::default(),
        figures: ApiFigures::default(),
    };
    let service = GraphQlService::new(build(context), &config.limits);
    let state = HttpState::new(service, Arc::new(config), None);
    runtime.spawn(server.run(state, std::future::pending()));

    let agent = Agent::new_with_defaults();
    let ask = |query: &str, reference: &str| {
        let body = json!({ "query": query, "variables": { "ref": reference } });
        let body = if query == HELLO {
            json!({ "query": query })
        } else {
            body
        };
        let mut response = agent.post(&url).send_json(body).expect("an answer");
        let answer: Value = response.body_mut().read_json().expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
    };
    let [mut hello, mut lookup, mut impact] = [const { Times(Vec::new()) }; 3];
    for reference in &references {
        hello.run(|| ask(HELLO, reference));
        lookup.run(|| ask(LOOKUP, reference));
        impact.run(|| ask(IMPACT, reference));
    }
    for (name, times) in [("lookup", &mut lookup), ("impact", &mut impact)] {
        println!(
            "{name}: p50 {} is {:.2} times hello's {}, p99 {}",
            shown(times.median()),
            ratio(times.median(), hello.median()),
            shown(hello.median()),
            shown(times.percentile(99))
        );
    }
    runtime.shutdown_background();
}
