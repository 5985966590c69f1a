//! Getting a certificate: the first with a token, the later ones with the one before.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde::Serialize;
use shared::{
    clock::SharedClock,
    id::HostId,
    tls::{self, ALPN_RENEW},
    token::{Fingerprint, Token, TokenError},
    wire::{self, EnrolRequest, IssueReply, Issued, Refusal, Refused, RenewRequest, WireError},
};

use super::{Identity, IdentityError, machine::Machine};
use crate::{
    dial::{self, DialError, Dialled, Transport},
    host::Host,
    state::{StateDir, StateError},
};

/// How long the collector may take to answer.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(30);

/// Why there is no new certificate. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("this host is enrolled already, as {0}; --force enrols it anew")]
    Already(HostId),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("making a key")]
    Key(#[source] rcgen::Error),
    #[error("preparing TLS")]
    Tls(#[source] rustls::Error),
    #[error("reaching the collector")]
    Dial(#[source] DialError),
    #[error("talking to the collector")]
    Talk(#[source] WireError),
    #[error("the collector closed the connection without an answer")]
    NoAnswer,
    #[error("the collector did not answer within {} s", ANSWER.as_secs())]
    Late,
    #[error("the collector refuses: {}; {}", .0.message, mend(.0.reason))]
    Refused(Refused),
    #[error("the collector answered with a certificate for another key")]
    OtherKey,
    #[error("the collector answered with another authority than the one that this host trusts")]
    OtherAuthority,
    #[error("the collector answered with a certificate for another host than it says")]
    OtherHost,
    #[error("the collector's answer holds no usable certificate")]
    Certificate(#[source] IdentityError),
    #[error("keeping the identity")]
    State(#[source] StateError),
    #[error("the identity on this host cannot be read; --force replaces it")]
    Present(#[source] IdentityError),
}

/// Enrols this host at `collector` (`HOST:PORT`) and keeps what it is given. Nothing is written
/// unless everything succeeded.
///
/// # Errors
/// [`EnrolError`], in words that name the mend.
pub async fn enrol(
    state: &StateDir,
    host: &Host,
    collector: &str,
    token: &str,
    force: bool,
) -> Result<HostId, EnrolError> {
    if !force && let Some(present) = Identity::load(state).map_err(EnrolError::Present)? {
        return Err(EnrolError::Already(present.host));
    }
    let pin = Token::parse(token)?.pin;
    let key = new_key()?;
    let machine = Machine::read(host);
    let request = EnrolRequest {
        token: token.trim().into(),
        csr: request_for(&key)?,
        hostname: machine.hostname,
        machine: machine.id_hash,
        agent_version: env!("CARGO_PKG_VERSION").into(),
    };
    let config = tls::agent_enrolling(pin, host.clock().clone()).map_err(EnrolError::Tls)?;
    let issued = exchange(collector, config, &request).await?;
    let identity = accept(issued, &key, pin, collector)?;
    state.make().map_err(EnrolError::State)?;
    identity.save(state).map_err(EnrolError::State)?;
    Ok(identity.host)
}

/// Exchanges the certificate for one with a new key. The caller saves what is returned.
///
/// # Errors
/// [`EnrolError`]; `present` stays good for what it is.
pub async fn renew(
    present: &Identity,
    collector: &str,
    clock: SharedClock,
) -> Result<Identity, EnrolError> {
    let key = new_key()?;
    let request = RenewRequest {
        csr: request_for(&key)?,
    };
    let config = present.tls(ALPN_RENEW, clock).map_err(EnrolError::Tls)?;
    let issued = exchange(collector, config, &request).await?;
    let pin = Fingerprint::of(present.authority());
    let renewed = accept(issued, &key, pin, &present.collector)?;
    if renewed.host == present.host {
        Ok(renewed)
    } else {
        Err(EnrolError::OtherHost)
    }
}

/// What helps against a refusal.
pub fn mend(reason: Refusal) -> &'static str {
    match reason {
        Refusal::TokenUnknown => "check that the token was copied whole, from this collector",
        Refusal::TokenExpired | Refusal::TokenUsedUp | Refusal::TokenRevoked => {
            "ask for a new token and run `openwatch-agent enroll` again"
        }
        Refusal::CsrInvalid | Refusal::ProtocolUnsupported | Refusal::Malformed => {
            "agent and collector do not fit each other: install the agent that the collector offers"
        }
        Refusal::HostMismatch => "enrol this host anew with `openwatch-agent enroll --force`",
        Refusal::HostRevoked => {
            "the host was revoked at the collector; enrol it anew with `openwatch-agent enroll \
             --force` if that was a mistake"
        }
        Refusal::CertificateExpired => {
            "the agent renews it by itself; if that fails, enrol this host anew with \
             `openwatch-agent enroll --force`"
        }
        Refusal::HostQuarantined => {
            "two machines use this identity: enrol the copy anew with `openwatch-agent enroll \
             --force`"
        }
        Refusal::Busy => "the agent tries again by itself",
        Refusal::Internal => "look into the collector's log",
    }
}

/// One connection, one stream, one question, one answer.
async fn exchange(
    collector: &str,
    config: rustls::ClientConfig,
    request: &impl Serialize,
) -> Result<Issued, EnrolError> {
    let dialled = dial::dial(collector, config, Transport::default())
        .await
        .map_err(EnrolError::Dial)?;
    let reply = tokio::time::timeout(ANSWER, ask(&dialled, request))
        .await
        .unwrap_or(Err(EnrolError::Late));
    dialled.close(0, "done").await;
    match reply? {
        IssueReply::Issued(issued) => Ok(issued),
        IssueReply::Refused(refused) => Err(EnrolError::Refused(refused)),
    }
}

async fn ask(dialled: &Dialled, request: &impl Serialize) -> Result<IssueReply, EnrolError> {
    let closed = |error: WireError| match dialled.connection.close_reason() {
        Some(source) => EnrolError::Dial(dial::ended(dialled.connection.remote_address(), source)),
        None => EnrolError::Talk(error),
    };
    let (mut send, mut receive) = dialled
        .connection
        .open_bi()
        .await
        .map_err(|error| closed(WireError::Io(error.into())))?;
    wire::write(&mut send, request).await.map_err(closed)?;
    // Fails only when the stream is finished already, or the connection is gone, which reading
    // will tell.
    let _ = send.finish();
    wire::read(&mut receive)
        .await
        .map_err(closed)?
        .ok_or(EnrolError::NoAnswer)
}

/// Believes nothing of the answer that can be checked.
fn accept(
    issued: Issued,
    key: &KeyPair,
    pin: Fingerprint,
    collector: &str,
) -> Result<Identity, EnrolError> {
    if Fingerprint::of(&issued.authority) != pin {
        return Err(EnrolError::OtherAuthority);
    }
    let identity = Identity::new(
        collector,
        CertificateDer::from(issued.authority),
        CertificateDer::from(issued.certificate),
        PrivatePkcs8KeyDer::from(key.serialize_der()),
    )
    .map_err(EnrolError::Certificate)?;
    if identity.host != issued.host {
        return Err(EnrolError::OtherHost);
    }
    match identity.public_key() {
        Ok(public) if public == key.public_key_raw() => Ok(identity),
        Ok(_) => Err(EnrolError::OtherKey),
        Err(error) => Err(EnrolError::Certificate(error)),
    }
}

fn new_key() -> Result<KeyPair, EnrolError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(EnrolError::Key)
}

fn request_for(key: &KeyPair) -> Result<Vec<u8>, EnrolError> {
    let request = CertificateParams::default()
        .serialize_request(key)
        .map_err(EnrolError::Key)?;
    Ok(request.der().to_vec())
}
