//! Records and checkpoints for a syslog server: a copy that who has this machine cannot change any more.
//!
//! Messages are those of RFC 5424 with a line of an export, or a checkpoint, as text, so that what a server has
//! gathered can be verified as an export can. Each is sent at least once: where it stands is in a file, and
//! what a server did not take is sent again.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpStream, UdpSocket, UnixDatagram},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    audit::{Stream, line::Line, verify::Row},
    store, syslog,
};

/// How often it is looked whether there is something to send.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a server may take to take a message.
const PATIENCE: Duration = Duration::from_secs(10);
/// Records that are read at once.
const BATCH: i64 = 500;
/// Longest message in a datagram, bytes.
const MAX_DATAGRAM: usize = 60_000;
/// `log audit`
const FACILITY: u8 = 13;

/// Where a syslog server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Datagrams to a socket of this machine, such as `/dev/log`.
    Unix(PathBuf),
    /// Datagrams to `HOST:PORT`.
    Udp(String),
    /// Messages to `HOST:PORT`, each behind its length (RFC 6587).
    Tcp(String),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let forms = "unix:/dev/log, udp://HOST:PORT or tcp://HOST:PORT";
            format!("{text:?} is not of the form {forms}")
        };
        let place = |place: &str| {
            let port = place.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            let port = port.and_then(|(_, port)| port.parse::<u16>().ok());
            port.map(|_| place.to_owned()).ok_or_else(wrong)
        };
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("udp", rest)) => {
                place(rest.strip_prefix("//").unwrap_or_default()).map(Self::Udp)
            }
            Some(("tcp", rest)) => {
                place(rest.strip_prefix("//").unwrap_or_default()).map(Self::Tcp)
            }
            _ => Err(wrong()),
        }
    }
}

/// What sends.
#[derive(Debug)]
pub struct Syslog {
    pub address: Address,
    pub db: PgPool,
    pub clock: SharedClock,
    /// What this machine calls itself.
    pub hostname: String,
    /// The folder of the checkpoints.
    pub folder: PathBuf,
}

/// What has been sent: the last record of each chain, and so many bytes of the file of checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    access: i64,
    change: i64,
    checkpoints: u64,
}

impl Position {
    fn of(&mut self, stream: Stream) -> &mut i64 {
        match stream {
            Stream::Access => &mut self.access,
            Stream::Change => &mut self.change,
        }
    }
}

