//! The runtime specification's `config.json`: what podman, CRI-O and containerd hand to runc. Its
//! arguments and environment are skipped by the parser. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What is kept of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Spec {
    annotations: Option<BTreeMap<String, String>>,
    process: Option<Process>,
    root: Option<Root>,
    linux: Option<Linux>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Process {
    user: Option<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    uid: u32,
    gid: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Root {
    readonly: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Linux {
    namespaces: Option<Vec<Namespace>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    #[serde(rename = "type")]
    kind: String,
}

impl Spec {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The value of the annotation of this name.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// `uid:gid` of the first process.
    pub fn user(&self) -> Option<String> {
        let user = self.process.as_ref()?.user.as_ref()?;
        Some(format!("{}:{}", user.uid, user.gid))
    }

    /// Whether it cannot write to its own root.
    pub fn read_only_root(&self) -> Option<bool> {
        self.root.as_ref().map(|root| root.readonly)
    }

    /// Whether it shares this namespace with the host, by not having one of its own.
    pub fn shares(&self, namespace: &str) -> Option<bool> {
        let own = self.linux.as_ref()?.namespaces.as_ref()?;
        Some(!own.iter().any(|own| own.kind == namespace))
    }

    /// `host`, or `private` where it is only known not to be.
    pub fn network_mode(&self) -> Option<String> {
        let is_host = self.shares("network")?;
        Some(if is_host { "host" } else { "private" }.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn what_has_no_namespace_of_its_own_has_the_hosts() {
        let text = br#"{"process":{"user":{"uid":5,"gid":6},"args":["x"],"env":["A=secret"]},
            "root":{"path":"/x","readonly":true},
            "linux":{"namespaces":[{"type":"pid"},{"type":"mount"}]}}"#;
        let spec = Spec::parse(text).unwrap();
        assert_eq!(spec.network_mode().as_deref(), Some("host"));
        assert_eq!(spec.shares("pid"), Some(false));
        assert_eq!(spec.user().as_deref(), Some("5:6"));
        assert_eq!(spec.read_only_root(), Some(true));
        assert!(!format!("{spec:?}").contains("secret"));
        assert_eq!(Spec::parse(b"{}").unwrap().network_mode(), None);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("oci-spec", |bytes| {
            let _ = Spec::parse(bytes).map(|spec| (spec.user(), spec.network_mode()));
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(bytes: Vec<u8>) {
            let _ = Spec::parse(&bytes).map(|spec| spec.network_mode());
        }
    }
}
