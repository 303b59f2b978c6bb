//! A machine's clock that is set back.

use jiff::{SignedDuration, Timestamp};
use linchpin::app::{Cmdb, CmdbOptions, WriteRequest};
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
        let options = CmdbOptions {
            clock: clock.clone(),
            ..CmdbOptions::default()
        };
        let cmdb = Cmdb::open(folder.path(), options).expect("it opens");
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
