//! Inventories through the command line and over HTTP: the format is found out, and the sender's name
//! for what a document does not say of itself reaches it.

use crate::formats_support::fixture;
use crate::http_server::TestServer;
use crate::ingest_http::push;
use crate::ingest_support::Database;
use crate::process::run_on;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn path(name: &str) -> String {
    format!("{ROOT}/fixtures/ingest/{name}")
}

#[test]
fn files_of_all_formats_are_imported_without_naming_their_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let files = [
        "ansible/good/tree-db01.json",
        "ansible/good/setup-output.txt",
        "ansible/good/inventory.json",
        "facter/good/web01.json",
        "facter/good/catalog.json",
        "fusioninventory/good/server.xml",
        "glpi/good/workstation.json",
        "librenms/good/capture.json",
        "napalm/good/edge-1.json",
        "nmap/good/network.xml",
    ];
    let arguments: Vec<String> = ["import".to_owned()].into_iter().chain(files.map(path)).collect();
    let imported = run_on(&store, &arguments);
    assert!(imported.status.success(), "{imported:?}");
    let named = path("napalm/good/lldp.json");
    let nameless = run_on(&store, &["import", &named]);
    assert!(!nameless.status.success(), "of no device: {nameless:?}");
    let given = run_on(&store, &["import", "--name", "core-1.net.example", &named]);
    assert!(given.status.success(), "{given:?}");
    let wrong = run_on(&store, &["import", "--format", "nmap", &path("glpi/good/switch.json")]);
    assert!(!wrong.status.success(), "{wrong:?}");
    let shown = run_on(&store, &["ci", "show", "network_device:core-1.net.example"]);
    assert!(shown.status.success(), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_pushed_over_http() {
    let database = Database::new();
    let server = TestServer::start_on(Some(database.cmdb.clone()), |_| {}).await;
    for query in ["source=scanner-1", "source=scanner-1&format=nmap"] {
        let scan = fixture("nmap", "good/network.xml");
        let pushed = push(&server, &format!("/ingest?{query}"), "application/xml", scan).await;
        assert_eq!(pushed.status, 200);
        let summary = pushed.summary();
        assert!(summary.complete, "{summary:?}");
        assert_eq!(summary.records, 16, "{summary:?}");
    }
    let cut_off = fixture("nmap", "bad/cut-off.xml");
    let pushed = push(&server, "/ingest?source=scanner-1", "application/xml", cut_off).await;
    assert_eq!(pushed.status, 400, "{:?}", pushed.lines);
    assert!(pushed.lines.join("").contains("interrupted"), "{:?}", pushed.lines);
}
