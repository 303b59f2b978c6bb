//! The schema: built once, executed for every request on a snapshot of its own.

use std::sync::Arc;

use async_graphql::{Executor, Request, Response, SDLExportOptions, Schema, SchemaBuilder};
use futures_util::stream::BoxStream;

use super::answers::Answers;
use super::context::{ApiContext, Questions, RequestContext};
use super::mutation::Mutation;
use super::query::{Node, Query};
use super::subscription::Subscription;

type Parts = Schema<Query, Mutation, Subscription>;

/// The schema with what it stands on. Cheap to clone.
#[derive(Clone)]
pub struct ApiSchema {
    schema: Parts,
    context: ApiContext,
    answers: Arc<Answers>,
}

impl std::fmt::Debug for ApiSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiSchema")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// Builds the schema.
pub fn build(context: ApiContext) -> ApiSchema {
    let answers = Arc::new(Answers::default());
    let schema = parts()
        .limit_complexity(context.limits.complexity_max)
        .limit_depth(context.limits.depth_max)
        .disable_suggestions()
        .data(Questions::new(&context.limits))
        .data(Arc::clone(&answers))
        .data(context.clone())
        .finish();
    ApiSchema {
        schema,
        context,
        answers,
    }
}

/// The schema as text, sorted: what `schema/schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    parts().finish().sdl_with_options(options)
}

fn parts() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription).register_output_type::<Node>()
}

impl ApiSchema {
    /// Gives a request the one snapshot that all its fields see. Who asks is in its data already.
    fn prepare(&self, request: Request) -> Request {
        // Commits by other ways than this schema, as bulk ingest, are noticed here.
        let revision = self.context.cmdb.reader().snapshot().revision();
        self.answers.forget_before(revision);
        request.data(RequestContext::default())
    }
}

impl Executor for ApiSchema {
    async fn execute(&self, request: Request) -> Response {
        self.schema.execute(self.prepare(request)).await
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<async_graphql::Data>>,
    ) -> BoxStream<'static, Response> {
        Executor::execute_stream(&self.schema, self.prepare(request), session_data)
    }
}

#[cfg(test)]
mod tests;
