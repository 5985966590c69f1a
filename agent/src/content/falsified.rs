//! Each shipped rule is falsified: on a small host that complies, the thing that it is about is broken,
//! and of all rules exactly those fail that are about that thing.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use shared::{
    clock::SystemClock,
    rule::{
        fixture::Case,
        load::{Content, Loaded},
        result::Verdict,
    },
};

use super::{Scratch, shipped::content};
use crate::{
    host::Host,
    rule::{evaluate, source::Sources},
};

/// What every question about accounts is about.
const ACCOUNTS: [&str; 3] = ["/etc/passwd", "/etc/shadow", "/etc/group"];

/// What a rule is about, in the words of its own checks.
fn things(loaded: &Loaded) -> BTreeSet<String> {
    let text = fs::read_to_string(&loaded.path).unwrap();
    let rule: Value = shared::yaml::from_str(&text).unwrap();
    let mut found = BTreeSet::new();
    collect(&rule["check"], &mut found);
    found
}

fn collect(check: &Value, found: &mut BTreeSet<String>) {
    for (name, asked) in check.as_object().unwrap() {
        let text = |key: &str| asked[key].as_str().unwrap_or_default();
        match name.as_str() {
            "all" | "any" => {
                for one in asked.as_array().unwrap() {
                    collect(one, found);
                }
            }
            "not" => collect(asked, found),
            "at_least" => {
                for one in asked["of"].as_array().unwrap() {
                    collect(one, found);
                }
            }
            "setting" => {
                found.insert(format!(
                    "{} {}{}",
                    text("file"),
                    text("section"),
                    text("key")
                ));
            }
            "find" => match asked["within"].as_array() {
                Some(folders) => {
                    let folders = folders.iter().filter_map(Value::as_str);
                    found.extend(folders.map(looked_through));
                }
                // Of every file there is.
                None => {
                    found.insert("/".into());
                }
            },
            // Of every mount of some sort.
            "mounts" => {
                found.insert("/".into());
            }
            "accounts" => found.extend(ACCOUNTS.map(str::to_owned)),
            "set" => match asked["of"].as_str() {
                // Of every file there is.
                Some("set_uid_programs") => {
                    found.insert("/".into());
                }
                // What listens is what another check is called for.
                Some("ports") => {
                    found.insert("listener".into());
                }
                Some(of @ ("packages" | "services" | "kernel_modules")) => {
                    found.insert(of.into());
                }
                _ => found.extend(ACCOUNTS.map(str::to_owned)),
            },
            // What else is known by one name, whatever is wanted of it.
            _ => {
                let named = [
                    "keyword", "name", "names", "point", "paths", "files", "file", "within",
                ];
                let mut names: Vec<&str> = Vec::new();
                for key in named {
                    match &asked[key] {
                        Value::String(one) => names.push(one),
                        Value::Array(many) => names.extend(many.iter().filter_map(Value::as_str)),
                        _ => {}
                    }
                }
                if names.is_empty() {
                    names.push(name);
                }
                found.extend(names.into_iter().map(looked_through));
            }
        }
    }
}

/// Whether two things are one, or one is a key in a file that the other is about, or within a folder
/// that the other looks through.
fn meet(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let within = |outer: &str, inner: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with([' ', '/']) || outer.ends_with('/')
        })
    };
    one.iter()
        .any(|a| other.iter().any(|b| within(a, b) || within(b, a)))
}

/// The folder that a path with wildcards looks through; of another, itself.
fn looked_through(path: &str) -> String {
    let Some(wild) = path.find(['*', '?', '[', '{']) else {
        return path.to_lowercase();
    };
    let folder = path[..wild].rfind('/').map_or(0, |slash| slash + 1);
    path[..folder].to_lowercase()
}

/// Those of `rules` that come to this verdict on the host of a case of `loaded`.
fn judged<'c>(
    content: &'c Content,
    rules: impl Iterator<Item = &'c str>,
    loaded: &Loaded,
    case: &Case,
    scratch: &Scratch,
    verdict: Verdict,
) -> BTreeSet<&'c str> {
    let fixtures = loaded.fixtures.as_ref().unwrap();
    let tree = scratch.tree(&fixtures.entries(case)).unwrap();
    let host = Host::at(tree.root(), SystemClock::shared());
    let sources = Sources::of(&host);
    let comes = |id: &&str| {
        evaluate(&content.rules[*id].rule, &case.variables, &sources).verdict == verdict
    };
    rules.filter(comes).collect()
}

#[test]
fn what_is_broken_fails_the_rules_that_are_about_it_and_no_other() {
    let content = content();
    let scratch = Scratch::new().unwrap();
    let (mut wrong, mut falsified) = (Vec::new(), 0);
    for (id, loaded) in &content.rules {
        let cases = &loaded.fixtures.as_ref().unwrap().cases;
        let of = |verdict: Verdict| {
            cases
                .iter()
                .find(|case| case.verdict == verdict && !case.absent)
        };
        let (Some(complies), Some(broken)) = (of(Verdict::Pass), of(Verdict::Fail)) else {
            continue;
        };
        falsified += 1;
        let all = content.rules.keys().map(String::as_str);
        let passed = judged(&content, all, loaded, complies, &scratch, Verdict::Pass);
        let passed = passed.into_iter();
        let fell = judged(&content, passed, loaded, broken, &scratch, Verdict::Fail);
        if !fell.contains(id.as_str()) {
            wrong.push(format!("{id}: does not fail"));
        }
        let about = things(loaded);
        let others = fell.iter().filter(|other| **other != id.as_str());
        for other in others.filter(|other| !meet(&about, &things(&content.rules[**other]))) {
            wrong.push(format!("{id}: {other} fails as well, about another thing"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {falsified}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(falsified >= 450, "only {falsified}");
}
