//! The tables of controls of a folder, and whether what names their controls names some that are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{Content, Problem, beside, parse, stem, whole};
use crate::rule::{
    Check,
    crosswalk::{self, Dangling},
    framework::Framework,
};

/// Where the tables lie.
const FOLDER: &str = "frameworks";

impl Content {
    /// Loads every table, and leaves out those whose crosswalks, and the rules whose references, lead
    /// nowhere.
    pub(super) fn load_frameworks(
        &mut self,
        folder: &Path,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        for path in beside(folder, FOLDER)? {
            match load_framework(&path) {
                Ok(framework) => {
                    self.frameworks.insert(framework.key.clone(), framework);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let all = &self.frameworks;
        let mut refused = Vec::new();
        for (key, framework) in all {
            let told = crosswalk::dangling(all, framework);
            refused.extend((!told.is_empty()).then(|| key.clone()));
            problems.extend(places(&path_of(folder, key), told));
        }
        self.rules.retain(|_, loaded| {
            // What others wrote refers to editions of their own.
            if matches!(loaded.rule.check, Check::Sca(_)) {
                return true;
            }
            let told = crosswalk::unreferred(all, &loaded.rule);
            let is_good = told.is_empty();
            problems.extend(places(&loaded.path, told));
            is_good
        });
        self.frameworks.retain(|key, _| !refused.contains(key));
        Ok(())
    }

    /// Loads one table, and those that it draws on.
    pub(super) fn add_framework(&mut self, folder: &Path, key: &str) -> Result<(), Problem> {
        let mut open = BTreeSet::from([key.to_owned()]);
        let mut added = BTreeMap::new();
        while let Some(key) = open.pop_first() {
            let framework = load_framework(&path_of(folder, &key))?;
            let draws_on = framework.draws_on().into_iter().map(str::to_owned);
            open.extend(draws_on.filter(|next| *next != key && !added.contains_key(next)));
            added.insert(key, framework);
        }
        for (key, framework) in &added {
            let told = crosswalk::dangling(&added, framework);
            if let Some(problem) = places(&path_of(folder, key), told).next() {
                return Err(problem);
            }
        }
        self.frameworks.append(&mut added);
        Ok(())
    }
}

fn load_framework(path: &Path) -> Result<Framework, Problem> {
    let framework: Framework = parse(path)?;
    if framework.key != stem(path) {
        let what = format!("`key`: `{}` is not the name of the file", framework.key);
        return Err(whole(path, what));
    }
    framework.validate().map_err(|what| whole(path, what))?;
    Ok(framework)
}

fn path_of(folder: &Path, key: &str) -> PathBuf {
    folder.join(FOLDER).join(format!("{key}.yaml"))
}

/// Each with the line on which it stands, so far as that can be found again: what was parsed has
/// forgotten it.
fn places(path: &Path, told: Vec<Dangling>) -> impl Iterator<Item = Problem> {
    let text = if told.is_empty() {
        String::new()
    } else {
        fs::read_to_string(path).unwrap_or_default()
    };
    let place = move |one: Dangling| Problem {
        line: line(&text, &one.words).or_else(|| line(&text, &one.words[one.words.len() - 1..])),
        path: path.to_owned(),
        what: one.what,
    };
    told.into_iter().map(place)
}

/// The first line, counted from 1, on which all of `words` stand.
fn line(text: &str, words: &[String]) -> Option<u64> {
    let lines = (1..).zip(text.lines());
    let mut lines = lines.filter(|(_, line)| words.iter().all(|word| stands(line, word)));
    lines.next().map(|(number, _)| number)
}

/// Whether `word` stands in `line`, and not as a part of a longer number: `AC-7` in `AC-7(1)`.
fn stands(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-()".contains(c);
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_on_the_line_of_its_control_and_not_within_a_longer_one() {
        let text = "controls:\n  - {id: \"3.1\", from: {nist: [AC-7(1), XAC-7]}}\n  \
                    - {id: \"3.1.1\", from: {nist: [AC-7]}}\n";
        let words = |words: &[&str]| words.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        assert_eq!(line(text, &words(&["AC-7"])), Some(3));
        assert_eq!(line(text, &words(&["3.1", "nist"])), Some(2));
        assert_eq!(line(text, &words(&["3.1", "AC-7"])), None);
    }
}
