//! The answer to an impact question.

mod absorbed;
mod answer;
mod evidence;
mod picture;
mod potential;
mod proof;
mod service;
mod weakened;
mod witness;

use std::sync::Arc;
use std::time::Instant;

use async_graphql::{Context, Object, SimpleObject};

pub use absorbed::AbsorbedGroup;
pub(in crate::api) use answer::{Answer, ResultFilter};
pub use evidence::{EvidenceWeakness, ImpactEvidence, RelationshipAuthority, WeakestEvidence};
pub use potential::PotentialImpact;
pub use proof::{ProofCauseObject, ProofNodeObject, ProofObject};
pub use service::ImpactedService;
pub use weakened::WeakenedObject;
pub use witness::{WitnessGroup, WitnessKind, WitnessObject, WitnessRelationship, WitnessStep};

use super::{CiObject, Drawing, DrawingFormat, ImpactState};
use crate::api::connection::{Connection, Cursors, QuestionHash, at_most, page_size, rows};
use crate::api::context::{api, ask, resolve};
use crate::api::error::{ApiError, ApiResult};
use crate::api::query::subject::answers;
use crate::api::scalars::{DateTime, Long};
use crate::impact::{self, StateCounts, TruncationReason};

/// Impacted CIs by the state they end in.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ImpactCounts {
    /// CIs that are not impacted.
    pub ok: Long,
    /// CIs that end `AT_RISK`.
    pub at_risk: Long,
    /// CIs that end DEGRADED.
    pub degraded: Long,
    /// CIs that end DOWN.
    pub down: Long,
    /// All impacted CIs.
    pub impacted: Long,
}

impl ImpactCounts {
    pub(in crate::api) fn new(counts: StateCounts, of: usize) -> Self {
        Self {
            ok: Long((of as u64).saturating_sub(counts.total())),
            at_risk: Long(counts.at_risk),
            degraded: Long(counts.degraded),
            down: Long(counts.down),
            impacted: Long(counts.total()),
        }
    }
}

/// How many rows a list skips.
fn skipped(offset: i32) -> ApiResult<usize> {
    let refuse = |_| ApiError::input("offset", "`offset` must not be negative").with("value", offset);
    usize::try_from(offset).map_err(refuse)
}

/// Impacted CIs of one type.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImpactCountsOfType {
    /// The name of the type; subtypes have counts of their own.
    pub type_name: String,
    /// The counts.
    pub counts: ImpactCounts,
}

/// Impacted CIs of one tier.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ImpactCountsOfTier {
    /// The tier, 1 (most critical) to 4; absent: CIs without one.
    pub tier: Option<i32>,
    /// The counts; `ok` is not told apart by tier and is 0.
    pub counts: ImpactCounts,
}

/// Where an answer ends before the whole truth: every state in it is at least that bad.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ImpactTruncated")]
pub struct Truncated {
    /// The limit that was met: DEPTH, ARCS, RESULTS or TIME.
    pub reason: String,
    /// The last round that is complete.
    pub round: i32,
    /// How to go on.
    pub how_to_go_on: String,
}

/// Something to know beside the answer, which stands.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImpactWarning {
    /// What it is.
    pub code: String,
    /// How often it was met.
    pub count: Long,
    /// The ids of some of what it is about.
    pub samples: Vec<String>,
}

/// A CI before and after the failure.
#[derive(Clone, Debug, SimpleObject)]
pub struct CiState {
    /// The CI.
    pub ci: CiObject,
    /// Its state without the failure.
    pub before: ImpactState,
    /// Its state with the failure.
    pub after: ImpactState,
}

/// An assumption that held something back.
#[derive(Clone, Debug, SimpleObject)]
pub struct HeldAssumption {
    /// The assumed CI.
    pub ci: CiObject,
    /// The state it is assumed to be in.
    pub assumed: ImpactState,
    /// The state that what it depends on would give it.
    pub otherwise: ImpactState,
}

/// A CI that the question lets fail.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImpactRoot {
    /// The CI.
    pub ci: CiObject,
    /// The state it fails to.
    pub state: ImpactState,
}

/// A CI that is worse off with the failure than without.
#[derive(Clone, Debug)]
pub struct ImpactedCi {
    answer: Arc<Answer>,
    found: impact::ImpactedCi,
}

/// A CI that is worse off with the failure than without.
#[Object]
impl ImpactedCi {
    /// The CI.
    async fn ci(&self) -> CiObject {
        CiObject::at(&self.answer.view, self.found.slot)
    }

