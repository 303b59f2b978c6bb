//! The pages that come with the program: a start page and the query explorer. They hold no data,
//! ask no outside host, and run under a policy without inline code.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// What a page may do: load and ask from here, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Clone, Copy)]
struct Asset {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const ASSETS: [Asset; 6] = [
    Asset {
        path: "/",
        kind: HTML,
        text: include_str!("ui/assets/index.html"),
    },
    Asset {
        path: "/graphiql",
        kind: HTML,
        text: include_str!("ui/assets/explorer.html"),
    },
    Asset {
        path: "/graphiql/explorer.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("ui/assets/explorer.js"),
    },
    Asset {
        path: "/graphiql/schema.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("ui/assets/schema.js"),
    },
    Asset {
        path: "/graphiql/style.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("ui/assets/style.css"),
    },
    Asset {
        path: "/graphiql/examples.json",
        kind: "application/json",
        text: include_str!("ui/assets/examples.json"),
    },
];

/// The routes of the pages.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let mut router = Router::new();
    for asset in ASSETS {
        let digest = Sha256::digest(asset.text.as_bytes());
        let tag = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat();
        let tag = format!("\"{tag}\"");
        router = router.route(
            asset.path,
            get(move |headers: HeaderMap| async move { serve(asset, &tag, &headers) }),
        );
    }
    router
}

fn serve(asset: Asset, tag: &str, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
