//! `sysctl`: a setting of the kernel, as it is and as it will be after the next boot.

use shared::rule::{
    check::{Sysctl, When},
    expect::Expect,
    result::Verdict,
};

use super::{Seen, Sources};

pub(super) fn judge(asked: &Sysctl, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = format!("{} {expect}", asked.name);
    let rows = sources.rows("sysctl");
    let rows = match rows.as_ref() {
        Ok(rows) => rows,
        Err(stale) => return Seen::stale(stale, expected).read(["sysctl"]),
    };
    let Some(row) = rows.iter().find(|row| row.key == asked.name) else {
        let why = format!(
            "{} is not among the settings that this agent reads",
            asked.name
        );
        return Seen::verdict(Verdict::Error, expected, why);
    };
    let text = |name: &str| row.value[name].as_str();
    let from = text("configured_in").unwrap_or("no file");
    let state = text("running_state").unwrap_or("unknown");
    let read = [
        format!("/proc/sys/{}", asked.name.replace('.', "/")),
        from.to_owned(),
    ];
    let mut told = Vec::new();
    let mut verdicts = Vec::new();
    if asked.when != Some(When::Configured) {
        let (verdict, is) = match (text("running"), state) {
            (Some(value), _) if expect.admits(value) => (Verdict::Pass, value.to_owned()),
            (Some(value), _) => (Verdict::Fail, value.to_owned()),
            // A kernel without the feature has nothing that the setting could leave open.
            (None, "absent") => (
                Verdict::NotApplicable,
                "no such setting in this kernel".into(),
            ),
            (None, "denied") => (Verdict::NotAssessable, "not readable by the agent".into()),
            (None, _) if sources.host().is_live() => {
                (Verdict::Error, "not told by the kernel".into())
            }
            // A tree has no kernel that runs: what its files say decides.
            (None, _) => (Verdict::NotApplicable, "no kernel to ask".into()),
        };
        verdicts.push(verdict);
        told.push(format!("running {is}"));
    }
    if asked.when != Some(When::Running) {
        let (verdict, is) = match text("configured") {
            Some(value) if expect.admits(value) => (Verdict::Pass, format!("{value} in {from}")),
            Some(value) => (Verdict::Fail, format!("{value} in {from}")),
            None => (Verdict::Fail, "nothing".into()),
        };
        verdicts.push(verdict);
        told.push(format!("configured {is}"));
    }
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    let verdict = if has(Verdict::NotApplicable) && state == "absent" {
        Verdict::NotApplicable
    } else if has(Verdict::Fail) {
        Verdict::Fail
    } else if has(Verdict::Error) {
        Verdict::Error
    } else if has(Verdict::NotAssessable) {
        Verdict::NotAssessable
    } else if has(Verdict::Pass) {
        Verdict::Pass
    } else {
        Verdict::NotApplicable
    };
    Seen::verdict(verdict, expected, told.join(", ")).read(read)
}
