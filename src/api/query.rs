//! What can be asked.

mod catalog;
mod ci;
mod estate;
mod impact;
mod lint;
mod premises;
pub(super) mod relationships;
mod scenario;
pub(super) mod subject;
mod traverse;

use async_graphql::MergedObject;

use catalog::CatalogQuery;
use ci::CiQuery;
pub use ci::Node;
use estate::EstateQuery;
use impact::ImpactQuery;
use lint::LintQuery;
use scenario::ScenarioQuery;
use traverse::TraverseQuery;

/// What can be asked. All fields of one request see one state of the estate.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    CiQuery,
    CatalogQuery,
    TraverseQuery,
    ImpactQuery,
    LintQuery,
    ScenarioQuery,
    EstateQuery,
);
