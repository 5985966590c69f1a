//! Loads a folder of content: `rules/<category>/<id>.yaml`, beside each `<id>.tests.yaml`, and
//! `frameworks/<key>.yaml` and `profiles/<key>.yaml`.
//!
//! Loading is strict: an unknown key, a second rule of a name, a file in the wrong folder, a control that
//! is named and not there are errors, and each names its file, line and key. What is wrong with one file
//! hides no other's error.

/// Tables of controls, and what names them.
mod control;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{Check, Rule, fixture::Fixtures, framework::Framework, profile::Profile};
use crate::yaml;

/// Largest file that is read, bytes: a hundred times the largest rule.
const MAX_FILE: u64 = 256 << 10;

/// Most files of a folder of content.
const MAX_FILES: usize = 50_000;

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// Each rule by its id.
    pub rules: BTreeMap<String, Loaded>,
    /// Each table of controls by its key; none where they were not asked for.
    pub frameworks: BTreeMap<String, Framework>,
    /// Each profile by its key; none where they were not asked for.
    pub profiles: BTreeMap<String, Profile>,
}

/// A rule, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub rule: Rule,
    /// Its tests; `None` where they were not asked for.
    pub fixtures: Option<Fixtures>,
    pub path: PathBuf,
    /// The first 16 digits of the SHA-256 of its file.
    pub hash: String,
}

/// One thing that is wrong with content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    /// Counted from 1; `None` where it is about the file as a whole.
    pub line: Option<u64>,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Whether what is for the writers of rules is loaded too: the tests beside the rules, the tables of
/// controls, and the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests {
    /// An agent needs none.
    Without,
    /// A rule without tests is an error, unless it was imported from a policy.
    With,
}

impl Content {
    /// Loads what lies below `folder`, all of it.
    ///
    /// # Errors
    /// Everything that is wrong, by path.
    pub fn load(folder: &Path, tests: Tests) -> Result<Self, Vec<Problem>> {
        match Self::load_what_is_good(folder, tests) {
            Ok((content, problems)) if problems.is_empty() => Ok(content),
            Ok((_, problems)) => Err(problems),
            Err(problem) => Err(vec![problem]),
        }
    }

