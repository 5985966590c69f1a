//! `crypto_policy`: the policy in force, and the one that is configured.

use shared::rule::{
    check::{CryptoPolicy, Missing, PolicyPart},
    expect::Expect,
};

use super::{Seen, Sources};

const FILES: [(&str, &str); 2] = [
    ("in force", "/etc/crypto-policies/state/current"),
    ("configured", "/etc/crypto-policies/config"),
];

pub(super) fn judge(asked: &CryptoPolicy, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let part = match asked.part {
        PolicyPart::Policy => "policy",
        PolicyPart::Modules => "modules",
    };
    let expected = format!("{part} {expect}");
    let (mut told, mut read, mut offenders) = (Vec::new(), Vec::new(), Vec::new());
    for (when, file) in FILES {
        let text = sources.text(file);
        let text = match text.as_ref() {
            Ok(text) => text,
            Err(error) if error.is_absent() => continue,
            Err(error) => return Seen::unreadable(error, expected).read([file]),
        };
        read.push(file);
        let said = said(text);
        let (policy, modules) = said.split_once(':').unwrap_or((&said, ""));
        let value = match asked.part {
            PolicyPart::Policy => policy.to_owned(),
            PolicyPart::Modules => modules.replace(':', " "),
        };
        if !expect.admits(&value) {
            offenders.push(format!("{when} {said}"));
        }
        told.push(format!("{when} {said}"));
    }
    if told.is_empty() {
        let means = asked.missing.unwrap_or(Missing::NotApplicable);
        let actual = "there is no crypto policy here";
        return Seen::missing(means, expected, actual).read(FILES.map(|(_, file)| file));
    }
    let mut seen = Seen::of(offenders.is_empty(), expected, told.join(", ")).read(read);
    seen.offenders = offenders;
    seen
}

/// The first line that is no comment, in capitals as the names of policies are.
fn said(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut said = lines.filter(|line| !line.is_empty());
    said.next().unwrap_or("nothing").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Verdict::*, is},
        *,
    };

    #[test]
    fn what_is_configured_must_be_in_force_and_the_other_way_round() {
        let check = "{crypto_policy: {part: policy, one_of: [DEFAULT, FIPS]}}";
        let [(_, state), (_, config)] = FILES;
        is(
            Pass,
            check,
            &[
                (state, "DEFAULT:NO-SHA1\n"),
                (config, "# LEGACY\nDEFAULT:NO-SHA1\n"),
            ],
        );
        is(Fail, check, &[(state, "LEGACY\n"), (config, "DEFAULT\n")]);
        is(Fail, check, &[(state, "DEFAULT\n"), (config, "LEGACY\n")]);
        is(Fail, check, &[(state, "DEFAULTX\n")]);
        is(Fail, check, &[(config, "#DEFAULT\n")]);
        is(NotApplicable, check, &[("/etc/passwd", "")]);
        is(Error, check, &[("/etc/crypto-policies/config/folder", "")]);
    }

    #[test]
    fn modules_are_a_list() {
        let check = "{crypto_policy: {part: modules, with: [NO-SHA1]}}";
        let [_, (_, config)] = FILES;
        is(Pass, check, &[(config, "DEFAULT:AD-SUPPORT:NO-SHA1\n")]);
        is(Fail, check, &[(config, "DEFAULT:NO-SHA1X\n")]);
        is(Fail, check, &[(config, "DEFAULT\n")]);
    }
}
