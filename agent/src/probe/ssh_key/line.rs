//! One line of a file of authorized keys, of `.pub` files among them (sshd(8)). Pure.

use super::blob::{self, Key};

/// The most options that are told, and the longest name of one. sshd knows twenty.
const MAX_OPTIONS: usize = 64;
const MAX_NAME: usize = 64;

/// The longest comment and the longest list of addresses that are told, bytes: whoever writes the
/// file is not to make a row that is too large to be one.
const MAX_TEXT: usize = 4096;

/// A line that is a key.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub key: Key,
    pub comment: String,
    /// The names of its options, in small letters. Their values can hold secrets.
    pub options: Vec<String>,
    /// The addresses that it may be used from; of several options sshd takes the first.
    pub from: Option<String>,
}

/// Reads one line; `None` when it is no key: empty, a comment, or nothing that sshd takes.
pub fn line(line: &str) -> Option<Line> {
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    if let Some((key, comment)) = key(line) {
        return Some(Line {
            key,
            comment: short(comment),
            options: Vec::new(),
            from: None,
        });
    }
    let (given, rest) = line.split_at(end_of_options(line));
    let (key, comment) = key(rest.trim_start_matches([' ', '\t']))?;
    let (options, from) = options(given);
    Some(Line {
        key,
        comment: short(comment),
        options,
        from,
    })
}

fn short(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}

fn key(text: &str) -> Option<(Key, &str)> {
    let (algorithm, rest) = text.split_once([' ', '\t'])?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let (base64, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    Some((blob::key(algorithm, base64)?, comment.trim()))
}

/// White space ends the options, but for that between quotes.
fn end_of_options(line: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    let end = line.bytes().position(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\t' => return !quoted,
            _ => {}
        }
        false
    });
    end.unwrap_or(line.len())
}

fn options(text: &str) -> (Vec<String>, Option<String>) {
    let mut names = Vec::new();
    let mut from = None;
    let mut quoted = false;
    let mut escaped = false;
    let parts = text.split(|c| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        c == ',' && !quoted
    });
    for part in parts.take(MAX_OPTIONS) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = name.to_ascii_lowercase();
        // Anything else is no option, and could be part of something that is nobody's business.
        if name.is_empty()
            || name.len() > MAX_NAME
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            continue;
        }
        if name == "from" && from.is_none() {
            from = Some(short(value.trim_matches('"')));
        }
        names.push(name);
    }
    (names, from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

    #[test]
    fn options_are_told_by_name_and_addresses_in_full() {
        for (given, options, from) in [
            ("", "", None),
            ("no-pty,Restrict ", "no-pty restrict", None),
            (
                r#"command="echo \"a b\", c",from="10.0.0.0/8,!*.example.org",environment="K=secret" "#,
                "command from environment",
                Some("10.0.0.0/8,!*.example.org"),
            ),
            (r#"from="a",from="b" "#, "from from", Some("a")),
            (r#"command="x" "y z",no-pty "#, "command", None),
        ] {
            let text = format!("{given}{ED25519} who@where  or so ");
            let Some(line) = line(&text) else {
                assert!(given.contains(' '), "{given}");
                continue;
            };
            assert_eq!(line.options.join(" "), options, "{given}");
            assert_eq!(line.from.as_deref(), from, "{given}");
            assert_eq!(line.comment, "who@where  or so");
            assert_eq!(line.key.bits, Some(256));
            assert!(!format!("{line:?}").contains("secret"));
        }
    }

    #[test]
    fn what_sshd_does_not_take_is_no_key() {
        for text in [
            "",
            "# ssh-ed25519 AAAA",
            "ssh-ed25519",
            "ssh-ed25519 ",
            "ssh-ed25519 !!!!",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQ=",
            "other@example AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
            "1024 35 12345678901234567890 old@protocol",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_user_writes_never_makes_a_row_too_large() {
        let long = "\u{1}".repeat(1 << 20);
        let line = line(&format!("from=\"{long}\" {ED25519} {long}")).unwrap();
        assert!(line.comment.len() <= MAX_TEXT && line.from.unwrap().len() <= MAX_TEXT);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("authorized-keys", |bytes| {
            String::from_utf8_lossy(bytes).lines().for_each(|text| {
                line(text);
            });
        });
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(text: String) {
            line(&text);
        }

        #[test]
        fn any_key_is_decoded_without_panic(
            name in "(ssh-(rsa|dss|ed25519)|sk-ssh-ed25519|ecdsa-sha2-nistp256)(@openssh.com|-cert-v01@openssh.com)?",
            body: Vec<u8>,
        ) {
            use base64::{Engine as _, engine::general_purpose::STANDARD};

            let mut blob = u32::try_from(name.len()).unwrap().to_be_bytes().to_vec();
            blob.extend_from_slice(name.as_bytes());
            blob.extend_from_slice(&body);
            line(&format!("{name} {} x", STANDARD.encode(blob)));
        }
    }
}
