//! Docker's folder: `config.v2.json` and `hostconfig.json` of each container.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use shared::wire::Stale;

use super::{Value, malformed, names, optional};
use crate::{
    host::{Host, HostError},
    probe::Wake,
};

const SETTINGS: &str = "/etc/docker/daemon.json";
const USUAL: &str = "/var/lib/docker";

/// Two files each are watched; the rest are read when a timer says so.
const MAX_WATCHED: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Daemon {
    #[serde(rename = "data-root")]
    data_root: Option<String>,
    /// What it was called before 17.05.
    graph: Option<String>,
}

/// What is kept of `config.v2.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    #[serde(rename = "ID")]
    id: String,
    created: Option<String>,
    name: Option<String>,
    image: Option<String>,
    config: Option<Image>,
    state: Option<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Image {
    image: Option<String>,
    user: Option<String>,
    labels: Option<BTreeMap<String, IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct State {
    running: bool,
    paused: bool,
    restarting: bool,
    dead: bool,
    started_at: Option<String>,
}

/// What is kept of `hostconfig.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HostConfig {
    privileged: Option<bool>,
    network_mode: Option<String>,
    restart_policy: Option<Restart>,
    port_bindings: Option<BTreeMap<String, Option<Vec<Binding>>>>,
    cap_add: Option<Vec<String>>,
    readonly_rootfs: Option<bool>,
    pid_mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Restart {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Binding {
    host_ip: String,
    host_port: String,
}

/// The folder of the containers.
fn folder(host: &Host) -> Result<String, Stale> {
    let bytes = optional(host, SETTINGS)?;
    let daemon: Daemon = match bytes.filter(|bytes| !bytes.trim_ascii().is_empty()) {
        Some(bytes) => {
            serde_json::from_slice(&bytes).map_err(|error| malformed(SETTINGS, &error))?
        }
        None => Daemon::default(),
    };
    let root = daemon.data_root.or(daemon.graph);
    let root = root.filter(|root| root.starts_with('/'));
    let root = root.as_deref().unwrap_or(USUAL);
    Ok(format!("{}/containers", root.trim_end_matches('/')))
}

pub(super) fn wakes(host: &Host) -> Vec<Wake> {
    let mut wakes = vec![Wake::path(SETTINGS)];
    let folder = folder(host).unwrap_or_else(|_| format!("{USUAL}/containers"));
    let ids = names(host, &folder).unwrap_or_default();
    for id in ids.iter().take(MAX_WATCHED) {
        wakes.extend(files(&folder, id).iter().map(|path| Wake::path(path)));
    }
    wakes.push(Wake::Path(folder.into()));
    wakes
}

fn files(folder: &str, id: &str) -> [String; 2] {
    ["config.v2", "hostconfig"].map(|name| format!("{folder}/{id}/{name}.json"))
}

pub(super) fn values(host: &Host) -> Result<Vec<Value>, Stale> {
    let folder = folder(host)?;
    let mut values = Vec::new();
    for id in names(host, &folder)? {
        let [config, host_config] = files(&folder, &id);
        // It is being removed, or being made: the next event tells.
        let (Some(first), Some(second)) = (read(host, &config)?, read(host, &host_config)?) else {
            continue;
        };
        let value = value(&first, &second);
        values.push(value.map_err(|error| malformed(&config, &error))?);
    }
    Ok(values)
}

fn read(host: &Host, path: &str) -> Result<Option<Vec<u8>>, HostError> {
    optional(host, path)
}

/// One container from its two files.
///
/// # Errors
/// When one of them is not what docker writes.
pub fn value(config: &[u8], host_config: &[u8]) -> Result<Value, serde_json::Error> {
    let config: Config = serde_json::from_slice(config)?;
    let host: HostConfig = serde_json::from_slice(host_config)?;
    let asked = config.config.unwrap_or_default();
    let name = config
        .name
        .as_deref()
        .map(|name| name.trim_start_matches('/'));
    let restart = host.restart_policy.unwrap_or_default().name;
    let ports = host.port_bindings.unwrap_or_default();
    let ports = ports.iter().flat_map(|(inside, outside)| {
        let bindings = outside.iter().flatten();
        bindings.map(move |binding| published(inside, binding))
    });
    let mut ports: Vec<_> = ports.collect();
    ports.sort();
    let mut capabilities = host.cap_add.unwrap_or_default();
    capabilities.sort();
    Ok(Value {
        runtime: "docker",
        id: config.id,
        name: name.map(str::to_owned),
        image: asked.image,
        image_id: config.image,
        state: state(&config.state.unwrap_or_default()),
        created_at: config.created,
        privileged: host.privileged,
        network_mode: host.network_mode,
        user: asked.user,
        // Docker writes an empty name for its default.
        restart_policy: Some(if restart.is_empty() {
            "no".into()
        } else {
            restart
        }),
        ports: Some(ports),
        capabilities_added: Some(capabilities),
        read_only_root: host.readonly_rootfs,
        host_processes: host.pid_mode.map(|mode| mode == "host"),
        label_names: asked.labels.unwrap_or_default().into_keys().collect(),
        pod: None,
        owner: None,
    })
}

fn state(state: &State) -> &'static str {
    let started = state.started_at.as_deref().unwrap_or("0001");
    match state {
        State { dead: true, .. } => "dead",
        State {
            restarting: true, ..
        } => "restarting",
        State { paused: true, .. } => "paused",
        State { running: true, .. } => "running",
        // The zero of Go's time: never.
        _ if started.starts_with("0001") => "created",
        _ => "exited",
    }
}

fn published(inside: &str, binding: &Binding) -> String {
    let address = match binding.host_ip.as_str() {
        "" => "*",
        address => address,
    };
    let port = match binding.host_port.as_str() {
        "" => "any",
        port => port,
    };
    format!("{address}:{port}->{inside}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn states_are_those_that_docker_ps_shows() {
        for (text, expected) in [
            (r#"{"Running":true}"#, "running"),
            (r#"{"Running":true,"Paused":true}"#, "paused"),
            (r#"{"Running":true,"Restarting":true}"#, "restarting"),
            (r#"{"StartedAt":"0001-01-01T00:00:00Z"}"#, "created"),
            (r#"{"StartedAt":"2024-01-01T00:00:00Z"}"#, "exited"),
            (r#"{"Dead":true}"#, "dead"),
        ] {
            assert_eq!(
                state(&serde_json::from_str(text).unwrap()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_port_without_an_address_is_open_at_all() {
        let host = br#"{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"},
            {"HostIp":"127.0.0.1","HostPort":""}],"53/udp":null},"CapAdd":null}"#;
        let value = value(b"{}", host).unwrap();
        let ports = ["*:8080->80/tcp", "127.0.0.1:any->80/tcp"];
        assert_eq!(value.ports.unwrap(), ports);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("docker-config", |bytes| {
            let _ = value(bytes, b"{}").map(|value| value.key());
            let _ = value(b"{}", bytes);
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(bytes: Vec<u8>) {
            let _ = value(&bytes, &bytes);
        }
    }
}
