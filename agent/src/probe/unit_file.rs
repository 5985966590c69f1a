//! Units of systemd as its files have them: a unit is the file of its name in the first folder that
//! has it, links say what starts it. For timers, and for what cannot be asked of systemd because no
//! systemd runs.

use std::collections::{BTreeMap, BTreeSet};

use shared::wire::Stale;

use super::{timer::unit::Install, unit_path::FOLDERS};
use crate::host::{Host, HostError};

/// Where what an administrator enables is linked.
const ADMINISTRATORS: &str = "/etc/systemd/system";

/// What the folders hold of some types of units, before any unit is read.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    /// Path of each unit, from the first folder.
    pub(crate) units: BTreeMap<String, String>,
    /// Names of the `*.timer.d` that there are.
    pub(super) drop_ins: BTreeSet<String>,
    /// What wants it, for each unit.
    pub(super) wanted: BTreeMap<String, BTreeSet<String>>,
    /// Units that a link in `/etc` wants, and in `/run`.
    by_administrator: BTreeSet<String>,
    until_reboot: BTreeSet<String>,
    /// Links to each unit that lie beside units in `/etc` and in `/run`, which is where enabling
    /// puts them.
    links: BTreeMap<String, Vec<Link>>,
}

/// A link beside the units, by its own name.
#[derive(Debug)]
struct Link {
    name: String,
    until_reboot: bool,
}

impl Folders {
    /// The units whose names end in one of `suffixes`.
    ///
    /// # Errors
    /// Why a folder could not be listed; one that is not there has no units.
    pub(crate) fn of(host: &Host, suffixes: &[&str]) -> Result<Self, Stale> {
        let is_unit = |name: &str| suffixes.iter().any(|suffix| name.ends_with(suffix));
        let mut found = Self::default();
        for folder in FOLDERS {
            for name in names(host, folder)? {
                if is_unit(&name) {
                    let path = format!("{folder}/{name}");
                    found.link(host, folder, &path, &name);
                    found.units.entry(name).or_insert(path);
                } else if name.strip_suffix(".d").is_some_and(is_unit) {
                    found.drop_ins.insert(name);
                } else if let Some(by) = wanting(&name) {
                    found.wants(host, &format!("{folder}/{name}"), folder, by, &is_unit)?;
                }
            }
        }
        Ok(found)
    }

    fn wants(
        &mut self,
        host: &Host,
        path: &str,
        folder: &str,
        by: &str,
        is_unit: &dyn Fn(&str) -> bool,
    ) -> Result<(), Stale> {
        for unit in names(host, path)? {
            if !is_unit(&unit) {
                continue;
            }
            if folder.starts_with("/etc/") {
                self.by_administrator.insert(unit.clone());
            } else if folder == "/run/systemd/system" {
                self.until_reboot.insert(unit.clone());
            }
            self.wanted.entry(unit).or_default().insert(by.to_owned());
        }
        Ok(())
    }

    /// Whether the start of another unit starts it.
    pub(crate) fn is_wanted(&self, name: &str) -> bool {
        self.wanted.contains_key(name)
    }

    /// What the start of another unit starts.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &str> {
        self.wanted.keys().map(String::as_str)
    }

    fn link(&mut self, host: &Host, folder: &str, path: &str, name: &str) {
        let until_reboot = folder.starts_with("/run/");
        if !until_reboot && folder != ADMINISTRATORS {
            return;
        }
        let target = host.read_link(path).ok();
        let target = target
            .as_deref()
            .and_then(|target| target.file_name()?.to_str());
        if let Some(target) = target {
            self.links.entry(target.to_owned()).or_default().push(Link {
                name: name.to_owned(),
                until_reboot,
            });
        }
    }

    /// What `systemctl is-enabled` would say of a unit whose file says this of being enabled, in the
    /// order in which systemd decides (its `unit_file_lookup_state`).
    pub(crate) fn state(&self, name: &str, path: &str, said: &Install) -> &'static str {
        let links = self.links.get(name).map_or(&[][..], Vec::as_slice);
        let is = |until_reboot: bool, known: &dyn Fn(&Link) -> bool| {
            let mut links = links.iter();
            links.any(|link| link.until_reboot == until_reboot && known(link))
        };
        let by_alias = |link: &Link| said.aliases.contains(&link.name);
        let itself = |link: &Link| link.name == name;
        if path.starts_with("/run/systemd/transient/") {
            "transient"
        } else if path.starts_with("/run/systemd/generator") {
            "generated"
        } else if self.by_administrator.contains(name) || is(false, &by_alias) {
            "enabled"
        } else if self.until_reboot.contains(name) || is(true, &by_alias) {
            "enabled-runtime"
        } else if is(false, &itself) {
            "linked"
        } else if is(true, &itself) {
            "linked-runtime"
        } else if links.iter().any(|link| link.name != name) {
            "indirect"
        } else if said.installable {
            "disabled"
        } else if said.also {
            "indirect"
        } else {
            "static"
        }
    }
}

/// The unit whose start starts those in this folder.
fn wanting(name: &str) -> Option<&str> {
    let by = name.strip_suffix(".wants");
    by.or_else(|| name.strip_suffix(".requires"))
}

/// `a@.timer` of `a@b.timer`.
pub(crate) fn template(name: &str) -> Option<String> {
    let (stem, rest) = name.split_once('@')?;
    let (instance, suffix) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{stem}@.{suffix}"))
}

/// The other unit that this file is a link to.
pub(crate) fn alias(host: &Host, path: &str, name: &str) -> Option<String> {
    let target = host.read_link(path).ok()?;
    let target = target.file_name()?.to_str()?;
    let (_, suffix) = name.rsplit_once('.')?;
    let is_other = target.ends_with(suffix) && target != name;
    (is_other && template(name).as_deref() != Some(target)).then(|| target.to_owned())
}

pub(super) fn names(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    let names = match host.list(folder) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        listed => listed?,
    };
    let names = names.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.collect())
}