    /// Its state without the failure.
    async fn before(&self) -> ImpactState {
        self.found.before.into()
    }

    /// Its state with the failure.
    async fn after(&self) -> ImpactState {
        self.found.after.into()
    }

    /// The round in which it came to its state, which is the length of its witness; 0 for what
    /// failed by itself.
    async fn depth(&self) -> u32 {
        self.found.depth
    }

    /// Its tier, 1 (most critical) to 4.
    async fn tier(&self) -> Option<u8> {
        self.answer.view.tier_of(self.found.slot)
    }

    /// Why: a path of causes from something that failed to this CI.
    #[graphql(complexity = "20 * child_complexity")]
    async fn witness(&self) -> Option<WitnessObject> {
        WitnessObject::new(&self.answer, self.found.slot)
    }
}

/// The answer to an impact question: what breaks, why, and what held.
#[derive(Clone, Debug)]
pub struct ImpactReportObject(pub(in crate::api) Arc<Answer>);

/// The answer to an impact question: what breaks, why, and what held.
#[Object(name = "ImpactReport")]
impl ImpactReportObject {
    /// The revision of the estate that was asked.
    async fn revision(&self) -> Long {
        self.0.view.revision().into()
    }

    /// The moment of valid time that was asked about.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Whether this is the whole truth. If not, every state is at least that bad.
    async fn complete(&self) -> bool {
        self.0.report.is_complete()
    }

    /// Where the answer ends, if it is not complete.
    async fn truncated(&self) -> Option<Truncated> {
        self.0.report.truncated.map(|truncated| Truncated {
            reason: truncated.reason.as_str().to_owned(),
            round: i32::try_from(truncated.round).unwrap_or(i32::MAX),
            how_to_go_on: match truncated.reason {
                TruncationReason::Depth => "ask with a larger `maxDepth`, or without",
                TruncationReason::Arcs | TruncationReason::Results => {
                    "raise `limits`, or `limits.question_steps_max` in the server's configuration"
                }
                TruncationReason::Count => "ask for more answers",
                TruncationReason::Time => {
                    "ask again when the server is less busy, or raise `limits.question_timeout_ms` in its configuration"
                }
            }
            .to_owned(),
        })
    }

    /// All impacted CIs by state, whatever is listed.
    async fn counts(&self) -> ImpactCounts {
        ImpactCounts::new(self.0.report.counts.all, self.0.view.ci_count())
    }

    /// What the failed CIs would reach if nothing were redundant and every relationship were hard.
    async fn potential(&self, ctx: &Context<'_>) -> ApiResult<PotentialImpact> {
        let (answer, answers) = (Arc::clone(&self.0), answers(ctx)?);
        let limits = &api(ctx)?.limits;
        let (steps_max, time_max) = (limits.steps_max, limits.time_max);
        ask(ctx, &self.0.view, move |_, _| {
            let deadline = Instant::now().checked_add(time_max);
            let out_of_time = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
            Ok(PotentialImpact::of(
                &answer,
                steps_max,
                &out_of_time,
                &answers.scratches,
            ))
        })
        .await
    }

    /// All impacted CIs by exact type and state, by the type's name; `ok` counts the type's other CIs.
    async fn counts_by_type(&self) -> Vec<ImpactCountsOfType> {
        let view = &self.0.view;
        let mut counts: Vec<ImpactCountsOfType> = self
            .0
            .report
            .counts
            .by_type
            .iter()
            .map(|(ci_type, counts)| ImpactCountsOfType {
                type_name: view
                    .catalog()
                    .ci_type(*ci_type)
                    .map(|found| found.name.to_string())
                    .unwrap_or_default(),
                counts: ImpactCounts::new(*counts, view.count_of_type(*ci_type)),
            })
            .collect();
        counts.sort_by(|a, b| a.type_name.cmp(&b.type_name));
        counts
    }

    /// All impacted CIs by tier and state, tier 1 first, those without a tier last.
    async fn counts_by_tier(&self) -> Vec<ImpactCountsOfTier> {
        let by_tier = &self.0.report.counts.by_tier;
        let tiers = (1i32..).zip(&by_tier[1..]).map(|(tier, counts)| (Some(tier), *counts));
        tiers
            .chain([(None, by_tier[0])])
            .map(|(tier, counts)| ImpactCountsOfTier {
                tier,
                counts: ImpactCounts::new(counts, 0),
            })
            .collect()
    }

