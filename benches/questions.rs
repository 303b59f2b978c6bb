//! Questions about structure and causes, each in turn with a raw walk over a hand-made CSR of the
//! arcs that it is about, on a generated estate; and how throughput grows with threads.
//!
//! `LINCHPIN_BENCH_CIS` is the size of the estate (default 10,000).
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what is measured is printed, to few digits"
)]

#[path = "support/allocator.rs"]
mod allocator;
#[path = "support/csr.rs"]
mod csr;
#[path = "support/estate.rs"]
mod estate;
#[path = "support/loaded.rs"]
mod loaded;
#[path = "support/timing.rs"]
mod timing;

use std::hint::black_box;
use std::time::{Duration, Instant};

use csr::Csr;
use linchpin::graph::{Estate, Slot};
use linchpin::impact::{
    Budget, CauseQuestion, CutSetQuestion, FailedCi, ImpactQuestion, ImpactReport, ImpactView, LintCode, Premises,
    ProbableCauses, Scratch, ScratchPool, cut_sets, dependencies, impact, lints, probable_causes,
    single_points_of_failure,
};
use linchpin::model::ImpactState;
use timing::{Times, ratio, shown};

/// Symptoms of a question about causes.
const SYMPTOMS: usize = 50;

/// CIs seen healthy, where there are any.
const HEALTHY: usize = 10;

/// Services asked one by one: those in the middle by what they depend on, and the one with the most.
const SERVICES: usize = 7;

fn main() {
    let snapshot = loaded::snapshot();
    let estate: &Estate = &snapshot;
    let arcs = csr::arcs(estate);
    let turned = arcs.iter().map(|(source, target)| (*target, *source)).collect();
    let mut bench = Bench {
        estate,
        forwards: Csr::new(arcs, estate.slot_bound()),
        backwards: Csr::new(turned, estate.slot_bound()),
        scratch: Scratch::default(),
    };
    let services = bench.services();
    bench.single_points(&services);
    bench.causes();
    let middle = (services.len() / 2).saturating_sub(SERVICES / 2);
    let typical = &services[middle..(middle + SERVICES).min(services.len())];
    let largest = &services[services.len() - 1..];
    for (name, services) in [("typical tier-1 service", typical), ("largest tier-1 service", largest)] {
        bench.cut_sets(name, services);
        bench.dependencies(name, services);
    }
    bench.lints();
    let [typical, wide] = bench.forwards.around([50, 99]);
    bench.throughput("median CI", &typical);
    bench.throughput("p99 CI", &wide);
}

fn runs(most: usize) -> usize {
    if estate::is_measuring() { most } else { 1 }
}

fn view(estate: &Estate) -> ImpactView<'_> {
    ImpactView {
        index: estate.dependency_index(),
        columns: estate.columns(),
    }
}

fn ask(estate: &Estate, root: u32, scratch: &mut Scratch) -> ImpactReport {
    let question = ImpactQuestion {
        failed: vec![FailedCi {
            slot: Slot::new(root),
            state: ImpactState::Down,
        }],
        ..ImpactQuestion::default()
    };
    impact(view(estate), &question, &Budget::UNLIMITED, scratch).expect("nothing is assumed")
}

struct Bench<'a> {
    estate: &'a Estate,
    forwards: Csr,
    backwards: Csr,
    scratch: Scratch,
}

/// Prints medians of so many questions beside those of their reference.
fn print(name: &str, count: usize, (engine, raw): (&mut Times, &mut Times), found: &str) {
    let count = u32::try_from(count.max(1)).expect("it fits");
    println!(
        "{name}: raw {}, engine {}, {:.1} times; {found}",
        shown(raw.median() / count),
        shown(engine.median() / count),
        ratio(engine.median(), raw.median()),
    );
}

