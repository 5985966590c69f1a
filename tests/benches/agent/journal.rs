//! What the journal makes of a pass: of one that saw nothing new, which is what nearly every pass
//! is, against hashing the rows; of one that saw a change, against one durable write.

use std::{
    fs::File,
    hint::black_box,
    io::{Seek as _, Write as _},
};

use agent::{journal::Journal, probe::Observation};
use shared::clock::SystemClock;

use crate::{
    report::{Table, ratio, time},
    sample, timing,
};

/// Packages of a plain server.
const PACKAGES: usize = 750;
/// The one in the middle, before the rows are sorted by key.
const CHANGED: &str = "libcommon375-dev";
/// The agent's default bound, so large that nothing is folded here.
const BOUND: u64 = 64 << 20;
/// What a database page is.
const PAGE: [u8; 4096] = [1; 4096];

/// Measures both.
///
/// # Errors
/// When the folder for temporary files cannot be written.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = SystemClock::shared();
    let journal = Journal::open(folder.path(), BOUND, clock.clone())?;
    let facts = sample::packages(0, PACKAGES, 0)?;
    let mut pass = Observation {
        kind: sample::KIND,
        at: clock.now(),
        seen: Ok(facts.clone()),
    };
    journal.observe(&pass)?;

    let mut table = Table::new(&["ratio", "pass", "observe", "floor", "the floor is"]);
    let (quiet, least) = timing::against(
        || {
            anyhow::ensure!(!journal.observe(&pass)?, "nothing has changed");
            Ok(())
        },
        || {
            black_box(sample::digest(black_box(&facts)));
            Ok(())
        },
    )?;
    table.row(&[
        &ratio(quiet.as_secs_f64(), least.as_secs_f64()),
        &format!("{PACKAGES} rows, none changed"),
        &time(quiet),
        &time(least),
        &"hashing the rows",
    ]);

    let mut version = 1;
    let mut page = File::create(folder.path().join("page"))?;
    let (changed, least) = timing::against(
        || {
            version += 1;
            if let Ok(seen) = &mut pass.seen {
                seen[PACKAGES / 2] = sample::package(CHANGED, version)?;
            }
            anyhow::ensure!(journal.observe(&pass)?, "one row has changed");
            Ok(())
        },
        || {
            page.rewind()?;
            page.write_all(&PAGE)?;
            Ok(page.sync_data()?)
        },
    )?;
    table.row(&[
        &ratio(changed.as_secs_f64(), least.as_secs_f64()),
        &format!("{PACKAGES} rows, one changed"),
        &time(changed),
        &time(least),
        &"one page written and synced",
    ]);
    table.print("The journal of a pass");
    Ok(())
}
