//! containerd's tasks: the containers that it has started, each with its specification. What it
//! only has made is in a database that it keeps locked.

use shared::wire::Stale;

use super::{Value, malformed, names, oci::Spec, optional};
use crate::{host::Host, probe::Wake};

const FOLDER: &str = "/run/containerd/io.containerd.runtime.v2.task";

/// The namespace of docker's containers, which docker's own files say more of.
const DOCKER: &str = "moby";

/// Beginning of what Kubernetes' interface writes into a specification.
const CRI: &str = "io.kubernetes.cri.";

pub(super) fn wakes(host: &Host) -> Vec<Wake> {
    let spaces = names(host, FOLDER).unwrap_or_default();
    let mut wakes: Vec<_> = spaces
        .iter()
        .filter(|space| *space != DOCKER)
        .map(|space| Wake::path(&format!("{FOLDER}/{space}")))
        .collect();
    wakes.push(Wake::path(FOLDER));
    wakes
}

pub(super) fn values(host: &Host) -> Result<Vec<Value>, Stale> {
    let mut values = Vec::new();
    for space in names(host, FOLDER)? {
        if space == DOCKER {
            continue;
        }
        for id in names(host, &format!("{FOLDER}/{space}"))? {
            let path = format!("{FOLDER}/{space}/{id}/config.json");
            let Some(bytes) = optional(host, &path)? else {
                continue;
            };
            let spec = Spec::parse(&bytes).map_err(|error| malformed(&path, &error))?;
            values.push(value(id, &spec));
        }
    }
    Ok(values)
}

fn value(id: String, spec: &Spec) -> Value {
    let cri = |name: &str| spec.annotation(&format!("{CRI}{name}")).map(str::to_owned);
    let pod = || {
        Some(format!(
            "{}/{}",
            cri("sandbox-namespace")?,
            cri("sandbox-name")?
        ))
    };
    // What holds a pod's namespaces has no name; Kubernetes calls it so.
    let is_sandbox = cri("container-type").as_deref() == Some("sandbox");
    Value {
        runtime: "containerd",
        name: cri("container-name").or(is_sandbox.then(|| "POD".into())),
        image: cri("image-name"),
        state: "running",
        network_mode: spec.network_mode(),
        user: spec.user(),
        read_only_root: spec.read_only_root(),
        host_processes: spec.shares("pid"),
        pod: pod(),
        id,
        ..Value::default()
    }
}
