//! The TLS settings of both ends, side by side.
//!
//! TLS 1.3 only, one cryptographic provider, no session tickets and no early data: a resumed
//! session would skip the check of the client's certificate, and a revoked host could come back.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::{clock::SharedClock, token::Fingerprint};

/// The protocol of a session: `AgentMessage` and `CollectorMessage` of the wire.
pub const ALPN_SESSION: &[u8] = b"openwatch/1";
/// The protocol of an enrolment: `EnrolRequest`, without a client certificate.
pub const ALPN_ENROL: &[u8] = b"openwatch-enrol/1";
/// The protocol of a renewal: `RenewRequest`.
pub const ALPN_RENEW: &[u8] = b"openwatch-renew/1";

/// The name in the collector's certificate for agents. It is the same everywhere: an agent trusts
/// the authority that it pinned, whatever address it dials.
pub const COLLECTOR_NAME: &str = "collector.openwatch.internal";

/// The one cryptographic provider.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// An agent that is not enrolled: it trusts the authority with this fingerprint, which the
/// collector must send along with its own certificate.
///
/// # Errors
/// rustls' own, which with this provider means a defect.
pub fn agent_enrolling(pin: Fingerprint, clock: SharedClock) -> Result<ClientConfig, Error> {
    let verifier = Arc::new(PinnedAuthority {
        pin,
        provider: provider(),
    });
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(Time(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_ENROL.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// An enrolled agent, for a session or a renewal.
///
/// # Errors
/// When the authority or the key is not usable.
pub fn agent(
    alpn: &[u8],
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    clock: SharedClock,
) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(Time(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// A collector's door for agents, for all three protocols. `verifier` decides which client
/// certificates are let in; the protocol chosen decides whether one is needed.
///
/// # Errors
/// When chain and key do not fit each other.
pub fn collector(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    verifier: Arc<dyn ClientCertVerifier>,
    clock: SharedClock,
) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(Time(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = [ALPN_SESSION, ALPN_ENROL, ALPN_RENEW]
        .map(<[u8]>::to_vec)
        .into();
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(config)
}

/// Decides about a client certificate that is signed by the authority and in its time, or past it
/// by no more than a grace period.
pub trait Admission: std::fmt::Debug + Send + Sync {
    /// How many seconds after its expiry a certificate may still be used to renew itself.
    fn grace_s(&self) -> u64;

    /// Whether the holder of this certificate is let in.
    ///
    /// # Errors
    /// The alert that the other side gets.
    fn admit(&self, certificate: &CertificateDer<'_>) -> Result<(), Error>;
}

/// Checks client certificates against one authority and an [`Admission`].
#[derive(Debug)]
pub struct ClientVerifier<A> {
    chain: Arc<dyn ClientCertVerifier>,
    admission: A,
}

impl<A: Admission> ClientVerifier<A> {
    /// A verifier that trusts `authority` alone.
    ///
    /// # Errors
    /// When the authority is no certificate.
    pub fn new(authority: CertificateDer<'static>, admission: A) -> Result<Self, Error> {
        let chain = chain_of(authority)?;
        Ok(Self { chain, admission })
    }
}

impl<A: Admission> ClientCertVerifier for ClientVerifier<A> {
    /// An enrolling agent has none yet.
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verify = |at| {
            self.chain
                .verify_client_cert(certificate, intermediates, at)
        };
        let verified = match verify(now) {
            Err(Error::InvalidCertificate(
                rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. },
            )) => {
                let earlier = now.as_secs().saturating_sub(self.admission.grace_s());
                verify(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
                    earlier,
                )))?
            }
            other => other?,
        };
        self.admission.admit(certificate)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is off".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Checks that `authority` issued a host's certificate, and that it was good at that instant.
///
/// # Errors
/// rustls' own: it was not, or one of the two is no certificate.
pub fn descends(
    certificate: &CertificateDer<'_>,
    authority: &CertificateDer<'_>,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let chain = chain_of(authority.clone().into_owned())?;
    chain.verify_client_cert(certificate, &[], at).map(drop)
}

/// What checks that a client's certificate descends from `authority`.
fn chain_of(authority: CertificateDer<'static>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))
}

/// Trusts one authority by its fingerprint.
#[derive(Debug)]
struct PinnedAuthority {
    pin: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = chain
            .iter()
            .find(|candidate| Fingerprint::of(candidate) == self.pin)
            .ok_or(Error::InvalidCertificate(
                rustls::CertificateError::UnknownIssuer,
            ))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?
            .verify_server_cert(certificate, &[], name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is off".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// rustls' clock, on ours, so that a test can let certificates expire.
#[derive(Debug)]
struct Time(SharedClock);

impl rustls::time_provider::TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            seconds,
        )))
    }
}
