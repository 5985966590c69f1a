//! Which containers run: each has a cgroup whose name says what made it.

use std::collections::BTreeMap;

use shared::wire::{Stale, StaleReason};

use super::names;
use crate::host::{Host, HostError};

/// Of cgroups version 1 the hierarchy that systemd keeps; of version 2 the only one.
const ROOTS: [&str; 2] = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"];

/// A container of a user's service is six folders deep; more are groups that a container made.
const MAX_DEPTH: usize = 10;

/// Three times what a host with a thousand containers has.
const MAX_FOLDERS: usize = 20_000;

/// Beginnings of names, before 64 hexadecimal digits.
const NAMES: [(&str, &str); 5] = [
    ("docker-", "docker"),
    ("libpod-payload-", "podman"),
    ("libpod-", "podman"),
    ("crio-", "cri-o"),
    ("cri-containerd-", "containerd"),
];

/// The ids of all containers that run, each with its runtime. `None` where there are no cgroups,
/// as in a tree of files.
pub(super) fn running(host: &Host) -> Result<Option<BTreeMap<String, &'static str>>, Stale> {
    let Some(root) = ROOTS.iter().find(|root| is_hierarchy(host, root)) else {
        return Ok(None);
    };
    let mut found = BTreeMap::new();
    let mut folders = vec![((*root).to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("more than {MAX_FOLDERS} cgroups"),
            });
        }
        for name in within(host, &folder)? {
            if let Some((runtime, id)) = container(&folder, &name) {
                found.insert(id.to_owned(), runtime);
            } else if depth < MAX_DEPTH && may_hold_groups(&name) {
                folders.push((format!("{folder}/{name}"), depth + 1));
            }
        }
    }
    Ok(Some(found))
}

fn is_hierarchy(host: &Host, root: &str) -> bool {
    host.resolve(format!("{root}/cgroup.procs")).is_ok()
}

/// A group may end while its parent is being read.
fn within(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    match names(host, folder) {
        Err(HostError::Read { .. }) => Ok(Vec::new()),
        listed => listed,
    }
}

/// The kernel's own files have a dot in their names, and groups of systemd an ending.
fn may_hold_groups(name: &str) -> bool {
    let endings = [".slice", ".service", ".scope"];
    !name.contains('.') || endings.iter().any(|ending| name.ends_with(ending))
}

/// What made the container whose group this is, and its id.
fn container<'a>(folder: &str, name: &'a str) -> Option<(&'static str, &'a str)> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let is_id = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    for (beginning, runtime) in NAMES {
        if let Some(id) = name.strip_prefix(beginning)
            && is_id(id)
        {
            return Some((runtime, id));
        }
    }
    // Without systemd, docker's groups have the bare id.
    (folder.ends_with("/docker") && is_id(name)).then_some(("docker", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_say_what_made_them() {
        let id = "0123456789abcdef".repeat(4);
        for (folder, name, expected) in [
            (
                "/x/system.slice",
                format!("docker-{id}.scope"),
                Some("docker"),
            ),
            ("/x/docker", id.clone(), Some("docker")),
            ("/x/other", id.clone(), None),
            (
                "/x/machine.slice",
                format!("libpod-{id}.scope"),
                Some("podman"),
            ),
            (
                "/x/a.service",
                format!("libpod-payload-{id}"),
                Some("podman"),
            ),
            (
                "/x/machine.slice",
                format!("libpod-conmon-{id}.scope"),
                None,
            ),
            (
                "/x/kubepods.slice",
                format!("cri-containerd-{id}.scope"),
                Some("containerd"),
            ),
            (
                "/x/kubepods.slice",
                format!("crio-{id}.scope"),
                Some("cri-o"),
            ),
            ("/x", "docker-abc0.scope".into(), None),
        ] {
            let found = container(folder, &name);
            assert_eq!(found.map(|(runtime, _)| runtime), expected, "{name}");
            assert!(found.is_none_or(|(_, found)| found == id));
        }
    }

    #[test]
    fn files_of_the_kernel_are_no_groups() {
        assert!(may_hold_groups("system.slice") && may_hold_groups("docker"));
        assert!(!may_hold_groups("memory.max") && !may_hold_groups("cgroup.procs"));
    }
}
