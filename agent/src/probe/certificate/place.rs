//! Where certificates of a host are kept, and which files there are looked at.
//!
//! The authorities that a distribution ships are not: they are the same everywhere, and a hundred
//! and forty rows of them would hide the few that somebody chose.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use shared::wire::{Stale, StaleReason};

use crate::{
    host::Host,
    probe::{
        local::{Mounts, Unopened},
        pattern,
    },
};

/// A folder, with wildcards maybe, and how many levels of folders below it are looked through.
/// Of two that hold the same file the first one names it.
pub const PLACES: [(&str, usize); 54] = [
    ("/usr/local/share/ca-certificates", 3),
    ("/etc/pki/ca-trust/source/anchors", 1),
    ("/etc/pki/trust/anchors", 1),
    ("/etc/ca-certificates/trust-source/anchors", 1),
    ("/etc/letsencrypt/live", 1),
    ("/etc/pki/tls", 2),
    ("/etc/ssl", 2),
    ("/etc/pki/nginx", 2),
    ("/etc/pki/libvirt", 2),
    ("/etc/pki/CA", 2),
    ("/etc/nginx", 4),
    ("/etc/apache2", 4),
    ("/etc/httpd", 4),
    ("/etc/haproxy", 3),
    ("/etc/caddy", 2),
    ("/etc/traefik", 2),
    ("/etc/squid", 2),
    ("/etc/stunnel", 1),
    ("/etc/postfix", 2),
    ("/etc/exim4", 2),
    ("/etc/dovecot", 2),
    ("/etc/vsftpd", 1),
    ("/etc/proftpd", 2),
    ("/etc/openldap", 3),
    ("/etc/ldap", 3),
    ("/etc/sssd/pki", 1),
    ("/etc/ipa", 1),
    ("/etc/postgresql", 3),
    ("/var/lib/pgsql/data", 0),
    ("/var/lib/pgsql/*/data", 0),
    ("/var/lib/postgresql/data", 0),
    ("/var/lib/postgresql/*/data", 0),
    ("/var/lib/postgresql/*/*", 0),
    ("/etc/mysql", 2),
    ("/var/lib/mysql", 0),
    ("/etc/redis", 1),
    ("/etc/rabbitmq", 2),
    ("/etc/elasticsearch", 2),
    ("/etc/grafana", 1),
    ("/etc/kubernetes", 3),
    ("/var/lib/kubelet/pki", 1),
    ("/var/lib/rancher/k3s/server/tls", 2),
    ("/etc/etcd", 2),
    ("/etc/docker", 3),
    ("/etc/containers/certs.d", 2),
    ("/etc/consul.d", 2),
    ("/etc/vault.d", 2),
    ("/etc/nomad.d", 2),
    ("/etc/openvpn", 3),
    ("/etc/ipsec.d", 2),
    ("/etc/swanctl", 2),
    ("/etc/strongswan", 3),
    ("/etc/cockpit/ws-certs.d", 1),
    ("/etc/puppetlabs/puppet/ssl", 2),
];

/// Where distributions keep the authorities that they ship, and what is made of them.
const SHIPPED: [&str; 7] = [
    "/usr/share/ca-certificates",
    "/usr/share/pki",
    "/usr/share/ca-certs",
    "/var/lib/ca-certificates",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
    "/usr/lib/ssl/certs/ca-certificates.crt",
];

/// Files of all shipped authorities together.
const BUNDLES: [&str; 5] = [
    "ca-certificates.crt",
    "ca-bundle.crt",
    "ca-bundle.trust.crt",
    "ca-bundle.pem",
    "tls-ca-bundle.pem",
];

/// What a file that may hold certificates ends in.
const EXTENSIONS: [&str; 5] = ["pem", "crt", "cer", "cert", "der"];

/// How many names are looked at, in all folders together.
const MAX_NAMES: usize = 50_000;

/// How many files may be found.
const MAX_FILES: usize = 4096;

/// What there is to read.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, by the path that names them, each with where it really is.
    pub files: BTreeMap<PathBuf, PathBuf>,
    /// What is not read, with the reason.
    pub unread: BTreeMap<PathBuf, String>,
    /// Folders that were looked through, or would be.
    pub folders: BTreeSet<PathBuf>,
    seen: BTreeSet<PathBuf>,
    names: usize,
}

impl Found {
    /// Looks through all places.
    ///
    /// # Errors
    /// Why a folder could not be listed; also when there is too much in them.
    pub fn on(host: &Host) -> Result<Self, Stale> {
        let mounts = Mounts::read(host)?;
        let mut found = Self::default();
        for (place, depth) in PLACES {
            let folders = pattern::paths(host, Path::new(place))?;
            for folder in folders {
                found.folder(host, &mounts, &folder, depth)?;
            }
        }
        Ok(found)
    }

