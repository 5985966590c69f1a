//! Certificates: those by which services of this host are known, and the authorities that somebody
//! told it to trust. Those that the distribution ships are left out.
//!
//! A file that is a private key by its name is never opened. Of a file that holds a key beside a
//! certificate only the certificate is decoded, and the bytes are wiped when they have been read.

use std::{
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};
use zeroize::Zeroizing;

use crate::{
    host::{Host, HostError},
    probe::{self, Probe, Wake},
};

/// The certificates of a file, and of nothing else in it.
pub mod pem;

/// Where they are kept.
pub mod place;

/// What a certificate says.
pub mod x509;

use place::Found;
use x509::Certificate;

/// Reads kind `certificate`.
#[derive(Debug)]
pub struct Certificates {
    /// What the last reading found to watch: to find it anew would be to look through all folders
    /// twice for each reading.
    wakes: Mutex<Option<Vec<Wake>>>,
}

const KIND: &str = "certificate";

/// The largest file that is read: the authorities of a distribution together are a quarter.
const MAX_FILE: u64 = 1 << 20;

/// How many certificates of one file are told. One with more is a bundle, and is told as one.
const MAX_CHAIN: usize = 32;

/// How many folders are watched; beyond it, all are looked through each hour.
const MAX_WATCHED: usize = 512;
const UNWATCHED: Duration = Duration::from_secs(3600);

/// Folders in which a database writes all the time. Only the certificates found there are watched,
/// and each hour it is looked for new ones.
const BUSY: [&str; 3] = ["/var/lib/mysql", "/var/lib/pgsql", "/var/lib/postgresql"];

/// The value of one fact. The key is the path, and ` 2` after it for the second certificate of a
/// file.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Value<'a> {
    Certificate {
        path: &'a str,
        /// Place in the file, from 1.
        number: usize,
        #[serde(flatten)]
        certificate: &'a Certificate,
    },
    /// A file of many certificates.
    Bundle { path: &'a str, certificates: usize },
    /// What is there could not be read, or is no certificate.
    Unread { path: &'a str, why: &'a str },
}

impl Probe for Certificates {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &SOURCES
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let known = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(wakes) => wakes.clone(),
            None => wakes(host, &Found::on(host).unwrap_or_default()),
        }
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        if host.resolve("/etc").is_err() {
            return Err(probe::unavailable(
                "there is no /etc to find certificates in",
            ));
        }
        let found = Found::on(host);
        let wakes = wakes(host, found.as_ref().unwrap_or(&Found::default()));
        *self.wakes.lock().unwrap_or_else(PoisonError::into_inner) = Some(wakes);
        let found = found?;
        let mut facts = Vec::new();
        for (path, real) in &found.files {
            file(host, &path.to_string_lossy(), real, &mut facts)?;
        }
        for (path, why) in &found.unread {
            unread(&path.to_string_lossy(), why, &mut facts)?;
        }
        Ok(facts)
    }
}

impl Certificates {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            wakes: Mutex::new(None),
        }
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

/// What tells of a certificate that comes or goes.
fn wakes(host: &Host, found: &Found) -> Vec<Wake> {
    let busy = |path: &Path| BUSY.iter().any(|folder| path.starts_with(folder));
    let (unwatched, folders): (Vec<_>, Vec<_>) =
        found.folders.iter().partition(|folder| busy(folder));
    let folders = folders.into_iter().take(MAX_WATCHED).cloned();
    let mut wakes: Vec<_> = folders.map(Wake::Path).collect();
    let there = |folder: &&PathBuf| host.resolve(folder).is_ok();
    if wakes.is_empty() || wakes.len() == MAX_WATCHED || unwatched.iter().any(there) {
        wakes.push(Wake::Every(UNWATCHED));
    }
    let files = found.files.keys().filter(|path| busy(path)).cloned();
    wakes.extend(files.take(MAX_WATCHED).map(Wake::Path));
    wakes
}

/// Where a certificate may be, for the administrator. Folders are looked through for `*.pem`,
/// `*.crt`, `*.cer`, `*.cert`, `*.der`.
static SOURCES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mounts = "/proc/1/mountinfo, /proc/self/mountinfo (to stay off network filesystems)";
    let place = |(place, _): &(&str, usize)| &*format!("{place}/**").leak();
    place::PLACES.iter().map(place).chain([mounts]).collect()
});

fn file(host: &Host, path: &str, real: &Path, facts: &mut Vec<Fact>) -> Result<(), Stale> {
    let bytes = match host.read(real, MAX_FILE) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(HostError::NotAFile { .. }) => return Ok(()),
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => return unread(path, &error.to_string(), facts),
    };
    let found = pem::certificates(&bytes);
    if found.len() > MAX_CHAIN {
        let value = Value::Bundle {
            path,
            certificates: found.len(),
        };
        facts.push(probe::fact(KIND, path, &value)?);
        return Ok(());
    }
    for (index, der) in found.iter().enumerate() {
        let number = index + 1;
        let key = if index == 0 {
            path.to_owned()
        } else {
            format!("{path} {number}")
        };
        let certificate = der.as_deref().and_then(x509::certificate);
        let value = match &certificate {
            Some(certificate) => Value::Certificate {
                path,
                number,
                certificate,
            },
            None => Value::Unread {
                path,
                why: "what is marked as a certificate is none",
            },
        };
        facts.push(probe::fact(KIND, &key, &value)?);
    }
    Ok(())
}

fn unread(path: &str, why: &str, facts: &mut Vec<Fact>) -> Result<(), Stale> {
    facts.push(probe::fact(KIND, path, &Value::Unread { path, why })?);
    Ok(())
}

#[cfg(test)]
mod tests;
