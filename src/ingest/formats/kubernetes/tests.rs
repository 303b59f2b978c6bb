use super::*;

fn recognised(text: &str) -> bool {
    recognises(&Content::parse(text.as_bytes()).expect("a document"))
}

#[test]
fn only_kubernetes_objects_are_recognised() {
    assert!(recognised("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"));
    assert!(recognised(r#"{"apiVersion":"v1","kind":"PodList","items":[]}"#));
    assert!(!recognised(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n"
    ));
    assert!(!recognised(r#"{"kind":"Pod","metadata":{"name":"a"}}"#));
    assert!(!recognised(r#"[{"apiVersion":"v1"}]"#));
    assert!(!recognised(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\na: 1\n"
    ));
}

#[test]
fn a_pod_whose_replica_set_is_not_listed_belongs_to_its_deployment() {
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "web-5d4f-a", "namespace": "shop", "labels": {"pod-template-hash": "5d4f"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d4f", "controller": true}],
        },
    });
    let owner = |pod: &Value| -> String {
        let name = ObjectName {
            kind: Kind::Pod,
            namespace: "shop",
            name: "web-5d4f-a",
        };
        let object = Object {
            name,
            uid: None,
            value: pod,
        };
        let cluster = Cluster::new("c".to_owned(), vec![object]);
        match cluster.owner(&object) {
            Owner::Workload(name) => cluster.key(name),
            other @ (Owner::Foreign | Owner::Nobody) => format!("{other:?}"),
        }
    };
    assert_eq!(owner(&pod), "deployment:c/shop/web");
    let mut unlabelled = pod.clone();
    unlabelled["metadata"]["labels"] = Value::Null;
    assert_eq!(owner(&unlabelled), "replica_set:c/shop/web-5d4f");
    let mut orphan = pod;
    orphan["metadata"]["ownerReferences"] = Value::Null;
    assert_eq!(owner(&orphan), "Nobody");
}
