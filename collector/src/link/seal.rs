//! The seals of one session: whose they are is seen here, and whether they fit where the results are
//! applied.

use quinn::Connection;
use rustls_pki_types::CertificateDer;
use shared::wire::Seal;

use super::certificate;
use crate::{
    chain::{HostKey, KeyError},
    store::{certificate::Member, fact::HostSeal},
};

/// Why a seal is none of this host's.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSeal {
    #[error("the seal under record {0} is not signed with the key of the session's certificate")]
    Signature(u64),
    #[error("the session's certificate vouches for nobody")]
    Certificate(#[source] KeyError),
    #[error("the seal is under a record that no database can number")]
    Range,
    #[error("a seal that says what the session goes on from comes before every record and seal")]
    Late,
}

/// What a session's seals are held against.
#[derive(Debug)]
pub(super) struct Seals {
    member: Member,
    certificate: CertificateDer<'static>,
    /// Whether the host has said what it goes on from, or has gone on already.
    begun: bool,
}

impl Seals {
    /// Those of the holder of the connection's certificate.
    pub(super) fn of(connection: &Connection, member: Member) -> Self {
        Self {
            member,
            certificate: certificate(connection).unwrap_or_else(|| Vec::new().into()),
            begun: false,
        }
    }

    /// Records have come.
    pub(super) fn records(&mut self) {
        self.begun = true;
    }

    /// The seal, if it is this host's.
    pub(super) fn take(&mut self, seal: Seal) -> Result<HostSeal, NoSeal> {
        if std::mem::replace(&mut self.begun, true) && seal.opening.is_some() {
            return Err(NoSeal::Late);
        }
        // Postgres has no unsigned numbers.
        if [seal.epoch.0, seal.seq]
            .into_iter()
            .any(|n| i64::try_from(n).is_err())
        {
            return Err(NoSeal::Range);
        }
        let key = HostKey::read(&self.certificate).map_err(NoSeal::Certificate)?;
        if key.host != self.member.host || key.verify(&seal).is_none() {
            return Err(NoSeal::Signature(seal.seq));
        }
        let certificate = self.certificate.clone();
        Ok(HostSeal { seal, certificate })
    }
}
