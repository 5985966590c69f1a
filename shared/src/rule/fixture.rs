//! Fixtures: small hosts, and the verdict that a rule must give on each. They lie beside the rule as
//! `<id>.tests.yaml`, and a rule without them is not taken for one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{result::Verdict, variable::Values};

/// The tests of one rule.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixtures {
    /// What all of them have besides their own files.
    #[serde(default)]
    pub base: BTreeMap<String, Entry>,
    pub cases: Vec<Case>,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is special about it, as a sentence.
    pub name: String,
    #[serde(default)]
    pub files: BTreeMap<String, Entry>,
    /// Values that its site has set.
    #[serde(default)]
    pub variables: Values,
    pub verdict: Verdict,
    /// The case shows what the rule does where the thing that it asks about is not there at all.
    #[serde(default)]
    pub absent: bool,
}

/// A file of the tree. A text is a file of that content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry {
    Text(String),
    Node(Node),
}

/// A file with more than its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub text: Option<String>,
    /// It is a link to this.
    pub link: Option<String>,
    /// It is a folder. What is neither link nor folder is a file, empty where it has no text.
    #[serde(default)]
    pub folder: bool,
    /// Of a file `0644`, of a folder `0755` where it is not said.
    pub mode: Option<super::check::Mode>,
    /// Root's, and so are all files, where it is not said.
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

impl Fixtures {
    /// Refuses tests that leave open what every rule must show: that it passes, that it fails, and
    /// what it does where the thing is absent.
    ///
    /// # Errors
    /// In words.
    pub fn validate(&self) -> Result<(), String> {
        let has = |verdict: Verdict| self.cases.iter().any(|case| case.verdict == verdict);
        let manual = self
            .cases
            .iter()
            .any(|case| case.verdict == Verdict::Manual);
        if !manual && !has(Verdict::Pass) {
            return Err("`cases`: none passes".into());
        }
        if !manual && !has(Verdict::Fail) {
            return Err("`cases`: none fails".into());
        }
        if !manual && !self.cases.iter().any(|case| case.absent) {
            return Err("`cases`: none has `absent: true`, where the thing is not there".into());
        }
        self.cases.iter().try_for_each(|case| {
            check_tree(&self.entries(case)).map_err(|why| format!("`cases`: {}: {why}", case.name))
        })
    }

    /// The whole tree of a case, by path: what all have, and its own in their places.
    pub fn entries<'f>(&'f self, case: &'f Case) -> BTreeMap<&'f str, &'f Entry> {
        let both = self.base.iter().chain(&case.files);
        both.map(|(path, entry)| (path.as_str(), entry)).collect()
    }
}

impl Entry {
    /// Whether others may lie below it.
    fn is_folder(&self) -> bool {
        matches!(self, Self::Node(node) if node.folder)
    }
}

/// Refuses what would lie outside the tree or could not be made: a fixture is written by root.
fn check_tree(entries: &BTreeMap<&str, &Entry>) -> Result<(), String> {
    for (path, entry) in entries {
        let inside = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
        if !path
            .strip_prefix('/')
            .is_some_and(|path| path.split('/').all(inside))
        {
            return Err(format!(
                "`{path}` is not an absolute path without `.` and `..`"
            ));
        }
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        for above in above.filter(|above| !above.is_empty()) {
            if entries.get(above).is_some_and(|entry| !entry.is_folder()) {
                return Err(format!("`{path}` lies in `{above}`, which is no folder"));
            }
        }
        if let Entry::Node(node) = entry {
            let sorts = [node.text.is_some(), node.link.is_some(), node.folder];
            if sorts.into_iter().filter(|is| *is).count() > 1 {
                return Err(format!("`{path}`: one of `text`, `link` and `folder`"));
            }
            if node.link.is_some() && node.mode.is_some() {
                return Err(format!("`{path}`: a link has no mode"));
            }
        }
    }
    Ok(())
}
