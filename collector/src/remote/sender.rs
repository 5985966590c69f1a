//! Sends what waits, in requests of some thousand samples. What fails for now is tried again for as
//! long as it takes, and the queue fills meanwhile; what the receiver refuses is dropped, and so is what may
//! not be sent to where it is.

use std::{collections::HashMap, fs, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::{
    Request, StatusCode,
    header::{self, HeaderValue},
};
use prost::Message as _;
use shared::backoff::Backoff;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    HostMinutes, Login, RemoteError, Settings,
    message::{WriteRequest, samples},
};
use crate::{
    metrics::Metrics,
    outbound::{Client, Outbound, OutboundError, Purpose},
    store,
};

/// About this many samples go in one request.
const SAMPLES: usize = 5_000;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer, bytes: receivers say in a line why they refuse, and nobody reads it here.
const ANSWER: usize = 64 * 1024;

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
    /// Not sent: the address is none that may be dialled.
    Barred,
    /// Try again.
    Failed,
}

impl Sender {
    pub(super) fn new(
        settings: Settings,
        outbound: &Outbound,
        db: PgPool,
        metrics: Arc<Metrics>,
    ) -> Result<Self, RemoteError> {
        let authorities = settings.ca_file.as_deref().map(read).transpose()?;
        let client = outbound.client(Purpose {
            plain: true,
            authorities: authorities.as_deref().map(str::as_bytes),
            timeout: TIMEOUT,
            max_bytes: ANSWER,
        })?;
        let sender = Self {
            client,
            settings,
            db,
            metrics,
        };
        // Said at the start, and read again for each request: they are exchanged without a restart.
        sender.login()?;
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
                Some(Answer::Barred) => "address_refused",
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
            Err(RemoteError::Outbound(OutboundError::Refused(_))) => Answer::Barred,
            Err(_) => Answer::Failed,
        };
        let bad = !matches!(answer, Answer::Taken);
        // Once, however many fail alike.
        if bad && !*failing {
            match &sent {
                Ok(status) => warn!(%status, "remote write: the receiver refuses"),
                Err(error) => {
                    let error = error as &dyn std::error::Error;
                    match answer {
                        Answer::Barred => warn!(error, "remote write: nothing is sent"),
                        _ => warn!(error, "remote write: the receiver is away"),
                    }
                }
            }
        } else if !bad && *failing {
            info!("remote write works again");
        }
        *failing = bad;
        answer
    }

    async fn attempt(&self, body: &[u8]) -> Result<StatusCode, RemoteError> {
        let mut request = Request::post(self.settings.url.as_str())
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .header(header::CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0");
        if let Some(login) = self.login()? {
            request = request.header(header::AUTHORIZATION, login);
        }
        let request = request.body(body.to_vec()).map_err(RemoteError::Request)?;
        Ok(self.client.call(request).await?.status())
    }

    /// As whom, for the header.
    fn login(&self) -> Result<Option<HeaderValue>, RemoteError> {
        let text = match &self.settings.login {
            Login::Nobody => return Ok(None),
            Login::Bearer(path) => format!("Bearer {}", read(path)?.trim()),
            Login::Basic(user, path) => {
                let pair = format!("{user}:{}", read(path)?.trim());
                format!("Basic {}", STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| RemoteError::Secret)?;
        value.set_sensitive(true);
        Ok(Some(value))
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
