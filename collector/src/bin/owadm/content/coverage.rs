//! `content coverage`: which controls the rules cover. A control is covered when each of its
//! subjects is decided by some rule that is about the benchmark's platform; one that names no
//! subject is covered by nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::rule::{
    coverage,
    framework::{Control, Framework},
    load::Content,
};

use super::controls;
use crate::output::{Output, text};

/// What is said above the table.
mod page;

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The content: a folder with `rules/` and `frameworks/`
    dir: PathBuf,
    /// Tables with tabs, DIR/KEY.tsv, in the place of the content's own
    #[arg(long, value_name = "DIR")]
    benchmarks: Option<PathBuf>,
    /// Only this table
    #[arg(long, value_name = "KEY")]
    framework: Option<String>,
    /// List the automated controls that are not covered, with the subjects that no rule decides
    #[arg(long)]
    missing: bool,
    /// As a page, which docs/coverage.md is
    #[arg(long, conflicts_with = "missing")]
    markdown: bool,
}

/// How far the rules cover the controls of one benchmark.
struct Coverage<'c> {
    framework: &'c Framework,
    automated: usize,
    covered: usize,
    /// The automated controls that are not, with those of their subjects that no rule decides.
    missing: Vec<(&'c Control, Vec<&'c str>)>,
}

pub(super) fn run(asked: &Asked, output: &Output) -> anyhow::Result<()> {
    let content = super::load(&asked.dir)?;
    let mut frameworks = match &asked.benchmarks {
        Some(folder) => import(folder)?,
        None => content.frameworks.values().cloned().collect(),
    };
    if let Some(key) = &asked.framework {
        frameworks.retain(|framework| framework.key == *key);
        if frameworks.is_empty() {
            bail!("there is no table `{key}`");
        }
    }
    let joined: Vec<_> = frameworks.iter().map(|one| join(&content, one)).collect();
    if asked.markdown {
        let page = page::render(content.rules.len(), &joined);
        return output.object(&json!({"page": page}), page.trim_end());
    }
    if asked.missing {
        let rows: Vec<_> = joined.iter().flat_map(Coverage::missing_rows).collect();
        let head = ["TABLE", "CONTROL", "NOT DECIDED"];
        return output.list(head, &rows, |row| {
            let subjects = row["subjects"].as_array().into_iter().flatten();
            let subjects: Vec<_> = subjects.filter_map(Value::as_str).collect();
            let subjects = if subjects.is_empty() {
                "(it names no subject)".to_owned()
            } else {
                subjects.join(" ")
            };
            [text(row, "framework"), text(row, "control"), subjects]
        });
    }
    let rows: Vec<_> = joined.iter().map(Coverage::row).collect();
    let head = ["TABLE", "CONTROLS", "AUTOMATED", "COVERED", "PERCENT"];
    let fields = ["framework", "controls", "automated", "covered", "percent"];
    output.list(head, &rows, |row| fields.map(|field| text(row, field)))
}

/// The tables of a folder, by their names; files of it that are no such tables are left out.
fn import(folder: &Path) -> anyhow::Result<Vec<Framework>> {
    let reading = || format!("reading {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let Some(key) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.extension().is_some_and(|e| e == "tsv")
            && controls::is_table(&fs::read_to_string(&path).with_context(reading)?)
        {
            found.push(controls::import(&path, key)?);
        }
    }
    found.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(found)
}

/// Counts the automated controls. Pure.
fn join<'c>(content: &'c Content, framework: &'c Framework) -> Coverage<'c> {
    let rules = content.rules.values().map(|loaded| &loaded.rule);
    let mut coverage = Coverage {
        framework,
        automated: 0,
        covered: 0,
        missing: Vec::new(),
    };
    for one in coverage::of(rules, framework) {
        if !one.control.automated {
            continue;
        }
        coverage.automated += 1;
        if one.is_wholly() {
            coverage.covered += 1;
        } else {
            coverage.missing.push((one.control, one.open));
        }
    }
    coverage
}

impl Coverage<'_> {
    /// Of the automated controls, to a tenth and never rounded up: 84.96 is not 85. `None` where
    /// there are none.
    fn percent(&self) -> Option<f64> {
        let tenths = (self.covered * 1000).checked_div(self.automated)?;
        Some(tenths as f64 / 10.0)
    }

    fn row(&self) -> Value {
        json!({
            "framework": self.framework.key,
            "controls": self.framework.controls.len(),
            "automated": self.automated,
            "covered": self.covered,
            "percent": self.percent(),
        })
    }

    fn missing_rows(&self) -> impl Iterator<Item = Value> {
        let key = &self.framework.key;
        self.missing.iter().map(move |(control, subjects)| {
            json!({"framework": key, "control": control.id, "subjects": subjects})
        })
    }
}

#[cfg(test)]
mod tests;
