use super::*;

#[test]
fn only_answers_of_aws_are_recognised() {
    let known = |text: &str| recognises(&Content::parse(text.as_bytes()).expect("a document"));
    assert!(known(r#"{"Vpcs":[{"VpcId":"vpc-1"}]}"#));
    assert!(known("Subnets:\n- SubnetId: subnet-1\n"));
    assert!(known(r#"{"Reservations":[{"Instances":[]}]}"#));
    for text in [
        r#"{"Vpcs":[]}"#,
        r#"{"Volumes":[{"name":"a"}]}"#,
        r#"{"volumes":[{"VolumeId":"a"}]}"#,
        "[]",
        "{}",
    ] {
        assert!(!known(text), "{text}");
    }
}
