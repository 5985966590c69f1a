//! The door for agents: one QUIC endpoint, three protocols.
//!
//! TLS has decided who may knock: a certificate that is shown is one of the fleet's (see
//! [`crate::fleet`]). The protocol decides whether one is needed: for a session and for a renewal
//! yes, for an enrolment no.

/// Enrolment and renewal: certificates for hosts.
mod issue;

/// How hosts come and go.
mod life;

/// Settings for hosts.
mod control;

/// Profiles and variables for hosts.
mod assignment;

/// Content in a session: offers, and what came of them.
mod content;

/// Content that hosts fetch.
mod fetch;

/// The beginning of a session.
mod greeting;

/// The seals of a session.
mod seal;

/// A host's session: records in, acknowledgements out.
mod session;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use quinn::{
    Connection, Endpoint, EndpointConfig, IdleTimeout, Incoming, TransportConfig, VarInt,
    crypto::rustls::{HandshakeData, QuicServerConfig},
};
use quinn_proto::HashedConnectionIdGenerator;
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use shared::{
    clock::SharedClock,
    tls,
    wire::{Refusal, Refused},
};
use sqlx::PgPool;
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info, info_span, warn};

pub use self::fetch::Downloads;
use crate::{
    authority::Authority,
    fleet::{self, Close, Fleet},
    ingest::{Ingest, MetricIngest},
    live::Feed,
    metrics::Metrics,
    retention::Keep,
    store::certificate::Member,
};

/// Handshakes under way at once. Each costs about a millisecond of a core; above this, agents are
/// asked to prove their address first, which costs nothing to check and stops a flood from forged
/// ones.
const HANDSHAKES: usize = 256;
/// A connection that does not say what it wants within this time is closed.
const GREETING: Duration = Duration::from_secs(10);
/// Longer than two of the agent's keep-alives: a host that says nothing for this long is gone.
const IDLE_MS: u32 = 150_000;
/// How long a refusal may take to reach the other side before the connection is closed.
const LINGER: Duration = Duration::from_secs(2);

/// Longest host name, bytes, as in POSIX' `HOST_NAME_MAX` with room to spare.
const MAX_NAME: usize = 255;

/// What the protocols work on.
#[derive(Debug, Clone)]
pub struct Context {
    pub db: PgPool,
    pub clock: SharedClock,
    pub authority: Authority,
    pub fleet: Fleet,
    pub ingest: Ingest,
    pub metric_ingest: MetricIngest,
    pub feed: Feed,
    pub metrics: Arc<Metrics>,
    /// What hosts share that fetch content.
    pub downloads: Downloads,
    /// How long the past is kept.
    pub keep: Keep,
    /// Cancelled when the collector stops: what ends then says nothing about hosts.
    pub stopping: CancellationToken,
}

/// Opens the endpoint on `address`.
///
/// # Errors
/// When the address is taken, or the certificate cannot be used.
pub fn listen(address: SocketAddr, context: &Context) -> anyhow::Result<Endpoint> {
    let (chain, key) = context.authority.issue_agents_door()?;
    let verifier = Arc::new(fleet::verifier(
        &context.fleet,
        context.authority.certificate(),
    )?);
    let tls = tls::collector(chain, key, verifier, context.clock.clone())?;
    let mut config =
        quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(Arc::new(tls))?));
    config.transport_config(Arc::new(transport()));
    let socket = std::net::UdpSocket::bind(address)
        .map_err(|e| anyhow::anyhow!("UDP {address} (agents.listen): {e}"))?;
    let runtime = Arc::new(quinn::TokioRuntime);
    let endpoint = endpoint(context.authority.reset_key());
    Ok(Endpoint::new(endpoint, Some(config), socket, runtime)?)
}

/// Connection identifiers and stateless resets from a key that outlives the process: an agent
/// whose collector was killed learns from the next one, with its next packet, that its connection
/// is gone. With keys made at each start it would wait for the idle timeout.
fn endpoint(key: &[u8; 32]) -> EndpointConfig {
    // Identifiers are hashed weakly and seen on the wire: their key must not be a part of the other.
    let hash = Sha256::new_with_prefix(b"connection identifiers\0")
        .chain_update(key)
        .finalize();
    let identifiers = hash[..8]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    let mut config = EndpointConfig::new(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)));
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(identifiers)));
    config
}

/// Small windows: a host sends little, and 20,000 of them must fit. A session is one stream; only once
/// it is welcomed there may be another ([`fetch::serve`]).
fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS))))
        .max_concurrent_bidi_streams(1_u32.into())
        .max_concurrent_uni_streams(0_u32.into())
        .datagram_receive_buffer_size(None)
        .stream_receive_window((512_u32 << 10).into())
        .receive_window((512_u32 << 10).into())
        .send_window(256 << 10)
        .crypto_buffer_size(16 << 10);
    transport
}

