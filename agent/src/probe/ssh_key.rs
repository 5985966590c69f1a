//! Public keys that let somebody in, and those by which this host is known.
//!
//! Only public parts are read: `authorized_keys` files, and files whose name ends in `.pub`. A
//! private key is never opened, not even to look which one it is. Of the options of a key only
//! the names are told, and the addresses of `from`: a `command` can hold secrets.
//!
//! A user can make of the own file what is not to be read (a pipe, a link to itself, a home on a
//! server that is gone). That is a row, and leaves the keys of the others fresh.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{
        Probe, Wake,
        local::{Mounts, Unopened},
        pattern, sshd,
        user::passwd,
    },
};

/// Public keys as they are encoded.
pub mod blob;

/// What sshd's settings say about keys.
pub mod config;

/// One line of a file of keys.
pub mod line;

/// The rows.
mod row;

use config::{Config, Named};
use row::{Rows, Value, Whose};

/// Reads kind `ssh_key`.
#[derive(Debug, Clone, Copy)]
pub struct SshKeys;

const KIND: &str = "ssh_key";

const MAX_PASSWD: u64 = 8 << 20;

/// sshd's own value of `AuthorizedKeysFile`.
const DEFAULT: [&str; 2] = [".ssh/authorized_keys", ".ssh/authorized_keys2"];

/// How many files of users are watched; beyond it, all are looked at each hour.
const MAX_WATCHED: usize = 256;
const UNWATCHED: Duration = Duration::from_secs(3600);

impl Probe for SshKeys {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/etc/passwd",
            "/etc/ssh/sshd_config",
            "/usr/etc/ssh/sshd_config",
            "what sshd_config includes, /etc/ssh/sshd_config.d/*.conf",
            "~/.ssh/authorized_keys, ~/.ssh/authorized_keys2 or AuthorizedKeysFile of each account",
            "/etc/ssh/ssh_host_*_key.pub, and .pub beside HostKey (never the private key)",
            "HostCertificate and TrustedUserCAKeys of sshd_config",
            "/proc/1/mountinfo, /proc/self/mountinfo (to stay off network filesystems)",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        wakes(host)
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let passwd = host.read("/etc/passwd", MAX_PASSWD)?;
        let config = Config::read(host)?;
        let mut rows = Rows::new(host, Mounts::read(host)?);
        for account in passwd.split(|byte| *byte == b'\n').filter_map(passwd::line) {
            let user = String::from_utf8_lossy(account.name);
            for (path, in_match) in authorized(&config, &account) {
                let user = &*user;
                rows.file(Whose::User { user, in_match }, &path)?;
            }
        }
        for path in host_keys(host, &config)? {
            rows.file(Whose::Host, &path)?;
        }
        for Named { text, in_match } in &config.authorities {
            let in_match = *in_match;
            if text != "none" {
                rows.file(Whose::Authority { in_match }, Path::new(text))?;
            }
        }
        for Named { text, in_match } in &config.commands {
            if text != "none" {
                let value = Value::Command {
                    program: text,
                    in_match: *in_match,
                };
                rows.push(format!("command: {text}"), &value)?;
            }
        }
        Ok(rows.facts.into_vec())
    }
}

/// The files that hold keys of an account, each with whether a `Match` block names it.
fn authorized(config: &Config, account: &passwd::Account<'_>) -> Vec<(PathBuf, bool)> {
    let default = || {
        let named = |text: &str| Named {
            text: text.to_owned(),
            in_match: false,
        };
        DEFAULT.map(named)
    };
    let mut patterns = config.authorized.clone();
    if patterns.iter().all(|pattern| pattern.in_match) {
        patterns.extend(default());
    }
    let home = String::from_utf8_lossy(account.home);
    let name = String::from_utf8_lossy(account.name);
    let mut paths: Vec<(PathBuf, bool)> = Vec::new();
    for Named { text, in_match } in patterns {
        if text.eq_ignore_ascii_case("none") {
            continue;
        }
        let path = Path::new(&*home).join(filled(&text, &home, &name, account.uid));
        if path.is_absolute() && paths.iter().all(|(known, _)| *known != path) {
            paths.push((path, in_match));
        }
    }
    paths
}

/// Puts in what `%h`, `%u`, `%U` and `%%` stand for.
fn filled(text: &str, home: &str, name: &str, uid: u32) -> String {
    let mut filled = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('h')) => filled.push_str(home),
            ('%', Some('u')) => filled.push_str(name),
            ('%', Some('U')) => filled.push_str(&uid.to_string()),
            ('%', Some('%')) => filled.push('%'),
            ('%', other) => filled.extend(['%'].into_iter().chain(other)),
            (c, _) => filled.push(c),
        }
    }
    filled
}

/// Files with public keys of the host, those that sshd_config does not name among them.
fn host_keys(host: &Host, config: &Config) -> Result<BTreeSet<PathBuf>, Stale> {
    let named = config.host_keys.iter().filter(|key| key.starts_with('/'));
    let public = named.map(|key| match key.strip_suffix(".pub") {
        Some(_) => PathBuf::from(key),
        None => PathBuf::from(format!("{key}.pub")),
    });
    let mut paths: BTreeSet<PathBuf> = public.collect();
    paths.extend(config.host_certificates.iter().map(PathBuf::from));
    paths.extend(pattern::paths(
        host,
        Path::new("/etc/ssh/ssh_host_*_key.pub"),
    )?);
    // Nothing else is opened, whatever the settings say.
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pub"));
    Ok(paths)
}

fn wakes(host: &Host) -> Vec<Wake> {
    let mut wakes = vec![
        Wake::path("/etc/passwd"),
        Wake::path("/etc/ssh"),
        Wake::path("/etc/ssh/sshd_config.d"),
        Wake::path(sshd::MAIN[1]),
    ];
    let Ok(config) = Config::read(host) else {
        return wakes;
    };
    let authorities = config
        .authorities
        .iter()
        .map(|named| Path::new(&named.text));
    let named = config.files.iter().map(PathBuf::as_path).chain(authorities);
    wakes.extend(
        named
            .filter(|path| path.is_absolute())
            .map(|path| Wake::Path(path.into())),
    );
    let (Ok(passwd), Ok(mounts)) = (host.read("/etc/passwd", MAX_PASSWD), Mounts::read(host))
    else {
        return wakes;
    };
    let mut watched = BTreeSet::new();
    for account in passwd.split(|byte| *byte == b'\n').filter_map(passwd::line) {
        let home = PathBuf::from(String::from_utf8_lossy(account.home).into_owned());
        for (path, _) in authorized(&config, &account) {
            let within = path.starts_with(&home);
            let folder = if within { Some(&*home) } else { path.parent() };
            if folder.is_some_and(|folder| is_watchable(&mounts, host, folder)) {
                watched.insert(path);
            }
        }
        if watched.len() > MAX_WATCHED {
            wakes.push(Wake::Every(UNWATCHED));
            break;
        }
    }
    wakes.extend(watched.into_iter().map(Wake::Path));
    wakes
}

/// Whether a folder is there, or is awaited in one that is: accounts are made before their homes.
fn is_watchable(mounts: &Mounts, host: &Host, folder: &Path) -> bool {
    match (mounts.local(host, folder), folder.parent()) {
        (Ok(_), _) => true,
        (Err(Unopened::Absent), Some(parent)) => mounts.local(host, parent).is_ok(),
        (Err(_), _) => false,
    }
}

#[cfg(test)]
mod tests;
