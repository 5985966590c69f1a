//! Somebody to whom notices are sent, who answers as a test says: over real connections.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use shared::clock::SystemClock;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::{
    authority::Authority,
    https::{OwnCertificate, tls_config},
};

/// What was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// What was answered.
    pub(crate) status: u16,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().into()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Script {
    /// What is answered next: a status, and a header `Retry-After`. When nothing is said, 200.
    pub(crate) answers: VecDeque<(u16, Option<&'static str>)>,
    pub(crate) sent: Vec<Sent>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) ca_pem: String,
    pub(crate) script: Arc<Mutex<Script>>,
    /// Whether connections are closed as soon as they are made.
    pub(crate) down: Arc<AtomicBool>,
    pub(crate) connections: Arc<AtomicUsize>,
    /// One permit lets one request be answered.
    pub(crate) gate: Arc<Semaphore>,
    _tasks: JoinSet<()>,
    _files: TempDir,
}

impl Receiver {
    /// Answers at once.
    pub(crate) async fn start() -> Self {
        Self::gated(Semaphore::MAX_PERMITS).await
    }

    /// Answers so many requests, and keeps the others waiting.
    pub(crate) async fn gated(permits: usize) -> Self {
        let files = tempfile::tempdir().unwrap();
        let authority = Authority::open(files.path(), SystemClock::shared()).unwrap();
        let issued = authority.issue_https(&["127.0.0.1".into()]).unwrap();
        let own = OwnCertificate::fixed(issued, SystemClock::shared(), Arc::default()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls_config(Arc::new(own)).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::<Mutex<Script>>::default();
        let gate = Arc::new(Semaphore::new(permits));
        let (down, connections) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let router = Router::new()
            .route("/hook", post(take))
            .with_state((script.clone(), gate.clone()));
        let (is_down, counted) = (down.clone(), connections.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut served = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                if is_down.load(Ordering::SeqCst) {
                    continue;
                }
                let (acceptor, router) = (acceptor.clone(), router.clone());
                served.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = TowerToHyperService::new(router);
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            address,
            ca_pem: authority.certificate_pem().into(),
            script,
            down,
            connections,
            gate,
            _tasks: tasks,
            _files: files,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}/hook", self.address)
    }

    pub(crate) fn say(&self, answers: &[(u16, Option<&'static str>)]) {
        let mut script = self.script.lock().unwrap();
        script.answers.extend(answers.iter().copied());
    }

    /// What was sent and taken, in order: a header of each.
    pub(crate) fn taken(&self, header: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        let taken = script.sent.iter().filter(|sent| sent.status == 200);
        taken.map(|sent| sent.header(header)).collect()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.script.lock().unwrap().sent.clone()
    }
}

async fn take(
    State((script, gate)): State<(Arc<Mutex<Script>>, Arc<Semaphore>)>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, &'static str) {
    gate.acquire().await.unwrap().forget();
    let mut script = script.lock().unwrap();
    let (status, after) = script.answers.pop_front().unwrap_or((200, None));
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.sent.push(Sent {
        headers,
        body,
        status,
    });
    let mut said = HeaderMap::new();
    if let Some(after) = after {
        said.insert("retry-after", after.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), said, "so it is")
}
