//! `content import sca`: policies in Wazuh's grammar as ordinary rule files, which are then loaded, told
//! and decided as all others are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use serde_json::json;
use shared::{
    rule::{self, Check, Rule},
    sca::{Condition, Edition, Lines, Policy, RegexType},
};

use crate::{
    output::Output,
    yaml::{self, Yaml, map},
};

/// Begins each file, with the policy's id behind it, so that one whose check is gone can be told from
/// what a person wrote.
const MARK: &str = "# Imported by `owadm content import sca` from policy ";

/// Whose rules they are.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Policies in the grammar of Wazuh's SCA
    Sca {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The content that the rules are added to
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
}

pub(super) fn run(asked: &Import, output: &Output) -> anyhow::Result<()> {
    let Import::Sca { files, into } = asked;
    let (written, removed) = import(files, into)?;
    let told = format!("{written} rules written, {removed} removed");
    output.object(&json!({"written": written, "removed": removed}), &told)
}

/// How many rules were written, and how many removed because their check is gone. Nothing is written
/// unless every policy can be.
fn import(files: &[PathBuf], into: &Path) -> anyhow::Result<(usize, usize)> {
    let folder = into.join("rules").join(rule::sca::CATEGORY);
    let mut made = BTreeMap::new();
    let mut marks = BTreeSet::new();
    for file in files {
        let policy = Policy::load(file).map_err(|why| anyhow!(why))?;
        let broken = policy.broken();
        if !broken.is_empty() {
            let told: Vec<_> = broken
                .iter()
                .map(|one| format!("{}:{one}", file.display()))
                .collect();
            bail!("{}", told.join("\n"));
        }
        let mark = format!("{MARK}{}\n", policy.id.replace(char::is_control, " "));
        for rule in rule::sca::rules(&policy) {
            let text = format!("{mark}{}", yaml::file(&entries(&rule)));
            let path = folder.join(format!("{}.yaml", rule.id));
            if made.insert(path, text).is_some() {
                bail!(
                    "{}: another policy is called `{}` too",
                    file.display(),
                    policy.id
                );
            }
        }
        marks.insert(mark);
    }
    let gone = stale(&folder, &made, &marks)?;
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for path in &gone {
        fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    }
    for (path, text) in &made {
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok((made.len(), gone.len()))
}

/// Files of an earlier import of these policies that are not made any more.
///
/// # Errors
/// When a file that would be written over is somebody else's.
fn stale(
    folder: &Path,
    made: &BTreeMap<PathBuf, String>,
    marks: &BTreeSet<String>,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut gone = Vec::new();
    if !folder.exists() {
        return Ok(gone);
    }
    let listed = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in listed {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("reading {}", path.display()))?;
        let is_ours = marks.iter().any(|mark| text.starts_with(mark.as_str()));
        match made.contains_key(&path) {
            true if !is_ours => bail!(
                "{} was not imported from this policy, and is not written over: remove it first",
                path.display()
            ),
            false if is_ours => gone.push(path),
            _ => {}
        }
    }
    Ok(gone)
}

/// A rule as its file has it.
fn entries(rule: &Rule) -> Vec<(String, Yaml)> {
    let mut entries = Vec::new();
    let mut add = |key: &str, value: Yaml| entries.push((key.to_owned(), value));
    add("id", rule.id.as_str().into());
    add("title", rule.title.as_str().into());
    add("severity", rule.severity.name().into());
    add("category", rule.category.as_str().into());
    add("why", rule.why.as_str().into());
    if let Check::Sca(check) = &rule.check {
        let mut asked = vec![(
            "edition".to_owned(),
            match check.lines.dialect.edition {
                Edition::Four => "v4".into(),
                Edition::Five => "v5".into(),
            },
        )];
        asked.extend(lines(&check.lines));
        if let Some(requirements) = &check.requirements {
            asked.push(("requirements".to_owned(), Yaml::Map(lines(requirements))));
        }
        add("check", map([("sca", Yaml::Map(asked))]));
    }
    let controls = rule
        .references
        .iter()
        .filter(|(_, controls)| !controls.is_empty());
    let controls: Vec<_> = controls
        .map(|(framework, controls)| (framework.clone(), controls.as_slice().into()))
        .collect();
    if !controls.is_empty() {
        add("references", Yaml::Map(controls));
    }
    entries
}

fn lines(lines: &Lines) -> Vec<(String, Yaml)> {
    let condition = match lines.condition {
        Condition::All => "all",
        Condition::Any => "any",
        Condition::None => "none",
    };
    let regex = match lines.dialect.regex {
        RegexType::Osregex => "osregex",
        RegexType::Pcre2 => "pcre2",
    };
    let rules = lines.lines.iter().map(|line| line.text.as_str().into());
    vec![
        ("condition".to_owned(), condition.into()),
        ("regex_type".to_owned(), regex.into()),
        ("rules".to_owned(), Yaml::List(rules.collect())),
    ]
}

#[cfg(test)]
mod tests;
