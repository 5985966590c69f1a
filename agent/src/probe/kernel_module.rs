//! Modules of the kernel: those loaded, those that the host's files say something of, and those
//! that rules ask for whether they are there or not.
//!
//! No counter of users and no address: both move by themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hasher as _},
    time::Duration,
};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::{Host, HostError},
    probe::{self, Probe, Wake, fragment},
};

/// The parser of `modprobe.d`.
pub mod directive;

/// The parsers of `/proc/modules` and of the indexes of depmod.
pub mod table;

use directive::Directive;
use table::Loaded;

/// Reads kind `kernel_module`.
#[derive(Debug, Clone, Copy)]
pub struct KernelModules;

/// Ten thousand modules are a MiB.
const MAX_FILE: u64 = 16 << 20;

const LOADED: &str = "/proc/modules";

/// The order in which a file hides another of its name (modprobe.d(5)).
const FOLDERS: [&str; 5] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
];

/// One folder where `/lib` is a link.
const INDEXES: [&str; 2] = ["/lib/modules", "/usr/lib/modules"];

/// Modules that benchmarks want absent, or that were ways to root: each has a row even where
/// nothing is known of it, so that a rule need not tell "not loaded" from "not looked".
const ASKED: [&str; 33] = [
    "af_key",
    "afs",
    "appletalk",
    "atm",
    "bluetooth",
    "can",
    "ceph",
    "cifs",
    "cramfs",
    "dccp",
    "exfat",
    "fat",
    "firewire_core",
    "freevxfs",
    "fscache",
    "gfs2",
    "hfs",
    "hfsplus",
    "jffs2",
    "n_hdlc",
    "nfs_common",
    "nfsd",
    "overlay",
    "rds",
    "sctp",
    "smbfs_common",
    "squashfs",
    "tipc",
    "udf",
    "usb_storage",
    "uvcvideo",
    "vfat",
    "vivid",
];

/// The value of one fact. The key is the name, `_` for each `-`.
#[derive(Debug, Default, Serialize)]
struct Value {
    /// `None` where the kernel cannot be asked.
    loaded: Option<bool>,
    /// `live`, `loading`, `unloading`; `None` of one that is not loaded.
    state: Option<String>,
    /// Bytes that it takes, as the kernel says.
    size_bytes: Option<u64>,
    /// Why it taints the kernel, by its letters: `O` out of tree, `E` unsigned, `P` proprietary,
    /// `F` forced, `C` staging. Empty: it does not.
    taints: String,
    /// Whether it is part of the kernel itself and so cannot be kept out. `None` where the running
    /// kernel's index is not on the host.
    builtin: Option<bool>,
    /// Its file, below `/lib/modules/<release>`. `None` where the running kernel has none, or its
    /// index is not on the host.
    file: Option<String>,
    /// Whether that index is there: without it `file` and `builtin` are not known.
    indexed: bool,
    /// The file that says `blacklist`: it is not loaded for a device, but still by name.
    blacklisted_in: Option<String>,
    /// The program that is run in place of loading it, without its arguments: `/bin/false`.
    install: Option<String>,
    /// The file that says so.
    install_in: Option<String>,
    /// Whether that program does nothing, so that modprobe cannot load it.
    disabled: bool,
}

