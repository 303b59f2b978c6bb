//! `GET /export`: the whole estate as native payloads, of one revision however long it takes.

use std::io::{self, BufWriter, Write};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, oneshot};

use super::problem::Problem;
use super::state::HttpState;
use crate::app::ErrorCode;
use crate::ingest::export::{export, secrets};

/// Pieces of the answer that wait to be sent.
const PIECES_QUEUED_MAX: usize = 8;

/// Size of a piece, in bytes.
const PIECE_BYTES: usize = 1 << 16;

/// Says at which revision the export was made.
const REVISION: &str = "linchpin-revision";

/// Says how many attributes are left out because they are secret.
const SECRETS: &str = "linchpin-secrets-left-out";

/// Streams the estate.
pub(super) async fn pull(State(state): State<HttpState>) -> Response {
    let Some(cmdb) = &state.cmdb else {
        return Problem::new(ErrorCode::NotReady, "this server has no store").into_response();
    };
    let snapshot = cmdb.reader().snapshot();
    let revision = snapshot.revision();
    let (pieces, sent) = mpsc::channel(PIECES_QUEUED_MAX);
    let (counted, left_out) = oneshot::channel();
    let task = tokio::task::spawn_blocking(move || {
        if counted.send(secrets(&snapshot)).is_err() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut out = BufWriter::with_capacity(PIECE_BYTES, Pieces(pieces));
        export(&snapshot, &mut out)
    });
    let Ok(left_out) = left_out.await else {
        return Problem::new(ErrorCode::Internal, "the export ended early").into_response();
    };
    let rest = futures_util::stream::unfold((sent, Some(task)), |(mut sent, task)| async move {
        if let Some(piece) = sent.recv().await {
            return Some((Ok(piece), (sent, task)));
        }
        // An answer that ended early must not look whole: an error breaks it off.
        match task?.await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some((Err(error), (sent, None))),
            Err(error) => Some((Err(io::Error::other(error)), (sent, None))),
        }
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/x-ndjson".to_owned()),
        (REVISION, revision.to_string()),
        (SECRETS, left_out.to_string()),
    ];
    (headers, Body::from_stream(rest)).into_response()
}

/// The sending end of a channel of bytes, to be written where blocking is allowed.
struct Pieces(mpsc::Sender<Bytes>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0
            .blocking_send(piece)
            .map(|()| bytes.len())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
