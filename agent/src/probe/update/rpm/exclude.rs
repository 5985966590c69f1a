//! What the administrator ruled out: excluded names and locked versions.

use shared::wire::Stale;

use super::{
    super::glob,
    repository::{self, Repository},
};
use crate::host::Host;

/// Settings of dnf and of yum with `exclude` in `[main]`.
const SETTINGS: [&str; 2] = ["/etc/dnf/dnf.conf", "/etc/yum.conf"];

const VERSION_LOCKS: &str = "/etc/dnf/plugins/versionlock.list";
const ZYPPER_LOCKS: &str = "/etc/zypp/locks";

/// The largest file that is read.
const MAX_FILE: u64 = 1 << 20;

/// Patterns of names.
#[derive(Debug, Default)]
pub(super) struct Excluded {
    /// Not taken from anywhere: there is no row.
    names: Vec<String>,
    /// Kept at a version: the row says that it is held.
    locked: Vec<String>,
}

impl Excluded {
    pub(super) fn read(host: &Host) -> Result<Self, Stale> {
        let text = |path: &str| match host.read_text(path, MAX_FILE) {
            Err(error) if error.is_absent() => Ok(String::new()),
            read => read.map_err(Stale::from),
        };
        let mut excluded = Self::default();
        for path in SETTINGS {
            excluded.names.extend(names(&text(path)?));
        }
        excluded.locked.extend(version_locks(&text(VERSION_LOCKS)?));
        excluded.locked.extend(zypper_locks(&text(ZYPPER_LOCKS)?));
        Ok(excluded)
    }

    /// Whether a package of this name is not taken from this repository.
    pub(super) fn rules_out(&self, repository: &Repository, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|p| glob::matches(p, name));
        let included = repository.included.is_empty() || any(&repository.included);
        any(&self.names) || any(&repository.excluded) || !included
    }

    pub(super) fn is_locked(&self, name: &str) -> bool {
        self.locked
            .iter()
            .any(|pattern| glob::matches(pattern, name))
    }
}

/// `[main]` is read as the repository that it is not.
pub fn names(text: &str) -> Vec<String> {
    let text = text.replace("[main]", "[settings]");
    let sections = repository::parse(&text, "dnf");
    let sections = sections
        .into_iter()
        .filter(|section| section.id == "settings");
    sections.flat_map(|section| section.excluded).collect()
}

/// Lines of `name-epoch:version-release.architecture`, any part of which may be a pattern; `!` ones
/// lock a version out, and not the package.
pub fn version_locks(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().map(str::trim);
    let locks = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    locks.map(|line| line.rsplitn(3, '-').last().unwrap_or(line).to_owned())
}

/// Stanzas of `type: package` and `solvable_name: pattern`.
pub fn zypper_locks(text: &str) -> impl Iterator<Item = String> {
    let stanzas = text.split("\n\n").filter(|stanza| {
        let kind = stanza.lines().find_map(|line| line.strip_prefix("type:"));
        kind.is_none_or(|kind| kind.trim() == "package")
    });
    stanzas.filter_map(|stanza| {
        let name = stanza
            .lines()
            .find_map(|line| line.strip_prefix("solvable_name:"))?;
        Some(name.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::live;

    #[test]
    fn locks_name_packages_and_settings_patterns() {
        assert_eq!(
            names("[main]\ngpgcheck=1\nexclude=kernel* java\n"),
            ["kernel*", "java"]
        );
        let locks = "# a comment\nbash-0:5.1.8-9.el9.*\n!curl-0:7.76-1.*\nmy-tool-0:1-2.x86_64\n";
        assert_eq!(
            version_locks(locks).collect::<Vec<_>>(),
            ["bash", "my-tool"]
        );
        let locks = "type: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: kernel-*\n\n\
            type: patch\nsolvable_name: no\n";
        assert_eq!(zypper_locks(locks).collect::<Vec<_>>(), ["kernel-*"]);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("repo-file", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            names(&text);
            version_locks(&text).for_each(drop);
            zypper_locks(&text).for_each(drop);
        });
    }
}
