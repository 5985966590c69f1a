//! Accounts: `/etc/passwd` as the C library reads it, with what may be known of the password.
//!
//! Of `/etc/shadow` only derived things leave the reader: locked, empty, the name of the hash's
//! algorithm, ages. The bytes are wiped when they have been read; no hash is ever copied.
//!
//! Whether sudo lets a user do anything is worked out from the sudoers files and the local groups
//! (kind `sudo_rule` has the rules themselves). Where they may not be read, nothing is said of it.
//!
//! A line that the C library would skip is skipped here too: it is no account, nobody can log in
//! by it, so leaving it out cannot make a rule pass that should not.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};
use zeroize::Zeroizing;

use crate::{
    host::Host,
    probe::{Probe, Wake, facts::Facts, sudo_rule},
};

/// The parser of `/etc/passwd`.
pub mod passwd;

/// The parser of `/etc/shadow`.
pub mod shadow;

/// Whether sudo lets a user do anything.
pub mod sudo;

use shadow::{Lines, Password};
use sudo::{Grants, Person, Sudo};

/// Reads kind `user`.
#[derive(Debug, Clone, Copy)]
pub struct Users;

/// The largest file that is read: a hundred thousand accounts, more than facts fit.
const MAX_FILE: u64 = 8 << 20;

/// The value of one fact. The key is the name; of a name that stands in several lines, the second
/// line has the key `name:2`, which no name can be, and an empty name has `:1`.
#[derive(Debug, Serialize)]
struct Value<'a> {
    uid: u32,
    /// The primary group.
    gid: u32,
    /// Full name and more, by tradition separated by commas.
    gecos: &'a str,
    home: &'a str,
    /// Empty means `/bin/sh`.
    shell: &'a str,
    /// What is known of the password. `None` when the line leaves it to `/etc/shadow` and that
    /// has no line for it, or may not be read.
    password: Option<Password>,
    /// What sudo allows. `None` when the rules or the groups may not be read, or come from
    /// elsewhere too.
    sudo: Option<Sudo>,
}

impl Probe for Users {
    fn kind(&self) -> &'static str {
        "user"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/etc/passwd",
            "/etc/shadow (never the hash)",
            "/etc/group",
            "what sudo_rule reads",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let mut wakes = sudo_rule::wakes(host);
        wakes.extend(["/etc/passwd", "/etc/shadow", "/etc/group"].map(Wake::path));
        wakes
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        // Older passwd files hold hashes themselves.
        let bytes = Zeroizing::new(host.read("/etc/passwd", MAX_FILE)?);
        let shadow = shadow(host)?;
        let passwords = Lines::of(&shadow);
        let sudoers = sudo_rule::load::read(host).ok();
        let hostname = sudo_rule::load::name(host).ok().flatten();
        let groups = host.read("/etc/group", MAX_FILE).ok();
        let grants = sudoers.as_ref().zip(groups.as_ref());
        let grants = grants.and_then(|(s, groups)| Grants::new(s, groups, hostname.as_deref()));
        let mut seen = BTreeMap::<&[u8], u32>::new();
        let mut facts = Facts::of(self.kind());
        for account in bytes.split(|byte| *byte == b'\n').filter_map(passwd::line) {
            let person = Person {
                name: &String::from_utf8_lossy(account.name),
                uid: account.uid,
                gid: account.gid,
            };
            let value = Value {
                uid: account.uid,
                gid: account.gid,
                gecos: &String::from_utf8_lossy(account.gecos),
                home: &String::from_utf8_lossy(account.home),
                shell: &String::from_utf8_lossy(account.shell),
                password: account
                    .own_password()
                    .or_else(|| passwords.password(account.name)),
                sudo: grants.as_ref().and_then(|grants| grants.of(person)),
            };
            let times = seen.entry(account.name).or_default();
            *times += 1;
            let key = passwd::key(account.name, *times);
            facts.push(&key, &value)?;
        }
        if facts.is_empty() {
            return Err(Stale {
                reason: StaleReason::Malformed,
                detail: "/etc/passwd has no line that is an account".into(),
            });
        }
        Ok(facts.into_vec())
    }
}

/// What `/etc/shadow` holds; nothing when there is none or it may not be read.
fn shadow(host: &Host) -> Result<Zeroizing<Vec<u8>>, Stale> {
    match host.read("/etc/shadow", MAX_FILE) {
        Err(error) if error.is_absent() || error.is_denied() => Ok(Zeroizing::default()),
        read => Ok(Zeroizing::new(read?)),
    }
}

#[cfg(test)]
mod tests;
