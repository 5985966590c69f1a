//! `content coverage`: which controls the rules cover. A control is covered when each of its
//! subjects is decided by some rule that is about the benchmark's platform; one that names no
//! subject is covered by nothing. A control has evidence when some rule decides a subject of it, or gives
//! evidence for a control that it draws on.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::rule::{
    Rule, coverage,
    framework::{Control, Framework},
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
    /// The controls that some rule has to do with.
    evidenced: usize,
    /// The same for each level, in the order of the benchmark.
    levels: Vec<(&'c str, Level)>,
    automated: usize,
    covered: usize,
    /// The automated controls that are not, with those of their subjects that no rule decides.
    missing: Vec<(&'c Control, Vec<&'c str>)>,
}

/// How many controls of a level there are, and how many have evidence.
#[derive(Default)]
struct Level {
    controls: usize,
    evidenced: usize,
}

pub(super) fn run(asked: &Asked, output: &Output) -> anyhow::Result<()> {
    let content = super::load(&asked.dir)?;
    let frameworks = match &asked.benchmarks {
        Some(folder) => import(folder)?,
        None => content.frameworks.clone(),
    };
    let wanted: Vec<&Framework> = match &asked.framework {
        None => frameworks.values().collect(),
        Some(key) => match frameworks.get(key) {
            Some(framework) => vec![framework],
            None => bail!("there is no table `{key}`"),
        },
    };
    let rules = content.all_rules();
    let join = |one| join(&rules, &frameworks, one);
    let joined: Vec<_> = wanted.into_iter().map(join).collect();
    if asked.markdown {
        let page = page::render(&rules, &frameworks, &joined);
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
    let head = [
        "TABLE",
        "CONTROLS",
        "EVIDENCE",
        "AUTOMATED",
        "COVERED",
        "PERCENT",
    ];
    let fields = [
        "framework",
        "controls",
        "evidenced",
        "automated",
        "covered",
        "percent",
    ];
    output.list(head, &rows, |row| fields.map(|field| text(row, field)))
}

/// The tables of a folder, by their names; files of it that are no such tables are left out.
fn import(folder: &Path) -> anyhow::Result<BTreeMap<String, Framework>> {
    let reading = || format!("reading {}", folder.display());
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let Some(key) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.extension().is_some_and(|e| e == "tsv")
            && controls::is_table(&fs::read_to_string(&path).with_context(reading)?)
        {
            found.insert(key.to_owned(), controls::import(&path, key)?);
        }
    }
    Ok(found)
}

/// Counts the controls with evidence and the automated ones. Pure.
fn join<'c>(
    rules: &[&'c Rule],
    frameworks: &'c BTreeMap<String, Framework>,
    framework: &'c Framework,
) -> Coverage<'c> {
    let mut coverage = Coverage {
        framework,
        evidenced: 0,
        levels: Vec::new(),
        automated: 0,
        covered: 0,
        missing: Vec::new(),
    };
    let levels = framework.levels().into_iter();
    let mut levels: Vec<_> = levels.map(|level| (level, Level::default())).collect();
    for one in coverage::of(rules, frameworks, framework) {
        let evidenced = usize::from(!one.rules.is_empty());
        coverage.evidenced += evidenced;
        for level in &mut levels {
            if one.control.levels.iter().any(|has| has == level.0) {
                level.1.controls += 1;
                level.1.evidenced += evidenced;
            }
        }
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
    coverage.levels = levels;
    coverage
}

/// To a tenth and never rounded up: 84.96 is not 85. `None` of nothing.
fn percent(part: usize, whole: usize) -> Option<f64> {
    let tenths = (part * 1000).checked_div(whole)?;
    Some(tenths as f64 / 10.0)
}

impl Coverage<'_> {
    fn row(&self) -> Value {
        json!({
            "framework": self.framework.key,
            "controls": self.framework.controls.len(),
            "evidenced": self.evidenced,
            "automated": self.automated,
            "covered": self.covered,
            "percent": percent(self.covered, self.automated),
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
