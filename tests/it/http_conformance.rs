//! The audits of graphql-http and the client of graphql-ws, when node and they are installed
//! (`npm ci` in `tests/conformance`).

use std::io::Write as _;
use std::path::Path;

use linchpin::config::Millis;
use tokio::process::Command;

use crate::http_server::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn every_audit_of_graphql_over_http_and_websocket_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    if !folder.join("node_modules/graphql-http").exists() {
        writeln!(std::io::stderr(), "skipped: run `npm ci` in tests/conformance").unwrap();
        return;
    }
    let server = TestServer::start(|config| config.limits.socket_init_timeout_ms = Millis(1_000)).await;
    let url = format!("http://{}/graphql", server.address);
    let run = Command::new("node")
        .arg("audit.mjs")
        .arg(url)
        .current_dir(folder)
        .output()
        .await;
    let Ok(output) = run else {
        writeln!(std::io::stderr(), "skipped: node is not installed").unwrap();
        return server.stop().await;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.lines().count() > 70, "{text}");
    server.stop().await;
}
