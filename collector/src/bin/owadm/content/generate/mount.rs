//! Mount points and their options: `mount`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    draft::{Case, Draft, text},
    yaml::{Yaml, map},
};

/// A file of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "family")]
    _family: String,
    category: String,
    /// Why an option is wanted; `{}` stands for the mount point.
    options: BTreeMap<String, String>,
    rules: Vec<Row>,
}

/// One mount point: a rule that it is separate, and one for each option.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    point: String,
    /// As rules are named after it.
    stem: String,
    /// Of the rule that it is a filesystem of its own; none where it need not be.
    separate: Option<Separate>,
    #[serde(default)]
    options: Vec<String>,
    severity: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Separate {
    why: String,
    severity: String,
}

pub(super) fn drafts(table: Table) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for row in &table.rules {
        drafts.extend(
            row.separate
                .as_ref()
                .map(|separate| row.separate(separate, &table.category)),
        );
        for option in &row.options {
            let why = table.options.get(option).map_or("", String::as_str);
            drafts.push(row.option(option, why, &table.category));
        }
    }
    drafts
}

impl Row {
    fn separate(&self, separate: &Separate, category: &str) -> Draft {
        let point = &self.point;
        let line = fstab(point, "defaults");
        Draft {
            id: format!("{}-is-separate", self.stem),
            title: format!("{point} is a filesystem of its own"),
            severity: separate.severity.clone(),
            category: category.to_owned(),
            why: separate.why.clone(),
            check: Some(self.check([("separate", Yaml::Flag(true))])),
            subjects: vec![format!("partition_for_{}", self.subject())],
            cases: vec![
                Case::new("fstab has it", "pass", vec![at(&line)]),
                Case::new(
                    "a slash at its end is no other point",
                    "pass",
                    vec![at(&fstab(&format!("{point}/"), "defaults"))],
                ),
                Case::new(
                    "the line is a comment",
                    "fail",
                    vec![at(&format!("# {line}"))],
                ),
                Case::new(
                    "points below and beside it are others",
                    "fail",
                    vec![at(&format!(
                        "{}{}",
                        fstab(&format!("{point}x"), "defaults"),
                        fstab(&format!("{point}/x"), "defaults")
                    ))],
                ),
                Case::absent(
                    "fstab has it not",
                    "fail",
                    vec![at(&fstab("/", "defaults"))],
                ),
            ],
            ..Draft::default()
        }
    }

    fn option(&self, option: &str, why: &str, category: &str) -> Draft {
        let point = &self.point;
        let with = |options: &str| vec![at(&fstab(point, options))];
        Draft {
            id: format!("{}-{option}", self.stem),
            title: format!("{point} is mounted {option}"),
            severity: self.severity.clone(),
            category: category.to_owned(),
            why: why.replace("{}", point),
            check: Some(self.check([("options", Yaml::List(vec![option.into()]))])),
            subjects: vec![format!("mount_option_{}_{option}", self.subject())],
            cases: vec![
                Case::new(
                    "fstab has it",
                    "pass",
                    with(&format!("rw,{option},relatime")),
                ),
                Case::new("fstab lacks it", "fail", with("defaults")),
                Case::new(
                    "a longer option is another",
                    "fail",
                    with(&format!("rw,{option}x")),
                ),
                Case::new(
                    "a later line of the point counts, and a comment does not",
                    "fail",
                    vec![at(&format!(
                        "# {0}{0}{1}",
                        fstab(point, option),
                        fstab(point, "rw")
                    ))],
                ),
                Case::absent(
                    "it is no filesystem of its own",
                    "not_applicable",
                    vec![at(&fstab("/", "defaults"))],
                ),
            ],
            ..Draft::default()
        }
    }

    fn check<const N: usize>(&self, wants: [(&str, Yaml); N]) -> Yaml {
        let mut entries = vec![("point".to_owned(), Yaml::from(self.point.as_str()))];
        entries.extend(wants.map(|(key, value)| (key.to_owned(), value)));
        map([("mount", Yaml::Map(entries))])
    }

    /// As public names have the point: `var_log`.
    fn subject(&self) -> String {
        self.point[1..].replace('/', "_")
    }
}

fn fstab(point: &str, options: &str) -> String {
    format!("/dev/own {point} ext4 {options} 0 2\n")
}

fn at(said: &str) -> (String, Yaml) {
    text("/etc/fstab", said)
}
