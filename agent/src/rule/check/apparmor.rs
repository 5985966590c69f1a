//! `apparmor`: whether it is on, and in which modes the loaded profiles are.

use shared::rule::check::{Apparmor, Missing};

use super::{Seen, Sources};

/// Processes that run, and what confines them.
mod processes;

const SWITCH: &str = "/sys/module/apparmor/parameters/enabled";
const PROFILES: &str = "/sys/kernel/security/apparmor/profiles";

pub(super) fn judge(asked: &Apparmor, sources: &Sources<'_>) -> Seen {
    let expected = match &asked.profiles {
        None => "AppArmor on".to_owned(),
        Some(modes) => {
            let confined = if asked.confined {
                ", and every process that has one confined"
            } else {
                ""
            };
            format!("every profile in mode {}{confined}", modes.join(" or "))
        }
    };
    let missing = |expected: String, actual: &str| {
        let means = asked.missing.unwrap_or(Missing::Fail);
        Seen::missing(means, expected, actual).read([SWITCH])
    };
    match sources.text(SWITCH).as_ref() {
        Ok(text) if text.trim() == "Y" => {}
        Ok(_) => return missing(expected, "AppArmor is switched off"),
        Err(error) if error.is_absent() => return missing(expected, "the kernel has no AppArmor"),
        Err(error) => return Seen::unreadable(error, expected).read([SWITCH]),
    }
    let Some(modes) = &asked.profiles else {
        return Seen::of(true, expected, "AppArmor is on").read([SWITCH]);
    };
    let text = sources.text(PROFILES);
    let profiles = match text.as_ref() {
        Ok(text) => profiles(text),
        Err(error) => return Seen::unreadable(error, expected).read([PROFILES]),
    };
    let read = [SWITCH, PROFILES];
    if profiles.is_empty() {
        return Seen::of(false, expected, "no profile is loaded").read(read);
    }
    let wrong = profiles.iter().filter(|(_, mode)| !modes.contains(mode));
    let mut offenders: Vec<String> = wrong
        .map(|(name, mode)| format!("{name} ({mode})"))
        .collect();
    let mut of = profiles.len();
    if asked.confined {
        match processes::unconfined(&profiles, sources) {
            Ok(processes) => {
                of += processes.with_a_profile;
                offenders.extend(processes.unconfined);
            }
            Err(error) if offenders.is_empty() => {
                return Seen::unreadable(&error, expected).read([processes::FOLDER]);
            }
            Err(_) => {}
        }
    }
    Seen::offenders(offenders, of, expected).read(read)
}

/// Names with their modes: `/usr/sbin/cupsd (enforce)`.
fn profiles(text: &str) -> Vec<(String, String)> {
    let of = |line: &str| {
        let (name, mode) = line.trim().rsplit_once(" (")?;
        Some((name.to_owned(), mode.strip_suffix(')')?.to_owned()))
    };
    text.lines().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Verdict::*, is};

    const ON: (&str, &str) = (super::SWITCH, "Y\n");

    #[test]
    fn it_must_be_on_and_each_profile_in_a_mode_that_is_admitted() {
        let on = "{apparmor: {}}";
        is(Pass, on, &[ON]);
        is(Fail, on, &[(super::SWITCH, "N\n")]);
        is(Fail, on, &[("/etc/passwd", "")]);
        is(
            NotApplicable,
            "{apparmor: {missing: not_applicable}}",
            &[("/etc/passwd", "")],
        );
        let enforced = "{apparmor: {profiles: [enforce]}}";
        is(
            Pass,
            enforced,
            &[ON, (super::PROFILES, "/usr/bin/a (enforce)\nb (enforce)\n")],
        );
        let text = "/usr/bin/man (x) (complain)\n/usr/bin/a (enforce)\nc (enforced)\n";
        let outcome = is(Fail, enforced, &[ON, (super::PROFILES, text)]);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["/usr/bin/man (x) (complain)", "c (enforced)"]
        );
        is(Fail, enforced, &[ON, (super::PROFILES, "")]);
        let confined = "{apparmor: {profiles: [enforce], confined: true}}";
        is(
            Pass,
            confined,
            &[ON, (super::PROFILES, "a (enforce)\n"), ("/proc/x", "")],
        );
        is(Error, enforced, &[ON]);
        is(
            Error,
            on,
            &[("/sys/module/apparmor/parameters/enabled/folder", "")],
        );
    }
}
