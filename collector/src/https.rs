//! Accepting connections: HTTPS for browsers and programs, a Unix socket for the administrator.
//!
//! The TLS handshake is made inside the connection's own task, so that one that dawdles holds up
//! nobody. The number of connections is bounded; those above it wait in the kernel's queue. When
//! the server stops, answers that have begun are finished, for three seconds.

/// What is shown to who connects.
mod certificate;
/// Bodies that are not read to their end.
mod linger;

use std::{convert::Infallible, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::{ServerConfig, server::ResolvesServerCert};
use rustls_pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::{debug, warn};

pub use self::certificate::{CertificateError, Files, OwnCertificate};
use self::linger::Lingering;
use crate::{api::Connection, client_certificate::Shown};

/// Connections at once, of each kind.
const CONNECTIONS: usize = 2048;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request; idle connections are closed by it.
const HEAD: Duration = Duration::from_secs(30);
/// How often an HTTP/2 connection is asked whether its client is still there.
const PING: Duration = Duration::from_secs(20);
/// Requests at once on one HTTP/2 connection: a browser's tabs, with room.
const STREAMS: u32 = 128;
/// How long answers may take that have begun when the server stops.
const DRAIN: Duration = Duration::from_secs(3);
/// How long to wait when the process is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

const H2: &[u8] = b"h2";

/// TLS 1.2 and 1.3 that shows `own`, for HTTP/2 and HTTP/1.1.
///
/// # Errors
/// rustls' own, which with this provider means a defect.
pub fn tls_config(own: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, rustls::Error> {
    let mut tls = ServerConfig::builder_with_provider(shared::tls::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(own);
    tls.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// Serves `router` over TLS until `token` is cancelled.
pub async fn serve_https(
    listener: TcpListener,
    tls: ServerConfig,
    router: Router,
    token: CancellationToken,
) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    serve(listener, token, |(stream, peer), stopping| {
        over_tls(acceptor.clone(), stream, peer, router.clone(), stopping)
    })
    .await;
}

/// Serves `router` on a Unix socket until `token` is cancelled. Who may connect is up to the
/// socket's mode.
pub async fn serve_unix(listener: UnixListener, router: Router, token: CancellationToken) {
    serve(listener, token, |stream, stopping| {
        let connection = Connection {
            peer: None,
            stopping,
        };
        talk(stream, false, router.clone(), connection, None)
    })
    .await;
}

/// Where connections come from.
trait Listener: Send + Sync {
    type Stream: Send;

    /// The next one. Dropping the future loses none.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = (TcpStream, IpAddr);

    async fn next(&self) -> io::Result<Self::Stream> {
        let (stream, peer) = self.accept().await?;
        Ok((stream, peer.ip()))
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Accepts, and runs a task for each connection. The tasks end with this function.
async fn serve<L: Listener, F: Future<Output = ()> + Send + 'static>(
    listener: L,
    token: CancellationToken,
    task: impl Fn(L::Stream, CancellationToken) -> F,
) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut tasks = JoinSet::new();
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await.expect("never closed");
            listener.next().await.map(|stream| (stream, permit))
        };
        tokio::select! {
            biased;
            () = token.cancelled() => break,
            Some(_) = tasks.join_next() => {}
            accepted = accepted => match accepted {
                Ok((stream, permit)) => {
                    tasks.spawn(holding(permit, task(stream, token.clone())));
                }
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "connection not accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }
    let drained = timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        warn!(connections = tasks.len(), "connections cut off");
    }
}

async fn holding(permit: OwnedSemaphorePermit, task: impl Future<Output = ()>) {
    task.await;
    drop(permit);
}

async fn over_tls(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    stopping: CancellationToken,
) {
    let handshake = async {
        // Answers are small, and a browser waits for each.
        stream.set_nodelay(true)?;
        acceptor.accept(stream).await
    };
    let handshake = tokio::select! {
        biased;
        () = stopping.cancelled() => return,
        handshake = timeout(HANDSHAKE, handshake) => handshake,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        // Scanners and browsers that do not trust the certificate: the ordinary noise of a port.
        Ok(Err(error)) => {
            return debug!(error = &error as &dyn std::error::Error, "no TLS handshake");
        }
        Err(_) => return debug!("TLS handshake timed out"),
    };
    let h2 = stream.get_ref().1.alpn_protocol() == Some(H2);
    let shown = stream.get_ref().1.peer_certificates();
    let shown = shown.map(|chain| {
        Shown(
            chain
                .iter()
                .cloned()
                .map(CertificateDer::into_owned)
                .collect(),
        )
    });
    talk(
        stream,
        h2,
        router,
        Connection {
            peer: Some(peer),
            stopping,
        },
        shown,
    )
    .await;
}

/// Answers the requests of one connection. The protocol is the one that was agreed on: looking at
/// the first bytes instead has no time limit.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    h2: bool,
    router: Router,
    connection: Connection,
    shown: Option<Shown>,
) {
    let stopping = connection.stopping.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (router, mut request): (_, Request) = (
            router.clone(),
            request.map(|body| Body::new(Lingering::new(body))),
        );
        request.extensions_mut().insert(connection.clone());
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|e| match e {})) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(STREAMS);
    let builder = if h2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    };
    let mut talk = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased;
        () = stopping.cancelled() => {
            talk.as_mut().graceful_shutdown();
            talk.await
        }
        ended = talk.as_mut() => ended,
    };
    if let Err(error) = ended {
        debug!(error = &*error, "connection ended");
    }
}

#[cfg(test)]
mod tests;
