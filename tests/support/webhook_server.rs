//! A receiver of webhooks over TLS, on this machine.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running receiver, which takes whatever comes.
#[derive(Debug)]
pub struct WebhookServer {
    /// Where it listens.
    pub url: String,
    /// Who vouches for its certificate: it does itself.
    pub ca_pem: String,
    received: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    _running: DropGuard,
}

type Received = mpsc::UnboundedSender<(HeaderMap, Bytes)>;

async fn receive(State(received): State<Received>, headers: HeaderMap, body: Bytes) {
    // Whoever listened has gone: nobody wants to know.
    drop(received.send((headers, body)));
}

impl WebhookServer {
    /// # Panics
    /// When nothing can listen on this machine.
    pub async fn start() -> Self {
        crate::collector::install_provider();
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["localhost".into()]).expect("a name");
        let certificate = certificate.self_signed(&key).expect("a certificate");
        let private = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let tls = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, received) = mpsc::unbounded_channel();
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(sender);
        let token = CancellationToken::new();
        let running = token.clone().drop_guard();
        tokio::spawn(collector::https::serve_https(listener, tls, router, token));
        Self {
            url: format!("https://localhost:{port}/hook"),
            ca_pem: certificate.pem(),
            received,
            _running: running,
        }
    }

    /// The next request: its headers and its body.
    ///
    /// # Panics
    /// When the receiver has ended.
    pub async fn request(&mut self) -> (HeaderMap, Bytes) {
        self.received.recv().await.expect("a request")
    }
}
