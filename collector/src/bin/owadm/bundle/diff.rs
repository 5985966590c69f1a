//! `bundle diff`: what a bundle changes, for whoever is to sign it.

/// What differs in a rule.
mod rule;

/// Which way a check turned.
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use crate::{
    documents,
    output::{Output, text},
};

/// Contents of files by their paths.
type Files = BTreeMap<String, Vec<u8>>;

/// One thing that differs.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// A rule's id, or the path of another file.
    what: String,
    /// How: `added`, `stricter`, `check`…
    how: &'static str,
    detail: String,
}

pub(super) fn run(old: &Path, new: &Path, output: &Output) -> anyhow::Result<()> {
    let (old, new) = (documents::archive(old)?, documents::archive(new)?);
    let changes = changes(&old.content, &new.content)?;
    let row = |one: &Change| json!({"what": one.what, "how": one.how, "detail": one.detail});
    let items: Vec<Value> = changes.iter().map(row).collect();
    output.list(["HOW", "WHAT", "DETAIL"], &items, |one| {
        ["how", "what", "detail"].map(|field| text(one, field))
    })
}

fn changes(old: &Files, new: &Files) -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        let what = || match rule_of(path) {
            Some(rule) => rule.to_owned(),
            None => path.clone(),
        };
        let mut add = |how, detail| {
            let what = what();
            changes.push(Change { what, how, detail });
        };
        match (old.get(path), new.get(path)) {
            (None, _) => add("added", String::new()),
            (_, None) => add("removed", String::new()),
            (Some(old), Some(new)) if old == new => {}
            (Some(_), Some(_)) if rule_of(path).is_none() => add("changed", String::new()),
            (Some(old), Some(new)) => {
                let (old, new) = (parse(path, old)?, parse(path, new)?);
                rule::compare(&old, &new, &mut add);
            }
        }
    }
    Ok(changes)
}

/// The id of the rule of a file.
fn rule_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("rules/")?.strip_suffix(".yaml")?;
    name.rsplit('/').next()
}

fn parse(path: &str, bytes: &[u8]) -> anyhow::Result<Value> {
    let text = std::str::from_utf8(bytes).with_context(|| path.to_owned())?;
    shared::yaml::from_str(text).map_err(|error| anyhow!("{path}: {error}"))
}

#[cfg(test)]
mod tests;
