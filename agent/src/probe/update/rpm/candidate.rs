//! Which version of a package dnf or zypper would take: the newest of the repositories of the best
//! priority that have the package at all. Pure.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use shared::version::rpm::Evr;

use super::{
    metadata::{Advisory, Package},
    repository::Repository,
};
use crate::probe::package::rpm::header::Header;

/// Most advisories that are told of one package. The newest have the highest numbers.
const MAX_ADVISORIES: usize = 64;

/// The name of a key that rpm trusts; no repository has updates of it.
const KEY: &str = "gpg-pubkey";

/// An installed package with the version that it could have.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) name: String,
    pub(super) architecture: String,
    /// Of several installed versions, as of kernels, the newest.
    pub(super) evr: Evr,
    vendor: Option<String>,
    /// `name:stream` of the module that it came with.
    stream: Option<String>,
    pub(super) offer: Option<Offer>,
    /// The priority of the best repository that has the package, in whatever version.
    priority: Option<i32>,
    pub(super) security: bool,
    pub(super) advisories: BTreeSet<String>,
}

/// A version that a repository has.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) evr: Evr,
    /// Which repository it is.
    pub(super) source: usize,
}

impl Installed {
    /// `None` of what cannot have updates.
    pub(super) fn of(header: &Header<'_>) -> Option<Self> {
        let architecture = header.architecture.as_ref()?;
        let stream = header.module.as_ref().and_then(|label| {
            let mut parts = label.split(':');
            Some(format!("{}:{}", parts.next()?, parts.next()?))
        });
        (header.name != KEY).then(|| Self {
            name: header.name.to_string(),
            architecture: architecture.to_string(),
            evr: Evr {
                epoch: header.epoch.unwrap_or(0),
                version: header.version.to_string(),
                release: header.release.to_string(),
            },
            vendor: header.vendor.as_ref().map(ToString::to_string),
            stream,
            offer: None,
            priority: None,
            security: false,
            advisories: BTreeSet::new(),
        })
    }

    /// zypper leaves a package with who built it; SUSE and openSUSE are one to it.
    fn is_of_vendor(&self, vendor: &str) -> bool {
        let suse = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with("suse") || name.starts_with("opensuse")
        };
        match &self.vendor {
            Some(own) if !vendor.is_empty() => own == vendor || suse(own) && suse(vendor),
            _ => true,
        }
    }
}

/// Installed packages by name.
#[derive(Debug)]
pub(super) struct Packages {
    by_name: BTreeMap<String, Vec<Installed>>,
    /// The machine's own architecture: that of most packages.
    own: String,
}

impl Packages {
    pub(super) fn new(rows: impl Iterator<Item = Installed>) -> Self {
        let mut by_name = BTreeMap::<String, Vec<Installed>>::new();
        let mut counts = BTreeMap::<String, usize>::new();
        for row in rows {
            *counts.entry(row.architecture.clone()).or_default() += 1;
            let same = by_name.entry(row.name.clone()).or_default();
            match same
                .iter_mut()
                .find(|known| known.architecture == row.architecture)
            {
                Some(known) if known.evr.compare(&row.evr) == Ordering::Less => *known = row,
                Some(_) => {}
                None => same.push(row),
            }
        }
        counts.remove("noarch");
        let own = counts.into_iter().max_by_key(|(_, count)| *count);
        Self {
            by_name,
            own: own.map(|(name, _)| name).unwrap_or_default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The installed package that one of a repository could replace: of the same architecture, or
    /// where one is of none and the other of the machine's own.
    fn find(&mut self, name: &str, architecture: &str) -> Option<&mut Installed> {
        let rows = self.by_name.get_mut(name)?;
        let exact = rows.iter().position(|row| row.architecture == architecture);
        let crossed = || {
            let other = match architecture {
                "noarch" => self.own.as_str(),
                _ if architecture == self.own => "noarch",
                _ => return None,
            };
            rows.iter().position(|row| row.architecture == other)
        };
        let at = exact.or_else(crossed)?;
        rows.get_mut(at)
    }

    /// Takes a package of a repository into account.
    pub(super) fn offer(&mut self, repository: &Repository, source: usize, package: &Package) {
        let Some(installed) = self.find(&package.name, &package.architecture) else {
            return;
        };
        if repository.manager == "zypper" && !installed.is_of_vendor(&package.vendor) {
            return;
        }
        // The lower number is the better one, and hides what others have of the package.
        match installed.priority {
            Some(best) if best < repository.priority => return,
            Some(best) if best == repository.priority => {}
            _ => {
                installed.priority = Some(repository.priority);
                installed.offer = None;
            }
        }
        let newest = installed
            .offer
            .as_ref()
            .map_or(&installed.evr, |offer| &offer.evr);
        if newest.compare(&package.evr) == Ordering::Less {
            installed.offer = Some(Offer {
                evr: package.evr.clone(),
                source,
            });
        }
    }

    /// Takes into account that an advisory names this version of a package.
    pub(super) fn mend(&mut self, advisory: &Advisory, package: &Package) {
        let Some(installed) = self.find(&package.name, &package.architecture) else {
            return;
        };
        let Some(offer) = &installed.offer else {
            return;
        };
        let newer = installed.evr.compare(&package.evr) == Ordering::Less;
        if newer && package.evr.compare(&offer.evr).is_le() {
            installed.security |= advisory.security;
            installed.advisories.insert(advisory.id.clone());
            if installed.advisories.len() > MAX_ADVISORIES {
                installed.advisories.pop_first();
            }
        }
    }

    /// Those for which there is a newer version.
    pub(super) fn updates(&self) -> impl Iterator<Item = &Installed> {
        let rows = self.by_name.values().flatten();
        rows.filter(|row| row.offer.is_some())
    }

    /// `name:stream` of the modules that packages came with.
    pub(super) fn streams(&self) -> BTreeSet<String> {
        let rows = self.by_name.values().flatten();
        rows.filter_map(|row| row.stream.clone()).collect()
    }

    /// Names of the packages that came with a module.
    pub(super) fn modular_names(&self) -> BTreeSet<String> {
        let rows = self.by_name.values().flatten();
        rows.filter(|row| row.stream.is_some())
            .map(|row| row.name.clone())
            .collect()
    }

    /// Whether `name-epoch:version-release.architecture` is of a name that is installed.
    pub(super) fn is_named_in(&self, artifact: &str) -> bool {
        let name = artifact.rsplitn(3, '-').nth(2);
        name.is_some_and(|name| self.by_name.contains_key(name))
    }
}
