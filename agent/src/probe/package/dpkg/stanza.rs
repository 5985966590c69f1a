//! The parser of dpkg's stanzas (deb-control(5), dpkg's status file): one pass, one stanza in
//! memory at a time. Pure.

use std::{
    io::{self, BufRead, Read as _},
    mem,
};

use shared::wire::Stale;

/// The longest line that is read. Those of fields that matter here are below a hundred bytes;
/// the longest real ones, dependencies, are some tens of KiB.
const MAX_LINE: u64 = 1 << 20;

/// The fields of one package that become its fact; empty where the stanza does not say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stanza {
    pub package: String,
    /// Three words: what is wanted, whether an error stands, what it is.
    pub status: String,
    pub version: String,
    pub architecture: String,
    /// KiB, in digits.
    pub installed_size: String,
    /// `name` or `name (version)`.
    source: String,
    /// Of Ubuntu's lists, how many machines of a hundred are offered the version by now.
    pub phased: String,
}

/// Why stanzas could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StanzaError {
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// dpkg refuses such a database whole, and so does this: the stanza may be any package's.
    #[error("the stanza that ends in line {line} names no package")]
    Nameless { line: u64 },
    #[error("line {line} is longer than {MAX_LINE} bytes")]
    LongLine { line: u64 },
    #[error("{}", .0.detail)]
    Made(Stale),
}

impl Stanza {
    /// What the package is: the third word of the status.
    pub fn state(&self) -> &str {
        let mut words = self.status.split_ascii_whitespace();
        words.nth(2).unwrap_or("not-installed")
    }

    /// `name:architecture`, which dpkg keeps unique.
    pub fn key(&self) -> String {
        format!("{}:{}", self.package, self.architecture)
    }

    /// Name and version of the source package: those of the package itself unless it says.
    pub fn source(&self) -> (&str, &str) {
        match self.source.split_once('(') {
            _ if self.source.is_empty() => (&self.package, &self.version),
            None => (&self.source, &self.version),
            Some((name, version)) => (
                name.trim_end(),
                version.trim_end().trim_end_matches(')').trim(),
            ),
        }
    }

    fn set(&mut self, name: &[u8], value: &[u8]) {
        // Most lines are of no field that is wanted, and lists have a million of them.
        let field = match name.len() {
            7 if name.eq_ignore_ascii_case(b"package") => &mut self.package,
            6 if name.eq_ignore_ascii_case(b"status") => &mut self.status,
            7 if name.eq_ignore_ascii_case(b"version") => &mut self.version,
            12 if name.eq_ignore_ascii_case(b"architecture") => &mut self.architecture,
            14 if name.eq_ignore_ascii_case(b"installed-size") => &mut self.installed_size,
            6 if name.eq_ignore_ascii_case(b"source") => &mut self.source,
            24 if name.eq_ignore_ascii_case(b"phased-update-percentage") => &mut self.phased,
            _ => return,
        };
        field.clear();
        field.push_str(&String::from_utf8_lossy(value.trim_ascii()));
    }

    /// Makes it one that says nothing, and keeps its memory.
    fn clear(&mut self) {
        for field in [
            &mut self.package,
            &mut self.status,
            &mut self.version,
            &mut self.architecture,
            &mut self.installed_size,
            &mut self.source,
            &mut self.phased,
        ] {
            field.clear();
        }
    }
}

/// Calls `take` with each stanza of `input`.
///
/// # Errors
/// [`StanzaError`], also the one that `take` returns.
pub fn each(
    mut input: impl BufRead,
    mut take: impl FnMut(&Stanza) -> Result<(), StanzaError>,
) -> Result<(), StanzaError> {
    let mut stanza = Stanza::default();
    let mut begun = false;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input
            .by_ref()
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut line)
            .map_err(StanzaError::Read)?;
        if read as u64 > MAX_LINE {
            return Err(StanzaError::LongLine { line: number });
        }
        if line.trim_ascii().is_empty() {
            if mem::take(&mut begun) {
                if stanza.package.is_empty() {
                    return Err(StanzaError::Nameless { line: number });
                }
                take(&stanza)?;
                stanza.clear();
            }
            if read == 0 {
                break;
            }
            continue;
        }
        begun = true;
        if line[0] == b' ' {
            continue;
        }
        // A line that continues a field begins with white space, which no field's name does.
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            stanza.set(&line[..colon], &line[colon + 1..]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn all(text: &[u8]) -> Result<Vec<Stanza>, StanzaError> {
        let mut stanzas = Vec::new();
        each(text, |stanza| {
            stanzas.push(stanza.clone());
            Ok(())
        })?;
        Ok(stanzas)
    }

    #[test]
    fn stanzas_are_read_whatever_their_spelling() {
        let text = b"\n\nPackage: a\nstatus: install ok installed\nVersion:1:2-3\n\
            Description: x\n Package: not this\n .\n Version: nor this\nArchitecture: amd64\n\
            \n \nPackage: b\nSource: src (7)\nVersion: 1";
        let read = all(text).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].key(), read[0].version.as_str()),
            ("a:amd64".into(), "1:2-3")
        );
        assert_eq!(read[0].status, "install ok installed");
        assert_eq!(read[0].source(), ("a", "1:2-3"));
        assert_eq!(read[1].source(), ("src", "7"));
    }

    #[test]
    fn a_stanza_that_names_no_package_is_an_error_with_its_place() {
        let text = b"Package: a\n\nVersion: 1\n\n";
        let error = all(text).unwrap_err();
        assert!(
            matches!(error, StanzaError::Nameless { line: 4 }),
            "{error}"
        );
    }

    #[test]
    fn an_endless_line_is_an_error_not_memory() {
        let text = vec![b'x'; 2 * MAX_LINE as usize];
        let error = all(&text).unwrap_err();
        assert!(
            matches!(error, StanzaError::LongLine { line: 1 }),
            "{error}"
        );
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("dpkg-status", |bytes| {
            let _ = all(bytes);
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = all(&bytes);
        }

        #[test]
        fn anything_that_looks_like_stanzas_is_read_without_panic(
            lines in prop::collection::vec("(Package|Status|Source|Version|x|)?[: (a1)]{0,6}", 0..20)
        ) {
            for stanza in all(lines.join("\n").as_bytes()).into_iter().flatten() {
                stanza.source();
                prop_assert!(!stanza.package.is_empty());
            }
        }
    }
}
