//! Which rules decide which controls, or give evidence for them: joined by the subjects that both name,
//! and through crosswalks. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Rule,
    framework::{Control, Framework},
};

/// One control, and what decides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered<'c> {
    pub control: &'c Control,
    /// Ids of the rules that decide a subject of it, or give evidence for a control that it draws on;
    /// all are about the framework's platform.
    pub rules: BTreeSet<&'c str>,
    /// Its subjects that no such rule decides.
    pub open: Vec<&'c str>,
}

impl Covered<'_> {
    /// Whether rules decide all of it. A control that names no subject is decided by nothing, and one
    /// that takes more than a host to decide is never decided by rules.
    pub fn is_wholly(&self) -> bool {
        self.control.automated && self.open.is_empty() && !self.control.subjects.is_empty()
    }
}

/// Each control of `framework` with the rules that decide it. The crosswalks among `frameworks` must
/// not come back to where they began, which is so of whatever was loaded; what leads nowhere gives
/// nothing.
pub fn of<'c>(
    rules: &[&'c Rule],
    frameworks: &'c BTreeMap<String, Framework>,
    framework: &'c Framework,
) -> Vec<Covered<'c>> {
    let release = framework.platform.as_ref().map(|edition| edition.release());
    let about = |rule: &&&'c Rule| release.as_ref().is_none_or(|of| rule.is_about(of));
    let rules: Vec<&'c Rule> = rules.iter().filter(about).copied().collect();
    let mut decided: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in &rules {
        for subject in &rule.subjects {
            decided.entry(subject).or_default().insert(&rule.id);
        }
    }
    let drawn = drawn(&rules, frameworks, framework);
    let covered = |control: &'c Control| {
        let mut covered = Covered {
            control,
            rules: BTreeSet::new(),
            open: Vec::new(),
        };
        for subject in &control.subjects {
            match decided.get(subject.as_str()) {
                Some(rules) => covered.rules.extend(rules),
                None => covered.open.push(subject),
            }
        }
        for (key, ids) in &control.from {
            for id in ids {
                let rules = drawn.get(&(key.as_str(), id.as_str()));
                covered.rules.extend(rules.into_iter().flatten());
            }
        }
        covered
    };
    framework.controls.iter().map(covered).collect()
}

/// The rules of each control, by its framework's key and its number, of the frameworks that this one
/// draws on.
fn drawn<'c>(
    rules: &[&'c Rule],
    frameworks: &'c BTreeMap<String, Framework>,
    framework: &'c Framework,
) -> BTreeMap<(&'c str, &'c str), BTreeSet<&'c str>> {
    let mut drawn = BTreeMap::new();
    for key in framework.draws_on() {
        let Some(source) = frameworks.get(key) else {
            continue;
        };
        for one in of(rules, frameworks, source) {
            drawn.insert((key, one.control.id.as_str()), one.rules);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, subject: &str, platforms: &str) -> Rule {
        let text = format!(
            "id: {id}\ntitle: T\nseverity: low\ncategory: c\nwhy: W.\ncheck: {{manual: look}}\n\
             subjects: [{subject}]\nplatforms: [{platforms}]\n"
        );
        crate::yaml::from_str(&text).unwrap()
    }

    fn tables(tables: &[(&str, &str)]) -> BTreeMap<String, Framework> {
        let read = |(key, rest): &(&str, &str)| {
            let text = format!("key: {key}\n{rest}");
            ((*key).to_owned(), crate::yaml::from_str(&text).unwrap())
        };
        tables.iter().map(read).collect()
    }

    const SOURCE: &str = "controls:\n  \
        - {id: AC-7, automated: false, subjects: [locks, nobody_decides_it]}\n  \
        - {id: AC-8, automated: false, subjects: [banner]}\n";

    #[test]
    fn evidence_comes_through_crosswalks_of_any_length_and_decides_nothing() {
        let rules = [rule("locks", "locks", ""), rule("banner", "banner", "")];
        let all = tables(&[
            ("source", SOURCE),
            (
                "middle",
                "controls:\n  - {id: m, automated: false, from: {source: [AC-7]}}\n",
            ),
            (
                "end",
                "controls:\n  - {id: e, automated: true, from: {middle: [m], source: [AC-8]}}\n  \
                 - {id: none, automated: false}\n",
            ),
        ]);
        let rules: Vec<_> = rules.iter().collect();
        let covered = of(&rules, &all, &all["end"]);
        assert_eq!(covered[0].rules, ["banner", "locks"].into());
        assert!(!covered[0].is_wholly(), "a crosswalk is evidence");
        assert_eq!(covered[1].rules, BTreeSet::new());
        let source = of(&rules, &all, &all["source"]);
        assert_eq!(source[0].open, ["nobody_decides_it"]);
        assert!(!source[1].is_wholly(), "a host alone cannot decide it");
    }

    #[test]
    fn a_rule_must_be_about_the_platform_of_each_framework_on_the_way() {
        let platform = |family: &str, version: &str| {
            format!("platform: {{family: {family}, version: \"{version}\"}}\n")
        };
        let draws = "controls:\n  - {id: e, automated: false, from: {source: [AC-7]}}\n";
        let rules = [
            rule("on-debian", "locks", "{family: debian}"),
            rule("on-rhel", "locks", "{family: rhel}"),
        ];
        let rules: Vec<_> = rules.iter().collect();
        let of_both = |of_source: &str, of_end: &str| {
            let (source, end) = (of_source.to_owned() + SOURCE, of_end.to_owned() + draws);
            let all = tables(&[("source", source.as_str()), ("end", end.as_str())]);
            let covered = of(&rules, &all, &all["end"]);
            let ids = covered[0].rules.iter().map(|id| (*id).to_owned());
            ids.collect::<Vec<_>>()
        };
        let debian = platform("debian", "12");
        assert_eq!(of_both("", ""), ["on-debian", "on-rhel"]);
        assert_eq!(of_both("", &debian), ["on-debian"]);
        assert_eq!(of_both(&debian, ""), ["on-debian"]);
        assert_eq!(of_both(&platform("rhel", "9"), &debian), [""; 0]);
    }
}
