//! A connection to a collector: names are resolved at each attempt, every address is tried, and
//! the transport is set small, because an agent says little and a collector holds thousands.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, TransportConfig, TransportErrorCode,
    VarInt, crypto::rustls::QuicClientConfig,
};
use shared::tls::COLLECTOR_NAME;

pub use self::traffic::Traffic;

/// What was sent and received.
mod traffic;

/// How long one address may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection is kept.
#[derive(Debug, Clone, Copy)]
pub struct Transport {
    /// Below the 30 s after which many address translators forget a path.
    pub keep_alive: Duration,
    /// After this long without a sign of life the connection is given up.
    pub idle_timeout: Duration,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(65),
            idle_timeout: Duration::from_secs(150),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    #[error("`{0}` is not HOST:PORT")]
    Form(String),
    #[error("resolving {address}")]
    Resolve {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{0} has no address")]
    NoAddress(String),
    #[error("opening a socket")]
    Socket(#[source] std::io::Error),
    #[error("preparing TLS")]
    Tls(#[source] rustls::Error),
    #[error("preparing QUIC: {0}")]
    Quic(String),
    #[error("{0} did not answer within {secs} s: not running, or UDP is blocked on the way", secs = HANDSHAKE.as_secs())]
    Silent(SocketAddr),
    #[error("{0} is not the collector that this host trusts")]
    Untrusted(SocketAddr),
    #[error("{address} does not let this host in: {why}")]
    TurnedAway {
        address: SocketAddr,
        /// Names the mend.
        why: &'static str,
        #[source]
        source: ConnectionError,
    },
    #[error("connecting to {address}")]
    Connect {
        address: SocketAddr,
        #[source]
        source: ConnectionError,
    },
}

/// An open connection and the socket under it.
#[derive(Debug)]
pub struct Dialled {
    endpoint: Endpoint,
    pub connection: Connection,
}

impl Dialled {
    /// Says goodbye and waits a moment for it to be heard.
    pub async fn close(self, code: u32, reason: &str) {
        self.connection
            .close(VarInt::from_u32(code), reason.as_bytes());
        // A peer that is gone does not answer, and need not.
        let _ = tokio::time::timeout(GOODBYE, self.endpoint.wait_idle()).await;
    }
}

/// Connects to `address` (`HOST:PORT`), trying each of its addresses in turn.
///
/// # Errors
/// [`DialError`] of the last address.
pub async fn dial(
    address: &str,
    tls: rustls::ClientConfig,
    transport: Transport,
) -> Result<Dialled, DialError> {
    check_address(address)?;
    let crypto = QuicClientConfig::try_from(tls).map_err(|e| DialError::Quic(e.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(small(transport)?));
    let resolved = tokio::net::lookup_host(address)
        .await
        .map_err(|source| DialError::Resolve {
            address: address.into(),
            source,
        })?;
    let mut last = DialError::NoAddress(address.into());
    for candidate in resolved {
        match connect(candidate, config.clone()).await {
            Ok(dialled) => return Ok(dialled),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Refuses what is not `HOST:PORT`, before anything is asked of the network.
///
/// # Errors
/// [`DialError::Form`].
pub fn check_address(address: &str) -> Result<(), DialError> {
    let parts = address.rsplit_once(':');
    match parts.map(|(host, port)| (host, port.parse::<u16>())) {
        Some((host, Ok(1..))) if !host.is_empty() => Ok(()),
        _ => Err(DialError::Form(address.into())),
    }
}

/// Whether the peer refused the handshake with this TLS alert (RFC 8446, section 6.2).
pub fn is_alert(error: &ConnectionError, alert: u8) -> bool {
    let code = match error {
        ConnectionError::TransportError(error) => error.code,
        ConnectionError::ConnectionClosed(close) => close.error_code,
        _ => return false,
    };
    code == TransportErrorCode::crypto(alert)
}

/// TLS alerts that mean something to an agent.
pub mod alert {
    pub const BAD_CERTIFICATE: u8 = 42;
    pub const CERTIFICATE_REVOKED: u8 = 44;
    pub const CERTIFICATE_EXPIRED: u8 = 45;
    pub const UNKNOWN_CA: u8 = 48;
    pub const DECRYPT_ERROR: u8 = 51;
}

/// What became of a connection to `address` that the peer or the network ended. TLS 1.3 looks at
/// the client's certificate last, so that a refusal may come when the connection is open already.
pub fn ended(address: SocketAddr, source: ConnectionError) -> DialError {
    match why_turned_away(&source) {
        Some(why) => DialError::TurnedAway {
            address,
            why,
            source,
        },
        None => DialError::Connect { address, source },
    }
}

/// Why the collector refuses this host's certificate, when that is what it does, and the mend. A
/// number of RFC 8446 would help nobody.
fn why_turned_away(error: &ConnectionError) -> Option<&'static str> {
    let ConnectionError::ConnectionClosed(_) = error else {
        return None;
    };
    let is = |alert| is_alert(error, alert);
    if is(alert::CERTIFICATE_REVOKED) {
        Some(
            "it was revoked at the collector, or is not known there any more; enrol it anew with \
             `openwatch-agent enroll --force` if that was a mistake",
        )
    } else if is(alert::CERTIFICATE_EXPIRED) {
        Some(
            "its certificate has expired and is too old to be renewed, or a clock is wrong; enrol \
             it anew with `openwatch-agent enroll --force`",
        )
    } else if is(alert::UNKNOWN_CA) || is(alert::DECRYPT_ERROR) || is(alert::BAD_CERTIFICATE) {
        Some(
            "its certificate was not issued there; if the collector was installed anew, enrol this \
             host anew with `openwatch-agent enroll --force`",
        )
    } else {
        None
    }
}

async fn connect(address: SocketAddr, config: ClientConfig) -> Result<Dialled, DialError> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = Endpoint::client(any).map_err(DialError::Socket)?;
    let connecting = endpoint
        .connect_with(config, address, COLLECTOR_NAME)
        .map_err(|e| DialError::Quic(e.to_string()))?;
    match tokio::time::timeout(HANDSHAKE, connecting).await {
        Err(_) | Ok(Err(ConnectionError::TimedOut)) => Err(DialError::Silent(address)),
        // Our own verdict about the collector's certificate; its verdict about ours comes as a
        // closed connection.
        Ok(Err(error @ ConnectionError::TransportError(_)))
            if is_alert(&error, alert::UNKNOWN_CA) || is_alert(&error, alert::BAD_CERTIFICATE) =>
        {
            Err(DialError::Untrusted(address))
        }
        Ok(Err(source)) => Err(ended(address, source)),
        Ok(Ok(connection)) => Ok(Dialled {
            endpoint,
            connection,
        }),
    }
}

fn small(transport: Transport) -> Result<TransportConfig, DialError> {
    let mut config = TransportConfig::default();
    let idle = transport
        .idle_timeout
        .try_into()
        .map_err(|_| DialError::Quic("the idle timeout is too long".into()))?;
    config
        .keep_alive_interval(Some(transport.keep_alive))
        .max_idle_timeout(Some(idle))
        .max_concurrent_bidi_streams(0_u8.into())
        .max_concurrent_uni_streams(0_u8.into())
        .stream_receive_window(VarInt::from_u32(256 * 1024))
        .receive_window(VarInt::from_u32(512 * 1024))
        .send_window(1024 * 1024)
        .datagram_receive_buffer_size(None)
        .crypto_buffer_size(16 * 1024);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["ow.example:8443", "10.0.0.1:1", "[::1]:65535"] {
            assert!(check_address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ow.example",
            ":8443",
            "ow.example:0",
            "ow.example:x",
            "a:70000",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_named() {
        let pin = shared::token::Fingerprint([0; 32]);
        let tls = shared::tls::agent_enrolling(pin, shared::clock::SystemClock::shared()).unwrap();
        let error = dial("collector.invalid:1", tls, Transport::default())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("collector.invalid:1"), "{error}");
    }
}
