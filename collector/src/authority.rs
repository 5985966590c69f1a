//! The certificate authority and the key that signs enrolment tokens.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use shared::token::{Fingerprint, Token};
use uuid::Uuid;

/// The authority of one installation.
#[derive(Clone)]
pub struct Authority(Arc<Keys>);

struct Keys {
    certificate: rcgen::Certificate,
    pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    token_key: SigningKey,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Authority")
            .field(&self.fingerprint())
            .finish()
    }
}

impl Authority {
    /// A new authority, kept nowhere.
    ///
    /// # Errors
    /// When a key or the certificate cannot be made.
    pub fn ephemeral() -> anyhow::Result<Self> {
        let key = rcgen::KeyPair::generate().context("making the authority's key")?;
        let mut params = rcgen::CertificateParams::new(Vec::new())?;
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key)?;
        let pem = certificate.pem();
        let issuer = rcgen::Issuer::new(params, key);
        let token_key = SigningKey::from_bytes(&[7; 32]);
        Ok(Self(Arc::new(Keys {
            certificate,
            pem,
            issuer,
            token_key,
        })))
    }

    /// What a token pins.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.certificate.der())
    }

    /// The authority's certificate.
    pub fn certificate_pem(&self) -> &str {
        &self.0.pem
    }

    /// The text of an enrolment token.
    pub fn sign_token(&self, id: Uuid, expires: DateTime<Utc>) -> String {
        Token {
            pin: self.fingerprint(),
            id,
            expires,
        }
        .sign(&self.0.token_key)
    }

    /// A certificate for HTTPS under `names`.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issue_https(
        &self,
        names: &[String],
    ) -> anyhow::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let key = rcgen::KeyPair::generate()?;
        let params = rcgen::CertificateParams::new(names.to_vec())?;
        let certificate = params.signed_by(&key, &self.0.issuer)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        Ok((vec![certificate.der().clone()], key))
    }
}
