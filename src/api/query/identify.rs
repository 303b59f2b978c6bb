//! Which CI a record would be taken for, and why.

use async_graphql::{Context, InputObject, Object};

use crate::api::context::{api, snapshot};
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::Json;
use crate::api::types::{ExplanationObject, inputs_by_name};
use crate::app::ErrorCode;
use crate::ingest::explain::explain;
use crate::ingest::payload::{CiRecord, RelatedRecord};
use crate::model::Name;

/// What a source would say of a CI.
#[derive(InputObject, Clone, Debug)]
pub struct IdentifyItemInput {
    /// Its type, by name.
    #[graphql(name = "type")]
    pub ci_type: String,
    /// The source's own key for it.
    pub key: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its attributes, an object of values by name.
    pub attributes: Option<Json>,
    /// The CI it belongs to: a key of the source, an id, `type:name`, or an identifier.
    pub host: Option<String>,
    /// What is known of CIs that it stands in relationship with.
    #[graphql(default)]
    pub related: Vec<IdentifyRelatedInput>,
}

/// What is known of another CI that helps to identify one.
#[derive(InputObject, Clone, Debug)]
pub struct IdentifyRelatedInput {
    /// Its type, by name.
    #[graphql(name = "type")]
    pub ci_type: String,
    /// Its name.
    pub name: Option<String>,
    /// Its attributes, an object of values by name.
    pub attributes: Option<Json>,
}

#[derive(Debug, Default)]
pub(super) struct IdentifyQuery;

/// Identification.
#[Object]
impl IdentifyQuery {
    /// Which CI a record would be taken for and what would become of it, told rule by rule. Writes
    /// nothing.
    async fn identify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The source that would send it.")] source: String,
        #[graphql(desc = "What it would say.")] item: IdentifyItemInput,
    ) -> ApiResult<ExplanationObject> {
        let view = snapshot(ctx)?;
        let source = Name::new(&source)
            .map_err(|error| ApiError::new(ErrorCode::InvalidName, error.to_string()).with("field", "source"))?;
        let related = item.related.into_iter().map(|related| {
            Ok(RelatedRecord {
                ci_type: related.ci_type,
                name: related.name,
                attributes: inputs_by_name("related.attributes", related.attributes)?,
            })
        });
        let record = CiRecord {
            key: item.key,
            ci_type: item.ci_type,
            name: item.name,
            attributes: inputs_by_name("attributes", item.attributes)?,
            host: item.host,
            related: related.collect::<ApiResult<_>>()?,
            ..CiRecord::default()
        };
        let now = api(ctx)?.clock.now();
        Ok(ExplanationObject::new(view, explain(view, &source, record, now)))
    }
}
