//! The page of coverage.

use std::{collections::BTreeMap, fmt::Write as _};

use shared::rule::{
    Rule,
    framework::{Edition, Framework},
};

use super::{Coverage, join};

const HEAD: &str = "\
# Coverage

Which controls of public benchmarks and catalogues the rules of `shared/content` decide, and for which
they give evidence. This page is made by

    owadm content coverage shared/content --markdown > docs/coverage.md

and a test holds it, so that no number falls unseen.
";

/// What can be decided on a host.
const BENCHMARKS: &str = "\
## Benchmarks of a platform

A control is **covered** when *each* subject that it names is decided by a rule that is about the
benchmark's platform (`subjects` and `platforms` of the rule). *Automated* are the controls that a
program on the host can decide wholly; one of those that names no subject is not covered.
*With evidence* are all controls of which a rule decides a subject, whoever must look at the rest.
`--missing` in the place of `--markdown` lists what is not covered, with the subjects.
";

/// What cannot.
const CATALOGUES: &str = "\
## Frameworks of no platform

Hardly a control of these is decided on hosts: it wants a policy, a person, a door with a lock. So few
are called automated, and what counts is the **evidence**: for how many controls is there a rule whose
results an auditor can be shown, be it about any platform? A control has evidence when a rule decides
one of its subjects, or gives evidence for a control of another framework that it draws on (its
crosswalk, `from`). A level is given as *with evidence* / *controls*; a control may be of several.
";

/// The same by what the hosts run.
const PLATFORMS: &str = "\
The same evidence when only the rules that are about one platform are counted: what an auditor can be
shown of hosts that all run it.
";

pub(super) fn render(
    rules: &[&Rule],
    frameworks: &BTreeMap<String, Framework>,
    joined: &[Coverage<'_>],
) -> String {
    let mut text = format!("{HEAD}\nThere are {} rules.\n", rules.len());
    benchmarks(&mut text, joined);
    catalogues(&mut text, joined);
    platforms(&mut text, rules, frameworks, joined);
    text
}

fn benchmarks(text: &mut String, joined: &[Coverage<'_>]) {
    let _ = write!(
        text,
        "\n{BENCHMARKS}\n\
         | table | platform | controls | with evidence | automated | covered | of the automated |\n\
         |---|---|--:|--:|--:|--:|--:|\n"
    );
    for one in joined {
        let Some(platform) = &one.framework.platform else {
            continue;
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            one.framework.key,
            name(platform),
            one.framework.controls.len(),
            one.evidenced,
            one.automated,
            one.covered,
            percent(one.covered, one.automated),
        );
    }
}

fn catalogues(text: &mut String, joined: &[Coverage<'_>]) {
    let _ = write!(
        text,
        "\n{CATALOGUES}\n\
         | table | controls | with evidence | of all | automated | covered | by level |\n\
         |---|--:|--:|--:|--:|--:|---|\n"
    );
    for one in joined.iter().filter(|one| one.framework.platform.is_none()) {
        let controls = one.framework.controls.len();
        let _ = writeln!(
            text,
            "| `{}` | {controls} | {} | {} | {} | {} | {} |",
            one.framework.key,
            one.evidenced,
            percent(one.evidenced, controls),
            one.automated,
            one.covered,
            levels(one),
        );
    }
}

/// A row for each catalogue, a column for each platform that any benchmark is written for.
fn platforms(
    text: &mut String,
    rules: &[&Rule],
    frameworks: &BTreeMap<String, Framework>,
    joined: &[Coverage<'_>],
) {
    let platforms = frameworks.values().filter_map(|one| one.platform.as_ref());
    let platforms: BTreeMap<String, &Edition> = platforms.map(|one| (name(one), one)).collect();
    let _ = write!(text, "\n{PLATFORMS}\n| table |");
    for name in platforms.keys() {
        let _ = write!(text, " {name} |");
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(platforms.len()));
    for one in joined.iter().filter(|one| one.framework.platform.is_none()) {
        let _ = write!(text, "| `{}` |", one.framework.key);
        for platform in platforms.values() {
            let release = platform.release();
            let about = rules.iter().filter(|rule| rule.is_about(&release));
            let about: Vec<&Rule> = about.copied().collect();
            let evidenced = join(&about, frameworks, one.framework).evidenced;
            let _ = write!(text, " {evidenced} |");
        }
        text.push('\n');
    }
}

fn name(platform: &Edition) -> String {
    format!("{} {}", platform.family.name(), platform.version)
}

fn levels(one: &Coverage<'_>) -> String {
    let levels = one.levels.iter();
    let levels: Vec<_> = levels
        .map(|(level, of)| format!("{level} {}/{}", of.evidenced, of.controls))
        .collect();
    levels.join(", ")
}

fn percent(part: usize, whole: usize) -> String {
    match super::percent(part, whole) {
        Some(percent) => format!("{percent:.1} %"),
        None => "–".into(),
    }
}
