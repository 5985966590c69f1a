//! `sshd`: a setting of the SSH server as it is in force. The first line about a keyword counts, where
//! none says anything the server's own default does, and each `Match` block that says otherwise is an
//! offender: it lets in by another way whom the rule keeps out.

use shared::rule::{check::Sshd, expect::Expect, result::Verdict};

use super::{Seen, Sources};

/// What sshd does when nothing is said (sshd_config(5)), where that is the same in every version since
/// OpenSSH 7.4 that the platforms ship.
const DEFAULTS: [(&str, &str); 30] = [
    ("allowagentforwarding", "yes"),
    ("allowtcpforwarding", "yes"),
    ("banner", "none"),
    ("clientalivecountmax", "3"),
    ("clientaliveinterval", "0"),
    ("compression", "yes"),
    ("disableforwarding", "no"),
    ("gatewayports", "no"),
    ("gssapiauthentication", "no"),
    ("hostbasedauthentication", "no"),
    ("ignorerhosts", "yes"),
    ("ignoreuserknownhosts", "no"),
    ("kbdinteractiveauthentication", "yes"),
    ("kerberosauthentication", "no"),
    ("logingracetime", "120"),
    ("loglevel", "INFO"),
    ("maxauthtries", "6"),
    ("maxsessions", "10"),
    ("maxstartups", "10:30:100"),
    ("passwordauthentication", "yes"),
    ("permitemptypasswords", "no"),
    ("permitrootlogin", "prohibit-password"),
    ("permittunnel", "no"),
    ("permituserenvironment", "no"),
    ("printlastlog", "yes"),
    ("pubkeyauthentication", "yes"),
    ("strictmodes", "yes"),
    ("usepam", "no"),
    ("x11forwarding", "no"),
    ("x11uselocalhost", "yes"),
];

/// Keywords whose values are times: `2m` is `120`.
const TIMES: [&str; 2] = ["logingracetime", "clientaliveinterval"];

/// Lists that a value may begin to change instead of naming.
const LISTS: [&str; 9] = [
    "casignaturealgorithms",
    "ciphers",
    "hostbasedacceptedalgorithms",
    "hostbasedacceptedkeytypes",
    "hostkeyalgorithms",
    "kexalgorithms",
    "macs",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
];

/// Adds to the default, takes from it, puts before it.
const CHANGES_DEFAULT: [char; 3] = ['+', '-', '^'];

pub(super) fn judge(asked: &Sshd, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = format!("{} {expect}", asked.keyword);
    let settings = sources.sshd();
    let settings = match settings.as_ref() {
        Ok(settings) => settings,
        Err(stale) => return Seen::stale(stale, expected).read(["/etc/ssh/sshd_config"]),
    };
    if settings.files.is_empty() {
        let actual = "there is no sshd_config: no SSH server is set up";
        return Seen::verdict(Verdict::NotApplicable, expected, actual)
            .read(["/etc/ssh/sshd_config"]);
    }
    let keyword = asked.keyword.to_ascii_lowercase();
    let lines = || settings.lines.iter().filter(|line| line.keyword == keyword);
    let value = |words: &[String]| plain(&keyword, &words.join(" "));
    let place = |file: usize| settings.files[file].display().to_string();
    let own = "the version's own, which is not known";
    let (actual, told) = match lines().find(|line| line.matching.is_none()) {
        Some(line) => {
            let value = value(&line.values);
            let told = format!("{value} in {}", place(line.file));
            match value.starts_with(CHANGES_DEFAULT) && LISTS.contains(&&*keyword) {
                true => (None, format!("{told}, which changes {own}")),
                false => (Some(value), told),
            }
        }
        None => match DEFAULTS.iter().find(|(name, _)| *name == keyword) {
            Some((_, default)) => (
                Some((*default).to_owned()),
                format!("not set, which means {default}"),
            ),
            None => (None, format!("not set, and the default is {own}")),
        },
    };
    let blocks = lines().filter_map(|line| {
        let (matching, value) = (line.matching.as_ref()?, value(&line.values));
        let place = place(line.file);
        (!expect.admits(&value)).then(|| format!("Match {matching}: {value} in {place}"))
    });
    let offenders: Vec<String> = blocks.collect();
    // What is not known is not as it must be until somebody says so.
    let admitted = actual.is_some_and(|actual| expect.admits(&actual));
    let passes = admitted && offenders.is_empty();
    let told = match offenders.first() {
        Some(first) if admitted => format!("{told}, but {first}"),
        _ => told,
    };
    let files = settings.files.iter().map(|path| path.display().to_string());
    let mut seen = Seen::of(passes, expected, told).read(files);
    seen.offenders = offenders;
    seen
}

/// A value as sshd would print it: times in seconds, old names of values as the new ones.
fn plain(keyword: &str, value: &str) -> String {
    let small = value.to_ascii_lowercase();
    if TIMES.contains(&keyword) {
        return seconds(&small).map_or(small, |seconds| seconds.to_string());
    }
    match (keyword, small.as_str()) {
        ("permitrootlogin", "without-password") => "prohibit-password".into(),
        ("banner", _) => value.to_owned(),
        ("loglevel", _) => value.to_ascii_uppercase(),
        _ => small,
    }
}

/// `1h30m`, `90`: sshd_config(5), "TIME FORMATS".
fn seconds(text: &str) -> Option<u64> {
    let (mut sum, mut number) = (0_u64, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(
                number
                    .unwrap_or(0)
                    .checked_mul(10)?
                    .checked_add(digit.into())?,
            );
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        sum = sum.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    sum.checked_add(number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_however_they_are_written() {
        for (text, expected) in [
            ("90", Some(90)),
            ("1m", Some(60)),
            ("1h30m", Some(5400)),
            ("2x", None),
            ("m", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        assert_eq!(plain("logingracetime", "1M"), "60");
        assert_eq!(
            plain("permitrootlogin", "Without-Password"),
            "prohibit-password"
        );
        assert_eq!(plain("banner", "/etc/Issue"), "/etc/Issue");
    }

    #[test]
    fn defaults_are_in_order_and_each_once() {
        assert!(DEFAULTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_list_that_is_not_known_in_full_passes_nothing() {
        use crate::rule::check::testing::{
            Verdict::{Fail, Pass},
            is,
        };
        const SSHD: &str = "/etc/ssh/sshd_config";
        let without = "{sshd: {keyword: Ciphers, without: [3des-cbc]}}";
        is(Pass, without, &[(SSHD, "Ciphers aes256-ctr\n")]);
        for line in [
            "Ciphers +3des-cbc\n",
            "Ciphers ^3des-cbc\n",
            "Ciphers -aes128-ctr\n",
            "Port 22\n",
        ] {
            is(Fail, without, &[(SSHD, line)]);
        }
    }
}
