//! The storage that podman and CRI-O share: a list of containers, and for each that was ever
//! started the specification that it was started with. Also that of users without root.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::wire::Stale;

use super::{Value, malformed, names, oci::Spec, optional};
use crate::{
    host::{Host, HostError},
    probe::{Wake, user::passwd},
};

const SYSTEM: &str = "/var/lib/containers/storage";
const OF_A_HOME: &str = ".local/share/containers/storage";

/// The ways in which layers are stored; each has a list of its own.
const DRIVERS: [&str; 4] = ["overlay", "vfs", "btrfs", "zfs"];

const PASSWD: &str = "/etc/passwd";

/// Homes that are looked into. More accounts than this are a directory's, with homes elsewhere.
const MAX_HOMES: usize = 1000;

/// Accounts below this number are those of services.
const FIRST_PERSON: u32 = 1000;

/// One container in the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    id: String,
    names: Option<Vec<String>>,
    image: Option<String>,
    /// JSON in a string.
    metadata: Option<String>,
    created: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metadata {
    image_name: Option<String>,
    name: Option<String>,
    /// Of CRI-O only.
    pod_name: Option<String>,
}

/// Which containers run, by id, and what their cgroups say made them.
type Running = BTreeMap<String, &'static str>;

pub(super) fn wakes(host: &Host) -> Vec<Wake> {
    let lists = |root: &str| DRIVERS.map(|driver| format!("{root}/{driver}-containers"));
    let mut folders = lists(SYSTEM)[..1].to_vec();
    let roots = homes(host).unwrap_or_default();
    let roots = roots.iter().map(|(_, home)| home.as_str());
    for root in roots.chain([SYSTEM]) {
        let there = lists(root).into_iter();
        folders.extend(there.filter(|folder| host.resolve(folder).is_ok()));
    }
    folders.sort();
    folders.dedup();
    folders.iter().map(|folder| Wake::path(folder)).collect()
}

pub(super) fn values(host: &Host, running: Option<&Running>) -> Result<Vec<Value>, Stale> {
    let mut values = of(host, SYSTEM, None, running)?;
    for (owner, root) in homes(host)? {
        match of(host, &root, Some(&owner), running) {
            // A home that even root may not read, on a server. What runs there has its cgroup.
            Err(Stale {
                reason: shared::wire::StaleReason::Denied,
                ..
            }) => {}
            read => values.extend(read?),
        }
    }
    Ok(values)
}

/// The storage folders of people that are there, each with its owner's name.
fn homes(host: &Host) -> Result<Vec<(String, String)>, HostError> {
    let bytes = optional(host, PASSWD)?.unwrap_or_default();
    let accounts = bytes.split(|byte| *byte == b'\n').filter_map(passwd::line);
    let people = accounts.filter(|account| account.uid >= FIRST_PERSON);
    let mut found = Vec::new();
    for account in people.take(MAX_HOMES) {
        let home = String::from_utf8_lossy(account.home);
        let root = format!("{}/{OF_A_HOME}", home.trim_end_matches('/'));
        if home.len() > 1 && home.starts_with('/') && host.resolve(&root).is_ok() {
            found.push((String::from_utf8_lossy(account.name).into_owned(), root));
        }
    }
    Ok(found)
}

fn of(
    host: &Host,
    root: &str,
    owner: Option<&str>,
    running: Option<&Running>,
) -> Result<Vec<Value>, Stale> {
    let mut values = Vec::new();
    for folder in names(host, root)? {
        let driver = folder.strip_suffix("-containers").unwrap_or_default();
        if !DRIVERS.contains(&driver) {
            continue;
        }
        let folder = format!("{root}/{folder}");
        let list = format!("{folder}/containers.json");
        let bytes = optional(host, &list)?.unwrap_or_default();
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let listed = listed(&bytes).map_err(|error| malformed(&list, &error))?;
        for container in listed {
            let path = format!("{folder}/{}/userdata/config.json", container.id);
            let is_id = container.id.bytes().all(|b| b.is_ascii_alphanumeric());
            let spec = if is_id { optional(host, &path)? } else { None };
            // It is written anew at each start.
            let spec = spec.and_then(|bytes| Spec::parse(&bytes).ok());
            let state = match running {
                Some(running) if running.contains_key(&container.id) => "running",
                Some(_) => "stopped",
                None => "unknown",
            };
            let mut value = value(container, &spec.unwrap_or_default());
            value.state = state;
            value.owner = owner.map(str::to_owned);
            values.push(value);
        }
    }
    Ok(values)
}

fn listed(bytes: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// The containers of a list that was never started.
///
/// # Errors
/// When it is not such a list.
pub fn parse(bytes: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    let spec = Spec::default();
    let listed = listed(bytes)?.into_iter();
    Ok(listed.map(|container| value(container, &spec)).collect())
}

fn value(container: Listed, spec: &Spec) -> Value {
    let metadata = container.metadata.as_deref().unwrap_or("{}");
    let metadata: Metadata = serde_json::from_str(metadata).unwrap_or_default();
    let is_crio = metadata.pod_name.is_some();
    let first = container.names.unwrap_or_default().into_iter().next();
    let pod = || {
        let namespace = spec.annotation("io.kubernetes.pod.namespace")?;
        let name = spec.annotation("io.kubernetes.pod.name")?;
        Some(format!("{namespace}/{name}"))
    };
    let privileged = spec.annotation("io.podman.annotations.privileged");
    Value {
        runtime: if is_crio { "cri-o" } else { "podman" },
        id: container.id,
        name: metadata.name.filter(|name| !name.is_empty()).or(first),
        image: metadata.image_name.filter(|name| !name.is_empty()),
        image_id: container.image.filter(|id| !id.is_empty()),
        state: "unknown",
        created_at: container.created,
        // Podman writes it down only where it is so.
        privileged: (!is_crio && spec.user().is_some())
            .then(|| privileged.is_some_and(|text| text.eq_ignore_ascii_case("true"))),
        network_mode: spec.network_mode(),
        user: spec.user(),
        read_only_root: spec.read_only_root(),
        host_processes: spec.shares("pid"),
        pod: pod(),
        ..Value::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn a_pod_in_the_metadata_is_a_container_of_cri_o() {
        let text = br#"[{"id":"a","names":["one","x"],"metadata":"{\"image-name\":\"i:1\",\"name\":\"\"}"},
            {"id":"b","metadata":"{\"pod-name\":\"p\"}"},{"id":"c","metadata":"broken"}]"#;
        let values = parse(text).unwrap();
        let seen: Vec<_> = values
            .iter()
            .map(|v| (v.runtime, v.name.as_deref()))
            .collect();
        let expected = [("podman", Some("one")), ("cri-o", None), ("podman", None)];
        assert_eq!(seen, expected);
        assert_eq!(values[0].image.as_deref(), Some("i:1"));
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("container-storage", |bytes| {
            let _ = parse(bytes);
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
