//! What sshd's settings (sshd_config(5)) say about keys.
//!
//! Which `Match` block holds for a connection is not worked out: what stands in one is read as
//! well, and marked.

use std::path::{Path, PathBuf};

use shared::wire::{Stale, StaleReason};

use crate::{host::Host, probe::pattern};

/// Where sshd looks; the second is where newer SUSE ships its own, used when there is no other.
pub const MAIN: [&str; 2] = ["/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"];

/// sshd's own bound for includes in includes.
const MAX_DEPTH: usize = 16;

/// How many files all of it may be.
const MAX_FILES: usize = 1024;

const MAX_FILE: u64 = 1 << 20;

/// The settings that concern keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Files of authorized keys, with `%h` and the like. Empty: sshd's default.
    pub authorized: Vec<Named>,
    /// Private keys of the host; their public parts are beside them.
    pub host_keys: Vec<String>,
    pub host_certificates: Vec<String>,
    /// Files of authorities whose certificates let users in.
    pub authorities: Vec<Named>,
    /// Programs that tell further authorized keys.
    pub commands: Vec<Named>,
    /// The files read, and those that would be.
    pub files: Vec<PathBuf>,
}

/// A value, and whether it is one of a `Match` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub text: String,
    pub in_match: bool,
}

/// What was met outside of `Match` blocks: there the first value counts.
#[derive(Debug, Default)]
struct Seen {
    authorized: bool,
    authorities: bool,
    commands: bool,
}

impl Config {
    /// Reads the settings with everything that they include.
    ///
    /// # Errors
    /// Why a file could not be read. One that is not there has no settings.
    pub fn read(host: &Host) -> Result<Self, Stale> {
        let mut config = Self::default();
        for main in MAIN {
            match host.open(main) {
                Err(error) if error.is_absent() => {}
                found => {
                    found?;
                    let main = Path::new(main);
                    config.file(host, main, false, 0, &mut Seen::default())?;
                    break;
                }
            }
        }
        Ok(config)
    }

    fn file(
        &mut self,
        host: &Host,
        path: &Path,
        mut in_match: bool,
        depth: usize,
        seen: &mut Seen,
    ) -> Result<(), Stale> {
        if depth > MAX_DEPTH || self.files.len() == MAX_FILES {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("{}: too many includes", path.display()),
            });
        }
        let text = host.read_text(path, MAX_FILE)?;
        self.files.push(path.to_owned());
        for line in text.lines() {
            let words = words(line);
            let Some((keyword, values)) = words.split_first() else {
                continue;
            };
            match keyword.to_ascii_lowercase().as_str() {
                "match" => in_match = true,
                "include" => {
                    for value in values {
                        let pattern = Path::new("/etc/ssh").join(value);
                        for path in pattern::paths(host, &pattern)? {
                            if host.open(&path).is_err_and(|error| error.is_absent()) {
                                continue;
                            }
                            self.file(host, &path, in_match, depth + 1, seen)?;
                        }
                    }
                }
                keyword => self.setting(keyword, values, in_match, seen),
            }
        }
        Ok(())
    }

    fn setting(&mut self, keyword: &str, values: &[String], in_match: bool, seen: &mut Seen) {
        let (list, seen, most) = match keyword {
            "authorizedkeysfile" => (&mut self.authorized, &mut seen.authorized, usize::MAX),
            "trustedusercakeys" => (&mut self.authorities, &mut seen.authorities, 1),
            // Of a program its arguments are left out.
            "authorizedkeyscommand" => (&mut self.commands, &mut seen.commands, 1),
            "hostkey" => return self.host_keys.extend(values.first().cloned()),
            "hostcertificate" => return self.host_certificates.extend(values.first().cloned()),
            _ => return,
        };
        if values.is_empty() || (*seen && !in_match) {
            return;
        }
        *seen |= !in_match;
        for value in values.iter().take(most) {
            let named = Named {
                text: value.clone(),
                in_match,
            };
            if !list.contains(&named) {
                list.push(named);
            }
        }
    }
}

/// The words of a line: the keyword, and its values after white space or `=`. Pure.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    let mut chars = line.trim().chars().peekable();
    let mut equals = false;
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', _) if matches!(chars.peek(), Some('"' | '\'' | '\\')) => {
                word.get_or_insert_default().extend(chars.next());
            }
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('#', None) if word.is_none() => break,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            // Only once, and only after the keyword.
            ('=', None) if !equals && words.len() + usize::from(word.is_some()) == 1 => {
                equals = true;
                words.extend(word.take());
            }
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn lines_are_words_as_sshd_splits_them() {
        for (line, expected) in [
            ("", ""),
            ("  # comment", ""),
            (
                "AuthorizedKeysFile\t.ssh/a .ssh/b # more",
                "AuthorizedKeysFile|.ssh/a|.ssh/b",
            ),
            ("HostKey=/etc/a", "HostKey|/etc/a"),
            ("HostKey = /etc/a=b", "HostKey|/etc/a=b"),
            (
                "Include \"/etc/with space/*\" 'b c'",
                "Include|/etc/with space/*|b c",
            ),
            ("X a\\\"b c#d", "X|a\"b|c#d"),
            ("X \"\"", "X|"),
        ] {
            assert_eq!(words(line).join("|"), expected, "{line}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("sshd-config", |bytes| {
            String::from_utf8_lossy(bytes).lines().for_each(|line| {
                words(line);
            });
        });
    }

    proptest! {
        #[test]
        fn any_line_is_split_without_panic(line: String) {
            words(&line);
        }
    }
}
