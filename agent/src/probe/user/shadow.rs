//! The parser of `/etc/shadow` (shadow(5)): it hands out what can be derived from a hash, and never
//! a byte of it. Pure.

use std::str;

use serde::Serialize;

/// What is known of a password.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Password {
    /// No password opens the account: the field begins with `!` or `*`, or is no hash at all.
    /// Other ways in, keys of ssh among them, stay open.
    pub locked: bool,
    /// The account opens without a password.
    pub empty: bool,
    /// How the password is hashed, also while it is locked: `yescrypt`, `sha512`, `des`, … `None`
    /// where there is no hash; `unknown` where there is something that is none of those known.
    pub algorithm: Option<&'static str>,
    /// Day of the last change, days since 1970-01-01. 0: it must be changed at the next login.
    /// This and the following are `None` where not set.
    pub changed_day: Option<i64>,
    /// Days before it may be changed again.
    pub min_days: Option<i64>,
    /// Days after which it must be changed.
    pub max_days: Option<i64>,
    /// Days before that on which the user is warned.
    pub warn_days: Option<i64>,
    /// Days after that on which it still opens the account.
    pub inactive_days: Option<i64>,
    /// Day on which the account ends, days since 1970-01-01.
    pub expires_day: Option<i64>,
}

/// Prefixes of crypt(5), longest first where one begins another.
const ALGORITHMS: [(&str, &str); 14] = [
    ("$gy$", "gost-yescrypt"),
    ("$y$", "yescrypt"),
    ("$7$", "scrypt"),
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2x$", "bcrypt"),
    ("$2y$", "bcrypt"),
    ("$6$", "sha512"),
    ("$5$", "sha256"),
    ("$sha1", "sha1"),
    ("$md5", "sunmd5"),
    ("$1$", "md5"),
    ("$3$", "nt"),
    ("_", "bsdi"),
];

/// Traditional DES: two letters of salt, eleven of hash.
const DES_LENGTH: usize = 13;

impl Password {
    /// What the password field alone says.
    pub(super) fn of_field(field: &[u8]) -> Self {
        let unlocked = without_lock(field);
        let algorithm = algorithm(unlocked);
        Self {
            locked: !field.is_empty() && (unlocked.len() < field.len() || algorithm.is_none()),
            empty: field.is_empty(),
            algorithm,
            ..Self::default()
        }
    }
}

fn without_lock(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| !matches!(byte, b'!' | b'*'));
    end.map_or(&[], |end| &field[end..])
}

fn algorithm(hash: &[u8]) -> Option<&'static str> {
    let known = ALGORITHMS
        .iter()
        .find(|(prefix, _)| hash.starts_with(prefix.as_bytes()));
    match known {
        Some((_, name)) => Some(name),
        None if hash.starts_with(b"$") => Some("unknown"),
        None if hash.len() == DES_LENGTH && hash.iter().all(is_des) => Some("des"),
        None => None,
    }
}

fn is_des(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

/// Reads one line: a name and what is known of its password. `None` when the line is none.
pub fn line(line: &[u8]) -> Option<(&[u8], Password)> {
    let line = line.trim_ascii_start();
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next().filter(|name| super::passwd::is_name(name))?;
    let mut password = Password::of_field(fields.next()?);
    let mut next = || {
        let digits = str::from_utf8(fields.next()?).ok()?;
        // -1 is how some tools write "not set".
        digits.trim().parse().ok().filter(|days| *days >= 0)
    };
    password.changed_day = next();
    password.min_days = next();
    password.max_days = next();
    password.warn_days = next();
    password.inactive_days = next();
    password.expires_day = next();
    Some((name, password))
}

/// The lines of a file, to be found by name. It holds where they are and not what they say: that
/// of a hundred thousand accounts is a dozen megabytes.
#[derive(Debug)]
pub(super) struct Lines<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let lines = bytes.split(|byte| *byte == b'\n');
        let mut named: Vec<_> = lines
            .filter_map(|text| Some((line(text)?.0, text)))
            .collect();
        // Of a name that stands there twice, the first line counts, as for the C library.
        named.sort_by_key(|(name, _)| *name);
        named.dedup_by_key(|(name, _)| *name);
        Self(named)
    }

    /// What the line of this name says; `None` where there is none.
    pub(super) fn password(&self, name: &[u8]) -> Option<Password> {
        let found = self.0.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(line(self.0[found].1)?.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn state(field: &str) -> (bool, bool, Option<&'static str>) {
        let password = Password::of_field(field.as_bytes());
        (password.locked, password.empty, password.algorithm)
    }

    #[test]
    fn fields_say_locked_empty_and_algorithm() {
        for (field, expected) in [
            ("", (false, true, None)),
            ("*", (true, false, None)),
            ("!", (true, false, None)),
            ("!!", (true, false, None)),
            ("!*", (true, false, None)),
            ("x", (true, false, None)),
            ("$y$j9T$salt$hash", (false, false, Some("yescrypt"))),
            ("!$6$salt$hash", (true, false, Some("sha512"))),
            ("$2b$10$salthash", (false, false, Some("bcrypt"))),
            ("$1$salt$hash", (false, false, Some("md5"))),
            ("$new$hash", (false, false, Some("unknown"))),
            ("abJnggxhB/yWI", (false, false, Some("des"))),
            ("NP", (true, false, None)),
        ] {
            assert_eq!(state(field), expected, "{field}");
        }
    }

    #[test]
    fn ages_are_days_and_what_is_not_set_is_none() {
        let (name, password) = line(b"root:!:19000:0:99999:7::-1:").unwrap();
        assert_eq!(name, b"root");
        assert_eq!(password.changed_day, Some(19000));
        assert_eq!(
            (password.min_days, password.max_days),
            (Some(0), Some(99999))
        );
        assert_eq!((password.inactive_days, password.expires_day), (None, None));
        assert!(line(b"root").is_none() && line(b"+::").is_none() && line(b"").is_none());
    }

    #[test]
    fn of_a_name_that_stands_there_twice_the_first_line_counts() {
        let lines = Lines::of(b"b:!:2::::::\na:!:1::::::\nno line\nb:!:3::::::\n");
        let changed = |name: &[u8]| Some(lines.password(name)?.changed_day);
        assert_eq!(changed(b"a"), Some(Some(1)));
        assert_eq!(changed(b"b"), Some(Some(2)));
        assert_eq!(changed(b"c"), None);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("shadow", |bytes| {
            bytes.split(|byte| *byte == b'\n').for_each(|text| {
                line(text);
            });
        });
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(bytes: Vec<u8>) {
            line(&bytes);
        }

        #[test]
        fn no_part_of_a_hash_is_ever_handed_out(hash in "[a-zA-Z0-9./]{20,60}") {
            let text = format!("u:$6$salt${hash}:1:2:3:4:5:6:");
            let (_, password) = line(text.as_bytes()).unwrap();
            let json = serde_json::to_string(&password).unwrap();
            prop_assert!(!json.contains(&hash[..8]) && !json.contains("salt"));
        }
    }
}
