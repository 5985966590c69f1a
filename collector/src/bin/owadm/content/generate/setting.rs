//! Keys in files of settings: `setting`. What the rules of a table have in common, its head says once.

use serde::Deserialize;
use serde_json::Value;

use super::{
    draft::{Case, Draft, Tree, text},
    yaml::{Yaml, map},
};

/// A file of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "family")]
    _family: String,
    category: String,
    #[serde(default)]
    platforms: Vec<String>,
    file: String,
    #[serde(default)]
    drop_ins: Vec<String>,
    form: Form,
    section: Option<String>,
    /// The program reads the file after its fragments.
    #[serde(default)]
    file_is_last: bool,
    /// The module of PAM whose arguments override the file: then none of them may name the key.
    pam: Option<String>,
    rules: Vec<Row>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Equals,
    Assigned,
    Shell,
    Spaced,
    Words,
    Ini,
}

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    severity: String,
    why: String,
    platforms: Option<Vec<String>>,
    section: Option<String>,
    key: String,
    /// Comparators, as the check has them.
    expect: Value,
    /// Comparators of which it is enough that they hold.
    or: Option<Value>,
    /// What the program does when nothing is said; without it the rule fails.
    default: Option<String>,
    variables: Option<Value>,
    /// The key stands alone on its line.
    #[serde(default)]
    flag: bool,
    /// Values that pass, and that do not.
    good: Vec<String>,
    #[serde(default)]
    bad: Vec<String>,
    /// Where the file is not there, the rule is not applicable.
    #[serde(default)]
    when_there: bool,
    /// Further cases.
    #[serde(default)]
    more: Vec<Value>,
    subjects: Vec<String>,
}

pub(super) fn drafts(table: Table) -> Vec<Draft> {
    table.rules.iter().map(|row| table.draft(row)).collect()
}

impl Table {
    fn draft(&self, row: &Row) -> Draft {
        let mut checks = Vec::new();
        let or = row.or.as_ref();
        let asked: Vec<&Value> = std::iter::once(&row.expect).chain(or).collect();
        let mut either: Vec<_> = asked.iter().map(|e| self.check(row, e)).collect();
        checks.push(match either.len() {
            1 => either.remove(0),
            _ => map([("any", Yaml::List(either))]),
        });
        checks.extend(
            self.overridable(row)
                .map(|module| no_argument(module, &row.key)),
        );
        let check = match checks.len() {
            1 => checks.remove(0),
            _ => map([("all", Yaml::List(checks))]),
        };
        let platforms = row.platforms.as_ref().unwrap_or(&self.platforms);
        Draft {
            id: row.id.clone(),
            title: row.title.clone(),
            severity: row.severity.clone(),
            category: self.category.clone(),
            why: row.why.clone(),
            platforms: platforms.clone(),
            when: row
                .when_there
                .then(|| map([("file", self.file.as_str().into())])),
            variables: row.variables.clone().map(Yaml::from),
            check: Some(check),
            subjects: row.subjects.clone(),
            cases: self.cases(row),
            more: row.more.iter().cloned().map(Yaml::from).collect(),
            ..Draft::default()
        }
    }

    /// The check of the file and its fragments.
    fn check(&self, row: &Row, expect: &Value) -> Yaml {
        let form = match self.form {
            Form::Equals => "equals",
            Form::Assigned => "assigned",
            Form::Shell => "shell",
            Form::Spaced => "spaced",
            Form::Words => "words",
            Form::Ini => "ini",
        };
        let mut entries = vec![("file".to_owned(), Yaml::from(self.file.as_str()))];
        let mut add = |key: &str, value: Yaml| entries.push((key.to_owned(), value));
        if !self.drop_ins.is_empty() {
            add("drop_ins", self.drop_ins.as_slice().into());
        }
        if self.file_is_last {
            add("file_is_last", Value::Bool(true).into());
        }
        add("form", form.into());
        if let Some(section) = self.section(row) {
            add("section", section.as_str().into());
        }
        add("key", row.key.as_str().into());
        if let Some(default) = &row.default {
            add("default", default.as_str().into());
        }
        if let Yaml::Map(expect) = Yaml::from(expect.clone()) {
            entries.extend(expect);
        }
        map([("setting", Yaml::Map(entries))])
    }

    /// The module whose arguments could say otherwise; a key that stands alone cannot be taken back.
    fn overridable(&self, row: &Row) -> Option<&String> {
        self.pam.as_ref().filter(|_| !row.flag)
    }

