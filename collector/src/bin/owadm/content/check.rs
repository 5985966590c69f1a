//! `content check`: whether a folder of content loads, and how much there is.

use std::path::Path;

use serde_json::json;

use crate::output::Output;

pub(super) fn run(dir: &Path, output: &Output) -> anyhow::Result<()> {
    let content = super::load(dir)?;
    let rules = content.rules.len();
    let fixtures = content
        .rules
        .values()
        .filter_map(|one| one.fixtures.as_ref());
    let cases: usize = fixtures.map(|fixtures| fixtures.cases.len()).sum();
    let frameworks = content.frameworks.len();
    output.object(
        &json!({"rules": rules, "cases": cases, "frameworks": frameworks}),
        &format!("{rules} rules with {cases} cases, {frameworks} tables of controls"),
    )
}
