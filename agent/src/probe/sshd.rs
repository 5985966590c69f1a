//! The SSH server's settings (sshd_config(5)), line by line, with everything that they include: the
//! first line about a keyword counts.
//!
//! Which `Match` block holds for a connection is not worked out: a line that stands in one says so.

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

/// All that is set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// In the order in which sshd reads them.
    pub lines: Vec<Line>,
    /// The files read. Empty: there is no server's file at all.
    pub files: Vec<PathBuf>,
}

/// One line that sets something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// In small letters.
    pub keyword: String,
    pub values: Vec<String>,
    /// What its `Match` block asks for: `user anna`. `None` outside of blocks.
    pub matching: Option<String>,
    /// Which of [`Settings::files`] it stands in.
    pub file: usize,
}

impl Settings {
    /// Reads the settings with everything that they include.
    ///
    /// # Errors
    /// Why a file could not be read. One that is not there has no settings.
    pub fn read(host: &Host) -> Result<Self, Stale> {
        let mut settings = Self::default();
        for main in MAIN {
            match host.open(main) {
                Err(error) if error.is_absent() => {}
                found => {
                    found?;
                    settings.file(host, Path::new(main), None, 0)?;
                    break;
                }
            }
        }
        Ok(settings)
    }

    fn file(
        &mut self,
        host: &Host,
        path: &Path,
        mut matching: Option<String>,
        depth: usize,
    ) -> Result<(), Stale> {
        if depth > MAX_DEPTH || self.files.len() == MAX_FILES {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("{}: too many includes", path.display()),
            });
        }
        let text = host.read_text(path, MAX_FILE)?;
        let file = self.files.len();
        self.files.push(path.to_owned());
        for line in text.lines() {
            let words = words(line);
            let Some((keyword, values)) = words.split_first() else {
                continue;
            };
            match keyword.to_ascii_lowercase().as_str() {
                "match" => {
                    let asked = values.join(" ");
                    matching = (!asked.eq_ignore_ascii_case("all")).then_some(asked);
                }
                "include" => {
                    for value in values {
                        let pattern = Path::new("/etc/ssh").join(value);
                        for path in pattern::paths(host, &pattern)? {
                            if host.open(&path).is_err_and(|error| error.is_absent()) {
                                continue;
                            }
                            self.file(host, &path, matching.clone(), depth + 1)?;
                        }
                    }
                }
                keyword => self.lines.push(Line {
                    keyword: keyword.to_owned(),
                    values: values.to_vec(),
                    matching: matching.clone(),
                    file,
                }),
            }
        }
        Ok(())
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
