//! `selinux`: its mode now and after the next boot, and its policy.

use shared::rule::{
    check::{Missing, Selinux, SelinuxMode, When},
    result::Verdict,
};

use super::{Seen, Sources};

const RUNNING: &str = "/sys/fs/selinux/enforce";
const CONFIGURED: &str = "/etc/selinux/config";

pub(super) fn judge(asked: &Selinux, sources: &Sources<'_>) -> Seen {
    let expected = expected(asked);
    let read = [RUNNING, CONFIGURED];
    let config = sources.text(CONFIGURED);
    let config = match config.as_ref() {
        Ok(text) => Some(text.as_str()),
        Err(error) if error.is_absent() => None,
        Err(error) => return Seen::unreadable(error, expected).read([CONFIGURED]),
    };
    let running = match sources.text(RUNNING).as_ref() {
        Ok(text) if text.trim() == "1" => Some(SelinuxMode::Enforcing.name()),
        Ok(_) => Some(SelinuxMode::Permissive.name()),
        // A kernel that runs without that file runs without SELinux; of a tree none runs.
        Err(error) if error.is_absent() => sources
            .host()
            .is_live()
            .then_some(SelinuxMode::Disabled.name()),
        Err(error) => return Seen::unreadable(error, expected).read([RUNNING]),
    };
    if config.is_none() && running.is_none_or(|mode| mode == SelinuxMode::Disabled.name()) {
        let means = asked.missing.unwrap_or(Missing::Fail);
        return Seen::missing(means, expected, "there is no SELinux").read(read);
    }
    let mut told = Vec::new();
    let mut passes = Vec::new();
    if let Some(modes) = &asked.mode {
        let fits = |mode: &str| modes.iter().any(|one| one.name() == mode);
        if asked.when != Some(When::Configured)
            && let Some(mode) = running
        {
            passes.push(fits(mode));
            told.push(format!("running {mode}"));
        }
        if asked.when != Some(When::Running) {
            // What libselinux makes of a file that does not say.
            let mode = value(config, "SELINUX").unwrap_or_else(|| "permissive".into());
            passes.push(config.is_some() && fits(&mode));
            told.push(format!("configured {mode}"));
        }
    }
    if let Some(policies) = &asked.policy {
        let policy = value(config, "SELINUXTYPE").unwrap_or_else(|| "targeted".into());
        passes.push(policies.iter().any(|one| one.eq_ignore_ascii_case(&policy)));
        told.push(format!("policy {policy}"));
    }
    if passes.is_empty() {
        let why = "whether it runs can be asked of the running machine alone";
        return Seen::verdict(Verdict::NotAssessable, expected, why).read(read);
    }
    Seen::of(passes.iter().all(|is| *is), expected, told.join(", ")).read(read)
}

/// What the last line of a key says.
fn value(config: Option<&str>, key: &str) -> Option<String> {
    let of = |line: &str| {
        let (own, value) = line.trim().split_once('=')?;
        (own == key).then(|| value.trim().to_ascii_lowercase())
    };
    config?.lines().filter_map(of).next_back()
}

fn expected(asked: &Selinux) -> String {
    let mode = asked.mode.as_ref().map(|modes| {
        let names: Vec<_> = modes.iter().map(|mode| mode.name()).collect();
        names.join(" or ")
    });
    let policy = asked.policy.as_ref();
    let policy = policy.map(|policies| format!("policy {}", policies.join(" or ")));
    let parts: Vec<_> = [mode, policy].into_iter().flatten().collect();
    format!("SELinux {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Verdict::*, is},
        *,
    };

    #[test]
    fn the_mode_must_hold_now_and_after_the_next_boot() {
        let enforcing = "{selinux: {mode: [enforcing]}}";
        let file = |text: &'static str| (CONFIGURED, text);
        let good = file("SELINUX=enforcing\nSELINUXTYPE=targeted\n");
        is(Pass, enforcing, &[good]);
        is(Pass, enforcing, &[good, (RUNNING, "1")]);
        is(Fail, enforcing, &[good, (RUNNING, "0")]);
        is(
            Fail,
            enforcing,
            &[file("SELINUX=permissive\n"), (RUNNING, "1")],
        );
        is(Fail, enforcing, &[file("#SELINUX=enforcing\n")]);
        is(
            Fail,
            enforcing,
            &[file("SELINUXX=enforcing\nSELINUX=disabled\n")],
        );
        is(
            Fail,
            enforcing,
            &[file("SELINUX=enforcing\nSELINUX=disabled\n")],
        );
        is(Fail, enforcing, &[("/etc/passwd", "")]);
        is(Error, enforcing, &[("/etc/selinux/config/folder", "")]);
        let running = "{selinux: {mode: [enforcing], when: running}}";
        is(NotAssessable, running, &[good]);
        is(Pass, running, &[(RUNNING, "1")]);
    }

    #[test]
    fn a_mode_or_a_policy_may_be_one_of_several() {
        let not_off = "{selinux: {mode: [enforcing, permissive]}}";
        is(Pass, not_off, &[(CONFIGURED, "SELINUX=Permissive\n")]);
        let policy = "{selinux: {policy: [targeted, mls]}}";
        is(Pass, policy, &[(CONFIGURED, "SELINUXTYPE=mls\n")]);
        is(Fail, policy, &[(CONFIGURED, "SELINUXTYPE=minimum\n")]);
        is(
            NotApplicable,
            "{selinux: {policy: [mls], missing: not_applicable}}",
            &[("/etc/passwd", "")],
        );
    }
}
