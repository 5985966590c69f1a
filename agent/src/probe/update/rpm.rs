//! What dnf and zypper have fetched, and which versions they would take.
//!
//! The repositories' XML is read as a stream; what is kept is of installed packages only. dnf's own
//! binary form of it (`*.solv`) is not read: it is undocumented, tied to its library's version, and
//! made from the XML, which stays beside it.

use std::collections::BTreeSet;

use shared::{
    version::rpm::Evr,
    wire::{Stale, StaleReason},
};

use super::{Known, Source, Update};
use crate::{
    host::Host,
    probe::{self, package},
};

/// Where metadata is kept.
pub mod cache;

/// Which version of a package would be taken.
mod candidate;

/// What the administrator ruled out.
pub mod exclude;

/// The XML of repositories.
pub mod metadata;

/// Modules: sets of packages of which one version is switched on.
pub mod module;

/// The administrator's list of repositories.
pub mod repository;

use cache::Cache;
use candidate::{Installed, Packages};
use exclude::Excluded;
use metadata::MetadataError;
use repository::Repository;

/// Updates that dnf or zypper know of; `None` where rpm has no database or an empty one, as on a
/// Debian host on which somebody tried rpm.
pub(super) fn read(host: &Host) -> Result<Option<Known>, Stale> {
    let Some(rows) = package::rpm::collect(host, |header| Ok(Installed::of(header)))? else {
        return Ok(None);
    };
    let mut packages = Packages::new(rows.into_iter().flatten());
    if packages.is_empty() {
        return Ok(None);
    }
    let repositories = repository::enabled(host)?;
    if repositories.is_empty() {
        return Err(probe::unavailable(
            "no repository is enabled in /etc/yum.repos.d or /etc/zypp/repos.d: nothing can say \
             which updates there are",
        ));
    }
    let caches = cache::find(host)?;
    let excluded = Excluded::read(host)?;
    let mut sources = Vec::new();
    let mut read = Vec::new();
    for repository in &repositories {
        let cache = caches.get(&repository.id);
        let described = cache.map(|cache| describe(host, cache)).transpose()?;
        sources.push(Source {
            manager: repository.manager,
            source: repository.id.clone(),
            origin: None,
            suite: None,
            published_at: described.as_ref().and_then(|index| index.revision),
            valid_until: None,
            checked_at: cache.map(|cache| cache.checked_at),
        });
        if let (Some(cache), Some(index)) = (cache, described) {
            read.push((repository, cache, index));
        }
    }
    if read.is_empty() {
        return Err(probe::unavailable(format!(
            "none of the {} enabled repositories has metadata on this host: nothing was fetched \
             yet (dnf makecache, zypper refresh), or it is in a form that is not read",
            repositories.len()
        )));
    }
    let modular = modular(host, &packages, &read)?;
    for (at, (repository, cache, index)) in read.iter().enumerate() {
        let path = cache.file(&index.primary);
        let file = super::packed::open(host, &path)?;
        metadata::packages(file, |package| {
            if !excluded.rules_out(repository, &package.name) && modular.allows(package) {
                packages.offer(repository, at, package);
            }
        })
        .map_err(|error| stale(&path, &error))?;
    }
    for (_, cache, index) in &read {
        let Some(name) = &index.advisories else {
            continue;
        };
        let path = cache.file(name);
        let file = super::packed::open(host, &path)?;
        metadata::advisories(file, |advisory, package| packages.mend(advisory, package))
            .map_err(|error| stale(&path, &error))?;
    }
    let manager = repositories[0].manager;
    let updates = packages.updates().map(|installed| {
        let (name, offer) = (&installed.name, &installed.offer);
        Update {
            manager,
            name: name.clone(),
            architecture: installed.architecture.clone(),
            installed: installed.evr.to_string(),
            available: offer
                .as_ref()
                .map(|offer| offer.evr.to_string())
                .unwrap_or_default(),
            origin: offer.as_ref().map(|offer| read[offer.source].0.id.clone()),
            security: installed.security,
            advisories: installed.advisories.iter().cloned().collect(),
            held: excluded.is_locked(name),
            phased_percent: None,
        }
    });
    Ok(Some(Known {
        updates: updates.collect(),
        sources,
    }))
}

fn describe(host: &Host, cache: &Cache) -> Result<metadata::Index, Stale> {
    let path = cache.file("repomd.xml");
    let file = super::packed::open(host, &path)?;
    metadata::index(file).map_err(|error| stale(&path, &error))
}

/// The modular packages of the streams that are in use.
fn modular(
    host: &Host,
    packages: &Packages,
    read: &[(&Repository, &Cache, metadata::Index)],
) -> Result<Modular, Stale> {
    let streams = packages.streams();
    let mut artifacts = BTreeSet::new();
    for (_, cache, index) in read {
        let (Some(name), false) = (&index.modules, streams.is_empty()) else {
            continue;
        };
        let path = cache.file(name);
        let file = super::packed::open(host, &path)?;
        module::artifacts(file, &streams, |artifact| {
            if packages.is_named_in(artifact) {
                artifacts.insert(artifact.to_owned());
            }
        })
        .map_err(|error| stale(&path, &MetadataError::Read(error)))?;
    }
    Ok(Modular {
        artifacts,
        installed: packages.modular_names(),
    })
}

/// Which versions belong to modules. Of a module's packages only those of the stream that the
/// installed package came with are updates, and what has come with a module is not replaced by a
/// package of none.
struct Modular {
    artifacts: BTreeSet<String>,
    installed: BTreeSet<String>,
}

impl Modular {
    fn allows(&self, package: &metadata::Package) -> bool {
        let modular = module::is_modular(&package.evr.release);
        match (modular, self.installed.contains(&package.name)) {
            (false, installed) => !installed,
            (true, false) => false,
            (true, true) => {
                let Evr {
                    epoch,
                    version,
                    release,
                } = &package.evr;
                let name = format!(
                    "{}-{epoch}:{version}-{release}.{}",
                    package.name, package.architecture
                );
                self.artifacts.contains(&name)
            }
        }
    }
}

fn stale(path: &str, error: &MetadataError) -> Stale {
    Stale {
        reason: match error {
            MetadataError::Read(error) => super::packed::reason(error),
            MetadataError::Depth | MetadataError::Item => StaleReason::TooLarge,
            _ => StaleReason::Malformed,
        },
        detail: format!("{path}: {error}"),
    }
}
