//! A generated estate in memory, as after a restart.

use linchpin::graph::Snapshot;

use crate::estate;

/// Loads an estate of the size asked for into a store, opens it anew, and says what is in it.
pub(crate) fn snapshot() -> Snapshot {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let payload = estate::write_payload(folder.path(), estate::size());
    let store = folder.path().join("store");
    let cmdb = estate::open(&store);
    estate::load(&cmdb, &payload);
    cmdb.close();
    drop(cmdb);
    let snapshot = estate::open(&store).reader().snapshot();
    println!(
        "{} CIs, {} relationships",
        snapshot.ci_count(),
        snapshot.relationship_count()
    );
    snapshot
}