impl Probe for KernelModules {
    fn kind(&self) -> &'static str {
        "kernel_module"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            LOADED,
            "/proc/sys/kernel/osrelease",
            "/lib/modules/<running release>/modules.dep (or /usr/lib/modules)",
            "/lib/modules/<running release>/modules.builtin (or /usr/lib/modules)",
            "/etc/modprobe.d/*.conf",
            "/run/modprobe.d/*.conf",
            "/usr/local/lib/modprobe.d/*.conf",
            "/usr/lib/modprobe.d/*.conf",
            "/lib/modprobe.d/*.conf",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        let mut wakes: Vec<_> = FOLDERS.into_iter().map(Wake::path).collect();
        wakes.push(Wake::Peek(Duration::from_secs(5)));
        wakes
    }

    fn peek(&self, host: &Host) -> Option<u64> {
        let text = match host.read_text(LOADED, MAX_FILE) {
            Err(error) if error.is_absent() => String::new(),
            read => read.ok()?,
        };
        let mut hash = DefaultHasher::new();
        for module in text.lines().filter_map(table::loaded) {
            hash.write(module.name.as_bytes());
            hash.write(module.state.as_bytes());
        }
        Some(hash.finish())
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let fragments = fragment::read(host, &FOLDERS, ".conf")?;
        let loaded = optional(host, LOADED)?;
        let is_kernel = host.resolve("/proc/sys/kernel").is_ok();
        if fragments.is_none() && loaded.is_none() && !is_kernel {
            return Err(probe::unavailable(
                "neither /proc/modules nor a modprobe.d is there",
            ));
        }
        // A kernel that can load no module has no such file.
        let can_ask = loaded.is_some() || is_kernel;
        let text = loaded.unwrap_or_default();
        let loaded: BTreeMap<_, _> = text
            .lines()
            .filter_map(table::loaded)
            .map(|module| (module.name.to_owned(), module))
            .collect();
        let fragments = fragments.unwrap_or_default();
        let mut directives = BTreeMap::<String, Vec<(&str, Directive)>>::new();
        for fragment in &fragments {
            for said in directive::directives(&fragment.text) {
                let all = directives.entry(said.module().to_owned()).or_default();
                all.push((&fragment.path, said));
            }
        }
        let mut names: BTreeSet<String> = directives.keys().cloned().collect();
        names.extend(loaded.keys().cloned());
        names.extend(ASKED.map(str::to_owned));
        let index = Index::of(host, &names)?;
        let facts = names.into_iter().map(|name| {
            let mut value = index.value(&name);
            value.loaded = can_ask.then(|| loaded.contains_key(&name));
            if let Some(module) = loaded.get(&name) {
                describe(&mut value, module);
            }
            for (file, said) in directives.get(&name).into_iter().flatten() {
                apply(&mut value, file, said);
            }
            probe::fact(self.kind(), &name, &value)
        });
        facts.collect()
    }
}

fn describe(value: &mut Value, module: &Loaded<'_>) {
    value.state = Some(module.state.to_ascii_lowercase());
    value.size_bytes = Some(module.size_bytes);
    value.taints = module.taints.to_owned();
}

/// Of several lines about one module, modprobe takes the first.
fn apply(value: &mut Value, file: &str, said: &Directive) {
    match said {
        Directive::Blacklist(_) => {
            value.blacklisted_in.get_or_insert_with(|| file.to_owned());
        }
        Directive::Install { program, .. } if value.install.is_none() => {
            value.install = Some(program.clone());
            value.install_in = Some(file.to_owned());
            value.disabled = said.does_nothing();
        }
        Directive::Install { .. } => {}
    }
}

/// What depmod wrote down of the running kernel's modules, as far as it is asked for.
#[derive(Debug, Default)]
struct Index {
    there: bool,
    files: BTreeMap<String, String>,
    /// `None` where there is no such list.
    builtin: Option<BTreeSet<String>>,
}

impl Index {
    fn of(host: &Host, names: &BTreeSet<String>) -> Result<Self, HostError> {
        let Some(release) = optional(host, "/proc/sys/kernel/osrelease")? else {
            return Ok(Self::default());
        };
        let release = release.trim();
        let mut folders = INDEXES.iter().map(|folder| format!("{folder}/{release}"));
        let there = folders.find(|folder| host.resolve(folder).is_ok());
        let Some(folder) = there else {
            return Ok(Self::default());
        };
        let files = optional(host, &format!("{folder}/modules.dep"))?;
        let builtin = optional(host, &format!("{folder}/modules.builtin"))?;
        let wanted = |path: &str| {
            let name = table::module_of(path)?;
            names.contains(&name).then_some(name)
        };
        let paths = files.as_deref().unwrap_or_default().lines();
        let paths = paths.filter_map(|line| line.split_once(':').map(|(path, _)| path));
        let found = paths.filter_map(|path| Some((wanted(path)?, path.to_owned())));
        Ok(Self {
            there: files.is_some(),
            files: found.collect(),
            builtin: builtin.map(|text| text.lines().filter_map(wanted).collect()),
        })
    }

    fn value(&self, name: &str) -> Value {
        Value {
            builtin: self.builtin.as_ref().map(|names| names.contains(name)),
            file: self.files.get(name).cloned(),
            indexed: self.there,
            ..Value::default()
        }
    }
}

/// The text of a file, `None` where there is none.
fn optional(host: &Host, path: &str) -> Result<Option<String>, HostError> {
    match host.read_text(path, MAX_FILE) {
        Err(error) if error.is_absent() => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests;
