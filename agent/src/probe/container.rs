//! Containers of docker, podman, CRI-O and containerd, from the files in which these write down
//! what they made. No socket of theirs is opened: who may talk to it is root on the host.
//!
//! Never kept are commands, arguments, environments, and the values of labels. Those of the files
//! that hold them are read by a parser that skips them.
//!
//! A host without any of these has no rows, and that is the truth.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use crate::{
    host::{Host, HostError},
    probe::{self, Probe, Wake},
};

/// Docker's folder.
pub mod docker;

/// The storage that podman and CRI-O share.
pub mod storage;

/// containerd's tasks.
mod containerd;

/// The runtime specification's `config.json`.
pub mod oci;

/// Which containers run, from the names of cgroups.
mod cgroup;

/// Reads kind `container`.
#[derive(Debug, Clone, Copy)]
pub struct Containers;

/// A container's file with a large environment is some 100 KiB.
const MAX_FILE: u64 = 32 << 20;

/// Labels, ports and capabilities that are told; a container may have any number.
const MAX_LIST: usize = 100;

/// Longest of them and of names that is told whole, bytes.
const MAX_TEXT: usize = 200;

/// More containers than this are no host's.
const MAX_ROWS: usize = 100_000;

/// The value of one fact. The key is the runtime and the id's first twelve letters, as its own
/// tools show it: `docker:0123456789ab`.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Value {
    /// `docker`, `podman`, `cri-o`, `containerd`.
    runtime: &'static str,
    id: String,
    /// `None` where only the container's cgroup is seen.
    name: Option<String>,
    /// As it was asked for: `docker.io/library/nginx:1.27`.
    image: Option<String>,
    /// Digest of its configuration.
    image_id: Option<String>,
    /// `running`, `paused`, `restarting`, `created`, `exited`, `dead`; `stopped` where the files do
    /// not tell the last three apart; `unknown` of a tree of files.
    state: &'static str,
    /// RFC 3339.
    created_at: Option<String>,
    /// Whether it may all that the host may. `None` where the runtime does not write it down.
    privileged: Option<bool>,
    /// `host`, `bridge`, `none`, the name of a network; `private` where it is only known that it is
    /// not the host's.
    network_mode: Option<String>,
    /// User of its first process, as it was asked for. Empty: the image's, which may be root.
    user: Option<String>,
    restart_policy: Option<String>,
    /// `0.0.0.0:8080->80/tcp`, sorted. `None` where the runtime does not write it down.
    ports: Option<Vec<String>>,
    /// Capabilities it has beyond the usual ones.
    capabilities_added: Option<Vec<String>>,
    /// Whether it cannot write to its own root.
    read_only_root: Option<bool>,
    /// Whether it sees the processes of the host.
    host_processes: Option<bool>,
    /// Names of its labels, sorted.
    label_names: Vec<String>,
    /// Namespace and name of the pod of Kubernetes that it is part of.
    pod: Option<String>,
    /// The user whose container it is, where that is not root.
    owner: Option<String>,
}

impl Probe for Containers {
    fn kind(&self) -> &'static str {
        "container"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/var/lib (whether it is there)",
            "/etc/docker/daemon.json (data-root)",
            "/var/lib/docker/containers (or below data-root)",
            "/var/lib/docker/containers/*/{config.v2,hostconfig}.json",
            "/var/lib/containers/storage/{overlay,vfs,btrfs,zfs}-containers/containers.json",
            "/var/lib/containers/storage/{overlay,vfs,btrfs,zfs}-containers/*/userdata/config.json",
            "/etc/passwd (homes)",
            "~/.local/share/containers/storage/{overlay,vfs,btrfs,zfs}-containers/containers.json",
            "~/.local/share/containers/storage/{overlay,vfs,btrfs,zfs}-containers/*/userdata/config.json",
            "/run/containerd/io.containerd.runtime.v2.task/*/*/config.json",
            "/sys/fs/cgroup/** (names of folders)",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let mut wakes = docker::wakes(host);
        wakes.extend(storage::wakes(host));
        wakes.extend(containerd::wakes(host));
        wakes.push(Wake::path("/sys/fs/cgroup/machine.slice"));
        // What an own storage folder or a user's home would tell.
        wakes.push(Wake::Every(Duration::from_secs(600)));
        wakes
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        match host.list("/var/lib") {
            Err(error) if error.is_absent() => {
                return Err(probe::unavailable("no /var/lib is there"));
            }
            listed => listed.map(drop)?,
        }
        let running = cgroup::running(host)?;
        let mut values = docker::values(host)?;
        values.extend(storage::values(host, running.as_ref())?);
        values.extend(containerd::values(host)?);
        let mut rows = BTreeMap::new();
        for mut value in values {
            value.bound();
            rows.insert(value.key(), value);
        }
        for (id, runtime) in running.into_iter().flatten() {
            // Its files are where nobody looked: a home that may not be read, a folder of one's own.
            let unknown = Value {
                runtime,
                id,
                state: "running",
                ..Value::default()
            };
            if let Entry::Vacant(place) = rows.entry(unknown.key()) {
                place.insert(unknown);
            }
        }
        if rows.len() > MAX_ROWS {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("more than {MAX_ROWS} containers"),
            });
        }
        rows.iter()
            .map(|(key, value)| probe::fact(self.kind(), key, value))
            .collect()
    }
}

impl Value {
    /// Cuts what its maker could make as long as they like.
    fn bound(&mut self) {
        let lists = [self.ports.as_mut(), self.capabilities_added.as_mut()];
        let lists = lists.into_iter().flatten();
        for list in lists.chain([&mut self.label_names]) {
            list.truncate(MAX_LIST);
            list.iter_mut().for_each(bound);
        }
        let texts = [
            &mut self.name,
            &mut self.image,
            &mut self.image_id,
            &mut self.created_at,
            &mut self.network_mode,
            &mut self.user,
            &mut self.restart_policy,
            &mut self.pod,
        ];
        texts.into_iter().flatten().for_each(bound);
    }

    fn key(&self) -> String {
        let is_hash = self.id.len() == 64 && self.id.bytes().all(|b| b.is_ascii_hexdigit());
        let short = if is_hash { &self.id[..12] } else { &self.id };
        format!("{}:{short}", self.runtime)
    }
}

fn bound(text: &mut String) {
    *text = probe::clipped(text, MAX_TEXT).into_owned();
}

/// The bytes of a file, `None` where there is none.
fn optional(host: &Host, path: &str) -> Result<Option<Vec<u8>>, HostError> {
    match host.read(path, MAX_FILE) {
        Err(error) if error.is_absent() => Ok(None),
        read => read.map(Some),
    }
}

/// The names in a folder, none where there is none.
fn names(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    let names = match host.list(folder) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        listed => listed?,
    };
    let names = names.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.collect())
}

/// Says which file is not what its runtime writes, and not what is in it.
fn malformed(path: &str, error: &serde_json::Error) -> Stale {
    Stale {
        reason: StaleReason::Malformed,
        detail: format!(
            "{path} is not what its runtime writes: line {}, column {}",
            error.line(),
            error.column()
        ),
    }
}

#[cfg(test)]
mod tests;
