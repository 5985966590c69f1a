use shared::rule::result::Verdict;

use super::Told;

/// The rules that fail on a host now, with their first set of values, by name.
pub fn failing(told: &[Told]) -> Vec<&str> {
    let now = told
        .iter()
        .filter(|one| one.to.is_none() && one.verdict == Some(Verdict::Fail));
    // With another set of values, the key names it behind a sign.
    let mut rules: Vec<&str> = now
        .map(|one| one.key.as_str())
        .filter(|key| !key.contains('@'))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
