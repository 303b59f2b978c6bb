use async_graphql::{EmptySubscription, Error, Object, Schema};
use futures_util::StreamExt;

use super::*;
use crate::config::Config;

struct Query;

#[Object]
impl Query {
    async fn echo(&self, number: i32) -> i32 {
        number
    }
    async fn fail(&self) -> Result<Vec<Option<i32>>, Error> {
        Err(Error::new("no code"))
    }
    async fn fails(&self) -> Vec<Failing> {
        (0..50).map(|_| Failing).collect()
    }
    async fn large(&self) -> String {
        "x".repeat(20 << 20)
    }
    async fn panics(&self) -> i32 {
        std::hint::black_box(None::<i32>).expect("on purpose")
    }
}

struct Failing;

#[Object]
impl Failing {
    async fn value(&self) -> Result<Option<i32>, Error> {
        Err(Error::new("one of many"))
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn write(&self) -> bool {
        true
    }
}

fn service() -> GraphQlService {
    let schema = Schema::build(Query, Mutation, EmptySubscription)
        .disable_suggestions()
        .finish();
    GraphQlService::new(schema, &Config::default().limits)
}

fn caller() -> Caller {
    Caller {
        actor: Actor { name: "local".into() },
        request_id: "r-1".into(),
    }
}

async fn ask(query: &str) -> (Option<ErrorCode>, serde_json::Value) {
    let service = service();
    let request = GraphQlRequest {
        query: query.to_owned(),
        ..GraphQlRequest::default()
    };
    let reply = match service.check(request) {
        Ok(checked) => service.execute(checked, caller()).await,
        Err(reply) => reply,
    };
    (reply.request_error, serde_json::from_slice(&reply.body).unwrap())
}

#[tokio::test]
async fn every_error_has_a_code() {
    for (query, code) in [
        ("{ echo(number: 3000000000) }", ErrorCode::BadUserInput),
        ("{ echo(number: \"x\") }", ErrorCode::BadUserInput),
        ("{ ecko }", ErrorCode::InvalidDocument),
        ("{ ", ErrorCode::InvalidDocument),
        ("{ panics }", ErrorCode::Internal),
        ("{ large }", ErrorCode::LimitExceeded),
    ] {
        let (found, body) = ask(query).await;
        assert!(
            body.get("data").is_none() || code == ErrorCode::BadUserInput,
            "{query}: {body}"
        );
        assert_eq!(
            body["errors"][0]["extensions"]["code"],
            code.as_str(),
            "{query}: {found:?} {body}"
        );
        assert!(!body.to_string().contains("on purpose"));
    }
    let (found, body) = ask("{ fail }").await;
    assert_eq!(found, None);
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
    assert_eq!(body["data"], serde_json::Value::Null);
}

#[tokio::test]
async fn many_errors_are_cut_and_counted() {
    let (_, body) = ask("{ fails { value } }").await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 20);
    assert_eq!(body["extensions"]["errorsCut"], "50 errors, the first 20 are shown");
}

#[tokio::test]
async fn the_operation_is_found_by_name() {
    let service = service();
    let kind = |query: &str, name: Option<&str>| {
        let request = GraphQlRequest {
            query: query.to_owned(),
            operation_name: name.map(str::to_owned),
            ..GraphQlRequest::default()
        };
        service.check(request).map(|checked| checked.kind()).ok()
    };
    assert_eq!(kind("{ echo(number: 1) }", None), Some(OperationKind::Query));
    assert_eq!(kind("mutation { write }", None), Some(OperationKind::Mutation));
    assert_eq!(
        kind("query a { echo(number: 1) } mutation b { write }", Some("b")),
        Some(OperationKind::Mutation)
    );
    assert_eq!(kind("query a { echo(number: 1) } mutation b { write }", None), None);
    assert_eq!(kind("query a { echo(number: 1) }", Some("c")), None);
}

#[tokio::test]
async fn a_query_can_be_streamed() {
    let service = service();
    let request = GraphQlRequest {
        query: "{ echo(number: 7) }".to_owned(),
        ..GraphQlRequest::default()
    };
    let checked = service.check(request).unwrap();
    let replies: Vec<_> = service.stream(checked, caller()).collect().await;
    assert_eq!(replies.len(), 1);
    assert_eq!(String::from_utf8_lossy(&replies[0].body), "{\"data\":{\"echo\":7}}");
}