/// Accepts agents until the token is cancelled, then closes what is open.
pub async fn serve(endpoint: Endpoint, context: Context, token: CancellationToken) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let mut connections = JoinSet::new();
    loop {
        let incoming = tokio::select! {
            biased;
            () = token.cancelled() => break,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!(%error, "connection task panicked");
                }
                continue;
            }
            incoming = endpoint.accept() => match incoming {
                Some(incoming) => incoming,
                None => break,
            },
        };
        let Some(permit) = handshakes.clone().try_acquire_owned().ok() else {
            ask_again(incoming);
            continue;
        };
        let context = context.clone();
        let span = info_span!("agent", remote = %incoming.remote_address());
        let connection = async move {
            let connection =
                tokio::time::timeout(GREETING, async { incoming.accept()?.await }).await;
            drop(permit);
            match connection {
                Ok(Ok(connection)) => dispatch(&context, connection).await,
                Ok(Err(error)) => {
                    context.metrics.refused("handshake");
                    debug!(%error, "handshake failed");
                }
                Err(_) => context.metrics.refused("handshake"),
            }
        };
        connections.spawn(connection.instrument(span));
    }
    endpoint.close((Close::Shutdown as u32).into(), b"shutdown");
    // Sessions end with their connections.
    while connections.join_next().await.is_some() {}
    let _ = tokio::time::timeout(LINGER, endpoint.wait_idle()).await;
}

fn ask_again(incoming: Incoming) {
    if incoming.remote_address_validated() {
        incoming.ignore();
    } else if let Err(error) = incoming.retry() {
        error.into_incoming().ignore();
    }
}

async fn dispatch(context: &Context, connection: Connection) {
    let handshake = connection
        .handshake_data()
        .and_then(|data| data.downcast().ok());
    let protocol = handshake
        .and_then(|data: Box<HandshakeData>| data.protocol)
        .unwrap_or_default();
    let member = certificate(&connection).and_then(|der| context.fleet.member(&der));
    let result = match (protocol.as_slice(), member) {
        (tls::ALPN_ENROL, _) => issue::enrol(context, &connection).await,
        (tls::ALPN_RENEW, Some(member)) => issue::renew(context, &connection, member).await,
        (tls::ALPN_SESSION, Some(member)) => session::run(context, &connection, member).await,
        _ => {
            context.metrics.refused("no_certificate");
            fleet::close(&connection, Close::Refused);
            return;
        }
    };
    if let Err(Ended::Broken(error)) = result {
        debug!(
            error = &error as &dyn std::error::Error,
            "connection broken"
        );
    }
}

fn certificate(connection: &Connection) -> Option<CertificateDer<'static>> {
    let chain: Box<Vec<CertificateDer<'static>>> = connection.peer_identity()?.downcast().ok()?;
    chain.into_iter().next()
}

/// How a protocol ended before its end.
#[derive(Debug)]
enum Ended {
    /// The other side was told why.
    Refused,
    /// The connection or the stream is gone.
    Broken(shared::wire::WireError),
}

/// Says no: tells the other side why, waits until it has heard it, closes the connection.
async fn refuse<M: serde::Serialize>(
    context: &Context,
    connection: &Connection,
    send: &mut quinn::SendStream,
    refused: Refused,
    wrap: impl FnOnce(Refused) -> M,
) -> Ended {
    context.metrics.refused(label(refused.reason));
    match refused.reason {
        Refusal::Internal => warn!(reason = %refused.message, "could not serve an agent"),
        reason => info!(?reason, message = %refused.message, "agent refused"),
    }
    let told = async {
        shared::wire::write(send, &wrap(refused)).await.ok()?;
        send.finish().ok()?;
        send.stopped().await.ok()
    };
    let _ = tokio::time::timeout(LINGER, told).await;
    fleet::close(connection, Close::Refused);
    Ended::Refused
}

fn refused(reason: Refusal, message: impl Into<String>) -> Refused {
    Refused {
        reason,
        message: message.into(),
        retry_after_ms: None,
    }
}

/// The reason as a label of `openwatch_refusals_total`.
fn label(reason: Refusal) -> &'static str {
    match reason {
        Refusal::TokenUnknown => "token_unknown",
        Refusal::TokenExpired => "token_expired",
        Refusal::TokenUsedUp => "token_used_up",
        Refusal::TokenRevoked => "token_revoked",
        Refusal::CsrInvalid => "csr_invalid",
        Refusal::HostMismatch => "host_mismatch",
        Refusal::HostRevoked => "host_revoked",
        Refusal::CertificateExpired => "certificate_expired",
        Refusal::HostQuarantined => "host_quarantined",
        Refusal::ProtocolUnsupported => "protocol_unsupported",
        Refusal::Malformed => "malformed",
        Refusal::Busy => "busy",
        Refusal::Internal => "internal",
    }
}

/// The refusal for a frame that is no message, or a message that does not belong where it is.
fn malformed(context: &Context, message: impl Into<String>) -> Refused {
    context.metrics.frames_refused.inc();
    refused(Refusal::Malformed, message)
}

/// The refusal for a database that does not answer.
fn internal(error: &sqlx::Error) -> Refused {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the database failed a request"
    );
    refused(
        Refusal::Internal,
        "the collector's database does not answer; try again later",
    )
}

/// Whom a session or a renewal belongs to, for the log.
fn named(member: &Member) -> tracing::Span {
    info_span!("host", host.id = %member.host)
}

/// A name as it may be stored and shown: no control characters, not too long, not empty.
fn clean(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect();
    if name.trim().is_empty() {
        "unnamed".into()
    } else {
        name
    }
}
