//! What can be asked.

mod catalog;
mod cfia;
mod ci;
mod comparison;
mod duplicates;
mod estate;
mod identify;
mod impact;
mod lint;
mod premises;
mod probable_cause;
pub(super) mod relationships;
mod review;
mod run;
mod scenario;
mod structure;
pub(super) mod subject;
pub(super) mod targets;
mod traverse;

use async_graphql::MergedObject;

use catalog::CatalogQuery;
use cfia::CfiaQuery;
use ci::CiQuery;
pub use ci::Node;
use duplicates::DuplicateQuery;
use estate::EstateQuery;
use identify::IdentifyQuery;
pub use identify::{IdentifyItemInput, IdentifyRelatedInput};
use impact::ImpactQuery;
use lint::LintQuery;
use probable_cause::ProbableCauseQuery;
use review::ReviewQuery;
use run::RunQuery;
use scenario::ScenarioQuery;
use structure::StructureQuery;
use traverse::TraverseQuery;

/// What can be asked. All fields of one request see one state of the estate.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    CiQuery,
    CatalogQuery,
    TraverseQuery,
    ImpactQuery,
    ProbableCauseQuery,
    LintQuery,
    DuplicateQuery,
    ScenarioQuery,
    StructureQuery,
    CfiaQuery,
    IdentifyQuery,
    ReviewQuery,
    EstateQuery,
    RunQuery,
);
