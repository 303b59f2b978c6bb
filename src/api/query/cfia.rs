//! Component failure impact analysis.

use async_graphql::{Context, Object};

use super::premises::{Missing, PremisesArguments, number, roots};
use super::subject::Subject;
use super::targets::{Targets, failing_level};
use crate::api::connection::rows;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::{AtRiskReading, CfiaObject, FailedCiInput, ImpactState, StartingState, bounded};
use crate::app::ErrorCode;
use crate::impact::{CfiaQuestion, cfia};

/// The matrix, on the estate of the request or on a scenario.
#[derive(Debug, Default)]
pub(in crate::api) struct CfiaQuery(pub(super) Subject);

/// What the matrix counts as in the cost of a document, beside its rows.
const CFIA_COST: usize = 1_000;

/// Rows if no number is said.
const ROWS_DEFAULT: i32 = 500;

/// Rows at most.
const ROWS_MAX: usize = 100_000;

/// Services at most.
const SERVICES_MAX: usize = 1_000;

/// Component failure impact analysis.
#[Object]
impl CfiaQuery {
    /// Component failure impact analysis: which failure of one CI does what to which service.
    /// Say `services`, `tiers` or both. Errors: `ROOT_NOT_FOUND`, `INVALID_STATE` (a `minState` of `OK`),
    /// `ASSUME_CONFLICT`, `UNKNOWN_TYPE`. With `complete: false`, rows are missing; `untried` counts them.
    ///
    /// Example: `{ cfia(tiers: [1], maxRows: 20) { complete services { ci { name } } rows { ci { name } cells { column
    /// state } } } }`
    #[graphql(complexity = "CFIA_COST.saturating_add(rows(Some(max_rows), child_complexity))")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the question of the impact law has as many parts"
    )]
    async fn cfia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The columns: CIs, each an id, `type:name` or `attribute:value`.")] services: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Also all CIs in use of these tiers, 1 to 4; at most 1,000 columns in all.")] tiers: Option<
            Vec<i32>,
        >,
        #[graphql(desc = "The rows; all CIs that a service depends on, if not said.")] cis: Option<Vec<String>>,
        #[graphql(
            desc = "Cells with better states stay blank. Not OK.",
            default_with = "ImpactState::AtRisk"
        )]
        min_state: ImpactState,
        #[graphql(
            desc = "So many rows at most, the nearest to the services; up to 100,000. The answer says if there are more.",
            default_with = "ROWS_DEFAULT"
        )]
        max_rows: i32,
        #[graphql(desc = "From what state to start.", default_with = "StartingState::Structural")]
        starting_state: StartingState,
        #[graphql(desc = "What has failed before the question, as the targets of other changes.")]
        starting_failed: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "CIs that are in a state whatever happens.")] assume: Option<Vec<FailedCiInput>>,
        #[graphql(desc = "The moment of valid time to ask about; now if not said.")] at: Option<DateTime>,
        #[graphql(desc = "Relationship types that carry nothing; members by them count as up.")] exclude_types: Option<
            Vec<String>,
        >,
        #[graphql(desc = "How far AT_RISK is passed on.", default_with = "AtRiskReading::Transitive")]
        at_risk: AtRiskReading,
        #[graphql(
            desc = "Whether groups that say `grounded` are read so: their members cannot hold each other up.",
            default = true
        )]
        grounded: bool,
    ) -> ApiResult<CfiaObject> {
        let premises = PremisesArguments::new(
            starting_state,
            starting_failed,
            assume,
            exclude_types,
            at_risk,
            grounded,
        )?;
        let state_min = failing_level("minState", min_state)?;
        let rows_max = number("maxRows", max_rows, ROWS_MAX)?;
        let services = Targets::new("services", services.unwrap_or_default(), tiers)?;
        bounded("cis", cis.as_deref())?;
        self.0
            .ask(ctx, at, move |asked| {
                let view = asked.view;
                let services = services.read(view)?;
                if services.len() > SERVICES_MAX {
                    let message = format!(
                        "the matrix has at most {SERVICES_MAX} columns, these are {}",
                        services.len()
                    );
                    return Err(ApiError::new(ErrorCode::LimitExceeded, message)
                        .with("field", "services")
                        .with("limit", SERVICES_MAX));
                }
                let question = CfiaQuestion {
                    services,
                    cis: cis.map(|cis| roots(view, "cis", &cis)).transpose()?,
                    state_min,
                    rows_max,
                };
                let premises = premises.read(view, &mut Missing::Refused)?;
                let found = asked
                    .scratches
                    .with(|scratch| cfia(asked.impact_view(), &question, &premises, &asked.budget, scratch))?;
                Ok(CfiaObject::new(view, DateTime(asked.at), &found))
            })
            .await
    }
}
