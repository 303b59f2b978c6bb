//! `POST /ingest`: takes the stream off the wire, hands it on, and streams the report back. What it
//! means is the business of `ingest`.

use std::convert::Infallible;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::body::{Pace, PacedBody};
use super::problem::Problem;
use super::state::HttpState;
use crate::api::service::Caller;
use crate::app::{Editor, ErrorCode};
use crate::config::IngestConfig;
use crate::ingest::formats::Limits;
use crate::ingest::{IngestOptions, InputError, ReportLine, run};

/// Pieces of the body that wait to be parsed.
const PIECES_QUEUED_MAX: usize = 8;

/// Lines of the report that wait to be sent, besides the items that a report is limited to: progress
/// and the summary. A client that sends all before it reads anything is never waited for.
const LINES_BESIDES_ITEMS: usize = 16;

/// Takes a push.
pub(super) async fn push(
    State(state): State<HttpState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let options = match options(&headers, &parameters, &state.config.ingest) {
        Ok(options) => options,
        Err(problem) => return problem.into_response(),
    };
    let Some(cmdb) = &state.cmdb else {
        return Problem::new(ErrorCode::NotReady, "this server does not take pushes").into_response();
    };
    let config = &state.config.ingest;
    let body = PacedBody::new(
        body,
        Pace {
            bytes_max: config.body_bytes_max,
            progress_timeout: config.progress_timeout_ms.duration(),
            rate_min: config.rate_bytes_per_second_min,
        },
    );
    report(cmdb.editor(caller.actor), options, body).await
}

fn options(
    headers: &HeaderMap,
    parameters: &[(String, String)],
    config: &IngestConfig,
) -> Result<IngestOptions, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let stated = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let key = text("idempotency-key").map(|key| ("idempotencyKey", key));
    let options = IngestOptions::from_request(media_type, key.into_iter().chain(stated));
    let options = options.map_err(|error| Problem::new(error.code(), error.to_string()))?;
    Ok(IngestOptions {
        limits: Limits {
            line_bytes_max: config.line_bytes_max,
            document_bytes_max: config.document_bytes_max,
        },
        batch_records: config.batch_items_max,
        atomic_records_max: config.atomic_items_max,
        items_max: config.problems_max as u64,
        ..options
    })
}

/// Runs the load and answers with its report, as it comes.
async fn report(editor: Editor, options: IngestOptions, body: PacedBody) -> Response {
    let (pieces, input) = mpsc::channel(PIECES_QUEUED_MAX);
    let items = usize::try_from(options.items_max).unwrap_or(usize::MAX).min(100_000);
    let (lines, mut told) = mpsc::channel(items + LINES_BESIDES_ITEMS);
    let reader = tokio::spawn(read(body, pieces));
    // The load ends by itself when the body ends or nobody takes its report; dropping the body ends
    // it too.
    let load = tokio::task::spawn_blocking(move || {
        run(&editor, options, ChannelReader::new(input), &mut |line| {
            tell(&lines, &line)
        });
    });
    // What cannot even begin is an error of the request, with its own status.
    let first = told.recv().await;
    if let Some(Line {
        refusal: Some(problem), ..
    }) = first
    {
        reader.abort();
        return problem.into_response();
    }
    let rest = futures_util::stream::unfold((first, told, load), |(first, mut told, load)| async move {
        let line = match first {
            Some(line) => Some(line),
            None => told.recv().await,
        };
        line.map(|line| (Ok::<_, Infallible>(line.text), (None, told, load)))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::from_stream(rest)).into_response()
}

/// A line of the report on its way.
struct Line {
    text: Bytes,
    /// The load ended before anything was done.
    refusal: Option<Problem>,
}

fn tell(lines: &mpsc::Sender<Line>, line: &ReportLine) -> ControlFlow<()> {
    let Ok(mut text) = serde_json::to_vec(line) else {
        return ControlFlow::Break(());
    };
    text.push(b'\n');
    let refusal = match line {
        ReportLine::Summary(summary) if summary.records == 0 => summary.error.as_ref().map(|error| {
            let code = ErrorCode::ALL.iter().find(|code| code.as_str() == error.code);
            Problem::new(code.copied().unwrap_or(ErrorCode::Internal), error.message.clone())
        }),
        ReportLine::Summary(_) | ReportLine::Item(_) | ReportLine::Progress(_) => None,
    };
    let line_out = Line {
        text: text.into(),
        refusal,
    };
    let sent = match line {
        // Progress may be missed; whoever is slow to read it is not waited for.
        ReportLine::Progress(_) if lines.capacity() <= LINES_BESIDES_ITEMS / 2 => return ControlFlow::Continue(()),
        ReportLine::Progress(_) | ReportLine::Item(_) | ReportLine::Summary(_) => lines.blocking_send(line_out).is_ok(),
    };
    if sent {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

/// Takes the body off the wire, at the pace at which it is parsed.
async fn read(mut body: PacedBody, pieces: mpsc::Sender<io::Result<Bytes>>) {
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|problem| {
            io::Error::other(InputError {
                code: problem.code,
                message: problem.detail,
            })
        });
        let failed = piece.is_err();
        if pieces.send(piece).await.is_err() || failed {
            return;
        }
    }
}

/// The other end of a channel of bytes, to be read where blocking is allowed.
struct ChannelReader {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl ChannelReader {
    fn new(pieces: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self {
            pieces,
            piece: Bytes::new(),
        }
    }
}

impl BufRead for ChannelReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => break,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        self.piece = self.piece.slice(amount..);
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
