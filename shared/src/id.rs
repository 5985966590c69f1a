//! Identifiers: one newtype each, so that two of them cannot be exchanged by accident.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who a host is. Chosen by the collector at enrolment (UUID v7), kept for the host's whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub Uuid);

impl HostId {
    /// A new identity. Version 7, so that identifiers sort by enrolment.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The URI that a host's certificate carries as its subject alternative name.
    pub fn to_uri(self) -> String {
        format!("{URI_PREFIX}{}", self.0)
    }

    /// The host of a certificate's URI; `None` for any other URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        uri.strip_prefix(URI_PREFIX)?.parse().ok()
    }
}

const URI_PREFIX: &str = "urn:openwatch:host:";

impl Default for HostId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HostId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// One life of an agent's state. Sequence numbers count within it; a new one (state lost, host
/// reinstalled, restored from a snapshot) begins with full snapshots of every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// A random epoch that differs from every earlier one of this host, whatever was lost.
    /// 63 bits, so that it fits Postgres' `bigint`.
    pub fn random() -> Self {
        Self((Uuid::new_v4().as_u128() >> 65) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_survives_its_uri() {
        let host = HostId::new();
        assert_eq!(HostId::from_uri(&host.to_uri()), Some(host));
    }

    #[test]
    fn another_uri_names_no_host() {
        for uri in [
            "",
            "urn:openwatch:host:",
            "urn:openwatch:host:x",
            "spiffe://a/b",
        ] {
            assert_eq!(HostId::from_uri(uri), None, "{uri}");
        }
    }

    #[test]
    fn an_epoch_fits_a_bigint() {
        assert!((0..1000).all(|_| i64::try_from(Epoch::random().0).is_ok()));
    }
}
