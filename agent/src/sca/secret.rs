//! Lines that were found are evidence, but what is secret in them stays on the host.

use std::borrow::Cow;

/// Files that are nothing but secrets, by how their paths end.
const FILES: [&str; 9] = [
    "/shadow",
    "/shadow-",
    "/gshadow",
    "/gshadow-",
    "/opasswd",
    "/opasswd.old",
    "_key",
    ".key",
    "/user.cfg",
];

/// Words after which what follows is nobody's business.
const WORDS: [&str; 4] = ["password", "passwd", "secret", "token"];

/// How hashes of passwords say which they are, between two dollars (crypt(5)).
const CRYPT: [&str; 15] = [
    "1", "2a", "2b", "2x", "2y", "3", "5", "6", "7", "8", "gy", "md5", "sha1", "sm3", "y",
];

/// Longest part of a line that is told, bytes.
const MAX: usize = 200;

/// What is told of a line of this file.
pub(super) fn shown(place: &str, line: &str) -> String {
    if FILES.iter().any(|file| place.ends_with(file)) {
        return "a line that is kept on the host".to_owned();
    }
    let mut out = String::new();
    for (n, word) in line.split_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(&without_secret(word));
        if out.len() > MAX {
            out.truncate(out.floor_char_boundary(MAX));
            out.push('…');
            break;
        }
    }
    out
}

/// What is told of the value of this name.
pub(crate) fn valued<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    let small = name.to_ascii_lowercase();
    let is_text = value.starts_with('"');
    if is_text && WORDS.iter().any(|secret| small.ends_with(secret)) {
        return Cow::Borrowed("…");
    }
    match hash(value) {
        Some(at) => Cow::Owned(format!("{}…", &value[..at])),
        None => Cow::Borrowed(value),
    }
}

/// A word, without hashes of passwords and without what is assigned to a word that means a secret.
fn without_secret(word: &str) -> String {
    if let Some(at) = hash(word) {
        return format!("{}…", &word[..at]);
    }
    let Some((name, value)) = word.split_once('=') else {
        return word.to_owned();
    };
    let small = name.to_ascii_lowercase();
    let means_secret = WORDS.iter().any(|secret| small.ends_with(secret));
    if means_secret && !value.is_empty() {
        return format!("{name}=…");
    }
    word.to_owned()
}

/// Where a hash of a password begins: `$6$…`, `grub.pbkdf2.…`.
fn hash(word: &str) -> Option<usize> {
    let crypt = word.match_indices('$').find(|(at, _)| {
        let (id, rest) = word[at + 1..].split_once('$').unwrap_or_default();
        !rest.is_empty() && CRYPT.contains(&id)
    });
    let grub = word.find("grub.pbkdf2.");
    crypt.map(|(at, _)| at).into_iter().chain(grub).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_passwords_are_not_told_and_the_rest_is() {
        for (place, line, told) in [
            (
                "/etc/shadow",
                "root:$6$salt$hash:1::::::",
                "a line that is kept on the host",
            ),
            ("/x/shadow-", "root::1", "a line that is kept on the host"),
            ("`getent shadow`", "root:$6$salt$hash:1::::::", "root:…"),
            ("`getent shadow`", "root:$y$j9T$x:1", "root:…"),
            (
                "/boot/grub/grub.cfg",
                "password_pbkdf2 root grub.pbkdf2.sha512.10000.AB",
                "password_pbkdf2 root …",
            ),
            (
                "/etc/app.conf",
                "DB_PASSWORD=hunter2 user=anna",
                "DB_PASSWORD=… user=anna",
            ),
            (
                "/etc/profile",
                "PATH=$HOME/bin:$PATH$x",
                "PATH=$HOME/bin:$PATH$x",
            ),
            ("/etc/a", "a   b", "a b"),
        ] {
            assert_eq!(shown(place, line), told, "{place}: {line}");
        }
        assert!(shown("/a", &"ü".repeat(500)).len() < 210);
    }
    #[test]
    fn a_value_is_told_unless_it_or_its_name_means_a_secret() {
        for (name, value, told) in [
            ("os.version", "\"12\"", "\"12\""),
            ("a.apiToken", "\"abc\"", "…"),
            ("u.password", "{\"locked\": true}", "{\"locked\": true}"),
            ("u.gecos", "\"x $6$salt$hash\"", "\"x …"),
        ] {
            assert_eq!(valued(name, value), told, "{name}");
        }
    }
}
