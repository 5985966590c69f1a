//! The walk that rules about whole filesystems share, beside the calls that it cannot do without: each
//! folder opened and listed, each file asked for owner and mode, and nothing made of it.

use std::{
    collections::BTreeSet,
    ffi::{CString, OsString},
    mem::MaybeUninit,
    os::fd::{AsFd as _, BorrowedFd},
    path::Path,
    time::Duration,
};

use agent::host::{
    Host,
    walk::{Bounds, Way},
};
use nix::sys::resource::UsageWho;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, fstat, openat, statat};
use shared::clock::SystemClock;

use super::cpu;
use crate::report::{Table, count, ratio, time};

/// Walks of which the least is told.
const RUNS: usize = 3;

const BOUNDS: Bounds = Bounds {
    entries: u64::MAX,
    time: Duration::from_secs(600),
};

/// Stays on the filesystem of the root.
struct Root;

impl Way for Root {
    fn left_out(&self, _: &Path) -> Option<&BTreeSet<OsString>> {
        None
    }

    fn crosses_into(&self, _: &Path) -> bool {
        false
    }
}

/// Walks this machine's root filesystem both ways. Returns what there is on it.
///
/// # Errors
/// When it cannot be walked.
pub(super) fn run() -> anyhow::Result<u64> {
    let host = Host::live(SystemClock::shared());
    let (ours, entries) = least(|| {
        let mut others_write = 0;
        let walked = host.walk(Path::new("/"), BOUNDS, &Root, &mut |entry| {
            let open = entry.inode().is_some_and(|inode| inode.mode & 0o002 != 0);
            others_write += u64::from(open);
        })?;
        Ok((walked.entries, others_write))
    })?;
    let (raw, listed) = least(|| {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, "/", flags, Mode::empty())?;
        let device = fstat(&root)?.st_dev;
        let mut floor = Floor {
            device,
            buffer: vec![MaybeUninit::uninit(); 32 << 10],
            entries: 0,
            others_write: 0,
        };
        floor.list(root.as_fd())?;
        Ok((floor.entries, floor.others_write))
    })?;
    let mut table = Table::new(&["ratio", "what", "CPU", "entries", "CPU of 100,000"]);
    let mut row = |ratio: &str, what: &str, cpu: Duration, entries: u64| {
        let each = cpu.div_f64(entries as f64 / 100_000.0);
        table.row(&[
            &ratio,
            &what,
            &time(cpu),
            &count(entries as f64),
            &time(each),
        ]);
    };
    let ratio = ratio(ours.as_secs_f64(), raw.as_secs_f64());
    row(&ratio, "the walk", ours, entries);
    row("1.0x", "the kernel's part of it", raw, listed);
    table.print("the root filesystem, warm");
    Ok(entries)
}

/// Processor time of the least of several walks, and the entries of the last.
fn least(mut walk: impl FnMut() -> anyhow::Result<(u64, u64)>) -> anyhow::Result<(Duration, u64)> {
    let (mut least, mut entries) = (Duration::MAX, 0);
    for _ in 0..RUNS {
        let before = cpu(UsageWho::RUSAGE_SELF)?;
        entries = std::hint::black_box(walk()?).0;
        least = least.min(cpu(UsageWho::RUSAGE_SELF)? - before);
    }
    Ok((least, entries))
}

struct Floor {
    device: u64,
    buffer: Vec<MaybeUninit<u8>>,
    entries: u64,
    /// So that what is asked is looked at.
    others_write: u64,
}

impl Floor {
    fn list(&mut self, folder: BorrowedFd<'_>) -> anyhow::Result<()> {
        let mut todo: Vec<CString> = Vec::new();
        let mut names = RawDir::new(folder, &mut self.buffer);
        while let Some(entry) = names.next() {
            let entry = entry?;
            let name = entry.file_name();
            if [c".", c".."].contains(&name) {
                continue;
            }
            self.entries += 1;
            match entry.file_type() {
                FileType::Directory => todo.push(name.to_owned()),
                FileType::RegularFile => {
                    if let Ok(stat) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                        self.others_write += u64::from(stat.st_mode & 0o002 != 0);
                    }
                }
                _ => {}
            }
        }
        for name in todo {
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let Ok(inner) = openat(folder, &name, flags, Mode::empty()) else {
                continue;
            };
            if fstat(&inner)?.st_dev == self.device {
                self.list(inner.as_fd())?;
            }
        }
        Ok(())
    }
}
