//! Who this host is: its key, its certificate, the authority it trusts, and the collector that
//! enrolled it.
//!
//! All of it lies in one file, `identity.pem`, readable by its owner alone and replaced in one
//! step, so that key and certificate fit each other whenever the power goes. `openssl x509 -in`
//! reads it as it is.

/// Getting a certificate.
mod enrol;

/// What a machine says of itself.
mod machine;

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use shared::{chain::Signing, clock::SharedClock, id::HostId};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer as _, X509Certificate},
};

pub use self::{
    enrol::{EnrolError, enrol, mend, renew},
    machine::Machine,
};
use crate::state::{StateDir, StateError};

/// The identity's file in the state folder.
pub const FILE: &str = "identity.pem";
/// Its permissions.
pub const MODE: u32 = 0o600;

const COLLECTOR: &str = "Collector: ";

/// Why the identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("reading the identity")]
    State(#[source] StateError),
    #[error("{FILE} does not say which collector it is for")]
    NoCollector,
    #[error("{FILE} does not hold a key, a certificate and an authority")]
    Pem(#[source] rustls_pki_types::pem::Error),
    #[error("the certificate cannot be parsed: {0}")]
    Certificate(String),
    #[error("the certificate names no host")]
    NoHost,
}

/// Who this host is.
pub struct Identity {
    pub host: HostId,
    /// `HOST:PORT`, as given at enrolment.
    pub collector: String,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

/// Without the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("host", &self.host)
            .field("collector", &self.collector)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// An identity of these parts. The certificate says which host it is, and for how long.
    ///
    /// # Errors
    /// [`IdentityError`] when it does not.
    pub fn new(
        collector: &str,
        authority: CertificateDer<'static>,
        certificate: CertificateDer<'static>,
        key: PrivatePkcs8KeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        let parsed = parse(&certificate)?;
        let names = parsed
            .subject_alternative_name()
            .map_err(|error| IdentityError::Certificate(error.to_string()))?;
        let host = names
            .iter()
            .flat_map(|names| &names.value.general_names)
            .find_map(|name| match name {
                GeneralName::URI(uri) => HostId::from_uri(uri),
                _ => None,
            })
            .ok_or(IdentityError::NoHost)?;
        let instant = |seconds| {
            DateTime::from_timestamp(seconds, 0)
                .ok_or_else(|| IdentityError::Certificate("its validity is out of range".into()))
        };
        Ok(Self {
            host,
            collector: collector.into(),
            not_before: instant(parsed.validity().not_before.timestamp())?,
            not_after: instant(parsed.validity().not_after.timestamp())?,
            authority,
            certificate,
            key,
        })
    }

    /// The identity in `state`; `None` when this host is not enrolled.
    ///
    /// # Errors
    /// [`IdentityError`] when it cannot be read or is damaged.
    pub fn load(state: &StateDir) -> Result<Option<Self>, IdentityError> {
        let Some(text) = state.read(FILE).map_err(IdentityError::State)? else {
            return Ok(None);
        };
        let collector = text
            .lines()
            .find_map(|line| line.strip_prefix(COLLECTOR))
            .ok_or(IdentityError::NoCollector)?;
        let key =
            PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(IdentityError::Pem)?;
        let mut certificates = CertificateDer::pem_slice_iter(text.as_bytes());
        let mut next = || {
            certificates
                .next()
                .unwrap_or(Err(rustls_pki_types::pem::Error::NoItemsFound))
                .map_err(IdentityError::Pem)
        };
        let (certificate, authority) = (next()?, next()?);
        Self::new(collector, authority, certificate, key).map(Some)
    }

    /// Replaces the identity in `state` in one step.
    ///
    /// # Errors
    /// [`StateError`]; the old one is still there.
    pub fn save(&self, state: &StateDir) -> Result<(), StateError> {
        let mut text = format!("Host: {}\n{COLLECTOR}{}\n", self.host, self.collector);
        pem(&mut text, "PRIVATE KEY", self.key.secret_pkcs8_der());
        pem(&mut text, "CERTIFICATE", &self.certificate);
        pem(&mut text, "CERTIFICATE", &self.authority);
        state.write(FILE, &text, MODE)
    }

    /// The TLS settings with which this host shows itself.
    ///
    /// # Errors
    /// rustls' own, when the key or the authority is not usable.
    pub fn tls(
        &self,
        alpn: &[u8],
        clock: SharedClock,
    ) -> Result<rustls::ClientConfig, rustls::Error> {
        shared::tls::agent(
            alpn,
            self.authority.clone(),
            self.certificate.clone(),
            PrivateKeyDer::Pkcs8(self.key.clone_key()),
            clock,
        )
    }

    /// The right to sign for this host, with the key of the certificate that [`Self::tls`] shows.
    ///
    /// # Errors
    /// rustls' own, when the key is not usable.
    pub fn signing(&self) -> Result<Signing, rustls::Error> {
        Signing::new(self.host, PrivateKeyDer::Pkcs8(self.key.clone_key()))
    }

    /// The authority that collectors must descend from, DER.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// From when on it should be renewed: two thirds of its life, so that a collector may be
    /// away for the last third.
    pub fn renew_at(&self) -> DateTime<Utc> {
        let life = self.not_after - self.not_before;
        self.not_before + TimeDelta::seconds(life.num_seconds() / 3 * 2)
    }

    /// Whether `other` is the same certificate.
    pub fn is_same(&self, other: &Self) -> bool {
        self.certificate == other.certificate
    }

    /// The certificate's public key, uncompressed point.
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, IdentityError> {
        let parsed = parse(&self.certificate)?;
        Ok(parsed.public_key().subject_public_key.data.to_vec())
    }
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, IdentityError> {
    X509Certificate::from_der(certificate)
        .map(|(_, parsed)| parsed)
        .map_err(|error| IdentityError::Certificate(error.to_string()))
}

fn pem(text: &mut String, label: &str, der: &[u8]) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let body = STANDARD.encode(der);
    let _ = writeln!(text, "-----BEGIN {label}-----");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    let _ = writeln!(text, "-----END {label}-----");
}
