//! Owner, group and mode of files: `file`. Each is a rule of its own, since public names ask for each.

use serde::Deserialize;

use super::{
    Table,
    draft::{Case, Draft, Tree, text},
    yaml::{Yaml, map},
};

/// Files that belong together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// As rules are named after it.
    stem: String,
    /// As titles have it: `the list of accounts, /etc/passwd`.
    what: String,
    why: String,
    severity: String,
    #[serde(default)]
    platforms: Vec<String>,
    paths: Vec<String>,
    /// A path that the paths stand for, for the tests; the first where it is not said.
    example: Option<String>,
    /// Whether it is a folder.
    #[serde(default)]
    folder: bool,
    /// Whether a host without it is as it must be asked; else it fails.
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    owner: Vec<String>,
    #[serde(default)]
    group: Vec<String>,
    mode: Option<String>,
    #[serde(default)]
    owner_subjects: Vec<String>,
    #[serde(default)]
    group_subjects: Vec<String>,
    #[serde(default)]
    mode_subjects: Vec<String>,
}

/// Groups that rules name, as the tests' hosts have them.
const GROUPS: &str = "root:x:0:\ndaemon:x:1:\nadm:x:4:\nshadow:x:42:\nsyslog:x:101:\nssh_keys:x:999:\n\
                      systemd-journal:x:190:\ncrontab:x:105:\nutmp:x:43:\n";
/// The same of users.
const USERS: &str = "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\n\
                     syslog:x:101:101::/:/usr/sbin/nologin\n";

/// Nobody's number, which no rule names.
const OTHER: i64 = 4242;

pub(super) fn drafts(table: Table<Row>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for row in &table.rules {
        if !row.owner.is_empty() {
            drafts.push(row.owner(&table.category));
        }
        if !row.group.is_empty() {
            drafts.push(row.group(&table.category));
        }
        if let Some(mode) = &row.mode {
            drafts.push(row.mode(mode, &table.category));
        }
    }
    drafts
}

impl Row {
    fn owner(&self, category: &str) -> Draft {
        let mut cases = Vec::new();
        for name in &self.owner {
            let files = self.tree("0600", id(USERS, name), 0);
            cases.push(Case::new(format!("{name} owns it"), "pass", files));
        }
        cases.push(Case::new(
            "another owns it",
            "fail",
            self.tree("0600", OTHER, 0),
        ));
        Draft {
            title: format!("{} belongs to {}", self.what, self.owner.join(" or ")),
            subjects: self.owner_subjects.clone(),
            base: self.names("/etc/passwd", USERS),
            ..self.draft(
                "owner",
                ("owner", self.owner.as_slice().into()),
                cases,
                category,
            )
        }
    }

    fn group(&self, category: &str) -> Draft {
        let mut cases = Vec::new();
        for name in &self.group {
            let files = self.tree("0600", 0, id(GROUPS, name));
            cases.push(Case::new(format!("its group is {name}"), "pass", files));
        }
        cases.push(Case::new(
            "its group is another",
            "fail",
            self.tree("0600", 0, OTHER),
        ));
        Draft {
            title: format!("{} has the group {}", self.what, self.group.join(" or ")),
            subjects: self.group_subjects.clone(),
            base: self.names("/etc/group", GROUPS),
            ..self.draft(
                "group",
                ("group", self.group.as_slice().into()),
                cases,
                category,
            )
        }
    }

    fn mode(&self, mode: &str, category: &str) -> Draft {
        let bits = u32::from_str_radix(mode, 8).unwrap_or_default();
        let mut cases = vec![
            Case::new("it has this mode", "pass", self.tree(mode, 0, 0)),
            Case::new(
                "a stricter mode passes",
                "pass",
                self.tree(&octal(bits & 0o500), 0, 0),
            ),
        ];
        // One bit more for each class that has one to spare.
        for more in [0o002, 0o020, 0o4000] {
            if bits & more == 0 {
                let files = self.tree(&octal(bits | more), 0, 0);
                cases.push(Case::new(
                    format!("it has {} too", octal(more)),
                    "fail",
                    files,
                ));
            }
        }
        Draft {
            title: format!("{} has mode {mode} or a stricter one", self.what),
            subjects: self.mode_subjects.clone(),
            ..self.draft("mode", ("mode_at_most", mode.into()), cases, category)
        }
    }

    fn draft(
        &self,
        suffix: &str,
        (key, value): (&str, Yaml),
        mut cases: Vec<Case>,
        category: &str,
    ) -> Draft {
        let mut check = vec![("paths".to_owned(), Yaml::from(self.paths.as_slice()))];
        check.push((key.to_owned(), value));
        let verdict = if self.optional {
            check.push(("missing".to_owned(), "not_applicable".into()));
            "not_applicable"
        } else {
            "fail"
        };
        let hostname = vec![text("/etc/hostname", "own\n")];
        cases.push(Case::absent("it is not there", verdict, hostname));
        Draft {
            id: format!("{}-{suffix}", self.stem),
            severity: self.severity.clone(),
            category: category.to_owned(),
            why: self.why.clone(),
            platforms: self.platforms.clone(),
            check: Some(map([("file", Yaml::Map(check))])),
            cases,
            ..Draft::default()
        }
    }

    /// A host with the example as the only one of the files.
    fn tree(&self, mode: &str, uid: i64, gid: i64) -> Tree {
        let path = self.example.as_ref().unwrap_or(&self.paths[0]);
        let content = if self.folder {
            ("folder", Yaml::Flag(true))
        } else {
            // What a file of accounts holds is read to know their names.
            ("text", self.content(path).into())
        };
        let node = [
            content,
            ("mode", mode.into()),
            ("uid", Yaml::Number(uid.into())),
            ("gid", Yaml::Number(gid.into())),
        ];
        vec![(path.clone(), map(node))]
    }

    /// What tells names, where it is not itself the file that is asked about.
    fn names(&self, path: &str, accounts: &str) -> Tree {
        if self.paths.iter().any(|asked| asked == path) {
            return Tree::new();
        }
        vec![text(path, accounts)]
    }

    fn content(&self, path: &str) -> &'static str {
        match path {
            "/etc/passwd" => USERS,
            "/etc/group" => GROUPS,
            _ => "own\n",
        }
    }
}

fn octal(bits: u32) -> String {
    format!("0{bits:03o}")
}

/// The number of a name.
fn id(accounts: &str, name: &str) -> i64 {
    let of = |line: &str| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        fields.nth(1)?.parse().ok()
    };
    accounts.lines().find_map(of).unwrap_or(OTHER + 1)
}
