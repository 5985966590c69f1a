//! The rows of kind `ssh_key`.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use shared::wire::Stale;

use super::{
    KIND,
    line::{self, Line},
};
use crate::{
    host::Host,
    probe::{
        facts::Facts,
        local::{Mounts, Unopened},
    },
};

/// The largest file of keys: ten thousand of them.
const MAX_KEYS: u64 = 4 << 20;

/// The value of one fact. The key is whose it is (`NAME`, `host:` or `authority:`, which no name
/// can be), the path and the fingerprint; a second line with the same key in one file ends in
/// ` (2)`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Value<'a> {
    /// The key lets somebody in as this user.
    Authorized {
        user: &'a str,
        /// Whether it counts for some connections only, by a `Match` block of sshd's settings.
        in_match: bool,
        #[serde(flatten)]
        key: Key<'a>,
    },
    /// The host is known by this key.
    Host {
        #[serde(flatten)]
        key: Key<'a>,
    },
    /// Certificates signed with this key let users in.
    Authority {
        in_match: bool,
        #[serde(flatten)]
        key: Key<'a>,
    },
    /// A program tells further keys, which are not known here.
    Command { program: &'a str, in_match: bool },
    /// What is there could not be read.
    Unread {
        user: Option<&'a str>,
        path: &'a str,
        why: &'a str,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Key<'a> {
    path: &'a str,
    /// `ssh-ed25519`, `ssh-rsa`, …
    algorithm: &'a str,
    /// `None` of an algorithm that is not known here.
    bits: Option<u32>,
    /// As `ssh-keygen -l` prints it.
    fingerprint: &'a str,
    /// Whether it is a certificate of OpenSSH.
    certificate: bool,
    comment: &'a str,
    /// Names of options, without their values.
    options: &'a [String],
    /// The addresses that it may be used from. `None`: any.
    from: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn of(path: &'a str, line: &'a Line) -> Self {
        Self {
            path,
            algorithm: &line.key.algorithm,
            bits: line.key.bits,
            fingerprint: &line.key.fingerprint,
            certificate: line.key.certificate,
            comment: &line.comment,
            options: &line.options,
            from: line.from.as_deref(),
        }
    }
}

/// Whose keys a file holds.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    User { user: &'a str, in_match: bool },
    Host,
    Authority { in_match: bool },
}

impl<'a> Whose<'a> {
    fn value(self, key: Key<'a>) -> Value<'a> {
        match self {
            Self::User { user, in_match } => Value::Authorized {
                user,
                in_match,
                key,
            },
            Self::Host => Value::Host { key },
            Self::Authority { in_match } => Value::Authority { in_match, key },
        }
    }
}

/// The rows so far.
pub(super) struct Rows<'a> {
    host: &'a Host,
    mounts: Mounts,
    pub(super) facts: Facts,
    seen: BTreeMap<String, u32>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(host: &'a Host, mounts: Mounts) -> Self {
        Self {
            host,
            mounts,
            facts: Facts::of(KIND),
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn file(&mut self, whose: Whose<'_>, path: &Path) -> Result<(), Stale> {
        let (owner, user) = match whose {
            Whose::User { user, .. } => (user, Some(user)),
            Whose::Host => ("host:", None),
            Whose::Authority { .. } => ("authority:", None),
        };
        let shown = path.to_string_lossy();
        let text = match self.text(path) {
            Ok(text) => text,
            // That a host key which is named is not there is worth a row; that a user has none
            // is not.
            Err(Unopened::Absent) if user.is_some() => return Ok(()),
            Err(why) => {
                let why = match why {
                    Unopened::Absent => "not there".to_owned(),
                    Unopened::Why(why) => why,
                };
                let value = Value::Unread {
                    user,
                    path: &shown,
                    why: &why,
                };
                return self.push(format!("{owner} {shown} unread"), &value);
            }
        };
        for line in text.lines().filter_map(line::line) {
            let key = format!("{owner} {shown} {}", line.key.fingerprint);
            self.push(key, &whose.value(Key::of(&shown, &line)))?;
        }
        Ok(())
    }

    fn text(&self, path: &Path) -> Result<String, Unopened> {
        let found = self.mounts.local(self.host, path)?;
        self.host.read_text(found, MAX_KEYS).map_err(|error| {
            if error.is_absent() {
                Unopened::Absent
            } else {
                Unopened::Why(error.to_string())
            }
        })
    }

    pub(super) fn push(&mut self, mut key: String, value: &Value<'_>) -> Result<(), Stale> {
        let times = self.seen.entry(key.clone()).or_default();
        *times += 1;
        if *times > 1 {
            key.push_str(&format!(" ({times})"));
        }
        self.facts.push(&key, value)
    }
}