/// Why something is not sent; it is tried again.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the syslog server takes nothing")]
    Server(#[source] io::Error),
    #[error("the syslog server took too long")]
    Slow,
    #[error("reading the audit log")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    File(&'static str, #[source] io::Error),
    #[error("a record")]
    Encode(#[from] serde_json::Error),
}

impl Syslog {
    /// Sends what there is and what comes, until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let mut connection = None;
        let mut failed = false;
        loop {
            // What is cut off is sent again after the next start.
            let sent = token
                .run_until_cancelled(self.forward(&mut connection))
                .await;
            match sent {
                None => return,
                Some(Ok(())) if failed => {
                    info!("records go to syslog again");
                    failed = false;
                }
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    connection = None;
                    if !failed {
                        let error = &error as &dyn std::error::Error;
                        warn!(error, "records of the audit log do not go to syslog");
                    }
                    failed = true;
                }
            }
            if token
                .run_until_cancelled(tokio::time::sleep(PERIOD))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// Sends all that is new.
    async fn forward(&self, connection: &mut Option<Connection>) -> Result<(), SendError> {
        let mut position = self.position()?;
        for stream in Stream::ALL {
            loop {
                let from = *position.of(stream);
                let mut db = self.db.acquire().await?;
                let rows = store::audit::behind(&mut db, stream, from, BATCH).await?;
                drop(db);
                for row in &rows {
                    let line = serde_json::to_string(&Line::new(stream.name(), row)?)?;
                    self.send(connection, &self.record(stream, row, &line))
                        .await?;
                }
                let Some(last) = rows.last() else { break };
                *position.of(stream) = last.seq;
                self.keep(&position)?;
            }
        }
        let path = self.folder.join("checkpoints.jsonl");
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(|e| SendError::File("reading the checkpoints", e))?,
        };
        let from = usize::try_from(position.checkpoints).unwrap_or(usize::MAX);
        // A shorter file is another one.
        let new = text.get(from..).unwrap_or(&text);
        let whole = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        for line in String::from_utf8_lossy(&new[..whole]).lines() {
            self.send(
                connection,
                &self.message(6, "checkpoint", self.clock.now(), line),
            )
            .await?;
        }
        if whole > 0 {
            position.checkpoints = (text.len() - new.len() + whole) as u64;
            self.keep(&position)?;
        }
        Ok(())
    }

    fn record(&self, stream: Stream, row: &Row, line: &str) -> String {
        let columns = row.columns.as_ref();
        let done = columns.is_some_and(|columns| columns.outcome.as_deref() == Some("done"));
        let at = columns.and_then(|columns| columns.at.as_deref()?.parse().ok());
        let severity = if done { 5 } else { 4 };
        self.message(
            severity,
            stream.name(),
            at.unwrap_or_else(|| self.clock.now()),
            line,
        )
    }

    fn message(&self, severity: u8, sort: &str, at: DateTime<Utc>, text: &str) -> String {
        let priority = syslog::priority(FACILITY, severity);
        syslog::message(priority, (at, &self.hostname), sort, text)
    }

    async fn send(
        &self,
        connection: &mut Option<Connection>,
        message: &str,
    ) -> Result<(), SendError> {
        let send = async {
            let connection = match connection {
                Some(connection) => connection,
                None => connection.insert(Connection::open(&self.address).await?),
            };
            connection.send(message).await
        };
        let sent = timeout(PATIENCE, send).await.map_err(|_| SendError::Slow)?;
        sent.map_err(SendError::Server)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("syslog.json")
    }

    fn position(&self) -> Result<Position, SendError> {
        match fs::read(self.file()) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Position::default()),
            Err(error) => Err(SendError::File("reading what was sent", error)),
        }
    }

    fn keep(&self, position: &Position) -> Result<(), SendError> {
        let text = serde_json::to_vec(position)?;
        replace(&self.file(), &text).map_err(|e| SendError::File("noting what was sent", e))
    }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, bytes)?;
    fs::rename(&unfinished, path)
}

#[derive(Debug)]
enum Connection {
    Datagrams(UdpSocket),
    Local(UnixDatagram),
    Messages(TcpStream),
}

impl Connection {
    async fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                Ok(Self::Local(socket))
            }
            Address::Udp(place) => {
                let mut addresses = tokio::net::lookup_host(place).await?;
                let to = addresses.next().ok_or(io::ErrorKind::NotFound)?;
                let from = if to.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
                let socket = UdpSocket::bind(from).await?;
                socket.connect(to).await?;
                Ok(Self::Datagrams(socket))
            }
            Address::Tcp(place) => TcpStream::connect(place).await.map(Self::Messages),
        }
    }

    async fn send(&mut self, message: &str) -> io::Result<()> {
        let datagram = cut(message, MAX_DATAGRAM).as_bytes();
        match self {
            Self::Local(socket) => socket.send(datagram).await.map(drop),
            Self::Datagrams(socket) => socket.send(datagram).await.map(drop),
            Self::Messages(stream) => {
                stream.write_all(syslog::framed(message).as_bytes()).await?;
                stream.flush().await
            }
        }
    }
}

/// The first `most` bytes of a text, or fewer, so that no character is cut.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_how_and_where() {
        let good = [
            ("unix:/dev/log", Address::Unix("/dev/log".into())),
            (
                "udp://log.example:514",
                Address::Udp("log.example:514".into()),
            ),
            ("tcp://[::1]:601", Address::Tcp("[::1]:601".into())),
        ];
        for (text, address) in good {
            assert_eq!(text.parse(), Ok(address));
        }
        for text in [
            "",
            "log.example:514",
            "udp:log.example:514",
            "tcp://log.example",
            "tls://a:1",
            "unix:log",
            "udp://:514",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
