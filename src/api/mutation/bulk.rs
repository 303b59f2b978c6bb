//! Many commands in one write.

use async_graphql::{Context, ID, Object, OneofObject, SimpleObject};

use super::convert::{ToCommand, remove_ci_type, remove_relationship_type};
use super::inputs::{
    ChangeLifecycleInput, ChangeRedundancyGroupInput, ChangeRelationshipInput, CreateConfigurationItemInput,
    CreateRedundancyGroupInput, DefineCatalogInput, DeleteConfigurationItemInput, DeleteRedundancyGroupInput,
    MoveConfigurationItemInput, RelateInput, RemoveIngestRuleInput, RemoveTypeInput, RetireConfigurationItemInput,
    UnrelateInput, UpdateConfigurationItemInput,
};
use super::options::{WriteOptions, digest, write};
use super::planned_names::name_created;
use crate::api::context::{api, current};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::{Json, Long};
use crate::api::types::{BatchMode, DeltaObject, object};
use crate::app::{self, Done, ErrorCode};
use crate::clock::IdGenerator;
use crate::graph::Estate;
use crate::model::Command;

/// One command.
#[derive(OneofObject, Clone, Debug)]
pub enum CommandInput {
    /// Records a new configuration item.
    CreateConfigurationItem(CreateConfigurationItemInput),
    /// Changes what is recorded of a configuration item.
    UpdateConfigurationItem(UpdateConfigurationItemInput),
    /// Moves a configuration item through its life.
    MoveConfigurationItem(MoveConfigurationItemInput),
    /// Takes a configuration item out of use.
    RetireConfigurationItem(RetireConfigurationItemInput),
    /// Removes a configuration item that was recorded by mistake.
    DeleteConfigurationItem(DeleteConfigurationItemInput),
    /// Records a new relationship.
    Relate(RelateInput),
    /// Changes a relationship.
    ChangeRelationship(ChangeRelationshipInput),
    /// Removes a relationship.
    Unrelate(UnrelateInput),
    /// Records a new redundancy group.
    CreateRedundancyGroup(CreateRedundancyGroupInput),
    /// Changes a redundancy group.
    ChangeRedundancyGroup(ChangeRedundancyGroupInput),
    /// Removes a redundancy group.
    DeleteRedundancyGroup(DeleteRedundancyGroupInput),
    /// Adds or replaces definitions of the catalog.
    DefineCatalog(DefineCatalogInput),
    /// Removes a CI type.
    RemoveCiType(RemoveTypeInput),
    /// Removes a relationship type.
    RemoveRelationshipType(RemoveTypeInput),
    /// Removes a rule of ingest.
    RemoveIngestRule(RemoveIngestRuleInput),
    /// Replaces rules of the lifecycle.
    ChangeLifecycle(ChangeLifecycleInput),
}

impl ToCommand for CommandInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        match self {
            Self::CreateConfigurationItem(input) => input.to_command(view),
            Self::UpdateConfigurationItem(input) => input.to_command(view),
            Self::MoveConfigurationItem(input) => input.to_command(view),
            Self::RetireConfigurationItem(input) => input.to_command(view),
            Self::DeleteConfigurationItem(input) => input.to_command(view),
            Self::Relate(input) => input.to_command(view),
            Self::ChangeRelationship(input) => input.to_command(view),
            Self::Unrelate(input) => input.to_command(view),
            Self::CreateRedundancyGroup(input) => input.to_command(view),
            Self::ChangeRedundancyGroup(input) => input.to_command(view),
            Self::DeleteRedundancyGroup(input) => input.to_command(view),
            Self::DefineCatalog(input) => input.to_command(view),
            Self::RemoveCiType(input) => Ok(remove_ci_type(input)),
            Self::RemoveRelationshipType(input) => Ok(remove_relationship_type(input)),
            Self::RemoveIngestRule(input) => input.to_command(view),
            Self::ChangeLifecycle(input) => input.to_command(view),
        }
    }
}

/// Why a command was refused.
#[derive(Clone, Debug, SimpleObject)]
pub struct CommandFailure {
    /// The code, from the table of error codes.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The field, value, limit or candidates at fault, by name.
    pub details: Json,
}

impl From<&ApiError> for CommandFailure {
    fn from(error: &ApiError) -> Self {
        Self {
            code: error.code().as_str().to_owned(),
            message: error.message().to_owned(),
            remedy: error.code().remedy().to_owned(),
            details: Json(object(error.details().iter().cloned())),
        }
    }
}

