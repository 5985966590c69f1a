//! Which hosts are connected.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use shared::id::HostId;

/// The hosts that are connected to this process.
#[derive(Debug, Clone, Default)]
pub struct Fleet(Arc<Mutex<HashMap<HostId, DateTime<Utc>>>>);

impl Fleet {
    /// Notes that `host` is connected.
    pub fn connect(&self, host: HostId, at: DateTime<Utc>) {
        self.0.lock().expect("no panic while held").insert(host, at);
    }

    /// Since when `host` is connected; `None` when it is not.
    pub fn connected_since(&self, host: HostId) -> Option<DateTime<Utc>> {
        self.0
            .lock()
            .expect("no panic while held")
            .get(&host)
            .copied()
    }

    /// Every connected host.
    pub fn connected(&self) -> Vec<HostId> {
        self.0
            .lock()
            .expect("no panic while held")
            .keys()
            .copied()
            .collect()
    }

    /// Forgets the certificates of `host` and closes its connections.
    pub fn revoke(&self, host: HostId) {
        self.0.lock().expect("no panic while held").remove(&host);
    }
}
