//! Crosswalks and references: what names a control of a framework from outside of it must name one that
//! is there. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, framework::Framework};

/// Something that names a control which is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// What stands on its line of the file: the control that draws, and what it names.
    pub words: Vec<String>,
    /// In words, with the key.
    pub what: String,
}

/// The crosswalks of `framework` that lead nowhere, or back to it.
pub fn dangling(frameworks: &BTreeMap<String, Framework>, framework: &Framework) -> Vec<Dangling> {
    let mut found = Vec::new();
    for control in &framework.controls {
        for (key, ids) in &control.from {
            let at = format!("`controls`: {}: `from.{key}`", control.id);
            let mut say = |name: &str, what: String| {
                let words = vec![control.id.clone(), name.to_owned()];
                found.push(Dangling { words, what });
            };
            if reaches(frameworks, key, &framework.key) {
                say(key, format!("{at}: `{}` draws on itself", framework.key));
                continue;
            }
            missing(frameworks, key, ids, |name, why| {
                say(name, format!("{at}: {why}"));
            });
        }
    }
    found
}

/// The references of a rule that lead nowhere.
pub fn unreferred(frameworks: &BTreeMap<String, Framework>, rule: &Rule) -> Vec<Dangling> {
    let mut found = Vec::new();
    for (key, ids) in &rule.references {
        missing(frameworks, key, ids, |name, why| {
            found.push(Dangling {
                words: vec![name.to_owned()],
                what: format!("`references.{key}`: {why}"),
            });
        });
    }
    found
}

/// Tells each of `ids` that the framework does not have, or the framework where that is not there.
fn missing(
    frameworks: &BTreeMap<String, Framework>,
    key: &str,
    ids: &[String],
    mut say: impl FnMut(&str, String),
) {
    let Some(framework) = frameworks.get(key) else {
        return say(key, format!("there is no framework `{key}`"));
    };
    for id in ids {
        if !framework.controls.iter().any(|control| control.id == *id) {
            say(id, format!("`{key}` has no control `{id}`"));
        }
    }
}

/// Whether the crosswalks of `from`, and of whatever those lead to, come to `to`.
fn reaches(frameworks: &BTreeMap<String, Framework>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(key) = open.pop() {
        if key == to {
            return true;
        }
        if let Some(framework) = frameworks.get(key)
            && seen.insert(key)
        {
            open.extend(framework.draws_on());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(tables: &[(&str, &str)]) -> BTreeMap<String, Framework> {
        let read = |(key, from): &(&str, &str)| {
            let text = format!(
                "key: {key}\ncontrols:\n  - {{id: \"1\", automated: false, from: {{{from}}}}}\n"
            );
            ((*key).to_owned(), crate::yaml::from_str(&text).unwrap())
        };
        tables.iter().map(read).collect()
    }

    fn told(of: &str, all: &[(&str, &str)]) -> Vec<String> {
        let all = tables(all);
        let found = dangling(&all, &all[of]).into_iter();
        found.map(|one| one.what).collect()
    }

    #[test]
    fn what_is_there_may_be_drawn_on_over_any_number_of_steps() {
        let chain = [("a", "b: [\"1\"]"), ("b", "c: [\"1\"]"), ("c", "")];
        assert_eq!(told("a", &chain), [""; 0]);
        assert_eq!(told("b", &chain), [""; 0]);
    }

    #[test]
    fn what_is_not_there_and_what_comes_back_is_told() {
        let none = told("a", &[("a", "b: [\"1\"]")]);
        assert_eq!(none, ["`controls`: 1: `from.b`: there is no framework `b`"]);
        let lost = told("a", &[("a", "b: [\"2\", \"1\"]"), ("b", "")]);
        assert_eq!(lost, ["`controls`: 1: `from.b`: `b` has no control `2`"]);
        let round = [
            ("a", "b: [\"1\"]"),
            ("b", "c: [\"1\"]"),
            ("c", "a: [\"1\"]"),
        ];
        for (of, from) in [("a", "b"), ("b", "c"), ("c", "a")] {
            let expected = format!("`controls`: 1: `from.{from}`: `{of}` draws on itself");
            assert_eq!(told(of, &round), [expected]);
        }
    }
}
