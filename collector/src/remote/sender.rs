//! Sends what waits, in requests of some thousand samples. What fails for now is tried again for as
//! long as it takes, and the queue fills meanwhile; what the receiver refuses is dropped.

use std::{collections::HashMap, fs, path::Path, sync::Arc, time::Duration};

use prost::Message as _;
use reqwest::{Certificate, Client, StatusCode, header, redirect};
use shared::backoff::Backoff;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    HostMinutes, Login, RemoteError, Settings,
    message::{WriteRequest, samples},
};
use crate::{metrics::Metrics, store};

/// About this many samples go in one request.
const SAMPLES: usize = 5_000;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Sender {
    settings: Settings,
    client: Client,
    db: PgPool,
    metrics: Arc<Metrics>,
}

/// What came of a request.
enum Answer {
    Taken,
    /// For good.
    Refused,
    /// Try again.
    Failed,
}

impl Sender {
    pub(super) fn new(
        settings: Settings,
        db: PgPool,
        metrics: Arc<Metrics>,
    ) -> Result<Self, RemoteError> {
        // An error means that there is one already, and there is only this one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut client = Client::builder()
            .timeout(TIMEOUT)
            // A redirect would take the login elsewhere.
            .redirect(redirect::Policy::none());
        if let Some(path) = &settings.ca_file {
            let pem = read(path)?;
            let authorities = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|source| {
                let path = path.clone();
                RemoteError::Authority { path, source }
            })?;
            client = client.tls_certs_only(authorities);
        }
        let sender = Self {
            client: client.build().map_err(RemoteError::Client)?,
            settings,
            db,
            metrics,
        };
        // Said at the start, and read again for each request: they are exchanged without a restart.
        sender.secret()?;
        Ok(sender)
    }

    /// Works until the token is cancelled.
    pub(super) async fn run(
        self,
        mut queue: mpsc::Receiver<HostMinutes>,
        token: CancellationToken,
    ) {
        let mut failing = false;
        loop {
            let first = tokio::select! {
                biased;
                () = token.cancelled() => return,
                first = queue.recv() => match first {
                    Some(first) => first,
                    None => return token.cancelled().await,
                },
            };
            let mut group = vec![first];
            let mut count = size(&group[0]);
            while count < SAMPLES
                && let Ok(next) = queue.try_recv()
            {
                count += size(&next);
                group.push(next);
            }
            let request = self.request(&group).await;
            let sent = async {
                let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
                loop {
                    let answer = self.send(&request, &mut failing).await;
                    if !matches!(answer, Answer::Failed) {
                        return answer;
                    }
                    self.metrics.remote_write_retries.inc();
                    tokio::time::sleep(backoff.next(u64::MAX)).await;
                }
            };
            let result = match token.run_until_cancelled(sent).await {
                Some(Answer::Taken) => "sent",
                Some(_) => "refused",
                None => return,
            };
            self.metrics.remote_samples(result, count as u64);
        }
    }

    async fn request(&self, group: &[HostMinutes]) -> Vec<u8> {
        let numbers: Vec<i32> = group.iter().map(|host| host.host_no).collect();
        let names = async {
            let mut db = self.db.acquire().await?;
            store::host::names(&mut db, &numbers).await
        };
        let names: HashMap<i32, String> = names.await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            warn!(error, "host names not known; remote write goes on without");
            HashMap::new()
        });
        let series = group.iter().flat_map(|host| {
            let name = names.get(&host.host_no).map_or("", String::as_str);
            let minutes = host.minutes.iter();
            minutes.flat_map(move |minute| samples(host.host, name, minute))
        });
        let request = WriteRequest {
            series: series.collect(),
        };
        snap::raw::Encoder::new()
            .compress_vec(&request.encode_to_vec())
            .expect("a request is far below snappy's 4 GiB")
    }

    async fn send(&self, body: &[u8], failing: &mut bool) -> Answer {
        let sent = self.attempt(body).await;
        let answer = match &sent {
            Ok(status) if status.is_success() => Answer::Taken,
            Ok(status) if status.is_server_error() => Answer::Failed,
            Ok(StatusCode::TOO_MANY_REQUESTS) => Answer::Failed,
            Ok(_) => Answer::Refused,
            Err(_) => Answer::Failed,
        };
        let bad = !matches!(answer, Answer::Taken);
        // Once, however many fail alike.
        if bad && !*failing {
            match &sent {
                Ok(status) => warn!(%status, "remote write: the receiver refuses"),
                Err(error) => warn!(error = &**error, "remote write: the receiver is away"),
            }
        } else if !bad && *failing {
            info!("remote write works again");
        }
        *failing = bad;
        answer
    }

    async fn attempt(
        &self,
        body: &[u8],
    ) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
        let request = self
            .client
            .post(self.settings.url.clone())
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .header(header::CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .header(
                header::USER_AGENT,
                concat!("openwatch-collector/", env!("CARGO_PKG_VERSION")),
            )
            .body(body.to_vec());
        let secret = self.secret()?;
        let request = match &self.settings.login {
            Login::Nobody => request,
            Login::Bearer(_) => request.bearer_auth(secret),
            Login::Basic(user, _) => request.basic_auth(user, Some(secret)),
        };
        Ok(request.send().await?.status())
    }

    fn secret(&self) -> Result<String, RemoteError> {
        match &self.settings.login {
            Login::Nobody => Ok(String::new()),
            Login::Bearer(path) | Login::Basic(_, path) => Ok(read(path)?.trim().to_owned()),
        }
    }
}

fn read(path: &Path) -> Result<String, RemoteError> {
    fs::read_to_string(path).map_err(|source| RemoteError::Read {
        path: path.into(),
        source,
    })
}

fn size(host: &HostMinutes) -> usize {
    host.minutes.iter().map(|minute| minute.rows.len()).sum()
}
