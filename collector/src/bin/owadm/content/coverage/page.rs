//! The page of coverage.

use std::fmt::Write as _;

use super::Coverage;

const HEAD: &str = "\
# Coverage

Which controls of public benchmarks the rules of `shared/content` decide. This page is made by

    owadm content coverage shared/content --markdown > docs/coverage.md

and a test holds it. A control counts as covered when *each* subject that it names is decided by a rule
that is about the benchmark's platform (`subjects` and `platforms` of the rule); of controls that
benchmarks call automated only those are counted that are so wholly. An automated control that names no
subject is not covered. `--missing` in the place of `--markdown` lists what is not, with the subjects.
Where no platform is named, a rule about any counts.
";

pub(super) fn render(rules: usize, joined: &[Coverage<'_>]) -> String {
    let mut text = format!("{HEAD}\nThere are {rules} rules.\n\n");
    text.push_str("| table | platform | controls | automated | covered | of the automated |\n");
    text.push_str("|---|---|--:|--:|--:|--:|\n");
    for one in joined {
        let platform = match &one.framework.platform {
            Some(edition) => format!("{} {}", edition.family.name(), edition.version),
            None => "any".into(),
        };
        let percent = match one.percent() {
            Some(percent) => format!("{percent:.1} %"),
            None => "–".into(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {platform} | {} | {} | {} | {percent} |",
            one.framework.key,
            one.framework.controls.len(),
            one.automated,
            one.covered,
        );
    }
    text
}
