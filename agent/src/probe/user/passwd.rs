//! The parser of `/etc/passwd`, as lenient as glibc's. Pure.

use std::str;

use super::shadow::Password;

/// One line that is an account.
#[derive(Debug)]
pub struct Account<'a> {
    pub name: &'a [u8],
    pub uid: u32,
    pub gid: u32,
    pub gecos: &'a [u8],
    pub home: &'a [u8],
    /// The rest of the line: colons in it are part of it.
    pub shell: &'a [u8],
    password: &'a [u8],
}

impl Account<'_> {
    /// What the line itself says of the password; `None` where it says to look in `/etc/shadow`.
    pub fn own_password(&self) -> Option<Password> {
        (self.password != b"x").then(|| Password::of_field(self.password))
    }
}

/// Reads one line; `None` when it is no account: empty, a comment, too short, a number that is
/// none.
pub fn line(line: &[u8]) -> Option<Account<'_>> {
    let line = line.trim_ascii_start();
    let mut fields = line.splitn(7, |byte| *byte == b':');
    let name = fields.next().filter(|name| is_name(name))?;
    let password = fields.next()?;
    let uid = number(fields.next()?)?;
    let gid = number(fields.next()?)?;
    let [gecos, home, shell] = [(); 3].map(|()| fields.next().unwrap_or_default());
    Some(Account {
        name,
        uid,
        gid,
        gecos,
        home,
        shell,
        password,
    })
}

/// `+` and `-` begin lines that ask another service for accounts and are none themselves. An empty
/// name is one: the C library answers for its number.
pub(in crate::probe) fn is_name(name: &[u8]) -> bool {
    !matches!(name.first(), Some(b'#' | b'+' | b'-'))
}

/// A number of 32 bits in whatever spelling glibc's `strtoul` takes, white space and signs before
/// it included: `+0` and `-0` are root as well.
pub(in crate::probe) fn number(text: &[u8]) -> Option<u32> {
    let text = str::from_utf8(text).ok()?.trim_ascii_start();
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    u32::try_from(if minus { number.wrapping_neg() } else { number }).ok()
}

/// The key of the line of this name, the `times`th of it. No name can contain the colon.
pub(in crate::probe) fn key(name: &[u8], times: u32) -> String {
    let text = String::from_utf8_lossy(name);
    if times == 1 && !name.is_empty() {
        text.into_owned()
    } else {
        format!("{text}:{times}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn lines_are_accounts_as_the_c_library_has_it() {
        let full = line(b"  web:x:33:44:Web, Room 1:/srv:/bin/sh:odd").unwrap();
        assert_eq!((full.name, full.uid, full.gid), (&b"web"[..], 33, 44));
        assert_eq!(full.shell, b"/bin/sh:odd");
        assert!(full.own_password().is_none());
        let short = line(b"least:*:1:2").unwrap();
        assert_eq!(
            (short.gecos, short.home, short.shell),
            (&b""[..], &b""[..], &b""[..])
        );
        for (text, uid) in [
            ("a:x:+0:1", 0),
            ("a:x:-0:1", 0),
            ("a:x: \t7:1", 7),
            ("a:x:-18446744073709551615:1", 1),
            (":x:12:12:::", 12),
        ] {
            assert_eq!(line(text.as_bytes()).unwrap().uid, uid, "{text}");
        }
        for text in [
            "",
            "#x:x:0:0:::",
            "+",
            "+nis::::::",
            "-bad::::::",
            "a:x:-1:0:::",
            "a:x:1",
            "a:x::1:::",
            "a:x:1x:1:::",
            "a:x:4294967296:1:::",
            "a:x:++1:1:::",
            "a:x:1 :1:::",
        ] {
            assert!(line(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("passwd", |bytes| {
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
        fn anything_that_looks_like_a_line_is_read_without_panic(text in "[a+#]?[:x019 -]{0,24}") {
            if let Some(account) = line(text.as_bytes()) {
                account.own_password();
                prop_assert!(!key(account.name, 1).is_empty());
            }
        }
    }
}
