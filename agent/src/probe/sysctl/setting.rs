//! The parser of `sysctl.d` (sysctl.d(5)), as systemd-sysctl reads it. Pure.

/// One line that sets something, or takes it out of the reach of patterns.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Below `/proc/sys`, with `*`, `?` and `[…]` where it is a pattern.
    pub path: String,
    /// White space as single spaces. `None`: no pattern may set it.
    pub value: Option<String>,
}

impl Setting {
    /// Whether the line names this setting or has a pattern that it fits.
    pub fn is_about(&self, path: &str) -> bool {
        let pattern = self.path.split('/');
        let mut parts = path.split('/');
        pattern.clone().count() == parts.clone().count()
            && pattern.clone().all(|pattern| {
                parts
                    .next()
                    .is_some_and(|part| fits(pattern.as_bytes(), part.as_bytes()))
            })
    }
}

/// The lines of a file that say something.
pub fn lines(text: &str) -> impl Iterator<Item = Setting> {
    text.lines().filter_map(line)
}

fn line(line: &str) -> Option<Setting> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) {
        return None;
    }
    let (key, value) = match line.split_once('=') {
        Some((key, value)) => (key.trim(), Some(value)),
        // Without a value only an exclusion means something.
        None => (line.starts_with('-').then_some(line)?, None),
    };
    // A `-` before a line with a value says only that its failure is no failure.
    let key = key.strip_prefix('-').unwrap_or(key).trim();
    if key.is_empty() {
        return None;
    }
    let one_spaced = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Setting {
        path: path(key),
        value: value.map(one_spaced),
    })
}

/// The path below `/proc/sys`. Whichever of `.` and `/` comes first separates; the other, where
/// it is a dot, is part of a name: `net/ipv4/conf/eth0.100`, `net.ipv4.conf.eth0/100`.
pub fn path(key: &str) -> String {
    let swapped = match key.find(['.', '/']) {
        Some(at) if key.as_bytes()[at] == b'.' => key
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
        _ => key.to_owned(),
    };
    let parts: Vec<_> = swapped.split('/').filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// Whether a name fits a pattern of the shell. Only the last `*` is ever tried again, so that no
/// pattern takes longer than the product of both lengths.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(&pattern[p..], name[n]),
            Some(byte) if *byte == name[n] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The length of the class `[a-z]` at the beginning of a pattern that this byte is in.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let end = 2 + pattern.get(2..)?.iter().position(|b| *b == b']')?;
    let (negated, set) = match &pattern[1..end] {
        [b'!' | b'^', set @ ..] => (true, set),
        set => (false, set),
    };
    let mut found = false;
    let mut rest = set;
    while let Some((first, after)) = rest.split_first() {
        if let [b'-', last, after @ ..] = after {
            found |= (*first..=*last).contains(&byte);
            rest = after;
        } else {
            found |= *first == byte;
            rest = after;
        }
    }
    (found != negated).then_some(end + 1)
}

/// The value of `NAME=value` or `NAME="value"` in a file that a shell reads; the last counts.
pub fn shell_value(text: &str, name: &str) -> Option<String> {
    let mut found = None;
    for line in text.lines() {
        if let Some((key, value)) = line.trim().split_once('=')
            && key == name
        {
            found = Some(value.trim().trim_matches(['"', '\'']).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn one(text: &str) -> Option<(String, Option<String>)> {
        line(text).map(|setting| (setting.path, setting.value))
    }

    #[test]
    fn lines_are_read_as_systemd_reads_them() {
        let set = |path: &str, value: &str| Some((path.to_owned(), Some(value.to_owned())));
        for (text, expected) in [
            ("a.b = 1", set("a/b", "1")),
            ("a/b=1", set("a/b", "1")),
            ("  -a.b=\t4 4\t1 7 ", set("a/b", "4 4 1 7")),
            (
                "net/ipv4/conf/eth0.1/x = 0",
                set("net/ipv4/conf/eth0.1/x", "0"),
            ),
            (
                "net.ipv4.conf.eth0/1.x = 0",
                set("net/ipv4/conf/eth0.1/x", "0"),
            ),
            ("-a.b", Some(("a/b".into(), None))),
            ("a.b =", set("a/b", "")),
            ("/a//b = x=y", set("a/b", "x=y")),
            ("# a=1", None),
            ("; a=1", None),
            ("a.b", None),
            ("= 1", None),
            ("", None),
        ] {
            assert_eq!(one(text), expected, "{text}");
        }
    }

    #[test]
    fn patterns_fit_within_one_part_of_the_path() {
        for (pattern, path, expected) in [
            (
                "net.ipv4.conf.*.rp_filter",
                "net/ipv4/conf/all/rp_filter",
                true,
            ),
            ("net.ipv4.*.rp_filter", "net/ipv4/conf/all/rp_filter", false),
            (
                "net.ipv4.conf.a*l.rp_filter",
                "net/ipv4/conf/all/rp_filter",
                true,
            ),
            ("net.ipv[46].ip_forward", "net/ipv4/ip_forward", true),
            ("net.ipv[!4].ip_forward", "net/ipv4/ip_forward", false),
            ("net.ipv?.ip*_*d", "net/ipv4/ip_forward", true),
            ("kernel.*", "kernel/yama/ptrace_scope", false),
            ("[", "x", false),
            ("[a-", "a", false),
        ] {
            let setting = Setting {
                path: super::path(pattern),
                value: None,
            };
            assert_eq!(setting.is_about(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_assignment_of_a_shell_file_counts() {
        let text = "#X=no\nX=\"a\"\nX='b'\nXY=c\n";
        assert_eq!(shell_value(text, "X").as_deref(), Some("b"));
        assert_eq!(shell_value(text, "Z"), None);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("sysctl-conf", |bytes| {
            for setting in lines(&String::from_utf8_lossy(bytes)) {
                setting.is_about("net/ipv4/conf/all/rp_filter");
            }
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text: String) {
            for setting in lines(&text) {
                setting.is_about(&setting.path);
            }
        }

        #[test]
        fn any_pattern_ends(pattern in "[\\[\\]*?a!^/.-]{0,20}", name in "[a/.-]{0,20}") {
            let setting = Setting { path: pattern, value: None };
            setting.is_about(&name);
        }
    }
}
