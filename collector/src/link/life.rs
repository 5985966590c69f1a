//! How a host's sessions begin and end, as far as the fleet's administrators want to know: whether
//! the agent was stopped, the host went down, or the line between was cut.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use quinn::{Connection, ConnectionError};
use shared::{
    clock::from_micros,
    wire::{Farewell, Hello, Run},
};
use tokio::{net::UdpSocket, time::timeout};
use tracing::{info, warn};
use uuid::Uuid;

use super::{Context, LINGER};
use crate::{
    live::Event,
    liveness::{Answer, Seen},
    store::{
        self,
        certificate::Member,
        liveness::{Arrival, Arrived, Told},
    },
};

/// An agent that ends a session without a farewell comes back at once, with a new certificate or a
/// new epoch. Until then it is not away.
const SETTLE: Duration = Duration::from_secs(5);
/// How often a host is asked whether its agent's port is closed: kernels limit how many answers of
/// that sort they send.
const ASKED: u32 = 3;
/// How long each answer may take.
const ANSWER: Duration = Duration::from_millis(400);
/// Longest boot identity that is kept, characters: a UUID.
const MAX_BOOT_ID: usize = 64;

/// One session's part in the life of its host.
#[derive(Debug)]
pub(super) struct Life<'a> {
    context: &'a Context,
    connection: &'a Connection,
    member: Member,
    session: Uuid,
    arrived: Arrived,
}

impl<'a> Life<'a> {
    /// Notes that a session begins, of an agent that greeted at `greeted`.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn begin(
        context: &'a Context,
        connection: &'a Connection,
        member: Member,
        hello: &Hello,
        greeted: DateTime<Utc>,
    ) -> sqlx::Result<Self> {
        let session = Uuid::now_v7();
        let boot_id: String = hello
            .boot_id
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_BOOT_ID)
            .collect();
        let arrival = Arrival {
            session,
            boot_id: &boot_id,
            skew_ms: skew_ms(hello.sent_at, greeted, connection.rtt()),
            at: context.clock.now(),
        };
        let mut db = context.db.begin().await?;
        let arrived = store::liveness::arrived(&mut db, member.host_no, &arrival).await?;
        db.commit().await?;
        Ok(Self {
            context,
            connection,
            member,
            session,
            arrived,
        })
    }

    /// Notes what the agent says of its process.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn told(&self, run: &Run) -> sqlx::Result<()> {
        let now = self.context.clock.now();
        let skew_ms = skew_ms(run.sent_at, now, self.connection.rtt());
        // Ages count, not instants: the host's clock may be wrong.
        let ago = |at: i64| {
            let age = run.sent_at.saturating_sub(at).clamp(0, MAX_AGE_US);
            now - TimeDelta::microseconds(age)
        };
        let told = Told {
            process: run.process,
            started_at: ago(run.started_at),
            booted_at: run.booted_at.map(ago),
            previous: run.previous,
            skew_ms,
            at: now,
        };
        let mut db = self.context.db.begin().await?;
        let (number, session) = (self.member.host_no, self.session);
        let explained =
            store::liveness::told(&mut db, number, session, &told, self.arrived).await?;
        db.commit().await?;
        if explained {
            self.changed();
        }
        Ok(())
    }

    /// Notes why the agent stops.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn farewell(&self, farewell: Farewell) -> sqlx::Result<()> {
        let now = self.context.clock.now();
        self.note(&Seen::Farewell(farewell.reason), now).await
    }

    /// Notes that the session is over, and finds out why as far as that can be seen from here.
    pub(super) async fn end(self) {
        let at = self.context.clock.now();
        let stopping = &self.context.stopping;
        let Some(seen) = stopping.run_until_cancelled(self.why()).await.flatten() else {
            return;
        };
        if let Err(error) = self.note(&seen, at).await {
            let error = &error as &dyn std::error::Error;
            warn!(error, "the end of a session could not be noted");
        }
    }

    /// `None`: nothing that says anything about the host. What this side ends, it ends for reasons
    /// that are noted elsewhere.
    async fn why(&self) -> Option<Seen> {
        let closed = timeout(LINGER, self.connection.closed()).await.ok();
        match closed {
            None | Some(ConnectionError::LocallyClosed) => None,
            Some(ConnectionError::TimedOut) => {
                Some(Seen::Lost(ask(self.connection.remote_address()).await))
            }
            Some(ConnectionError::ApplicationClosed(close)) => {
                let words = String::from_utf8_lossy(&close.reason);
                let words: String = words
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(100)
                    .collect();
                if words != "stopping" {
                    tokio::time::sleep(SETTLE).await;
                }
                Some(Seen::Left(words))
            }
            Some(error) => {
                tokio::time::sleep(SETTLE).await;
                Some(Seen::Left(error.to_string()))
            }
        }
    }

    async fn note(&self, seen: &Seen, at: DateTime<Utc>) -> sqlx::Result<()> {
        let mut db = self.context.db.begin().await?;
        let (number, session) = (self.member.host_no, self.session);
        let state = store::liveness::seen(&mut db, number, session, seen, at).await?;
        db.commit().await?;
        if let Some(state) = state {
            info!(%state, "host is away");
            self.changed();
        }
        Ok(())
    }

    fn changed(&self) {
        // The host itself is another, and none of its facts.
        self.context.feed.publish(Event::HostChanged {
            host: self.member.host,
            kinds: Vec::new(),
        });
    }
}

