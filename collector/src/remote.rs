//! Metrics of hosts for a Prometheus of the administrator's, by its remote-write protocol 1.0:
//! minutes go there after they are committed here.
//!
//! It is a copy for convenience and can do no harm: the queue is bounded, and what does not fit is
//! dropped and counted.

/// The messages of the protocol.
mod message;

/// Sends them.
mod sender;

use std::{path::PathBuf, sync::Arc};

use reqwest::Url;
use shared::{id::HostId, lifecycle::Lifecycle, metric::Minute};
use sqlx::PgPool;
use tokio::sync::mpsc;

use crate::{
    metrics::Metrics,
    outbound::{Outbound, OutboundError},
};

/// Messages of hosts that wait, some 3 KB each. When it is full they are dropped.
const QUEUE: usize = 4096;

/// Where metrics go, and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    pub url: Url,
    pub login: Login,
    /// The only authorities that are trusted, PEM; the system's when there is none.
    pub ca_file: Option<PathBuf>,
}

/// As whom.
#[derive(Debug, Clone)]
pub enum Login {
    Nobody,
    /// The file holds the token.
    Bearer(PathBuf),
    /// The file holds the password.
    Basic(String, PathBuf),
}

/// Why it cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("reading {path}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the secret is no text of one line")]
    Secret,
    #[error("making the request")]
    Request(#[source] hyper::http::Error),
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

/// The door to the sender; nobody behind it when nothing is set. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Remote {
    queue: Option<mpsc::Sender<HostMinutes>>,
    metrics: Arc<Metrics>,
}

/// Minutes of one host.
#[derive(Debug)]
struct HostMinutes {
    host: HostId,
    host_no: i32,
    minutes: Vec<Minute<Arc<str>>>,
}

impl Remote {
    /// Starts the sender, if anything is set.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn start(
        settings: Option<Settings>,
        outbound: &Outbound,
        db: &PgPool,
        lifecycle: &Lifecycle,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, RemoteError> {
        let mut queue = None;
        if let Some(settings) = settings {
            let sender = sender::Sender::new(settings, outbound, db.clone(), metrics.clone())?;
            let (offered, minutes) = mpsc::channel(QUEUE);
            lifecycle.spawn("remote write", |token| sender.run(minutes, token));
            queue = Some(offered);
        }
        let metrics = metrics.clone();
        Ok(Self { queue, metrics })
    }

    /// Hands over what was committed. Never waits.
    pub fn offer(&self, host: HostId, host_no: i32, minutes: Vec<Minute<Arc<str>>>) {
        let Some(queue) = &self.queue else { return };
        let samples: usize = minutes.iter().map(|minute| minute.rows.len()).sum();
        let minutes = HostMinutes {
            host,
            host_no,
            minutes,
        };
        if queue.try_send(minutes).is_err() {
            self.metrics.remote_samples("queue_full", samples as u64);
        }
    }
}
