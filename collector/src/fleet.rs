//! What the collector knows of the fleet without asking the database: which certificates are let
//! in, and which hosts are connected.
//!
//! It is loaded at the start and changed together with the database. Revocation must hold at once
//! and at every handshake; a look into memory is what makes that cheap.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::{CertificateError, Error};
use rustls_pki_types::CertificateDer;
use shared::{
    id::HostId,
    tls::{self, Admission},
    token::Fingerprint,
};

use tokio::sync::Notify;

use crate::store::certificate::Member;

/// Why a connection is closed, as the agent's QUIC stack sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Close {
    /// The collector stops or restarts: come back.
    Shutdown = 0,
    /// Said already in a `Refused`.
    Refused = 1,
    /// The host is revoked.
    Revoked = 2,
    /// The same host has opened a newer connection.
    Replaced = 3,
}

/// Certificates and connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fleet(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    grace: TimeDelta,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    admitted: HashMap<Fingerprint, Member>,
    connected: HashMap<HostId, Connected>,
    /// Distinguishes connections of the same host.
    next: u64,
}

#[derive(Debug)]
struct Connected {
    serial: u64,
    host_no: i32,
    since: DateTime<Utc>,
    connection: quinn::Connection,
    /// Rung when the host's settings may be others than before.
    bell: Arc<Notify>,
}

/// A host's entry among the connected; dropped, the host is gone.
#[derive(Debug)]
pub struct Presence {
    fleet: Fleet,
    host: HostId,
    serial: u64,
    /// Rung when the host's settings may be others than before.
    pub bell: Arc<Notify>,
}

impl Fleet {
    /// A fleet of nobody. `grace` is how long past its end a certificate may be used for renewal.
    pub fn new(grace: TimeDelta) -> Self {
        Self(Arc::new(Shared {
            grace,
            state: Mutex::default(),
        }))
    }

    /// Lets a certificate in.
    pub fn enlist(&self, fingerprint: Fingerprint, member: Member) {
        self.state().admitted.insert(fingerprint, member);
    }

    /// Lets a certificate in no longer.
    pub fn strike(&self, fingerprint: Fingerprint) {
        self.state().admitted.remove(&fingerprint);
    }

    /// Whose certificate it is; `None` for one that is not let in.
    pub fn member(&self, certificate: &CertificateDer<'_>) -> Option<Member> {
        self.state()
            .admitted
            .get(&Fingerprint::of(certificate))
            .copied()
    }

    /// Records a connection. One that the host still has, it has lost: it is closed.
    pub fn connect(
        &self,
        member: Member,
        connection: quinn::Connection,
        since: DateTime<Utc>,
    ) -> Presence {
        let Member { host, host_no, .. } = member;
        let mut state = self.state();
        state.next += 1;
        let serial = state.next;
        let bell = Arc::new(Notify::new());
        let entry = Connected {
            bell: bell.clone(),
            serial,
            host_no,
            since,
            connection,
        };
        if let Some(older) = state.connected.insert(host, entry) {
            close(&older.connection, Close::Replaced);
        }
        Presence {
            fleet: self.clone(),
            host,
            serial,
            bell,
        }
    }

    /// Lets the sessions of these hosts look for other settings.
    pub fn ring(&self, hosts: &[i32]) {
        let hosts: HashSet<_> = hosts.iter().collect();
        let state = self.state();
        let connected = state.connected.values();
        connected
            .filter(|connected| hosts.contains(&connected.host_no))
            .for_each(|connected| connected.bell.notify_one());
    }

    /// Lets every session look for other settings.
    pub fn ring_all(&self) {
        let state = self.state();
        let connected = state.connected.values();
        connected.for_each(|connected| connected.bell.notify_one());
    }

    /// Since when the host is connected to this collector.
    pub fn connected_since(&self, host: HostId) -> Option<DateTime<Utc>> {
        self.state()
            .connected
            .get(&host)
            .map(|connected| connected.since)
    }

    /// Every connected host.
    pub fn connected(&self) -> Vec<HostId> {
        self.state().connected.keys().copied().collect()
    }

    /// The numbers of every connected host.
    pub fn connected_numbers(&self) -> Vec<i32> {
        self.state()
            .connected
            .values()
            .map(|connected| connected.host_no)
            .collect()
    }

    /// Forgets the host's certificates and closes its connection. The database comes first.
    pub fn revoke(&self, host: HostId) {
        let mut state = self.state();
        state.admitted.retain(|_, member| member.host != host);
        if let Some(connected) = state.connected.get(&host) {
            close(&connected.connection, Close::Revoked);
        }
    }

    /// Forgets certificates that are past their end and the grace period.
    pub fn forget_expired(&self, now: DateTime<Utc>) {
        let grace = self.0.grace;
        self.state()
            .admitted
            .retain(|_, member| now < member.not_after + grace);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .state
            .lock()
            .expect("no code panics while it holds the fleet")
    }
}

/// Closes a connection with the reason as its code.
pub fn close(connection: &quinn::Connection, why: Close) {
    connection.close(
        (why as u32).into(),
        format!("{why:?}").to_lowercase().as_bytes(),
    );
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = self.fleet.state();
        if state
            .connected
            .get(&self.host)
            .is_some_and(|newest| newest.serial == self.serial)
        {
            state.connected.remove(&self.host);
        }
    }
}

impl Admission for Fleet {
    fn grace_s(&self) -> u64 {
        self.0.grace.num_seconds().unsigned_abs()
    }

    fn admit(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        match self.member(certificate) {
            Some(_) => Ok(()),
            None => Err(Error::InvalidCertificate(CertificateError::Revoked)),
        }
    }
}

/// The verifier of client certificates over this fleet.
///
/// # Errors
/// When the authority is no certificate.
pub fn verifier(
    fleet: &Fleet,
    authority: CertificateDer<'static>,
) -> Result<tls::ClientVerifier<Fleet>, Error> {
    tls::ClientVerifier::new(authority, fleet.clone())
}
