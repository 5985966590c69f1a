//! Settings of the SSH server: `sshd`.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Table,
    draft::{Case, Draft, Tree, text},
    yaml::{Yaml, map},
};

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    id: String,
    title: String,
    severity: String,
    why: String,
    #[serde(default)]
    platforms: Vec<String>,
    keyword: String,
    /// Comparators, as the check has them.
    expect: Value,
    variables: Option<Value>,
    /// Values that pass, and that do not.
    good: Vec<String>,
    bad: Vec<String>,
    /// The verdict where nothing is said, and so the server's own default holds.
    unset: String,
    subjects: Vec<String>,
}

const MAIN: &str = "/etc/ssh/sshd_config";

pub(super) fn drafts(table: Table<Row>) -> Vec<Draft> {
    let draft = |row: Row| row.draft(&table.category);
    table.rules.into_iter().map(draft).collect()
}

impl Row {
    fn draft(self, category: &str) -> Draft {
        let mut check = vec![("keyword".to_owned(), Yaml::from(self.keyword.as_str()))];
        if let Yaml::Map(expect) = Yaml::from(self.expect.clone()) {
            check.extend(expect);
        }
        Draft {
            cases: self.cases(),
            id: self.id,
            title: self.title,
            severity: self.severity,
            category: category.to_owned(),
            why: self.why,
            platforms: self.platforms,
            variables: self.variables.map(Yaml::from),
            check: Some(map([("sshd", Yaml::Map(check))])),
            subjects: self.subjects,
            ..Draft::default()
        }
    }

    fn cases(&self) -> Vec<Case> {
        let keyword = &self.keyword;
        let (good, bad) = (&self.good[0], &self.bad[0]);
        let main = |said: String| -> Tree { vec![text(MAIN, said)] };
        let mut cases = Vec::new();
        for (values, verdict) in [(&self.good, "pass"), (&self.bad, "fail")] {
            for value in values {
                let files = main(format!("{keyword} {value}\n"));
                cases.push(Case::new(format!("it is {value}"), verdict, files));
            }
        }
        let lower = keyword.to_ascii_lowercase();
        cases.extend([
            Case::new(
                "keywords are the same in small letters",
                "pass",
                main(format!("{lower} {good}\n")),
            ),
            Case::new(
                "the first line counts",
                "fail",
                main(format!("{keyword} {bad}\n{keyword} {good}\n")),
            ),
            Case::new(
                "what is included comes first",
                "fail",
                vec![
                    text(
                        MAIN,
                        format!("Include /etc/ssh/sshd_config.d/*.conf\n{keyword} {good}\n"),
                    ),
                    text(
                        "/etc/ssh/sshd_config.d/10-own.conf",
                        format!("{keyword} {bad}\n"),
                    ),
                ],
            ),
            Case::new(
                "a Match block says otherwise",
                "fail",
                main(format!(
                    "{keyword} {good}\nMatch User anna\n  {keyword} {bad}\n"
                )),
            ),
            Case::new(
                "the line is a comment, and a longer keyword is another",
                &self.unset,
                main(format!(
                    "#{keyword} {good}\n#{keyword} {bad}\n{keyword}X {good}\n"
                )),
            ),
            Case::new("nothing is said", &self.unset, main("Port 22\n".into())),
            Case::absent(
                "there is no SSH server",
                "not_applicable",
                vec![text("/etc/hostname", "own\n")],
            ),
        ]);
        cases
    }
}
