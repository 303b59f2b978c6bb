use super::*;

fn recognised(text: &str) -> bool {
    recognises(&Content::parse(text.as_bytes()).expect("a document"))
}

#[test]
fn text_and_answers_of_the_metric_are_recognised() {
    assert!(recognised(
        "# HELP x y\ntraces_service_graph_request_total{client=\"a\",server=\"b\"} 1\n"
    ));
    assert!(recognised(
        "otel_traces_service_graph_request_total{client=\"a\",server=\"b\"} 1\n"
    ));
    assert!(!recognised("# TYPE traces_service_graph_request_total counter\nup 1\n"));
    let answer = |labels: &str| {
        format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{labels},"value":[1,"2"]}}]}}}}"#
        )
    };
    assert!(recognised(&answer(r#"{"client":"a","server":"b"}"#)));
    assert!(!recognised(&answer(r#"{"__name__":"up","client":"a","server":"b"}"#)));
    assert!(!recognised(r#"{"data":{"result":[]}}"#));
    assert!(!recognised("<a/>"));
}
