//! What the agent's sessions have cost on the wire: bytes of UDP payload, with QUIC's own packets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quinn::Connection;

/// Bytes of all sessions since the start. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    sent: u64,
    received: u64,
    /// The session that goes on, whose bytes are asked of it.
    open: Option<Connection>,
}

impl Traffic {
    /// A session begins.
    pub fn opened(&self, connection: &Connection) {
        self.lock().open = Some(connection.clone());
    }

    /// The session has ended.
    pub fn closed(&self) {
        let mut inner = self.lock();
        (inner.sent, inner.received) = inner.totals();
        inner.open = None;
    }

    /// Bytes sent and received, also those of the session that goes on.
    pub fn totals(&self) -> (u64, u64) {
        self.lock().totals()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn totals(&self) -> (u64, u64) {
        let Some(open) = &self.open else {
            return (self.sent, self.received);
        };
        let stats = open.stats();
        (
            self.sent + stats.udp_tx.bytes,
            self.received + stats.udp_rx.bytes,
        )
    }
}
