//! A thousand bad inputs for each kind: whatever a file that it reads holds or is, the probe comes
//! back, does not panic, stays within bounds, and says why when it has no rows.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use nix::sys::stat::Mode;
use shared::clock::SystemClock;

use super::*;

pub(super) use answer::{INPUTS, answers, within_memory};
pub(super) use input::{Chance, spoilt};

/// Bad inputs for what reads no file.
mod answer;

/// Bad inputs, made of good ones.
mod input;

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

/// Whether a source of the list means this path; `*`, `{…}` and a home count as anything.
fn means(source: &str, path: &str) -> bool {
    let mut words = source.split_whitespace();
    let Some(source) = words.find(|word| word.starts_with(['/', '~'])) else {
        return false;
    };
    let mut rest = path;
    for (n, part) in source.replace('~', "*").split('*').enumerate() {
        for (m, part) in part.split(['{', '}']).step_by(2).enumerate() {
            match rest.find(part) {
                Some(at) if at == 0 || n + m > 0 => rest = &rest[at + part.len()..],
                _ => return false,
            }
        }
    }
    rest.is_empty() || source.ends_with('*') || rest.starts_with('/')
}

/// Spoils the file, in one of many ways.
fn spoil(path: &Path, good: &[u8], chance: &mut Chance) {
    match chance.below(12) {
        9 => {
            let _ = fs::remove_file(path);
            symlink(path.file_name().unwrap(), path).unwrap();
        }
        10 => {
            let _ = fs::remove_file(path);
            match chance.below(2) {
                0 => fs::create_dir(path).unwrap(),
                _ => nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap(),
            }
        }
        11 => {
            // Huge, and a hole.
            let file = fs::File::create(path).unwrap();
            file.set_len(8 << 30).unwrap();
        }
        _ => fs::write(path, spoilt(good, chance)).unwrap(),
    }
}

fn mend(path: &Path, good: &[u8]) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
    fs::write(path, good).unwrap();
}

/// Those of which no tree has a file: each has a test of its own, of [`answers`].
const ASKING: [&str; 6] = [
    "hardware",
    "service",
    "interface",
    "address",
    "route",
    "listener",
];

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
        let tried = !inputs.is_empty() || ASKING.contains(&probe.kind());
        assert!(tried, "no file for {}", probe.kind());
        within_memory(probe.kind(), || {
            for n in 0..INPUTS.min(inputs.len() * INPUTS) {
                let (host, path) = &inputs[n % inputs.len()];
                harm(*probe, host, path, &mut chance);
            }
        });
    }
}

/// What is written by logins and by the makers of containers, who may be anybody: a thousand of
/// each file.
#[test]
fn a_thousand_bad_records_of_each_sort_harm_neither_logins_nor_containers() {
    let mut chance = Chance(17);
    for (kind, tree, paths) in [
        (
            "login",
            "debian-11",
            &["log/wtmp", "log/btmp", "log/lastlog"][..],
        ),
        (
            "login",
            "debian-13",
            &["lib/lastlog/lastlog2.db", "lib/wtmpdb/wtmp.db"][..],
        ),
        ("container", "debian-12", &["lib/docker/containers"][..]),
        ("container", "rocky-9", &["lib/containers/storage"][..]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(&live::recorded(tree), folder.path());
        let host = Host::at(folder.path(), SystemClock::shared());
        let probe = all().iter().find(|probe| probe.kind() == kind).unwrap();
        let mut found = Vec::new();
        for path in paths {
            let path = folder.path().join("var").join(path);
            match path.is_dir() {
                true => files(&path, &mut found),
                false => found.push(path),
            }
        }
        for path in &found {
            within_memory(kind, || {
                for _ in 0..INPUTS {
                    harm(*probe, &host, path, &mut chance);
                }
            });
        }
    }
}

/// Spoils the file, looks, and mends it.
fn harm(probe: &dyn Probe, host: &Host, path: &Path, chance: &mut Chance) {
    let good = fs::read(path).unwrap();
    spoil(path, &good, chance);
    if let Err(stale) = observe(probe, host).seen {
        assert!(stale.detail.len() > 5, "{}: {stale:?}", probe.kind());
    }
    mend(path, &good);
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