impl Bench<'_> {
    /// The services of tier 1, those first that depend on the least.
    fn services(&mut self) -> Vec<u32> {
        let named = self.estate.catalog().ci_type_named("business_service");
        let of_type = self
            .estate
            .slots_of_type(named.expect("it is in the catalog").id)
            .iter();
        let first = of_type.filter(|slot| self.estate.tier_of(**slot) == Some(1));
        let mut services: Vec<u32> = first.map(|slot| slot.number()).collect();
        services.sort_by_cached_key(|service| (self.backwards.closure(&[*service]), *service));
        assert!(!services.is_empty(), "an estate has services of tier 1");
        services
    }

    fn single_points(&mut self, services: &[u32]) {
        let targets: Vec<Slot> = services.iter().map(|service| Slot::new(*service)).collect();
        let (mut raw, mut engine) = (Times::default(), Times::default());
        let (mut walked, mut points, mut arcs) = (0, 0, 0);
        for _ in 0..runs(9) {
            walked = raw.run(|| {
                let closures = services.iter().map(|root| self.backwards.closure(&[black_box(*root)]));
                closures.sum()
            });
            let scratch = &mut self.scratch;
            let (down, premises) = (ImpactState::Down, Premises::default());
            let answer = engine.run(|| {
                let view = view(self.estate);
                single_points_of_failure(view, &targets, down, &premises, &Budget::UNLIMITED, scratch)
            });
            let answer = answer.expect("nothing is assumed");
            assert!(answer.targets.iter().all(|target| target.incomplete.is_none()));
            points = answer.targets.iter().map(|target| target.points.len()).sum();
            arcs = answer.arcs_visited;
        }
        let found = format!("{walked} CIs walked, {points} points, {arcs} links");
        let name = format!("single points of failure of all {} tier-1 services", services.len());
        print(&name, 1, (&mut engine, &mut raw), &found);
    }

    fn causes(&mut self) {
        let of_type = |name: &str| {
            let named = self.estate.catalog().ci_type_named(name).expect("it is in the catalog");
            let cis = self.estate.slots_of_type(named.id);
            cis[cis.len() / 2].number()
        };
        let (site, hypervisor) = (of_type("site"), of_type("hypervisor"));
        let hub = self.hub();
        for (name, root) in [("hub", hub), ("site", site), ("hypervisor", hypervisor)] {
            for healthy in [0, HEALTHY] {
                for causes_max in [1, 3] {
                    let question = self.observed(root, healthy, causes_max);
                    self.cause(name, root, &question);
                }
            }
        }
    }

    /// Of those with the most arcs the CI whose failure hits the most others badly.
    fn hub(&mut self) -> u32 {
        let hubs = self.forwards.hubs().into_iter();
        let hub = hubs.max_by_key(|ci| {
            let counts = ask(self.estate, *ci, &mut self.scratch).counts;
            counts.all.down + counts.all.degraded
        });
        hub.expect("an estate has hubs")
    }

    /// Fifty of those that a failure hits badly, and some that it does not hit.
    fn observed(&mut self, root: u32, healthy: usize, causes_max: usize) -> CauseQuestion {
        let report = ask(self.estate, root, &mut self.scratch);
        let level = CauseQuestion::default().level;
        let mut random = fastrand::Rng::with_seed(7);
        let impacted = report.impacted_unordered().iter();
        let mut hit: Vec<Slot> = impacted.filter(|ci| ci.after >= level).map(|ci| ci.slot).collect();
        hit.sort_unstable();
        random.shuffle(&mut hit);
        hit.truncate(SYMPTOMS);
        let all = self.estate.slots_by_id().iter().copied();
        let mut fine: Vec<Slot> = all.filter(|slot| report.after(*slot) == ImpactState::Ok).collect();
        random.shuffle(&mut fine);
        fine.truncate(healthy);
        CauseQuestion {
            symptoms: hit,
            healthy: fine,
            causes_max,
            ..CauseQuestion::default()
        }
    }

    fn cause(&mut self, name: &str, root: u32, question: &CauseQuestion) {
        let symptoms: Vec<u32> = question.symptoms.iter().map(|slot| slot.number()).collect();
        let (mut raw, mut engine) = (Times::default(), Times::default());
        let mut walked = 0;
        let mut answer = ProbableCauses::default();
        for _ in 0..runs(9) {
            walked = raw.run(|| self.backwards.closure(black_box(&symptoms)));
            let scratch = &mut self.scratch;
            let asked = engine.run(|| probable_causes(view(self.estate), question, &Budget::UNLIMITED, scratch));
            answer = asked.expect("nothing contradicts itself");
        }
        let place = answer.ranking.iter().position(|cause| cause.slot == Slot::new(root));
        let found = format!(
            "{walked} CIs walked, {} of {} candidates, limit {:?}, the cause is at {:?} of {}, {} causes, {} unexplained",
            answer.candidates_considered,
            answer.candidates_total,
            answer.limit,
            place.map(|place| place + 1),
            answer.ranking.len(),
            answer.causes.len(),
            answer.unexplained.len(),
        );
        let (symptoms, healthy) = (question.symptoms.len(), question.healthy.len());
        let name = format!(
            "cause of {symptoms} symptoms of a {name}, {healthy} healthy, up to {}",
            question.causes_max
        );
        print(&name, 1, (&mut engine, &mut raw), &found);
    }

    fn cut_sets(&mut self, name: &str, services: &[u32]) {
        for service in services {
            let (mut raw, mut engine) = (Times::default(), Times::default());
            let question = CutSetQuestion {
                target: Slot::new(*service),
                level: ImpactState::Down,
                size_max: CutSetQuestion::SIZE_MAX_DEFAULT,
                count_max: 10_000,
            };
            let mut found = String::new();
            for _ in 0..runs(5) {
                let walked = raw.run(|| self.backwards.closure(&[black_box(*service)]));
                let (scratch, premises) = (&mut self.scratch, Premises::default());
                let answer =
                    engine.run(|| cut_sets(view(self.estate), question, &premises, &Budget::UNLIMITED, scratch));
                let answer = answer.expect("nothing is assumed");
                found = format!(
                    "{walked} CIs walked, {} cut sets, {} links, incomplete {:?}",
                    answer.cut_sets.len(),
                    answer.arcs_visited,
                    answer.incomplete
                );
            }
            print(&format!("cut sets of a {name}"), 1, (&mut engine, &mut raw), &found);
        }
    }

    fn dependencies(&mut self, name: &str, services: &[u32]) {
        let (mut raw, mut engine) = (Times::default(), Times::default());
        let (mut walked, mut listed) = (0, 0);
        for _ in 0..runs(9) {
            walked = raw.run(|| {
                let closures = services.iter().map(|root| self.backwards.closure(&[black_box(*root)]));
                closures.sum()
            });
            let (scratch, premises) = (&mut self.scratch, Premises::default());
            listed = engine.run(|| {
                let answers = services.iter().map(|service| {
                    let target = Slot::new(*service);
                    let answer = dependencies(view(self.estate), target, &premises, &Budget::UNLIMITED, scratch);
                    answer.expect("nothing is assumed").dependencies.len()
                });
                answers.sum()
            });
        }
        let count = services.len();
        let closures = services.iter().map(|root| self.backwards.arcs_within(&[*root]));
        let arcs: usize = closures.sum();
        let found = format!(
            "{} CIs and {} arcs walked, {} listed",
            walked / count,
            arcs / count,
            listed / count
        );
        print(
            &format!("dependencies of a {name}"),
            count,
            (&mut engine, &mut raw),
            &found,
        );
    }

    /// The reference looks at every arc of the estate once.
    fn lints(&mut self) {
        let everybody: Vec<u32> = self.estate.slots_by_id().iter().map(|slot| slot.number()).collect();
        let codes = LintCode::ALL.map(|code| (code.as_str(), vec![code]));
        for (name, codes) in codes.into_iter().chain([("all of them", LintCode::ALL.to_vec())]) {
            let (mut raw, mut engine) = (Times::default(), Times::default());
            let mut found = String::new();
            for _ in 0..runs(3) {
                raw.run(|| self.forwards.closure(black_box(&everybody)));
                let scratch = &mut self.scratch;
                let report = engine.run(|| lints(view(self.estate), &codes, &Budget::UNLIMITED, scratch));
                assert_eq!(report.truncated, None);
                found = format!("{} findings, {} links", report.findings.len(), report.arcs_visited);
            }
            print(&format!("lints, {name}"), 1, (&mut engine, &mut raw), &found);
        }
    }

    /// Questions a second with 1, 2, ... threads over one snapshot. The reference is one thread.
    fn throughput(&self, name: &str, roots: &[u32]) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = ScratchPool::default();
        let span = Duration::from_millis(if estate::is_measuring() { 300 } else { 1 });
        let mut rates = vec![Vec::new(); cores];
        for _ in 0..runs(5) {
            for (threads, rates) in (1..).zip(&mut rates) {
                rates.push(self.questions_a_second(&pool, roots, threads, span));
            }
        }
        let mut alone = 0.0;
        for (threads, rates) in (1..).zip(&mut rates) {
            rates.sort_by(f64::total_cmp);
            let rate = rates[rates.len() / 2];
            if threads == 1 {
                alone = rate;
            }
            println!(
                "impact of a {name}, {threads} of {cores} threads: {rate:.0} questions a second, {:.2} times one thread",
                rate / alone
            );
        }
    }

    fn questions_a_second(&self, pool: &ScratchPool, roots: &[u32], threads: usize, span: Duration) -> f64 {
        let begun = Instant::now();
        let asked: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|worker| {
                    let estate = self.estate;
                    scope.spawn(move || {
                        let mut asked = 0;
                        for root in roots.iter().cycle().skip(worker) {
                            let report = pool.with(|scratch| ask(estate, black_box(*root), scratch));
                            black_box(report.impacted_unordered().len());
                            asked += 1;
                            if begun.elapsed() > span {
                                break;
                            }
                        }
                        asked
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("it ends")).sum()
        });
        asked as f64 / begun.elapsed().as_secs_f64()
    }
}
