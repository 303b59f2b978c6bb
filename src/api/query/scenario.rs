//! What if: the same questions on the estate as it would be.

use std::sync::Arc;

use async_graphql::{Context, MergedObject, Object};

use super::cfia::CfiaQuery;
use super::comparison::ComparisonQuery;
use super::impact::ImpactQuery;
use super::lint::LintQuery;
use super::probable_cause::ProbableCauseQuery;
use super::structure::StructureQuery;
use super::subject::{Subject, answers};
use crate::api::answers::Answers;
use crate::api::connection::QuestionHash;
use crate::api::context::{RequestContext, api, ask, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::mutation::{CommandInput, CommandResult, ToCommand, name_created};
use crate::api::scalars::Long;
use crate::api::scenarios::{Planned, Room, per_request_max};
use crate::api::types::DeltaObject;
use crate::app::{ErrorCode, Scenario};
use crate::clock::IdGenerator;
use crate::graph::Snapshot;
use crate::graph::budget::Budget;

#[derive(Debug, Default)]
pub(super) struct ScenarioQuery;

/// What a scenario counts as in the cost of a document, beside what is asked of it.
const SCENARIO_COST: usize = 1_000;

/// What if.
#[Object]
impl ScenarioQuery {
    /// The estate as it would be after commands that nobody has given: the same questions, and the
    /// comparison with today. Commands are checked, and refused, as if they were executed; nothing is
    /// written. Each sees those before it; a CI that one creates is named by the `id` given to it there, or by
    /// `type:name`.
    ///
    /// The first command that is refused is the error, with its code, and its place among the commands as
    /// `index`, from 0. `LIMIT_EXCEEDED`: too many commands, or too many different scenarios in one request (10,
    /// fewer where the estate has over 500,000 CIs; the same scenario under several aliases counts once).
    /// `BUDGET_EXCEEDED`: the commands take longer than a question may. `BUSY`: others ask about too many.
    ///
    /// Example: `{ scenario(commands: [{ createConfigurationItem: { type: "switch", name: "sw-02" } }, { relate: {
    /// from: "physical_server:host-01", type: "connects_to", to: "switch:sw-02" } }]) { impact(failed: [{ ref:
    /// "switch:sw-01" }]) { counts { down atRisk } } } }`
    #[graphql(complexity = "SCENARIO_COST.saturating_add(child_complexity)")]
    async fn scenario(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The planned commands, at most 10,000.")] commands: Vec<CommandInput>,
    ) -> ApiResult<ScenarioObject> {
        let limit = api(ctx)?.limits.commands_max;
        if commands.len() > limit {
            let message = format!(
                "a scenario has at most {limit} commands, this one has {}",
                commands.len()
            );
            return Err(ApiError::new(ErrorCode::LimitExceeded, message)
                .with("field", "commands")
                .with("limit", limit));
        }
        let (view, answers) = (snapshot(ctx)?, answers(ctx)?);
        let hash = QuestionHash::of(&("scenario", &commands));
        admit(ctx, view, hash)?;
        let known = answers.scenarios.find(view.revision(), hash);
        let planned = if let Some(planned) = known {
            planned
        } else {
            let room = answers.scenarios.room(view.ci_count(), api(ctx)?.limits.time_max).await;
            let busy = "too many scenarios are being asked about at the moment";
            let room = room.ok_or_else(|| ApiError::new(ErrorCode::Busy, busy))?;
            ask(ctx, view, move |view, budget| {
                let known = answers.scenarios.find(view.revision(), hash);
                known.map_or_else(|| plan(view, commands, hash, room, &answers, budget), Ok)
            })
            .await?
        };
        let subject = Subject::scenario(planned.view.clone(), hash);
        Ok(ScenarioObject(
            ScenarioFacts(Arc::clone(&planned)),
            ComparisonQuery {
                subject: subject.clone(),
                planned,
            },
            ImpactQuery(subject.clone()),
            ProbableCauseQuery(subject.clone()),
            LintQuery(subject.clone()),
            StructureQuery(subject.clone()),
            CfiaQuery(subject),
        ))
    }
}

/// Counts the different scenarios of a request: each is a copy of the estate, held until it is answered.
fn admit(ctx: &Context<'_>, view: &Snapshot, hash: QuestionHash) -> ApiResult<()> {
    let limit = per_request_max(view.ci_count());
    let request: Option<&RequestContext> = ctx.data_opt();
    let request = request.ok_or_else(|| ApiError::internal("the request came without its context"))?;
    let mut asked = request.scenarios.lock();
    if asked.contains(&hash) {
        return Ok(());
    }
    if asked.len() >= limit {
        let message = format!("a request asks about at most {limit} different scenarios of this estate");
        return Err(ApiError::new(ErrorCode::LimitExceeded, message)
            .with("field", "scenario")
            .with("limit", limit));
    }
    asked.push(hash);
    Ok(())
}

/// What a command counts as in the budget of a question: so much that the clock is looked at.
const COMMAND_STEPS: u64 = 1_024;

/// Checks and applies the commands to a copy of the estate.
fn plan(
    view: &Snapshot,
    mut commands: Vec<CommandInput>,
    hash: QuestionHash,
    room: Room,
    answers: &Answers,
    budget: &Budget,
) -> ApiResult<Arc<Planned>> {
    // Another row of identities than that of CIs which nobody names.
    let mut ids = IdGenerator::seeded(!hash.seed());
    name_created(&mut commands, view, || ids.ci(view.committed_at()));
    let mut scenario = Scenario::of(view, hash.seed());
    let mut done = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        let spent = budget.spend(COMMAND_STEPS).map_err(ApiError::from);
        // As `execute` reads them: on what is recorded, before the first of them.
        let command = spent.and_then(|()| command.to_command(view));
        let executed = command.and_then(|command| Ok(scenario.execute(&command)?));
        done.push(executed.map_err(|error| error.with("index", index))?);
    }
    let (estate, delta) = scenario.finish();
    let planned = Arc::new(Planned {
        hash,
        view: Snapshot::new(Arc::new(estate)),
        done,
        delta: Arc::new(delta),
        _room: room,
    });
    answers.scenarios.keep(&planned);
    Ok(planned)
}

/// The estate as it would be after some commands. Its answers are about the scenario, not about what
/// is recorded.
#[derive(Debug, MergedObject)]
#[graphql(name = "Scenario")]
pub(in crate::api) struct ScenarioObject(
    ScenarioFacts,
    ComparisonQuery,
    ImpactQuery,
    ProbableCauseQuery,
    LintQuery,
    StructureQuery,
    CfiaQuery,
);

/// What the commands of a scenario would do.
#[derive(Debug)]
struct ScenarioFacts(Arc<Planned>);

/// What the commands of a scenario would do.
#[Object]
impl ScenarioFacts {
    /// The revision that the commands were tried on.
    async fn revision(&self) -> Long {
        self.0.view.revision().into()
    }

    /// What each command would do, in order.
    async fn results(&self) -> Vec<CommandResult> {
        let done = self.0.done.iter().enumerate();
        done.map(|(index, done)| CommandResult::new(index, &Ok(done.clone())))
            .collect()
    }

    /// What the commands would change together.
    async fn delta(&self) -> DeltaObject {
        DeltaObject::new(&self.0.view, Arc::clone(&self.0.delta))
    }
}
