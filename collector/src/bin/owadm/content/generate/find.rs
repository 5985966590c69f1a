//! Owner, group and mode of all that lies below some folders: `find`. Each is a rule of its own, since
//! public names ask for each.

use serde::Deserialize;

use super::{
    Table,
    draft::{Case, Draft, Tree, text},
    yaml::{Yaml, map},
};

/// Folders that are asked about together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// As rules are named after it.
    stem: String,
    /// As titles begin: `Every program of the host`.
    what: String,
    why: String,
    severity: String,
    #[serde(default)]
    platforms: Vec<String>,
    within: Vec<String>,
    #[serde(rename = "type")]
    sort: Sort,
    #[serde(default)]
    owner: Vec<String>,
    #[serde(default)]
    group: Vec<String>,
    mode: Option<String>,
    /// What may have another group.
    #[serde(default)]
    group_except: Vec<String>,
    #[serde(default)]
    owner_subjects: Vec<String>,
    #[serde(default)]
    group_subjects: Vec<String>,
    #[serde(default)]
    mode_subjects: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    File,
    Folder,
}

/// Nobody's number, which no rule names.
const OTHER: i64 = 4242;

const USERS: &str = "root:x:0:0::/root:/bin/sh\n";
const GROUPS: &str = "root:x:0:\n";

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
        let be = vec![("owner".to_owned(), self.owner.as_slice().into())];
        let bad = self.node("0755", OTHER, 0);
        Draft {
            title: format!("{} belongs to {}", self.what, self.owner.join(" or ")),
            subjects: self.owner_subjects.clone(),
            ..self.draft(category, "owner", be, ("another owns one", bad), Vec::new())
        }
    }

    fn group(&self, category: &str) -> Draft {
        let mut be = vec![("group".to_owned(), self.group.as_slice().into())];
        let mut more = Vec::new();
        if self.sort == Sort::File {
            be.push(("any_group_if_set_gid".to_owned(), Yaml::Flag(true)));
            let set_gid = vec![(self.place(""), self.node("02755", 0, OTHER))];
            more.push(Case::new(
                "one is set-gid to another group",
                "pass",
                set_gid,
            ));
        }
        for path in &self.group_except {
            let files = vec![(path.clone(), self.node("04754", 0, OTHER))];
            more.push(Case::new(format!("{path} may have another"), "pass", files));
        }
        let bad = self.node("0755", 0, OTHER);
        Draft {
            title: format!("{} has the group {}", self.what, self.group.join(" or ")),
            subjects: self.group_subjects.clone(),
            ..self.draft(category, "group", be, ("one has another group", bad), more)
        }
    }

    fn mode(&self, mode: &str, category: &str) -> Draft {
        let be = vec![("mode_at_most".to_owned(), Yaml::from(mode))];
        let more = ["0500", "0775", "0757", "0777"].map(|mode| {
            let verdict = if mode == "0500" { "pass" } else { "fail" };
            let files = vec![(self.place(""), self.node(mode, 0, 0))];
            Case::new(format!("one has mode {mode}"), verdict, files)
        });
        let bad = self.node("0722", 0, 0);
        Draft {
            title: format!("{} can be written to by its owner alone", self.what),
            subjects: self.mode_subjects.clone(),
            ..self.draft(
                category,
                "mode",
                be,
                ("others may write to one", bad),
                more.into(),
            )
        }
    }

    fn draft(
        &self,
        category: &str,
        suffix: &str,
        be: Vec<(String, Yaml)>,
        (name, bad): (&str, Yaml),
        more: Vec<Case>,
    ) -> Draft {
        let good = || (self.place("a"), self.node("0755", 0, 0));
        let mut cases = vec![
            Case::new("all are so", "pass", vec![good()]),
            Case::new(name, "fail", vec![good(), (self.place(""), bad.clone())]),
        ];
        if let Some(first) = self.within.first() {
            let elsewhere = vec![good(), (format!("{first}x/own"), bad.clone())];
            cases.push(Case::new(
                "a longer name is another folder",
                "pass",
                elsewhere,
            ));
        }
        let link = map([("link", "own".into())]);
        let linked: Tree = vec![
            (self.place("a/own"), self.node("0755", 0, 0)),
            (self.place("a/link"), link),
        ];
        if self.sort == Sort::File {
            cases.push(Case::new("a link to one is not looked at", "pass", linked));
        }
        cases.extend(more);
        let hostname = vec![text("/etc/hostname", "own\n")];
        cases.push(Case::absent(
            "none of the folders is there",
            "fail",
            hostname,
        ));
        let sort = match self.sort {
            Sort::File => "file",
            Sort::Folder => "folder",
        };
        let mut check = vec![
            ("within".to_owned(), Yaml::from(self.within.as_slice())),
            ("type".to_owned(), sort.into()),
            ("must".to_owned(), map([("be", Yaml::Map(be))])),
        ];
        if suffix == "group" && !self.group_except.is_empty() {
            check.push(("except".to_owned(), self.group_except.as_slice().into()));
        }
        check.push(("missing".to_owned(), "fail".into()));
        Draft {
            id: format!("{}-{suffix}", self.stem),
            severity: self.severity.clone(),
            category: category.to_owned(),
            why: self.why.clone(),
            platforms: self.platforms.clone(),
            check: Some(map([("find", Yaml::Map(check))])),
            base: vec![text("/etc/passwd", USERS), text("/etc/group", GROUPS)],
            cases,
            ..Draft::default()
        }
    }

    /// A path deep below the last of the folders.
    fn place(&self, name: &str) -> String {
        let folder = self.within.last().map_or("", String::as_str);
        format!(
            "{folder}/deep/{}",
            if name.is_empty() { "own" } else { name }
        )
    }

    fn node(&self, mode: &str, uid: i64, gid: i64) -> Yaml {
        let content = match self.sort {
            Sort::File => ("text", Yaml::from("own\n")),
            Sort::Folder => ("folder", Yaml::Flag(true)),
        };
        map([
            content,
            ("mode", mode.into()),
            ("uid", Yaml::Number(uid.into())),
            ("gid", Yaml::Number(gid.into())),
        ])
    }
}