/// A century: longer than any process ran, shorter than what instants can hold.
const MAX_AGE_US: i64 = 100 * 365 * 86_400 * 1_000_000;

/// By how many milliseconds the clock that said `sent_at` is ahead of the one that said `heard`,
/// half a round trip later.
fn skew_ms(sent_at: i64, heard: DateTime<Utc>, rtt: Duration) -> i64 {
    let way = TimeDelta::from_std(rtt / 2).unwrap_or_default();
    let meant = heard - way;
    match from_micros(sent_at) {
        Some(sent) => (sent - meant).num_milliseconds(),
        // Outside the years that a date can have.
        None => sent_at.signum() * MAX_AGE_US / 1000,
    }
}

/// Asks a host whether anybody has the port that its agent had: a packet that means nothing goes
/// there, and the kernel of a host that is up says when nobody has it. Routers that translate
/// addresses can say the same of a host behind them; there is no telling that apart.
async fn ask(agent: SocketAddr) -> Answer {
    let agent = SocketAddr::new(agent.ip().to_canonical(), agent.port());
    let any: SocketAddr = match agent {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let Ok(socket) = UdpSocket::bind(any).await else {
        return Answer::None;
    };
    if socket.connect(agent).await.is_err() {
        return Answer::None;
    }
    let closed = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    for _ in 0..ASKED {
        // QUIC ignores a packet of one byte, so that a host that is back is not disturbed.
        match socket.send(&[0]).await {
            Err(error) if closed(&error) => return Answer::PortClosed,
            _ => {}
        }
        match timeout(ANSWER, socket.recv(&mut [0; 1])).await {
            Ok(Err(error)) if closed(&error) => return Answer::PortClosed,
            _ => {}
        }
    }
    Answer::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_port_of_a_host_that_is_up_is_told_from_silence() {
        let open = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let agent = open.local_addr().unwrap();
        assert_eq!(ask(agent).await, Answer::None);
        drop(open);
        assert_eq!(ask(agent).await, Answer::PortClosed);
        // As a door that is bound to [::] sees a host of IPv4.
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        let agent = SocketAddr::new(mapped.into(), agent.port());
        assert_eq!(ask(agent).await, Answer::PortClosed);
    }

    #[test]
    fn skew_is_what_is_left_when_the_way_is_taken_off() {
        let heard = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let micros = heard.timestamp_micros();
        let rtt = Duration::from_millis(200);
        assert_eq!(skew_ms(micros, heard, rtt), 100);
        assert_eq!(skew_ms(micros - 100_000, heard, rtt), 0);
        assert_eq!(skew_ms(micros - 7_100_000, heard, rtt), -7000);
        for far in [i64::MIN, i64::MAX] {
            assert!(skew_ms(far, heard, rtt).abs() > 1_000_000_000);
        }
    }
}
