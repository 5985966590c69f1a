//! The lists that apt has fetched: which files of `/var/lib/apt/lists` they are, and what their
//! repositories say of themselves.

use std::io::Read as _;

use shared::wire::Stale;

use super::release::{self, Release};
use crate::{host::Host, probe::update::packed};

pub(super) const LISTS: &str = "/var/lib/apt/lists";

/// How much of a repository's description is read: its fields stand before the hashes of its
/// lists, which make up the rest.
const HEAD: u64 = 64 << 10;

/// What a compressed file's name may end in.
const ENDINGS: [&str; 6] = ["", ".gz", ".lz4", ".zst", ".xz", ".bz2"];

/// One list of packages.
#[derive(Debug)]
pub(super) struct List {
    /// The file. Absolute on the host.
    pub(super) path: String,
    /// Which of the repositories it belongs to; `None` of one that does not describe itself.
    pub(super) repository: Option<usize>,
    pub(super) component: String,
    /// The host that it was fetched from; empty of files.
    pub(super) host: String,
}

/// One repository.
#[derive(Debug)]
pub(super) struct Repository {
    /// The beginning of its files' names.
    pub(super) prefix: String,
    pub(super) release: Release,
}

/// All lists and their repositories.
pub(super) fn find(host: &Host) -> Result<(Vec<List>, Vec<Repository>), Stale> {
    let names = match host.list(LISTS) {
        Err(error) if error.is_absent() => Vec::new(),
        listed => listed?,
    };
    let names: Vec<_> = names.iter().filter_map(|name| name.to_str()).collect();
    let mut repositories = Vec::<Repository>::new();
    for name in &names {
        // A repository has one or the other, InRelease first in the sorted names.
        let Some(prefix) = name
            .strip_suffix("InRelease")
            .or_else(|| name.strip_suffix("Release"))
            .filter(|prefix| prefix.ends_with('_'))
        else {
            continue;
        };
        if repositories.iter().any(|known| known.prefix == prefix) {
            continue;
        }
        repositories.push(Repository {
            prefix: prefix.to_owned(),
            release: describe(host, name)?,
        });
    }
    let lists = names.iter().filter_map(|name| list(name, &repositories));
    Ok((lists.collect(), repositories))
}

fn describe(host: &Host, name: &str) -> Result<Release, Stale> {
    let path = format!("{LISTS}/{name}");
    let mut head = Vec::new();
    packed::open(host, &path)?
        .take(HEAD)
        .read_to_end(&mut head)
        .map_err(|error| super::failed(&path, &error))?;
    Ok(release::parse(&String::from_utf8_lossy(&head)))
}

/// What the name of a file says; `None` where it is no list of packages.
fn list(name: &str, repositories: &[Repository]) -> Option<List> {
    let plain = ENDINGS
        .iter()
        .find_map(|ending| name.strip_suffix(ending)?.strip_suffix("_Packages"))?;
    let repository = repositories
        .iter()
        .enumerate()
        .filter(|(_, repository)| name.starts_with(&repository.prefix))
        .max_by_key(|(_, repository)| repository.prefix.len());
    // `main_binary-amd64` is left of the name.
    let rest = repository.map_or("", |(_, repository)| {
        plain.strip_prefix(&repository.prefix).unwrap_or("")
    });
    Some(List {
        path: format!("{LISTS}/{name}"),
        repository: repository.map(|(at, _)| at),
        component: rest.split('_').next().unwrap_or("").to_owned(),
        host: name.split('_').next().unwrap_or("").to_owned(),
    })
}
