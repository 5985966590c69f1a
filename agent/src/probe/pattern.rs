//! Wildcards of paths, as `glob(3)` has them: for what other programs' settings name. Pure but for
//! the listing of folders.

use std::path::{Path, PathBuf};

use crate::host::{Host, HostError};

/// The most paths that one pattern may stand for.
const MAX_PATHS: usize = 1024;

/// The paths that fit, sorted. A path without wildcards is its own only one, there or not.
///
/// # Errors
/// Why a folder could not be listed; one that is not there has nothing that fits.
pub(crate) fn paths(host: &Host, pattern: &Path) -> Result<Vec<PathBuf>, HostError> {
    let mut found = vec![PathBuf::new()];
    for part in pattern {
        let Some(wild) = part.to_str().filter(|part| part.contains(['*', '?', '['])) else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let mut next = Vec::new();
        for folder in found {
            let names = match host.list(&folder) {
                Err(error) if error.is_absent() => continue,
                names => names?,
            };
            for name in names {
                let fits = name.to_str().is_some_and(|name| {
                    (wild.starts_with('.') || !name.starts_with('.')) && fits(wild, name)
                });
                if fits {
                    next.push(folder.join(name));
                }
            }
            if next.len() > MAX_PATHS {
                return Err(HostError::TooLarge {
                    path: pattern.into(),
                    max: MAX_PATHS as u64,
                });
            }
        }
        found = next;
    }
    Ok(found)
}

/// Whether a name fits a pattern of `*`, `?` and `[a-z]`.
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where the last star is, and how much it has taken so far.
    let mut star = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => set(&pattern[p..], name[n]),
            Some(c) => (*c == name[n]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((after, taken))) => {
                star = Some((after, taken + 1));
                p = after;
                n = taken + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The length of the set that begins the pattern, if the character is in it. A bracket that is
/// never closed stands for itself.
fn set(pattern: &[char], c: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let Some(close) = pattern.iter().skip(first + 1).position(|c| *c == ']') else {
        return (c == '[').then_some(1);
    };
    let close = first + 1 + close;
    let mut members = &pattern[first..close];
    let mut found = false;
    while let Some((low, rest)) = members.split_first() {
        let high = match rest {
            ['-', high, ..] => {
                members = &rest[2..];
                high
            }
            _ => {
                members = rest;
                low
            }
        };
        found |= (*low..=*high).contains(&c);
    }
    (found != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn names_fit_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf~", false),
            ("ssh_host_*_key.pub", "ssh_host_rsa_key.pub", true),
            ("ssh_host_*_key.pub", "ssh_host_rsa_key", false),
            ("a*b*c", "aXbXbXc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[0-9][!a]*", "5b", true),
            ("[0-9][!a]*", "5a", false),
            ("[]a]x", "]x", true),
            ("[x", "[x", true),
            ("é*", "éa", true),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("pattern", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let (pattern, name) = text.split_once('\n').unwrap_or((&text, &text));
            fits(pattern, name);
        });
    }

    proptest! {
        #[test]
        fn any_pattern_ends(pattern in "[a*?\\[\\]!-]{0,24}", name in "[ab\\]-]{0,24}") {
            fits(&pattern, &name);
        }
    }
}
