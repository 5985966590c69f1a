//! Whose key a certificate is about, and whether the authority says so.

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use shared::{
    chain::{self, Stand},
    id::HostId,
    tls,
    wire::Seal,
};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer as _, X509Certificate},
};

/// Why a certificate vouches for no host.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the certificate cannot be read")]
    Form,
    #[error("the certificate names no host")]
    NoHost,
    #[error("the authority did not issue the certificate, or not for that time: {0}")]
    Authority(rustls::Error),
}

/// The public key of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    pub host: HostId,
    point: Vec<u8>,
}

impl HostKey {
    /// The key in a certificate, whoever issued that.
    ///
    /// # Errors
    /// [`KeyError::Form`], [`KeyError::NoHost`].
    pub fn read(certificate: &CertificateDer<'_>) -> Result<Self, KeyError> {
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| KeyError::Form)?;
        let names = parsed
            .subject_alternative_name()
            .map_err(|_| KeyError::Form)?;
        let names = names.iter().flat_map(|names| &names.value.general_names);
        let mut hosts = names.filter_map(|name| match name {
            GeneralName::URI(uri) => HostId::from_uri(uri),
            _ => None,
        });
        Ok(Self {
            host: hosts.next().ok_or(KeyError::NoHost)?,
            point: parsed.public_key().subject_public_key.data.to_vec(),
        })
    }

    /// The key in a certificate that `authority` issued, and that was good at that instant.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn vouched(
        certificate: &CertificateDer<'_>,
        authority: &CertificateDer<'_>,
        at: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        tls::descends(certificate, authority, at).map_err(KeyError::Authority)?;
        Self::read(certificate)
    }

    /// Where the host's results stand, if the host signed that.
    pub fn verify(&self, seal: &Seal) -> Option<Stand> {
        chain::verify(&self.point, self.host, seal)
    }
}
