//! Finding this machine's Postgres.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{OLDEST, PostgresError};

/// The newest installed Postgres, or the one that made the data when there are some.
pub(super) fn binaries(data: &Path) -> Result<PathBuf, PostgresError> {
    let installed = installed();
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(made) => installed
            .into_iter()
            .find(|(major, _)| major.to_string() == made.trim())
            .map(|(_, folder)| folder)
            .ok_or_else(|| PostgresError::OtherVersion {
                folder: data.into(),
                made: made.trim().into(),
            }),
        Err(_) => installed
            .into_iter()
            .next()
            .map(|(_, f)| f)
            .ok_or(PostgresError::NoBinaries),
    }
}

/// Every installed Postgres, newest first: Debian's place, then PGDG's on Red Hat, then PATH's.
fn installed() -> Vec<(u32, PathBuf)> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let debian = versions.map(|entry| entry.path().join("bin"));
    let usr = fs::read_dir("/usr")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let pgdg = usr
        .filter(|path| {
            path.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("pgsql-"))
        })
        .map(|path| path.join("bin"));
    let plain = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"].map(PathBuf::from);
    let mut found: Vec<_> = debian
        .chain(pgdg)
        .chain(plain)
        .filter(|folder| folder.join("postgres").exists() && folder.join("initdb").exists())
        .filter_map(|folder| Some((major(&folder)?, folder)))
        .filter(|(major, _)| *major >= OLDEST)
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15.
fn major(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .nth(2)?
        .split(['.', 'b', 'r', 'd'])
        .next()?
        .parse()
        .ok()
}