    /// The impacted CIs that pass the filter: the worst state first, then by tier, depth and id.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn impacted(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<ImpactedCi>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: self.0.view.revision(),
            question: QuestionHash::of(&("impacted", self.0.question)),
        };
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| {
            answer.page(cursors, after.as_deref(), first)
        })
        .await
    }

    /// All CIs that are not OK before or after, by id.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn states(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 1000)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<CiState>> {
        let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
        let offset = skipped(offset)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| Ok(answer.states(offset, first))).await
    }

    /// What held: redundancy groups that let less through than they took, with their arithmetic; those
    /// written down first, by id, then by pool and the id of the CI that needs them.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn absorbed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<AbsorbedGroup>> {
        let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
        let offset = skipped(offset)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| {
            Ok(AbsorbedGroup::list(&answer, offset, first))
        })
        .await
    }

    /// How many redundancy groups held something.
    async fn absorbed_count(&self) -> Long {
        self.0.report.absorbed(self.0.impact_view()).len().into()
    }

    /// Impacted services: CIs with a tier, the worst state first, then by tier, depth and id.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
    ) -> ApiResult<Vec<ImpactedService>> {
        let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| Ok(ImpactedService::list(&answer, first))).await
    }

    /// Assumptions that held something back, by id.
    async fn held_assumptions(&self) -> Vec<HeldAssumption> {
        let held = self.0.report.held_pins.iter().map(|held| HeldAssumption {
            ci: CiObject::at(&self.0.view, held.slot),
            assumed: held.assumed.into(),
            otherwise: held.otherwise.into(),
        });
        held.collect()
    }

    /// Relationships that weakened a failure on its way: the worst states first, then by target and
    /// source.
    #[graphql(complexity = "rows(Some(first), child_complexity)")]
    async fn weakened(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many at most, up to 1,000.", default = 100)] first: i32,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<WeakenedObject>> {
        let first = page_size(Some(first), api(ctx)?.limits.page_max)?;
        let offset = skipped(offset)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| {
            Ok(WeakenedObject::list(&answer, offset, first))
        })
        .await
    }

    /// How many relationships weakened a failure on its way.
    async fn weakened_count(&self, ctx: &Context<'_>) -> ApiResult<Long> {
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| Ok(answer.weakened().len().into())).await
    }

    /// Everything that put one CI into its state, not only one path; absent for a CI that is OK.
    #[graphql(complexity = "rows(Some(max_nodes), child_complexity)")]
    async fn proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "ref", desc = "The CI to explain: an id, `type:name` or `attribute:value`.")]
        reference: String,
        #[graphql(desc = "So many CIs at most, up to 1,000.", default = 100)] max_nodes: i32,
    ) -> ApiResult<Option<ProofObject>> {
        let nodes_max = at_most("maxNodes", max_nodes, api(ctx)?.limits.page_max)?;
        let slot = resolve(&self.0.view, "ref", &reference)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| {
            Ok(ProofObject::new(&answer, slot, nodes_max))
        })
        .await
    }

    /// The first CIs of `impacted` as a picture, with the links that carry impact between them.
    #[graphql(complexity = "rows(Some(max_nodes), child_complexity)")]
    async fn drawing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is written.")] format: DrawingFormat,
        #[graphql(desc = "So many CIs at most, up to 1,000.", default = 100)] max_nodes: i32,
    ) -> ApiResult<Drawing> {
        let nodes_max = at_most("maxNodes", max_nodes, api(ctx)?.limits.page_max)?;
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, _| Ok(answer.graph(nodes_max).draw(format))).await
    }

    /// What the whole answer rests on, and how fresh that is. Costs the causes of every impacted CI.
    async fn evidence(&self, ctx: &Context<'_>) -> ApiResult<ImpactEvidence> {
        let answer = Arc::clone(&self.0);
        ask(ctx, &self.0.view, move |_, budget| {
            Ok(ImpactEvidence::new(&answer, budget))
        })
        .await
    }

    /// What is to be known beside the answer.
    async fn warnings(&self) -> Vec<ImpactWarning> {
        self.0.warnings()
    }

    /// What the question lets fail, in the order given.
    async fn roots(&self) -> Vec<ImpactRoot> {
        let roots = self.0.roots.iter().map(|root| ImpactRoot {
            ci: CiObject::at(&self.0.view, root.slot),
            state: root.state.into(),
        });
        roots.collect()
    }

    /// How many links the answer cost.
    async fn links_visited(&self) -> Long {
        Long(self.0.report.arcs_visited)
    }
}
