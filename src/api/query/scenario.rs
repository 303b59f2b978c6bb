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
use crate::api::context::{api, ask, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::mutation::{CommandInput, CommandResult, ToCommand};
use crate::api::scalars::Long;
use crate::api::scenarios::Planned;
use crate::api::types::DeltaObject;
use crate::app::{ErrorCode, Scenario};
use crate::graph::Snapshot;

#[derive(Debug, Default)]
pub(super) struct ScenarioQuery;

/// What a scenario counts as in the cost of a document, beside what is asked of it.
const SCENARIO_COST: usize = 1_000;

/// What if.
#[Object]
impl ScenarioQuery {
    /// The estate as it would be after commands that nobody has given: the same questions, and the
    /// comparison with today. Commands are checked, and refused, as if they were executed; nothing is
    /// written. Each sees those before it; a CI that one creates is named by the `id` given to it there.
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
        let known = answers.scenarios.find(view.revision(), hash);
        let planned = match known {
            Some(planned) => planned,
            None => ask(ctx, view, move |view, _| plan(view, commands, hash, &answers)).await?,
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

/// Checks and applies the commands to a copy of the estate.
fn plan(
    view: &Snapshot,
    commands: Vec<CommandInput>,
    hash: QuestionHash,
    answers: &Answers,
) -> ApiResult<Arc<Planned>> {
    let mut scenario = Scenario::of(view, hash.seed());
    let mut done = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        // As `execute` reads them: what an earlier command creates is named by the id given to it.
        let command = command.to_command(view);
        let executed = command.and_then(|command| Ok(scenario.execute(&command)?));
        done.push(executed.map_err(|error| error.with("index", index))?);
    }
    let (estate, delta) = scenario.finish();
    let planned = Arc::new(Planned {
        hash,
        view: Snapshot::new(Arc::new(estate)),
        done,
        delta: Arc::new(delta),
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