    /// Loads what lies below `folder` but for the files with which something is wrong, and says of
    /// each of those what it is.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn load_what_is_good(folder: &Path, tests: Tests) -> Result<(Self, Vec<Problem>), Problem> {
        let mut content = Self::default();
        let (paths, mut problems) = files(&folder.join("rules"))?;
        for path in paths {
            if is_of_tests(&path) {
                if !path
                    .with_file_name(stem(&path).trim_end_matches(".tests").to_owned() + ".yaml")
                    .exists()
                {
                    problems.push(whole(&path, "there is no rule of this name beside it"));
                }
                continue;
            }
            match load_rule(&path, tests) {
                Ok(loaded) => {
                    if let Some(first) = content.rules.insert(loaded.rule.id.clone(), loaded) {
                        let again = format!("{} has a rule of this id too", first.path.display());
                        problems.push(whole(&path, again));
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        if tests == Tests::With {
            content.load_frameworks(folder, &mut problems)?;
            for path in beside(folder, "profiles")? {
                match content.load_profile(&path) {
                    Ok(profile) => {
                        content.profiles.insert(profile.key.clone(), profile);
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        Ok((content, problems))
    }

    /// One profile of `folder`, and of the frameworks the one that it needs and those that this draws on.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn add_profile(&mut self, folder: &Path, key: &str) -> Result<&Profile, Problem> {
        let path = folder.join("profiles").join(format!("{key}.yaml"));
        let named: Profile = parse(&path)?;
        if !self.frameworks.contains_key(&named.framework) {
            self.add_framework(folder, &named.framework)?;
        }
        let profile = self.load_profile(&path)?;
        Ok(self.profiles.entry(key.to_owned()).or_insert(profile))
    }

    /// The ids of the rules of a profile, which was loaded.
    pub fn rules_of<'c>(&'c self, profile: &'c Profile) -> BTreeSet<&'c str> {
        profile.rules(&self.all_rules(), &self.frameworks)
    }

    /// Its rules, by id.
    pub fn all_rules(&self) -> Vec<&Rule> {
        self.rules.values().map(|loaded| &loaded.rule).collect()
    }

    fn load_profile(&self, path: &Path) -> Result<Profile, Problem> {
        let profile: Profile = parse(path)?;
        if profile.key != stem(path) {
            let what = format!("`key`: `{}` is not the name of the file", profile.key);
            return Err(whole(path, what));
        }
        profile
            .validate(&self.all_rules(), &self.frameworks)
            .map_err(|what| whole(path, what))?;
        Ok(profile)
    }
}

/// The files of the rules of `folder`, by path.
///
/// # Errors
/// When the folder cannot be read, and when a file lies where no rule does.
pub fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let (mut files, stray) = files(&folder.join("rules"))?;
    if let Some(problem) = stray.into_iter().next() {
        return Err(problem);
    }
    files.retain(|path| !is_of_tests(path));
    Ok(files)
}

/// Loads the rule of one file.
///
/// # Errors
/// What is wrong with it.
pub fn load_rule(path: &Path, tests: Tests) -> Result<Loaded, Problem> {
    let text = text(path)?;
    let rule: Rule = parse_text(path, &text)?;
    let wrong = |what: String| Err(whole(path, what));
    if rule.id != stem(path) {
        return wrong(format!("`id`: `{}` is not the name of the file", rule.id));
    }
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    if folder != rule.category.as_str() {
        return wrong(format!(
            "`category`: `{}` is not the name of the folder",
            rule.category
        ));
    }
    for platform in &rule.platforms {
        platform
            .validate()
            .map_err(|why| whole(path, format!("`platforms`: {why}")))?;
    }
    rule.validate().map_err(|what| whole(path, what))?;
    let beside = path.with_file_name(format!("{}.tests.yaml", rule.id));
    let fixtures = match tests {
        Tests::Without => None,
        // What others wrote and tested elsewhere: nobody here knows a host on which it passes.
        Tests::With if matches!(rule.check, Check::Sca(_)) && !beside.exists() => None,
        Tests::With => {
            let fixtures: Fixtures = parse(&beside)?;
            fixtures.validate().map_err(|what| whole(&beside, what))?;
            let mut set = fixtures.cases.iter().flat_map(|case| case.variables.keys());
            if let Some(name) = set.find(|name| !rule.variables.contains_key(*name)) {
                let what = format!("`cases`: `{name}` is no variable of the rule");
                return Err(whole(&beside, what));
            }
            Some(fixtures)
        }
    };
    let hash = Sha256::digest(text.as_bytes());
    Ok(Loaded {
        rule,
        fixtures,
        path: path.to_owned(),
        hash: hash[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    parse_text(path, &text(path)?)
}

fn text(path: &Path) -> Result<String, Problem> {
    let length = fs::metadata(path).map(|metadata| metadata.len());
    let text = match length {
        Ok(length) if length > MAX_FILE => {
            return Err(whole(path, format!("larger than {MAX_FILE} bytes")));
        }
        Ok(_) => fs::read_to_string(path),
        Err(error) => Err(error),
    };
    text.map_err(|error| unreadable(path, &error))
}

fn parse_text<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Problem> {
    yaml::from_str(text).map_err(|error| Problem {
        path: path.to_owned(),
        line: error.line,
        what: error.to_string(),
    })
}

/// Every `*.yaml` two folders deep, sorted, and those that lie elsewhere: each would be a rule that nobody decides.
fn files(folder: &Path) -> Result<(Vec<PathBuf>, Vec<Problem>), Problem> {
    let mut found = Vec::new();
    let mut stray = yaml_files(folder)?;
    for category in entries(folder)? {
        if !category.is_dir() {
            continue;
        }
        found.extend(yaml_files(&category)?);
        if found.len() > MAX_FILES {
            return Err(whole(folder, format!("more than {MAX_FILES} files")));
        }
        for deeper in entries(&category)? {
            if deeper.is_dir() {
                stray.extend(yaml_files(&deeper)?);
            }
        }
    }
    let astray = |path: &PathBuf| whole(path, "is not in `rules/CATEGORY/`");
    Ok((found, stray.iter().map(astray).collect()))
}

/// The files of a folder beside the rules; none where there is no such folder.
fn beside(folder: &Path, name: &str) -> Result<Vec<PathBuf>, Problem> {
    let folder = folder.join(name);
    if folder.exists() {
        yaml_files(&folder)
    } else {
        Ok(Vec::new())
    }
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut paths = entries(folder)?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    Ok(paths)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()
    });
    let mut paths = listed.map_err(|error| unreadable(folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn is_of_tests(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".tests.yaml")
}

fn stem(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

fn whole(path: &Path, what: impl Into<String>) -> Problem {
    Problem {
        path: path.to_owned(),
        line: None,
        what: what.into(),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    whole(path, format!("cannot be read: {error}"))
}