    fn folder(
        &mut self,
        host: &Host,
        mounts: &Mounts,
        path: &Path,
        depth: usize,
    ) -> Result<(), Stale> {
        let real = match mounts.local(host, path) {
            Ok(real) => real,
            Err(Unopened::Absent) => {
                self.folders.insert(path.to_owned());
                return Ok(());
            }
            Err(Unopened::Why(why)) => {
                self.unread.insert(path.to_owned(), why);
                return Ok(());
            }
        };
        if is_shipped(&real) || self.seen.contains(&real) {
            return Ok(());
        }
        let names = match host.list(&real) {
            Err(error) if error.is_absent() => return Ok(()),
            names => names?,
        };
        // Only now: what is no folder can be a file that another name leads to.
        self.seen.insert(real.clone());
        self.folders.insert(path.to_owned());
        self.names += names.len();
        let candidates = names
            .iter()
            .filter_map(|name| name.to_str())
            .filter(|name| is_certificate(name, path))
            .count();
        if self.names > MAX_NAMES || self.files.len() + candidates > MAX_FILES {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!(
                    "{}: more than {MAX_NAMES} names or {MAX_FILES} files",
                    path.display()
                ),
            });
        }
        for name in names {
            let file = path.join(&name);
            let Some(name) = name.to_str() else {
                continue;
            };
            if is_certificate(name, path) {
                // What a distribution ships is nearly all of a large folder: links by the hundred.
                let target = host.read_link(real.join(name));
                if !target.is_ok_and(|target| is_shipped(&target)) {
                    self.file(host, mounts, file);
                }
            } else if depth > 0 && is_searched(name) {
                self.folder(host, mounts, &file, depth - 1)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, host: &Host, mounts: &Mounts, path: PathBuf) {
        match mounts.local(host, &path) {
            Ok(real) => {
                let name = real.file_name().and_then(|name| name.to_str());
                // The link may have a name that its file has not.
                let key = name.is_none_or(is_key);
                if !key && !is_shipped(&real) && self.seen.insert(real.clone()) {
                    self.files.insert(path, real);
                }
            }
            Err(Unopened::Absent) => {}
            Err(Unopened::Why(why)) => {
                self.unread.insert(path, why);
            }
        }
    }
}

/// Whether a file or folder comes with the distribution.
fn is_shipped(real: &Path) -> bool {
    SHIPPED.iter().any(|folder| real.starts_with(folder))
        || real
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| BUNDLES.contains(&name))
}

/// Whether a file of this name in this folder may be a certificate, and is no private key.
fn is_certificate(name: &str, folder: &Path) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    if !extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str())) {
        return false;
    }
    // Beside it are the chain, the chain with it, and the key.
    let chosen = !folder.starts_with("/etc/letsencrypt/live") || name == "cert.pem";
    chosen && !is_key(name)
}

/// Whether a file is a private key by its name.
fn is_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name
        .rsplit_once('.')
        .map_or(name.as_str(), |(stem, _)| stem);
    name.ends_with(".key")
        || stem == "key"
        || stem.starts_with("privkey")
        || stem.starts_with("private")
        || stem.starts_with("id_")
        || [
            "-key", "_key", ".key", "-privkey", ".priv", "-private", "_private",
        ]
        .iter()
        .any(|end| stem.ends_with(end))
}

/// Whether this may be a folder to look into: not one of keys, and not one of the links by which
/// OpenSSL finds an authority, `5ed36f99.0`.
fn is_searched(name: &str) -> bool {
    let hash = name.split_once('.').filter(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    hash.is_none() && !matches!(name, "private" | "keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_known_by_their_names() {
        for name in [
            "server.key",
            "privkey.pem",
            "privkey1.pem",
            "web-key.pem",
            "web_key.pem",
            "web.key.pem",
            "key.pem",
            "KEY.PEM",
            "private.pem",
            "id_rsa.pem",
        ] {
            assert!(is_key(name), "{name}");
            assert!(!is_certificate(name, Path::new("/etc/nginx")), "{name}");
        }
        for name in [
            "server.crt",
            "web.pem",
            "monkey.pem",
            "web.CER",
            "ca.cert",
            "x.der",
        ] {
            assert!(is_certificate(name, Path::new("/etc/nginx")), "{name}");
        }
        for name in ["nginx.conf", "web.p12", "5ed36f99.0", "web.csr", "pem"] {
            assert!(!is_certificate(name, Path::new("/etc/nginx")), "{name}");
        }
        let live = Path::new("/etc/letsencrypt/live/example.org");
        assert!(is_certificate("cert.pem", live) && !is_certificate("fullchain.pem", live));
    }
}