    fn section<'a>(&'a self, row: &'a Row) -> Option<&'a String> {
        row.section.as_ref().or(self.section.as_ref())
    }

    fn cases(&self, row: &Row) -> Vec<Case> {
        let head = self.section(row).map(|name| format!("[{name}]\n"));
        let head = head.unwrap_or_default();
        let line = |key: &str, value: &str| match self.form {
            _ if row.flag => format!("{key}\n"),
            Form::Equals | Form::Assigned | Form::Spaced => format!("{key} = {value}\n"),
            Form::Words => format!("{key} {value}\n"),
            Form::Ini | Form::Shell => format!("{key}={value}\n"),
        };
        let at = |path: &str, lines: String| text(path, format!("{head}{lines}"));
        let main = |lines: String| at(&self.file, lines);
        let key = &row.key;
        let said = |value: &str| line(key, value);
        let good = &row.good[0];
        let unset = if row.default.is_some() {
            "pass"
        } else {
            "fail"
        };
        let mut cases = Vec::new();
        for (values, verdict) in [(&row.good, "pass"), (&row.bad, "fail")] {
            for value in values {
                let name = match value.as_str() {
                    _ if row.flag => "it is said".to_owned(),
                    "" => "it is empty".to_owned(),
                    value => format!("it is {value}"),
                };
                cases.push(Case::new(name, verdict, vec![main(said(value))]));
            }
        }
        let other = line(&format!("{key}x"), good);
        cases.push(Case::new(
            "the line is a comment, and a longer key is another",
            unset,
            vec![main(format!("# {}{other}", said(good)))],
        ));
        if let Some(bad) = row.bad.first() {
            cases.push(Case::new(
                "the last line counts",
                "fail",
                vec![main(format!("{}{}", said(good), said(bad)))],
            ));
            self.overriding(
                &main(said(good)),
                &main(said(bad)),
                &head,
                &said(bad),
                &said(good),
                &mut cases,
            );
        }
        if self.form == Form::Ini {
            let elsewhere = text(&self.file, format!("[Own]\n{}", said(good)));
            cases.push(Case::new(
                "it stands in another section",
                unset,
                vec![elsewhere],
            ));
        }
        if let (Some(module), Some(bad)) = (self.overridable(row), row.bad.first()) {
            let argument = format!("{key}={bad}");
            cases.push(Case::new(
                "an argument of the module overrides the file",
                "fail",
                vec![
                    main(said(good)),
                    text(
                        "/etc/pam.d/own",
                        format!("auth required {module}.so own {argument}\n"),
                    ),
                ],
            ));
        }
        let verdict = if row.when_there {
            "not_applicable"
        } else {
            unset
        };
        cases.push(Case::absent(
            "the file is not there",
            verdict,
            vec![text("/etc/hostname", "own\n")],
        ));
        cases
    }

    /// Cases of fragments.
    fn overriding(
        &self,
        good: &(String, Yaml),
        bad: &(String, Yaml),
        head: &str,
        bad_line: &str,
        good_line: &str,
        cases: &mut Vec<Case>,
    ) {
        let Some(folder) = self.drop_ins.first() else {
            return;
        };
        let fragment = |line: &str| text(&format!("{folder}/90-own.conf"), format!("{head}{line}"));
        let files: Tree = vec![good.clone(), fragment(bad_line)];
        let otherwise: Tree = vec![bad.clone(), fragment(good_line)];
        let [first, second] = if self.file_is_last {
            [
                ("the file overrides a fragment", "pass"),
                ("the file says otherwise than a fragment", "fail"),
            ]
        } else {
            [
                ("a fragment says otherwise", "fail"),
                ("a fragment overrides the file", "pass"),
            ]
        };
        cases.push(Case::new(first.0, first.1, files));
        cases.push(Case::new(second.0, second.1, otherwise));
    }
}

/// That no line of PAM gives the module this argument, be it on a line that continues another.
fn no_argument(module: &str, key: &str) -> Yaml {
    let continued = r"(?:[a-z_]+(?:=\S+)?\s+)*";
    let pattern = format!(r"^(?:.*\b{module}\.so\b.*\s|{continued}){key}(?:=|\s|$)");
    let file = map([
        ("files", Yaml::List(vec!["/etc/pam.d/*".into()])),
        ("pattern", pattern.as_str().into()),
        ("must", "absent".into()),
    ]);
    map([("lines", file)])
}