/// What one command of a bulk did.
#[derive(Clone, Debug, SimpleObject)]
pub struct CommandResult {
    /// Its place in the bulk, from 0.
    pub index: i32,
    /// Whether it was executed (or would be).
    pub executed: bool,
    /// Whether it changed anything (or would).
    pub changed: bool,
    /// The CI it was about.
    pub configuration_item_id: Option<ID>,
    /// The relationship it was about.
    pub relationship_id: Option<ID>,
    /// The redundancy group it was about.
    pub redundancy_group_id: Option<ID>,
    /// Why it was refused.
    pub error: Option<CommandFailure>,
}

impl CommandResult {
    pub(in crate::api) fn new(index: usize, outcome: &ApiResult<Done>) -> Self {
        let done = outcome.as_ref().ok().cloned().unwrap_or_default();
        Self {
            index: i32::try_from(index).unwrap_or(i32::MAX),
            executed: outcome.is_ok(),
            changed: done.changed,
            configuration_item_id: done.ci.map(|id| ID(id.to_string())),
            relationship_id: done.relationship.map(|id| ID(id.to_string())),
            redundancy_group_id: done.group.map(|id| ID(id.to_string())),
            error: outcome.as_ref().err().map(Into::into),
        }
    }
}

/// What a bulk did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ExecutePayload {
    /// What each command did, in order; empty if the request was recognised by its idempotency key.
    pub results: Vec<CommandResult>,
    /// How many commands were executed (or would be).
    pub executed_count: Long,
    /// How many were refused.
    pub refused_count: Long,
    /// The commit that holds the bulk; where nothing changed, the last one.
    pub revision: Long,
    /// Whether anything changed, or would.
    pub changed: bool,
    /// Whether the request was recognised by its idempotency key and not done again.
    pub replayed: bool,
    /// What changed, or would.
    pub delta: DeltaObject,
}

#[derive(Debug, Default)]
pub(super) struct BulkMutation;

/// Many commands in one write.
#[Object]
impl BulkMutation {
    /// Executes commands in order, in one commit; each sees those before it. A command names a CI that
    /// an earlier one creates by the `id` given to it there, or by `type:name`, which means what is recorded,
    /// where that has one of this name.
    async fn execute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The commands, at most 10,000.")] mut commands: Vec<CommandInput>,
        #[graphql(
            desc = "What happens to the others when one is refused.",
            default_with = "BatchMode::Partial"
        )]
        mode: BatchMode,
        #[graphql(desc = "What can be said about any write.")] options: Option<WriteOptions>,
    ) -> ApiResult<ExecutePayload> {
        let limit = api(ctx)?.limits.commands_max;
        if commands.len() > limit {
            let message = format!("a bulk has at most {limit} commands, this one has {}", commands.len());
            return Err(ApiError::new(ErrorCode::LimitExceeded, message)
                .with("field", "commands")
                .with("limit", limit));
        }
        let digest = digest(&("execute", &commands, mode));
        let view = current(ctx)?;
        let (mut ids, now) = (IdGenerator::new(), api(ctx)?.clock.now());
        name_created(&mut commands, &view, || ids.ci(now));
        let read: Vec<ApiResult<Command>> = commands.into_iter().map(|command| command.to_command(&view)).collect();
        let unreadable = read.iter().any(Result::is_err);
        let spoiled = unreadable && mode == BatchMode::Atomic;
        let mut readable = Vec::new();
        let mut outcomes: Vec<Option<ApiResult<Done>>> = Vec::new();
        for command in read {
            match command {
                Ok(_) if spoiled => outcomes.push(Some(Err(app::CommandError::BatchRefused.into()))),
                Ok(command) => {
                    readable.push(command);
                    outcomes.push(None);
                }
                Err(error) => outcomes.push(Some(Err(error))),
            }
        }
        let written = write(ctx, readable, mode.into(), options, digest).await?;
        let mut executed = written.outcome.commands.iter().cloned();
        let results: Vec<CommandResult> = if written.outcome.replayed {
            Vec::new()
        } else {
            let outcomes = outcomes.into_iter().filter_map(|outcome| match outcome {
                Some(outcome) => Some(outcome),
                None => executed.next().map(|outcome| outcome.map_err(ApiError::from)),
            });
            outcomes
                .enumerate()
                .map(|(index, outcome)| CommandResult::new(index, &outcome))
                .collect()
        };
        Ok(ExecutePayload {
            executed_count: results.iter().filter(|result| result.executed).count().into(),
            refused_count: results.iter().filter(|result| !result.executed).count().into(),
            results,
            revision: written.outcome.revision.into(),
            changed: written.outcome.changed,
            replayed: written.outcome.replayed,
            delta: written.delta(),
        })
    }
}
