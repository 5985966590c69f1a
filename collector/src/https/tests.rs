//! Connections as clients make them. No database: what is asked needs none.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Certificate, Client, ClientBuilder, Version};
use shared::{
    clock::{SharedClock, SystemClock},
    lifecycle::{Ended, Lifecycle},
};
use sqlx::{PgPool, postgres::PgConnectOptions};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

use super::*;
use crate::{
    alerter::Alerter,
    api::{AppState, Limits, Rate, Refusals, Required, local_router, router},
    authority::Authority,
    factor::passkey::Passkeys,
    fleet::Fleet,
    housekeeper::Housekeeper,
    live::Feed,
    notary::Notary,
    outbound::Outbound,
    registrar::Registrar,
    retention::Keep,
};

struct Server {
    lifecycle: Lifecycle,
    address: SocketAddr,
    socket: PathBuf,
    authority: Authority,
    _files: TempDir,
}

fn notary(folder: &Path, db: &PgPool, clock: &SharedClock) -> Notary {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    Notary::open(key, folder, db.clone(), clock.clone(), Arc::default()).unwrap()
}

const UNLIMITED: Rate = Rate {
    per_minute: 0,
    burst: 1,
};

async fn serve() -> Server {
    let clock = SystemClock::shared();
    let files = tempfile::tempdir().unwrap();
    let authority = Authority::open(files.path(), clock.clone()).unwrap();
    let db = PgPool::connect_lazy_with(PgConnectOptions::new_without_pgpass());
    let (fleet, feed) = (
        Fleet::new(chrono::TimeDelta::zero()),
        Feed::new(clock.clone()),
    );
    let state = AppState {
        notary: notary(files.path(), &db, &clock),
        limits: Limits::new(UNLIMITED, UNLIMITED),
        requests: tokio_util::task::TaskTracker::new(),
        refusals: Refusals::new(db.clone(), clock.clone(), Arc::default()),
        alerter: Alerter::new(
            db.clone(),
            clock.clone(),
            feed.clone(),
            Arc::default(),
            "https://localhost",
        ),
        housekeeper: Housekeeper::new(
            db.clone(),
            clock.clone(),
            Keep::default(),
            chrono::TimeDelta::days(30),
        ),
        registrar: Registrar::new(db.clone(), fleet.clone(), feed.clone(), Arc::default()),
        db,
        feed,
        clock,
        fleet,
        authority: authority.clone(),
        agents_address: "collector.example:7443".into(),
        skew: chrono::TimeDelta::seconds(5),
        patience: chrono::TimeDelta::hours(24),
        one_machine: false,
        two_people: false,
        catalogue: Arc::default(),
        breached: Arc::default(),
        origin: "https://localhost:8443".into(),
        outbound: Outbound::default(),
        cards: None,
        metrics: Arc::default(),
        keep: Keep::default(),
        passkeys: Passkeys::new("https://localhost").unwrap(),
        required: Required::default(),
    };
    let issued = authority.issue_https(&["localhost".into()]).unwrap();
    let own = OwnCertificate::fixed(issued, SystemClock::shared(), Arc::default()).unwrap();
    let tls = tls_config(Arc::new(own)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lifecycle = Lifecycle::default();
    let https = router(state.clone());
    lifecycle.spawn("https", |token| serve_https(listener, tls, https, token));
    let socket = files.path().join("admin.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    lifecycle.spawn("local", |token| {
        serve_unix(listener, local_router(state), token)
    });
    Server {
        lifecycle,
        address,
        socket,
        authority,
        _files: files,
    }
}

impl Server {
    fn client(&self) -> ClientBuilder {
        // Another test of this process may have been first; it is the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root = Certificate::from_pem(self.authority.certificate_pem().as_bytes()).unwrap();
        Client::builder()
            .tls_certs_only([root])
            .resolve("localhost", self.address)
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    fn local(&self) -> Client {
        self.client()
            .unix_socket(self.socket.clone())
            .build()
            .unwrap()
    }
}

#[tokio::test]
async fn browsers_get_http_2_and_programs_may_have_http_1() {
    let server = serve().await;
    for (client, version) in [
        (server.client(), Version::HTTP_2),
        (server.client().http1_only(), Version::HTTP_11),
    ] {
        let answer = client
            .build()
            .unwrap()
            .get(server.url("/healthz"))
            .send()
            .await
            .unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (version, 200));
    }
    assert_eq!(server.lifecycle.stop(DRAIN).await, Ended::Stopped);
}

#[tokio::test]
async fn tls_1_2_is_the_oldest_that_is_spoken() {
    let server = serve().await;
    let two = server
        .client()
        .tls_version_max(reqwest::tls::Version::TLS_1_2);
    let answer = two
        .build()
        .unwrap()
        .get(server.url("/healthz"))
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 200);
    // A fatal alert, protocol_version; to the same hello in TLS 1.2 a hello of the server's.
    assert_eq!(hello(server.address, 2).await, [21, 3, 3, 0, 2, 2, 70]);
    assert_eq!(hello(server.address, 3).await[0], 22);
    assert_eq!(server.lifecycle.stop(DRAIN).await, Ended::Stopped);
}

/// How a server answers a client that says hello in TLS 1.`minor - 1`, which no library of ours does below 1.2:
/// its version, a random, no session, one cipher suite, no compression; a group, a form of points, a signature.
async fn hello(server: SocketAddr, minor: u8) -> [u8; 7] {
    let extensions = [
        [0, 10, 0, 4, 0, 2, 0, 23].as_slice(),
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ]
    .concat();
    let length = u8::try_from(extensions.len()).unwrap();
    let head = [&[3, minor][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2b, 1, 0]].concat();
    let hello = [head, vec![0, length], extensions].concat();
    let length = u8::try_from(hello.len()).unwrap();
    let record = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_local_administrator_is_who_comes_through_the_socket() {
    let server = serve().await;
    let answer = server
        .local()
        .get("http://localhost/api/v1/session")
        .send()
        .await
        .unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["name"], "local administrator");
    let remote = server.client().build().unwrap();
    let answer = remote
        .get(server.url("/api/v1/session"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_client_that_dawdles_holds_up_nobody() {
    let server = serve().await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    let client = server
        .client()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    assert_eq!(
        client
            .get(server.url("/healthz"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    // They do not hold up the end either.
    assert_eq!(server.lifecycle.stop(DRAIN).await, Ended::Stopped);
}

/// Many times what the kernel keeps for a reader that does not come.
const LARGE: usize = 8 << 20;

#[tokio::test]
async fn who_is_still_sending_when_the_answer_comes_reads_it() {
    let server = serve().await;
    let mut socket = UnixStream::connect(&server.socket).await.unwrap();
    // Refused for want of a header, before the body is looked at.
    let head = format!(
        "POST /api/v1/bundles HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGE}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let sent = socket.write_all(&vec![b' '; LARGE]).await;
    sent.expect("a connection that is read from to the end");
    let mut answer = vec![0; 4096];
    let read = socket.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    // Nothing of the body is taken for a request, and the next one is answered.
    let next = "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.write_all(next.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = socket.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn open_feeds_end_when_the_server_stops() {
    let server = serve().await;
    let mut feed = server
        .local()
        .get("http://localhost/api/v1/live")
        .send()
        .await
        .unwrap();
    assert!(
        feed.chunk()
            .await
            .unwrap()
            .unwrap()
            .starts_with(b"retry: 2000\n")
    );
    let begun = std::time::Instant::now();
    assert_eq!(server.lifecycle.stop(DRAIN).await, Ended::Stopped);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(feed.chunk().await.unwrap(), None);
}
