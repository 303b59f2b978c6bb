//! What each route answers to whom.

use crate::http_server::{TestServer, status};

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_http_are_problems_with_a_code_and_an_id() {
    let server = TestServer::start(|_| {}).await;
    let gzip = &["Content-Type: application/json", "Content-Encoding: zz"];
    let cases: [(&str, &str, &[&str], &str, &str); 7] = [
        ("GET", "/nothing", &[], "404", "NOT_FOUND"),
        ("DELETE", "/graphql", &[], "405", "METHOD_NOT_ALLOWED"),
        (
            "POST",
            "/graphql",
            &["Content-Type: text/plain"],
            "415",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "POST",
            "/graphql",
            &["Content-Type: multipart/form-data; boundary=x"],
            "415",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("POST", "/graphql", gzip, "415", "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/graphql", &["Accept: text/html"], "406", "NOT_ACCEPTABLE"),
        (
            "POST",
            "/ingest",
            &["Content-Type: text/plain"],
            "415",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
    ];
    for (method, path, headers, expected, code) in cases {
        let headers = [headers, &["X-Request-Id: abc-1"]].concat();
        let answer = server.ask(method, path, &headers, b"{}").await;
        assert_eq!(status(&answer), expected, "{method} {path}: {answer}");
        for part in [
            "application/problem+json",
            &format!("\"code\":\"{code}\""),
            "urn:linchpin:request:abc-1",
            "x-request-id: abc-1",
            "nosniff",
        ] {
            assert!(answer.contains(part), "{method} {path}: {part} is not in {answer}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn get_runs_queries_and_nothing_else() {
    let server = TestServer::start(|_| {}).await;
    let answer = server.ask("GET", "/graphql?query=%7B__typename%7D", &[], b"").await;
    assert!(
        status(&answer) == "200" && answer.contains("{\"data\":{\"__typename\":\"Query\"}}"),
        "{answer}"
    );
    let answer = server.ask("GET", "/graphql?query=mutation%7Bwrite%7D", &[], b"").await;
    assert!(
        status(&answer) == "405" && answer.contains("allow: POST") && !answer.contains("true"),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_one_answer_and_says_nothing() {
    let server = TestServer::start(|_| {}).await;
    let answer = server.graphql(&[], "{ panics }").await;
    assert!(
        status(&answer) == "500" && answer.contains("INTERNAL") && !answer.contains("on purpose"),
        "{answer}"
    );
    let answer = server.graphql(&[], "{ echo(text: \"still here\") }").await;
    assert!(answer.contains("still here"), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_or_origin_is_refused_without_a_token() {
    let server = TestServer::start(|config| config.server.origins.0.push("https://known.example".to_owned())).await;
    for (header, expected) in [
        ("Host: evil.example", "403"),
        ("Host: localhost.evil.example", "403"),
        ("Host: 127.0.0.1:8080", "200"),
        ("Host: [::1]:8080", "200"),
        ("Origin: https://evil.example", "403"),
        ("Origin: null", "403"),
        ("Origin: http://localhost", "200"),
        ("Origin: https://known.example", "200"),
    ] {
        let answer = server.graphql(&[header], "{ __typename }").await;
        assert_eq!(status(&answer), expected, "{header}: {answer}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_only_health_and_pages_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
    let server = TestServer::start(|config| config.server.token_file.0 = Some(path)).await;
    for open in [
        "/",
        "/healthz",
        "/readyz",
        "/graphiql",
        "/graphiql/explorer.js",
        "/graphiql/examples.json",
    ] {
        assert_eq!(status(&server.ask("GET", open, &[], b"").await), "200", "{open}");
    }
    for closed in ["/metrics", "/graphql?query=%7B__typename%7D", "/ingest", "/nothing"] {
        let answer = server.ask("GET", closed, &[], b"").await;
        assert!(
            status(&answer) == "401" && answer.contains("www-authenticate: Bearer"),
            "{closed}: {answer}"
        );
    }
    let wrong = server
        .graphql(
            &["Authorization: Bearer 0123456789abcdef0123456789abcdeX"],
            "{ __typename }",
        )
        .await;
    assert_eq!(status(&wrong), "401");
    let right = server
        .graphql(
            &["Authorization: Bearer 0123456789abcdef0123456789abcdef"],
            "{ __typename }",
        )
        .await;
    assert_eq!(status(&right), "200", "{right}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_address_needs_a_token() {
    let mut config = linchpin::config::Config::default().server;
    config.listen = "0.0.0.0:0".parse().unwrap();
    let error = linchpin::http::Server::bind(&config).await.unwrap_err();
    assert_eq!(error.code(), linchpin::app::ErrorCode::InvalidConfiguration);
    assert!(error.to_string().contains("server.token_file"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_answered_as_events() {
    let server = TestServer::start(|_| {}).await;
    let answer = server
        .graphql(&["Accept: text/event-stream"], "subscription { count(to: 2) }")
        .await;
    let next = |n: i32| format!("event: next\ndata: {{\"data\":{{\"count\":{n}}}}}\n\n");
    for part in [
        next(1),
        next(2),
        "event: complete\ndata:\n\n".to_owned(),
        "text/event-stream".to_owned(),
    ] {
        assert!(answer.contains(&part), "{part} is not in {answer}");
    }
    let refused = server
        .graphql(&["Accept: text/event-stream"], "{ nothing_of_ours }")
        .await;
    assert!(
        refused.contains("GRAPHQL_VALIDATION_FAILED") && refused.contains("event: complete"),
        "{refused}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_printed_by_route() {
    let server = TestServer::start(|_| {}).await;
    server.ask("GET", "/a/path/nobody/chose", &[], b"").await;
    server.graphql(&[], "{ __typename }").await;
    let answer = server.ask("GET", "/metrics", &[], b"").await;
    for part in [
        "linchpin_http_requests_total{route=\"/graphql\",method=\"POST\",status=\"200\"} 1",
        "linchpin_http_requests_total{route=\"none\",method=\"GET\",status=\"404\"} 1",
        "linchpin_http_connections 1",
        "# EOF",
    ] {
        assert!(answer.contains(part), "{part} is not in {answer}");
    }
    server.stop().await;
}
