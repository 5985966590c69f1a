//! Events that the kernel must record: `audit_rule`. A row says what, and what its rule must not be
//! misled by follows from it.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Table,
    draft::{Draft, Tree},
    yaml::{Yaml, map},
};

/// Hosts that must pass and fail.
mod cases;

/// Lines of audit rules.
mod lines;

use lines::{Sort, What};

/// One rule. One of `watch`, `runs` and `calls` says what is recorded; several stand together where a
/// public name means all of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    id: String,
    /// None of a program, whose name says it.
    title: Option<String>,
    #[serde(default = "medium")]
    severity: String,
    why: String,
    #[serde(default)]
    platforms: Vec<String>,
    /// Files, and folders with `/` at their ends, that are written or get other owners and rights.
    #[serde(default)]
    watch: Vec<String>,
    /// A program that is run. Where it is not there, nobody runs it.
    runs: Option<String>,
    #[serde(default)]
    calls: Vec<String>,
    /// Of which calls; both where it is not said.
    arches: Option<Vec<String>>,
    /// Of which events, beside those of watched files.
    #[serde(default)]
    of: Of,
    variables: Option<Value>,
    /// Further cases.
    #[serde(default)]
    more: Vec<Value>,
    subjects: Vec<String>,
}

fn medium() -> String {
    "medium".into()
}

/// Which events of a call or a program are meant.
#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Of {
    #[default]
    Everybody,
    /// Those of sessions that a user began.
    Users,
    UsersAndRoot,
    /// Those of users that were refused, for either of two reasons.
    RefusedUsers,
    /// As the check has them, each list by itself.
    Where(Vec<Vec<String>>),
}

impl Of {
    fn fields(&self) -> Vec<Vec<String>> {
        let list = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
        let users = ["auid>=1000", "auid!=unset"];
        let refused = |error| list(&[users[0], users[1], error]);
        match self {
            Self::Everybody => vec![Vec::new()],
            Self::Users => vec![list(&users)],
            Self::UsersAndRoot => vec![list(&users), list(&["auid=0"])],
            Self::RefusedUsers => vec![refused("exit=-EACCES"), refused("exit=-EPERM")],
            Self::Where(fields) => fields.clone(),
        }
    }
}

pub(super) fn drafts(table: Table<Row>) -> Vec<Draft> {
    let draft = |row: Row| row.draft(&table.category);
    table.rules.into_iter().map(draft).collect()
}

impl Row {
    fn draft(self, category: &str) -> Draft {
        let sorts = self.sorts();
        let mut checks: Vec<Yaml> = self.checks();
        let check = match checks.len() {
            1 => checks.remove(0),
            _ => map([("all", Yaml::List(checks))]),
        };
        let program = self.runs.as_deref();
        let name = program.and_then(|path| path.rsplit('/').next());
        let runs = || format!("Runs of {} are recorded", name.unwrap_or_default());
        Draft {
            title: self.title.clone().unwrap_or_else(runs),
            category: category.to_owned(),
            when: program.map(|path| map([("file", path.into())])),
            check: Some(check),
            base: base(&sorts),
            cases: cases::of(&sorts, program),
            id: self.id,
            severity: self.severity,
            why: self.why,
            platforms: self.platforms,
            variables: self.variables.map(Yaml::from),
            subjects: self.subjects,
            more: self.more.into_iter().map(Yaml::from).collect(),
        }
    }

    /// Everything that must be recorded, with the values of variables that nobody has set.
    fn sorts(&self) -> Vec<Sort> {
        let mut sorts = Vec::new();
        let arches = self.arches();
        let mut add = |what: What, fields: Vec<String>| {
            let arches = arches.clone();
            sorts.push(Sort {
                what,
                fields,
                arches,
            });
        };
        for fields in self.of.fields() {
            if !self.calls.is_empty() {
                add(What::Calls(self.calls.clone()), fields.clone());
            }
            if let Some(program) = &self.runs {
                add(What::Path(program.clone(), "x"), fields);
            }
        }
        for path in &self.watch {
            add(What::Path(self.by_default(path), "wa"), Vec::new());
        }
        sorts
    }

    fn arches(&self) -> Vec<String> {
        let both = || vec!["b64".to_owned(), "b32".to_owned()];
        self.arches.clone().unwrap_or_else(both)
    }

    /// What stands for a path: itself, or the value that a variable has of itself.
    fn by_default(&self, path: &str) -> String {
        let variable = path.strip_prefix('$');
        let of = |name: &str| self.variables.as_ref()?[name]["default"].as_str();
        variable.and_then(of).unwrap_or(path).to_owned()
    }

    fn checks(&self) -> Vec<Yaml> {
        let mut checks = Vec::new();
        let mut add = |entries: Vec<(&str, Yaml)>| {
            let entries = entries
                .into_iter()
                .map(|(key, yaml)| (key.to_owned(), yaml));
            checks.push(map([("audit_rule", Yaml::Map(entries.collect()))]));
        };
        for fields in self.of.fields() {
            let narrowed = |mut entries: Vec<(&'static str, Yaml)>| {
                if !fields.is_empty() {
                    entries.push(("fields", fields.as_slice().into()));
                }
                entries
            };
            if !self.calls.is_empty() {
                let mut entries = vec![("syscalls", self.calls.as_slice().into())];
                entries.extend(
                    self.arches
                        .as_ref()
                        .map(|arches| ("arches", arches.as_slice().into())),
                );
                add(narrowed(entries));
            }
            if let Some(program) = &self.runs {
                let paths = Yaml::List(vec![program.as_str().into()]);
                add(narrowed(vec![("paths", paths), ("perms", "x".into())]));
            }
        }
        if !self.watch.is_empty() {
            add(vec![("paths", self.watch.as_slice().into())]);
        }
        checks
    }
}

/// What all hosts of the tests have: `/var/run` is a link everywhere.
fn base(sorts: &[Sort]) -> Tree {
    let is_there =
        |sort: &Sort| matches!(&sort.what, What::Path(path, _) if path.starts_with("/var/run/"));
    if !sorts.iter().any(is_there) {
        return Tree::new();
    }
    vec![
        ("/run".into(), map([("folder", Yaml::Flag(true))])),
        ("/var/run".into(), map([("link", "/run".into())])),
    ]
}
