//! Signing in with a certificate, such as that of a smart card (CAC, PIV): which ones are good, and whose they
//! are. It knows no accounts.
//!
//! A certificate is good when it leads to one of the authorities, is in its time, may be used by a client and
//! is on no list of revoked ones. Each certificate of its chain must be covered by a list, if there are any; one
//! that is older than it says it should be refuses everybody, and so does one that cannot be read.

/// Whose a certificate is.
mod name;

/// Lists of revoked certificates, in files that change.
mod revoked;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    server::{
        NoServerSessionStorage, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject};
use shared::clock::SharedClock;
use x509_parser::prelude::{FromDer, X509Certificate};

pub use self::name::NameError;
use self::{name::Template, revoked::Revoked};

/// What is set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Authorities that may have issued a person's certificate or an intermediate one, PEM.
    pub ca_files: Vec<PathBuf>,
    /// Lists of revoked certificates, PEM or DER. None: nothing is ever revoked.
    pub crl_files: Vec<PathBuf>,
    /// Whether a list that should have been replaced refuses everybody.
    pub stale_refuses: bool,
    /// How an account's name follows from a certificate.
    pub account: String,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    #[error("reading {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} holds no certificate of an authority in PEM")]
    Authority { path: PathBuf },
    #[error("{path} holds no list of revoked certificates")]
    List { path: PathBuf },
    #[error("no authority is named (client_certificates.ca_files)")]
    NoAuthority,
    #[error("client_certificates.account: {0}")]
    Template(String),
    #[error("preparing TLS")]
    Tls(#[source] Error),
}

/// Why a certificate is not good, or nobody's.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the certificate is not good")]
    Certificate(#[source] Error),
    #[error("the certificate names nobody: {0}")]
    Name(#[from] NameError),
}

/// The chain that a client has shown, its own first. TLS has seen that it has the key.
#[derive(Debug, Clone)]
pub struct Shown(pub Arc<[CertificateDer<'static>]>);

/// Decides about clients' certificates. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Certificates(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    roots: Vec<DistinguishedName>,
    revoked: Revoked,
    account: Template,
    clock: SharedClock,
}

impl Certificates {
    /// With these settings.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn open(settings: &Settings, clock: SharedClock) -> Result<Self, CertificateFault> {
        let mut roots = RootCertStore::empty();
        for path in &settings.ca_files {
            let unusable = || CertificateFault::Authority { path: path.clone() };
            let pem = read(path)?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            let found = found
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(unusable)?;
            for certificate in found {
                roots.add(certificate).map_err(|_| unusable())?;
            }
        }
        if roots.is_empty() {
            return Err(CertificateFault::NoAuthority);
        }
        let inner = Inner {
            roots: roots.subjects(),
            revoked: Revoked::open(roots, settings.crl_files.clone(), settings.stale_refuses)?,
            account: settings
                .account
                .parse()
                .map_err(CertificateFault::Template)?,
            clock,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// What the holder of this chain is called. It is looked at anew: a connection may be older than what is
    /// known of its certificate.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn holder(&self, shown: &Shown) -> Result<String, Refused> {
        let (own, chain) = shown
            .0
            .split_first()
            .ok_or(Refused::Certificate(Error::NoCertificatesPresented))?;
        self.0.check(own, chain).map_err(Refused::Certificate)?;
        Ok(self.0.account.of(own)?)
    }

    /// TLS of a listener that shows `own` and asks each client for its certificate.
    ///
    /// # Errors
    /// rustls' own, which with this provider means a defect.
    pub fn tls(&self, own: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, CertificateFault> {
        let config = ServerConfig::builder_with_provider(shared::tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(CertificateFault::Tls)?;
        let mut config = config
            .with_client_cert_verifier(self.0.clone())
            .with_cert_resolver(own);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A session that is resumed would skip the check.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(config)
    }
}

impl Inner {
    fn check(&self, own: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Result<(), Error> {
        let now = self.clock.now().timestamp();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            u64::try_from(now).unwrap_or(0),
        ));
        self.revoked
            .verifier()?
            .verify_client_cert(own, chain, now)?;
        if for_clients(own) {
            Ok(())
        } else {
            Err(CertificateError::InvalidPurpose.into())
        }
    }
}

/// Whether a certificate says that it is one for clients. That it says nothing is not enough, though TLS takes
/// it.
fn for_clients(certificate: &CertificateDer<'_>) -> bool {
    let parsed = X509Certificate::from_der(certificate);
    let usage = parsed
        .as_ref()
        .ok()
        .and_then(|(_, parsed)| parsed.extended_key_usage().ok()?);
    usage.is_some_and(|usage| usage.value.client_auth)
}

impl ClientCertVerifier for Inner {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.roots
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(own, chain)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = shared::tls::provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, own, signature, &known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = shared::tls::provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, own, signature, &known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        shared::tls::provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateFault> {
    fs::read(path).map_err(|source| CertificateFault::Read {
        path: path.into(),
        source,
    })
}
