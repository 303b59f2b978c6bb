//! A schema whose root types are forgotten.

use async_graphql::{Executor, Request, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// What the service needs of a schema. `Executor` itself cannot be a trait object.
pub(super) trait AnySchema: Send + Sync {
    fn run(&self, request: Request) -> BoxFuture<'static, Response>;
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<S: Executor> AnySchema for S {
    fn run(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        Box::pin(async move { schema.execute(request).await })
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request, None)
    }
}
