//! What every resolver may use: the database, the limits, and the one snapshot of the request.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::Context;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::QuestionHash;
use super::error::{ApiError, ApiResult};
use super::figures::ApiFigures;
use super::service::Caller;
use crate::app::{Cmdb, Editor, ErrorCode};
use crate::clock::Clock;
use crate::graph::budget::Budget;
use crate::graph::{Estate, Slot, Snapshot};

/// What the schema stands on.
#[derive(Clone, Debug)]
pub struct ApiContext {
    /// The database.
    pub cmdb: Cmdb,
    /// How much one request may ask for.
    pub limits: ApiLimits,
    /// The time.
    pub clock: Clock,
    /// What it counts.
    pub figures: ApiFigures,
}

/// How much one request may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLimits {
    /// Items of one page.
    pub page_max: usize,
    /// Levels of nested fields in a document. The standard introspection query has 13.
    pub depth_max: usize,
    /// Fields that a document may produce, every list counted by its page size.
    pub complexity_max: usize,
    /// Steps that one question may take through the estate.
    pub steps_max: u64,
    /// Time that one question may take.
    pub time_max: Duration,
    /// CIs of one neighbourhood.
    pub neighbourhood_max: usize,
    /// Commands of one `execute`.
    pub commands_max: usize,
    /// Questions that run at the same time; further ones wait.
    pub concurrent_questions: usize,
}

impl Default for ApiLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            page_max: 1_000,
            depth_max: 16,
            complexity_max: 250_000,
            // Ten walks over all links of an estate of a million CIs.
            steps_max: 50_000_000,
            time_max: Duration::from_secs(10),
            neighbourhood_max: 10_000,
            commands_max: 10_000,
            // One core stays free, so that small requests and health always answer.
            concurrent_questions: cores.saturating_sub(1).max(1),
        }
    }
}

/// What belongs to one request: put into its data before it is executed.
#[derive(Debug, Default)]
pub struct RequestContext {
    /// The estate as this request sees it: taken when the first field asks for it. A subscription
    /// never does, and so does not hold an old estate for as long as it lives.
    snapshot: OnceLock<Snapshot>,
    /// The different scenarios it has asked about so far.
    pub(super) scenarios: Mutex<Vec<QuestionHash>>,
}

/// The pool of questions, in the schema's data.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    places: Arc<Semaphore>,
    /// One watch at a time stands in line: so many there may be, who asks a question waits for one.
    watches: Arc<Semaphore>,
}

impl Questions {
    pub(super) fn new(limits: &ApiLimits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.concurrent_questions.max(1))),
            watches: Arc::new(Semaphore::new(1)),
        }
    }
}

/// The right to have one question answered.
#[derive(Debug)]
pub(super) struct PoolPlace {
    _question: OwnedSemaphorePermit,
    _watch: Option<OwnedSemaphorePermit>,
}

pub(super) fn api<'a>(ctx: &Context<'a>) -> ApiResult<&'a ApiContext> {
    ctx.data_opt()
        .ok_or_else(|| ApiError::internal("the schema was built without its context"))
}

pub(super) fn snapshot<'a>(ctx: &Context<'a>) -> ApiResult<&'a Snapshot> {
    let request: Option<&RequestContext> = ctx.data_opt();
    let request = request.ok_or_else(|| ApiError::internal("the request came without its context"))?;
    let reader = api(ctx)?.cmdb.reader();
    Ok(request.snapshot.get_or_init(|| reader.snapshot()))
}

/// The estate at this moment: for subscriptions, and for mutations, which see what was committed before them, also by an
/// earlier field of the same request.
pub(super) fn current(ctx: &Context<'_>) -> ApiResult<Snapshot> {
    Ok(api(ctx)?.cmdb.reader().snapshot())
}

/// The right to write, in the name of who asks.
pub(super) fn editor(ctx: &Context<'_>) -> ApiResult<Editor> {
    let caller: &Caller = ctx
        .data_opt()
        .ok_or_else(|| ApiError::internal("the request came without a caller"))?;
    Ok(api(ctx)?.cmdb.editor(caller.actor.clone()))
}

pub(super) fn resolve(snapshot: &Estate, field: &'static str, reference: &str) -> ApiResult<Slot> {
    snapshot
        .resolve(reference)
        .map_err(|error| ApiError::from(error).with("field", field))
}

/// Answers a question that may take over a millisecond: on a thread of its own, as many at a time
/// as the limits say, within a budget. Small requests go on meanwhile.
pub(super) async fn ask<T: Send + 'static>(
    ctx: &Context<'_>,
    snapshot: &Snapshot,
    question: impl FnOnce(&Snapshot, &Budget) -> ApiResult<T> + Send + 'static,
) -> ApiResult<T> {
    pool(ctx)?.ask(snapshot, question).await
}

/// Where questions are answered, for whoever goes on asking after the request.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    questions: Questions,
    /// How much each question may cost.
    pub(super) steps_max: u64,
    /// How long each question may take, and wait before that.
    pub(super) time_max: Duration,
}

pub(super) fn pool(ctx: &Context<'_>) -> ApiResult<Pool> {
    let limits = &api(ctx)?.limits;
    let questions: &Questions = ctx
        .data_opt()
        .ok_or_else(|| ApiError::internal("the schema was built without its pool"))?;
    Ok(Pool {
        questions: questions.clone(),
        steps_max: limits.steps_max,
        time_max: limits.time_max,
    })
}

impl Pool {
    /// See [`ask`].
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        snapshot: &Snapshot,
        question: impl FnOnce(&Snapshot, &Budget) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let waiting = tokio::time::timeout(self.time_max, Arc::clone(&self.questions.places).acquire_owned());
        let Ok(Ok(question_place)) = waiting.await else {
            return Err(ApiError::new(
                ErrorCode::Busy,
                "too many questions are being answered at the moment",
            ));
        };
        let place = PoolPlace {
            _question: question_place,
            _watch: None,
        };
        self.ask_at(place, snapshot.clone(), question).await
    }

    /// A place for a watch, however long it takes: nobody is there who would ask again. Whoever waits
    /// should hold no snapshot.
    pub(super) async fn watch_place(&self) -> ApiResult<PoolPlace> {
        let closed = |_| ApiError::internal("the pool of questions is closed");
        let watch = Arc::clone(&self.questions.watches)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let question = Arc::clone(&self.questions.places)
            .acquire_owned()
            .await
            .map_err(closed)?;
        Ok(PoolPlace {
            _question: question,
            _watch: Some(watch),
        })
    }

    /// Answers a question whose place is held already.
    pub(super) async fn ask_at<T: Send + 'static>(
        &self,
        place: PoolPlace,
        snapshot: Snapshot,
        question: impl FnOnce(&Snapshot, &Budget) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let (steps, time) = (self.steps_max, self.time_max);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = question(&snapshot, &Budget::lasting(steps, time));
            drop((snapshot, place));
            answer
        });
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(ApiError::internal("the question could not be answered")),
        }
    }
}
