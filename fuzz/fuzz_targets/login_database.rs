//! lastlog2 and wtmpdb, as a file that is no database or a broken one.
#![no_main]

use std::{fs, sync::LazyLock};

use agent::{
    host::Host,
    probe::login::database::{LASTLOG2, WTMPDB},
};
use shared::clock::SystemClock;
use tempfile::TempDir;

static ROOT: LazyLock<TempDir> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a folder");
    for path in ["var/lib/lastlog", "var/lib/wtmpdb"] {
        fs::create_dir_all(root.path().join(path)).expect("folders in it");
    }
    root
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let host = Host::at(ROOT.path(), SystemClock::shared());
    for database in [LASTLOG2, WTMPDB] {
        fs::write(host.path(database.path), bytes).expect("a file");
        let _ = database.read(&host);
    }
});
