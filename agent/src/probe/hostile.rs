//! A thousand bad inputs for each kind: whatever a file that it reads holds or is, the probe comes
//! back, does not panic, stays within bounds, and says why when it has no rows.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    stat::Mode,
};
use shared::clock::SystemClock;

use super::*;

const INPUTS: usize = 1000;

/// What a probe may take more than before it met a bad input, KiB. The ceiling of the agent is 64
/// MiB; in a debug build, with a thousand inputs behind it, the allocator keeps some.
const MOST_KIB: i64 = 64 << 10;

/// A copy of a recorded tree.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let to = to.join(entry.file_name());
        if kind.is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&path, &to);
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), &to).unwrap();
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

/// Whether a source of the list means this path; `*` counts as anything.
fn means(source: &str, path: &str) -> bool {
    let Some(source) = source.split_whitespace().find(|word| word.starts_with('/')) else {
        return false;
    };
    let mut parts = source.split('*').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || source.ends_with('*') || rest.starts_with('/')
}

/// Numbers that look like chance and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// Spoils the file, in one of many ways.
fn spoil(path: &Path, good: &[u8], chance: &mut Chance) {
    let mut bytes = good.to_vec();
    let at = chance.below(bytes.len());
    match chance.below(12) {
        0 => bytes.truncate(at),
        1 => bytes.clear(),
        2 => bytes.extend((0..4096).map(|_| chance.below(256) as u8)),
        3..=5 => {
            for _ in 0..=chance.below(16) {
                let at = chance.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = chance.below(256) as u8;
                }
            }
        }
        // Another encoding.
        6 => bytes = bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
        7 => bytes = bytes[at..].repeat(50),
        // One line that does not end.
        8 => bytes.retain(|byte| *byte != b'\n'),
        9 => {
            let _ = fs::remove_file(path);
            symlink(path.file_name().unwrap(), path).unwrap();
            return;
        }
        10 => {
            let _ = fs::remove_file(path);
            match chance.below(2) {
                0 => fs::create_dir(path).unwrap(),
                _ => nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap(),
            }
            return;
        }
        _ => {
            // Huge, and a hole.
            let file = fs::File::create(path).unwrap();
            file.set_len(8 << 30).unwrap();
            return;
        }
    }
    fs::write(path, bytes).unwrap();
}

fn mend(path: &Path, good: &[u8]) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
    fs::write(path, good).unwrap();
}

fn peak_kib() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss()
}

/// Every kind that reads files has some in the trees, and those of each are spoilt in turns.
#[test]
fn a_thousand_bad_inputs_harm_no_kind() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let folder = tempfile::tempdir().unwrap();
    let mut of_kind: Vec<Vec<(Host, PathBuf)>> = all().iter().map(|_| Vec::new()).collect();
    for tree in fs::read_dir(&testdata).unwrap() {
        let tree = tree.unwrap();
        if !tree.path().join("etc").is_dir() {
            continue;
        }
        let root = folder.path().join(tree.file_name());
        fs::create_dir(&root).unwrap();
        copy(&tree.path(), &root);
        let mut found = Vec::new();
        files(&root, &mut found);
        found.sort();
        for file in found {
            let path = format!("/{}", file.strip_prefix(&root).unwrap().display());
            for (probe, of_kind) in all().iter().zip(&mut of_kind) {
                if probe.sources().iter().any(|source| means(source, &path)) {
                    let host = Host::at(&root, SystemClock::shared());
                    of_kind.push((host, file.clone()));
                }
            }
        }
    }
    let mut chance = Chance(7);
    for (probe, inputs) in all().iter().zip(&of_kind) {
        let before = peak_kib();
        for n in 0..INPUTS {
            let Some((host, path)) = inputs.get(n % inputs.len().max(1)) else {
                // It reads no file of a tree: it asks the kernel, or systemd.
                break;
            };
            let good = fs::read(path).unwrap();
            spoil(path, &good, &mut chance);
            if let Err(stale) = observe(*probe, host).seen {
                assert!(stale.detail.len() > 5, "{}: {stale:?}", probe.kind());
            }
            mend(path, &good);
        }
        let grown = peak_kib() - before;
        assert!(grown < MOST_KIB, "{} grew by {grown} KiB", probe.kind());
    }
}

/// What is read is whole or refused, and never a panic, while somebody writes it.
#[test]
fn files_that_change_while_they_are_read_harm_no_kind() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/debian-12");
    let folder = tempfile::tempdir().unwrap();
    copy(&testdata, folder.path());
    let host = Host::at(folder.path(), SystemClock::shared());
    let mut found = Vec::new();
    files(folder.path(), &mut found);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut chance = Chance(11);
            while !done.load(Ordering::Relaxed) {
                let path = &found[chance.below(found.len())];
                let good = fs::read(path).unwrap();
                let _ = fs::write(path, &good[..chance.below(good.len())]);
                fs::write(path, good).unwrap();
            }
        });
        for _ in 0..50 {
            for probe in all() {
                if let Err(stale) = observe(*probe, &host).seen {
                    assert!(stale.detail.len() > 5, "{}: {stale:?}", probe.kind());
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}
