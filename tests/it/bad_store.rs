//! Stores that are damaged, too new, held or out of reach: each is an error with its exit code, and
//! none is made worse.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{Database, TableDefinition};
use serde_json::Value;

use crate::process::{Process, linchpin, run_on, verify};

/// The exit code of a store that cannot be used.
const UNUSABLE: i32 = 5;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// A folder in which stores are made.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// A store that holds the shop, in a journal and a checkpoint.
    fn store(&self) -> PathBuf {
        let folder = self.0.path().join("data");
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/shop/shop.ndjson");
        let output = run_on(&folder, &["import", &shop.to_string_lossy()]);
        assert!(output.status.success(), "{output:?}");
        verify(&folder).expect("a good store");
        folder
    }

    fn copy(&self, store: &Path, name: &str) -> PathBuf {
        let folder = self.0.path().join(name);
        fs::create_dir(&folder).expect("a new folder");
        for file in ["journal.redb", "checkpoint.redb"] {
            fs::copy(store.join(file), folder.join(file)).expect("a copy");
        }
        folder
    }
}

/// A command on the store must fail with this code, and say these words.
fn refused(folder: &Path, arguments: &[&str], exit: i32, code: &str, says: &[&str]) {
    let output = run_on(folder, &[&["--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
    let error: Value =
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("{text}"));
    let error = &error["error"];
    assert_eq!(error["code"], code, "{arguments:?}: {error}");
    let message = error["message"].as_str().expect("a message");
    for word in says {
        assert!(message.contains(word), "`{word}` is missing: {message}");
    }
    assert!(
        error["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()),
        "{error}"
    );
    assert!(!text.contains("panicked"), "{text}");
}

/// Neither questions nor a server nor the check take the store.
fn refused_by_all(folder: &Path, code: &str, says: &[&str]) {
    for arguments in [&["ci", "list"][..], &["verify"]] {
        refused(folder, arguments, UNUSABLE, code, says);
    }
    let ended = Process::try_start(linchpin(), folder, &[]).expect_err("it must not start");
    assert_eq!(ended.code, Some(UNUSABLE), "{ended:?}");
    assert!(ended.log.contains(code), "{ended:?}");
}

#[test]
fn a_truncated_file_is_refused() {
    let place = Place::new();
    let store = place.store();
    for file in ["journal.redb", "checkpoint.redb"] {
        let length = fs::metadata(store.join(file)).expect("a file").len();
        for (part, kept) in [0, 1, 300, length / 2, length - 1].into_iter().enumerate() {
            let folder = place.copy(&store, &format!("{file}-{part}"));
            let cut = fs::OpenOptions::new()
                .write(true)
                .open(folder.join(file))
                .expect("a file");
            cut.set_len(kept).expect("it can be cut");
            drop(cut);
            refused(&folder, &["verify"], UNUSABLE, "STORE_DAMAGED", &[file]);
            if kept == length / 2 {
                refused_by_all(&folder, "STORE_DAMAGED", &[file]);
            }
        }
    }
}

#[test]
fn flipped_bytes_are_found() {
    let place = Place::new();
    let store = place.store();
    // `shop-team` stands in the journal's entry and in the checkpoint's chunk.
    for file in ["journal.redb", "checkpoint.redb"] {
        let folder = place.copy(&store, file);
        let mut bytes = fs::read(folder.join(file)).expect("a file");
        let places: Vec<usize> = bytes
            .windows(9)
            .enumerate()
            .filter(|(_, window)| *window == b"shop-team")
            .map(|(place, _)| place)
            .collect();
        assert!(!places.is_empty(), "{file} is not as this test thinks");
        for place in places {
            bytes[place] ^= 0x20;
        }
        fs::write(folder.join(file), bytes).expect("it can be written");
        let output = run_on(&folder, &["verify"]);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(UNUSABLE), "{file}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        let answer = run_on(&folder, &["ci", "list"]);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        if file == "checkpoint.redb" {
            assert_eq!(answer.status.code(), Some(UNUSABLE), "{said}");
            assert!(said.contains("STORE_DAMAGED"), "{said}");
        }
    }
}

#[test]
fn any_flipped_page_is_an_error_or_harmless_and_never_a_panic() {
    let place = Place::new();
    let store = place.store();
    let good = run_on(&store, &["ci", "list"]).stdout;
    for file in ["journal.redb", "checkpoint.redb"] {
        let length = fs::metadata(store.join(file)).expect("a file").len();
        let pages = usize::try_from(length / 4096).expect("a small file");
        for part in 0..4 {
            let folder = place.copy(&store, &format!("{file}-{part}"));
            let mut bytes = fs::read(folder.join(file)).expect("a file");
            let page = part * pages / 4;
            for byte in &mut bytes[page * 4096..(page + 1) * 4096] {
                *byte = !*byte;
            }
            fs::write(folder.join(file), bytes).expect("it can be written");
            let output = run_on(&folder, &["ci", "list"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let right = match output.status.code() {
                Some(0) => output.stdout == good,
                Some(code) => code == UNUSABLE && said.contains("STORE_DAMAGED"),
                None => false,
            };
            assert!(right, "page {page} of {file}: {output:?}");
        }
    }
}

#[test]
fn a_newer_format_is_refused() {
    let place = Place::new();
    let store = place.store();
    for file in ["journal.redb", "checkpoint.redb"] {
        let folder = place.copy(&store, file);
        let database = Database::open(folder.join(file)).expect("a database");
        let transaction = database.begin_write().expect("a transaction");
        let mut meta = transaction.open_table(META).expect("a table");
        meta.insert("format", &99_u32.to_le_bytes()[..]).expect("a value");
        drop(meta);
        transaction.commit().expect("a commit");
        drop(database);
        refused_by_all(
            &folder,
            "STORE_TOO_NEW",
            &[file, "has format 99", "reads up to format 3"],
        );
    }
}

#[test]
fn a_store_that_another_process_holds_is_refused_and_unharmed() {
    let place = Place::new();
    let store = place.store();
    let process = Process::start(&store);
    let revision = process.revision();
    refused_by_all(&store, "STORE_LOCKED", &["held by another process"]);
    assert_eq!(process.revision(), revision);
    drop(process);
    verify(&store).expect("it is free again");
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let place = Place::new();
    let file = place.0.path().join("file");
    fs::write(&file, "not a folder").expect("a file");
    let output = run_on(&file, &["ci", "list"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("FILE_UNUSABLE"),
        "{output:?}"
    );
    let missing = place.0.path().join("missing");
    refused(&missing, &["verify"], 2, "FILE_UNUSABLE", &["missing"]);
    assert!(!missing.exists(), "a check makes no store");
}

#[test]
fn a_lost_checkpoint_is_made_anew() {
    let place = Place::new();
    let store = place.store();
    let good = run_on(&store, &["ci", "list"]).stdout;
    fs::remove_file(store.join("checkpoint.redb")).expect("it is there");
    let output = run_on(&store, &["ci", "list"]);
    assert!(output.status.success() && output.stdout == good, "{output:?}");
    verify(&store).expect("all is well");
}
