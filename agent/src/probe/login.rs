//! When each user logged in last and from where, and how often a login failed.
//!
//! Of the records of logins (the one thing under `/var/log` that is read) only this is kept. What
//! somebody typed as a name at a login that failed can be a password: names that are no account
//! are counted together and never told.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake, facts::Facts, user::passwd},
};

/// The SQLite databases of newer distributions.
pub mod database;

/// The files of records.
mod file;

/// Records of wtmp, btmp and lastlog.
pub mod record;

use database::{LASTLOG2, WTMPDB};

/// Reads kind `login`.
#[derive(Debug, Clone, Copy)]
pub struct Logins;

const KIND: &str = "login";

const PASSWD: &str = "/etc/passwd";
const WTMP: &str = "/var/log/wtmp";
const BTMP: &str = "/var/log/btmp";
const LASTLOG: &str = "/var/log/lastlog";

const MAX_PASSWD: u64 = 8 << 20;

/// How often logins that failed are counted. On a host whose sshd the internet can reach they
/// do all the time, so that no event may wake for it.
const FAILED: Duration = Duration::from_secs(300);

/// The value of one fact. The key is the user's name; `:unknown` and `:records` are no names.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Value<'a> {
    User {
        /// Whether `/etc/passwd` has the name. Others, of a directory for instance, are told when
        /// they logged in.
        local: bool,
        /// Seconds since the Unix epoch. `None`: not since what the records begin with.
        last_at: Option<i64>,
        /// Name or address of where from. `None`: from this machine, or not known.
        last_from: Option<&'a str>,
        /// `pts/0`, `tty1`, `ssh`.
        last_line: Option<&'a str>,
        /// Logins that failed, since `:records` says. `None`: not recorded on this host.
        failed_count: Option<u64>,
        failed_last_at: Option<i64>,
    },
    /// Logins that failed with a name that no account has, all together.
    Unknown {
        failed_count: u64,
        failed_last_at: Option<i64>,
    },
    /// What there is to know it from.
    Records {
        /// The files and databases that are there.
        sources: Vec<&'static str>,
        /// Time of the first record read of wtmp, seconds since the Unix epoch.
        logins_since: Option<i64>,
        /// That of btmp.
        failures_since: Option<i64>,
    },
}

/// One login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    at: i64,
    from: String,
    line: String,
}

impl Login {
    fn new(at: i64, from: &[u8], line: &[u8]) -> Self {
        Self {
            at,
            from: short(from),
            line: short(line),
        }
    }
}

/// No record has longer texts; a column of a database can have.
fn short(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(256)]).into_owned()
}

#[derive(Debug, Default)]
struct Seen {
    last: Option<Login>,
    failed: u64,
    failed_at: Option<i64>,
}

impl Seen {
    fn login(&mut self, login: Login) {
        if self.last.as_ref().is_none_or(|last| last.at <= login.at) {
            self.last = Some(login);
        }
    }

    fn failure(&mut self, at: i64) {
        self.failed += 1;
        self.failed_at = self.failed_at.max(Some(at));
    }
}

impl Probe for Logins {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[PASSWD, WTMP, BTMP, LASTLOG, LASTLOG2.path, WTMPDB.path]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![
            Wake::path(PASSWD),
            Wake::path(WTMP),
            Wake::path(LASTLOG),
            Wake::path("/var/lib/lastlog"),
            Wake::path("/var/lib/wtmpdb"),
            Wake::Every(FAILED),
        ]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let passwd = host.read(PASSWD, MAX_PASSWD)?;
        let accounts = passwd.split(|byte| *byte == b'\n').filter_map(passwd::line);
        let accounts = accounts.filter(|account| !account.name.is_empty());
        let mut numbers: Vec<_> = accounts.map(|a| (a.name, a.uid)).collect();
        // Of a name that stands there twice the first line counts, as for the C library.
        numbers.sort_by_key(|(name, _)| *name);
        numbers.dedup_by_key(|(name, _)| *name);
        let local = |name: &[u8]| {
            let found = numbers.binary_search_by_key(&name, |(name, _)| *name);
            found.is_ok()
        };
        let mut seen = BTreeMap::<Vec<u8>, Seen>::new();
        let mut unknown = Seen::default();
        let mut sources = Vec::new();

        for database in [LASTLOG2, WTMPDB] {
            if let Some(logins) = database.read(host)? {
                sources.push(database.path);
                for (name, login) in logins.into_iter().filter(|(name, _)| !name.is_empty()) {
                    seen.entry(name).or_default().login(login);
                }
            }
        }
        if let Some(file) = file::opened(host, LASTLOG)? {
            sources.push(LASTLOG);
            file::lastlog(&file, &numbers, |name, last| {
                let login = Login::new(last.at, last.host, last.line);
                seen.entry(name.to_vec()).or_default().login(login);
            })?;
        }
        let logins_since = file::tail(host, WTMP, |record| {
            if record.kind == record::USER && !record.user.is_empty() {
                let login = Login::new(record.at, record.host, record.line);
                seen.entry(record.user.to_vec()).or_default().login(login);
            }
        })?;
        let failures_since = file::tail(host, BTMP, |record| {
            if local(record.user) {
                let user = seen.entry(record.user.to_vec()).or_default();
                user.failure(record.at);
            } else {
                unknown.failure(record.at);
            }
        })?;
        sources.extend(logins_since.is_some().then_some(WTMP));
        sources.extend(failures_since.is_some().then_some(BTMP));
        if sources.is_empty() {
            return Err(probe::unavailable(
                "no record of logins is kept on this host",
            ));
        }

        let failures = failures_since.is_some();
        let mut facts = Facts::of(KIND);
        let never = Seen::default();
        let others = seen.iter().filter(|(name, _)| !local(name));
        let others = others.map(|(name, seen)| (name.as_slice(), false, seen));
        let locals = numbers
            .iter()
            .map(|(name, _)| (*name, true, seen.get(*name).unwrap_or(&never)));
        for (name, local, seen) in locals.chain(others) {
            let last = seen.last.as_ref();
            let text = |text: fn(&Login) -> &str| last.map(text).filter(|text| !text.is_empty());
            let value = Value::User {
                local,
                last_at: last.map(|login| login.at),
                last_from: text(|login| &login.from),
                last_line: text(|login| &login.line),
                failed_count: failures.then_some(seen.failed),
                failed_last_at: seen.failed_at,
            };
            facts.push(&String::from_utf8_lossy(name), &value)?;
        }
        if failures {
            let value = Value::Unknown {
                failed_count: unknown.failed,
                failed_last_at: unknown.failed_at,
            };
            facts.push(":unknown", &value)?;
        }
        let value = Value::Records {
            sources,
            logins_since: logins_since.flatten(),
            failures_since: failures_since.flatten(),
        };
        facts.push(":records", &value)?;
        Ok(facts.into_vec())
    }
}

#[cfg(test)]
mod tests;
