//! Where packages came from, as dnf and dnf 5 record it. It is an extra: where the record cannot be
//! read, it is not known, and the packages are told nevertheless.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::{RpmError, header::Header};
use crate::{host::Host, probe::sqlite};

/// dnf's history of transactions.
const HISTORY: &str = "/var/lib/dnf/history.sqlite";

/// dnf 5's state of what is installed.
const STATE: &str = "/usr/lib/sysimage/libdnf5/nevras.toml";

/// The largest state that is read; a package takes a hundred bytes.
const MAX_STATE: u64 = 16 << 20;

/// Most entries of the history that are read, the newest. Ten years of weekly updates of a large
/// server have as many.
const MAX_ENTRIES: u32 = 500_000;

/// Repositories by `name-[epoch:]version-release.architecture`.
#[derive(Debug, Default)]
pub(super) struct Origins(HashMap<String, String>);

impl Origins {
    pub(super) fn read(host: &Host) -> Self {
        if let Ok(text) = host.read_text(STATE, MAX_STATE) {
            return Self(text.lines().filter_map(entry).collect());
        }
        let history = host.open(HISTORY).and_then(|_| host.resolve(HISTORY));
        let found = history
            .ok()
            .and_then(|path| sqlite::read(&path, entries).ok());
        Self(found.unwrap_or_default())
    }

    /// The repository of an installed package.
    pub(super) fn of(&self, header: &Header<'_>) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let version = match header.epoch {
            Some(0) => format!("{}-{}", header.version, header.release),
            _ => header.full_version(),
        };
        let architecture = header.architecture.as_ref()?;
        let name = format!("{}-{version}.{architecture}", header.name);
        self.0.get(&name).map(String::as_str)
    }
}

/// `"bash-5.2.37-1.fc42.x86_64" = {from_repo = "fedora"}`.
pub fn entry(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.trim().strip_prefix('"')?.split_once('"')?;
    let (_, value) = rest.split_once("from_repo")?;
    let repository = value.split('"').nth(1).filter(|name| is_repository(name))?;
    Some((name.to_owned(), repository.to_owned()))
}

/// The entries of the history. What removed a package says that it was of the system; the last that
/// names a repository is what installed it.
fn entries(connection: &Connection) -> Result<HashMap<String, String>, RpmError> {
    let sql = "SELECT rpm.name, rpm.epoch, rpm.version, rpm.release, rpm.arch, repo.repoid \
        FROM (SELECT * FROM trans_item ORDER BY id DESC LIMIT ?1) AS entry \
        JOIN rpm ON rpm.item_id = entry.item_id JOIN repo ON repo.id = entry.repo_id \
        ORDER BY entry.id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([MAX_ENTRIES])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let (name, repository) = named(row)?;
        if is_repository(&repository) {
            found.insert(name, repository);
        }
    }
    Ok(found)
}

fn named(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    let text = |at: usize| row.get::<_, String>(at);
    let epoch = match row.get::<_, i64>(1)? {
        0 => String::new(),
        epoch => format!("{epoch}:"),
    };
    let name = format!("{}-{epoch}{}-{}.{}", text(0)?, text(2)?, text(3)?, text(4)?);
    Ok((name, text(5)?))
}

/// `@System` is what is installed, `@commandline` a file.
fn is_repository(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::live;

    #[test]
    fn an_entry_names_package_and_repository() {
        let own = |line| entry(line);
        assert_eq!(
            own("\"bind-32:9-1.fc42.x86_64\" = {from_repo = \"updates\"}"),
            Some(("bind-32:9-1.fc42.x86_64".into(), "updates".into()))
        );
        assert_eq!(
            own("\"a-1-1.noarch\" = { from_repo=\"@commandline\" }"),
            None
        );
        for line in [
            "",
            "[nevras]",
            "version = \"1.0\"",
            "\"a\" = {reason = \"User\"}",
            "\"a",
        ] {
            assert_eq!(own(line), None, "{line}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("repo-file", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.lines().filter_map(entry).for_each(drop);
        });
    }
}
