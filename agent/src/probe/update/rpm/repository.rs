//! The administrator's list of repositories: the `.repo` files of dnf and zypper, which are alike.

use shared::wire::Stale;

use crate::host::Host;

/// The folders, with who reads them. zypper's go first: where it is, it is what is used.
const FOLDERS: [(&str, &str); 3] = [
    ("/etc/zypp/repos.d", "zypper"),
    ("/etc/yum.repos.d", "dnf"),
    ("/etc/distro.repos.d", "dnf"),
];

/// The largest file that is read.
const MAX_FILE: u64 = 4 << 20;

/// The priority of a repository that has none; a lower number is a better one.
const PRIORITY: i32 = 99;

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `dnf` or `zypper`.
    pub manager: &'static str,
    /// Its name in brackets, unique among those of a manager.
    pub id: String,
    pub enabled: bool,
    pub priority: i32,
    /// Patterns of names that are not taken from it.
    pub excluded: Vec<String>,
    /// Patterns of the only names that are; empty for all.
    pub included: Vec<String>,
}

/// Those that are switched on, of the manager that has any.
pub(super) fn enabled(host: &Host) -> Result<Vec<Repository>, Stale> {
    let mut repositories = Vec::<Repository>::new();
    for (folder, manager) in FOLDERS {
        let names = match host.list(folder) {
            Err(error) if error.is_absent() => continue,
            listed => listed?,
        };
        for name in names.iter().filter_map(|name| name.to_str()) {
            if !name.ends_with(".repo") {
                continue;
            }
            let text = host.read_text(format!("{folder}/{name}"), MAX_FILE)?;
            repositories.extend(parse(&text, manager));
        }
    }
    repositories.retain(|repository| repository.enabled);
    if let Some(first) = repositories.first() {
        let manager = first.manager;
        repositories.retain(|repository| repository.manager == manager);
    }
    repositories.sort_by(|a, b| a.id.cmp(&b.id));
    repositories.dedup_by(|next, first| next.id == first.id);
    Ok(repositories)
}

/// Reads the sections of a `.repo` file. `[main]`, which some have, is none.
pub fn parse(text: &str, manager: &'static str) -> Vec<Repository> {
    let mut repositories = Vec::<Repository>::new();
    // Lines before the first section, and those of `[main]`, say nothing of a repository.
    let mut within = false;
    let mut last = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(id) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            within = id != "main" && !id.is_empty();
            if within {
                repositories.push(Repository {
                    manager,
                    id: id.to_owned(),
                    enabled: true,
                    priority: PRIORITY,
                    excluded: Vec::new(),
                    included: Vec::new(),
                });
            }
            continue;
        }
        let Some(repository) = repositories.last_mut().filter(|_| within) else {
            continue;
        };
        // A line that begins with white space goes on with the value before.
        let (name, value) = match trimmed.split_once('=') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                last = name.trim().to_ascii_lowercase();
                (last.as_str(), value.trim())
            }
            _ => (last.as_str(), trimmed),
        };
        match name {
            "enabled" => repository.enabled = is_true(value),
            "priority" => repository.priority = value.parse().unwrap_or(PRIORITY),
            "exclude" | "excludepkgs" => repository.excluded.extend(words(value)),
            "includepkgs" => repository.included.extend(words(value)),
            _ => {}
        }
    }
    repositories
}

fn is_true(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    matches!(value.as_str(), "1" | "yes" | "true" | "on")
}

/// The words of a list, which white space and commas separate.
pub(super) fn words(value: &str) -> impl Iterator<Item = String> {
    let words = value
        .split([' ', ',', '\t'])
        .filter(|word| !word.is_empty());
    words.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn sections_are_repositories_that_are_on_unless_they_say_otherwise() {
        let read = parse(
            "[main]\nenabled=0\n# [no]\n[baseos]\nname=Base\nexcludepkgs=kernel*, foo\n bar\n\
             [extras]\nenabled = 0\npriority=10\n[odd\nenabled=True\npriority=x\n",
            "dnf",
        );
        let ids: Vec<_> = read
            .iter()
            .map(|r| (r.id.as_str(), r.enabled, r.priority))
            .collect();
        assert_eq!(
            ids,
            [
                ("baseos", true, 99),
                ("extras", false, 10),
                ("odd", true, 99)
            ]
        );
        assert_eq!(read[0].excluded, ["kernel*", "foo", "bar"]);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("repo-file", |bytes| {
            parse(&String::from_utf8_lossy(bytes), "dnf");
        });
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parse(&text, "dnf");
        }

        #[test]
        fn anything_that_looks_like_sections_is_read_without_panic(
            lines in prop::collection::vec("[ \\[]?(main|a|enabled|exclude|)[\\]= ]{0,2}[a0-9]{0,3}", 0..12)
        ) {
            parse(&lines.join("\n"), "dnf");
        }
    }
}
