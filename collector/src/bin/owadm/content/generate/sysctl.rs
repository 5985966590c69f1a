//! Settings of the kernel: `sysctl`.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Table,
    draft::{Case, Draft, text},
    yaml::{Yaml, map},
};

/// One rule, or one for each of its scopes: `{}` in id, title, name and subjects stands for it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    id: String,
    title: String,
    severity: String,
    why: String,
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    /// Comparators, as the check has them.
    expect: Value,
    /// Values that pass, and that do not.
    good: Vec<String>,
    bad: Vec<String>,
    #[serde(default)]
    platforms: Vec<String>,
    subjects: Vec<String>,
}

pub(super) fn drafts(table: Table<Row>) -> Vec<Draft> {
    let rows = table.rules.iter().flat_map(|row| {
        if row.scopes.is_empty() {
            return vec![row.clone()];
        }
        row.scopes.iter().map(|scope| row.of(scope)).collect()
    });
    rows.map(|row| row.draft(&table.category)).collect()
}

impl Row {
    fn of(&self, scope: &str) -> Self {
        let put = |text: &String| text.replace("{}", scope);
        Self {
            id: put(&self.id),
            title: put(&self.title),
            name: put(&self.name),
            subjects: self.subjects.iter().map(put).collect(),
            ..self.clone()
        }
    }

    fn draft(self, category: &str) -> Draft {
        let mut check = vec![("name".to_owned(), Yaml::from(self.name.as_str()))];
        if let Yaml::Map(expect) = Yaml::from(self.expect) {
            check.extend(expect);
        }
        let name = &self.name;
        let (good, bad) = (&self.good[0], &self.bad[0]);
        let file = |value: &str| text("/etc/sysctl.d/60-own.conf", format!("{name} = {value}\n"));
        let live = format!("/proc/sys/{}", name.replace('.', "/"));
        let kernel = (
            "/proc/sys/kernel".to_owned(),
            map([("folder", Yaml::Flag(true))]),
        );
        let mut cases: Vec<Case> = Vec::new();
        for value in &self.good {
            cases.push(Case::new(
                format!("a file sets {value}"),
                "pass",
                vec![file(value)],
            ));
        }
        for value in &self.bad {
            cases.push(Case::new(
                format!("a file sets {value}"),
                "fail",
                vec![file(value)],
            ));
        }
        cases.extend([
            Case::new(
                "the kernel runs with what a file sets",
                "pass",
                vec![file(good), kernel.clone(), text(&live, format!("{good}\n"))],
            ),
            Case::new(
                "a file sets it, and the running kernel has another value",
                "fail",
                vec![file(good), kernel.clone(), text(&live, format!("{bad}\n"))],
            ),
            Case::new(
                "the running kernel has it, and no file keeps it over a boot",
                "fail",
                vec![kernel.clone(), text(&live, format!("{good}\n"))],
            ),
            Case::new(
                "a later file overrides",
                "fail",
                vec![
                    file(good),
                    text(
                        "/etc/sysctl.d/70-later.conf",
                        format!("{}={bad}\n", name.replace('.', "/")),
                    ),
                ],
            ),
            Case::new(
                "the line is a comment, and a longer name is another setting",
                "fail",
                vec![text(
                    "/etc/sysctl.d/60-own.conf",
                    format!("# {name} = {good}\n{name}_x = {good}\n"),
                )],
            ),
            Case::new(
                "this kernel has no such setting",
                "not_applicable",
                vec![file(good), kernel],
            ),
            Case::absent(
                "no file sets it",
                "fail",
                vec![text("/etc/sysctl.d/60-own.conf", "")],
            ),
        ]);
        Draft {
            id: self.id,
            title: self.title,
            severity: self.severity,
            category: category.to_owned(),
            why: self.why,
            platforms: self.platforms,
            check: Some(map([("sysctl", Yaml::Map(check))])),
            subjects: self.subjects,
            cases,
            ..Draft::default()
        }
    }
}
