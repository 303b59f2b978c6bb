//! A machine's clock that is set back.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use linchpin::app::{Cmdb, CmdbOptions, ErrorCode, WriteRequest};
use linchpin::clock::Clock;
use linchpin::model::command::NewCi;
use linchpin::model::{Actor, Command};

#[test]
fn a_clock_that_goes_back_does_not_take_the_journal_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let noon = Timestamp::from_second(1_700_000_000).expect("in range");
    let hour = SignedDuration::from_hours(1);
    let mut last = Timestamp::UNIX_EPOCH;
    // Also where the program starts again in between.
    for start in [noon, noon - hour - hour] {
        let clock = Clock::at(start);
        let cmdb = open(folder.path(), &clock);
        for at in [start, start + hour, start - hour, start] {
            clock.set(at);
            let command = Command::CreateCi(NewCi {
                ci_type: "application".to_owned(),
                name: "shop".to_owned(),
                ..NewCi::default()
            });
            let editor = cmdb.editor(Actor { name: "tester".into() });
            let written = editor.write_blocking(WriteRequest::commands(vec![command]));
            let revision = written.expect("it is taken").revision;
            let entry = cmdb.reader().entry(revision).expect("it reads").expect("it is there");
            assert!(entry.at >= last, "{} after {last}", entry.at);
            last = entry.at;
        }
        assert_eq!(last, noon + hour);
    }
}

/// Opens the store. Other tests start programs, which hold copies of all open files, and so of a
/// lock that was just given up, for an instant.
fn open(folder: &Path, clock: &Clock) -> Cmdb {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let options = CmdbOptions {
            clock: clock.clone(),
            ..CmdbOptions::default()
        };
        match Cmdb::open(folder, options) {
            Ok(cmdb) => return cmdb,
            Err(error) if error.code() == ErrorCode::StoreLocked && Instant::now() < deadline => {
                std::thread::yield_now();
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}
