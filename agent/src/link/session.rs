//! One session: greet, send what waits, take what comes back.

use std::time::Duration;

use chrono::TimeDelta;
use quinn::{Connection, RecvStream, SendStream};
use shared::{
    clock::{from_micros, to_micros},
    id::Epoch,
    wire::{
        self, ASSIGNMENT_SINCE, AgentMessage, Assignment, CONTENT_SINCE, CONTROL_SINCE,
        CollectorMessage, Farewell, Hello, InForce, Offer, PROTOCOL, Refused, Resume, Seal,
        Settings, Welcome,
    },
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Ended, Link, LinkError, LinkState, content::Fetcher, metric::Outgoing, seal::Told,
    window::Window,
};
use crate::{
    dial,
    identity::Identity,
    journal::{Chain, JournalError, Position},
};

/// How long the collector may take to answer the greeting.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a message that is being written may take when the agent is asked to stop.
const LAST_MESSAGE: Duration = Duration::from_secs(2);
/// How long the end of a session may take then: a second to learn why, the rest to say it. The
/// service manager waits, and the process has 5 s for everything.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Most bytes of records in one message. Half a frame, so that one record more always fits.
const BATCH_BYTES: usize = 512 * 1024;
/// Messages from the collector that wait for their turn. When it is full, QUIC holds up the rest.
const INBOX: usize = 8;

/// Runs a session on a new connection, on which `identity` was shown, to its end.
pub(super) async fn run(
    link: &mut Link,
    identity: &Identity,
    connection: &Connection,
    token: &CancellationToken,
) -> Result<Ended, LinkError> {
    let explain = |error| explain(connection, error);
    let (mut send, mut receive) = tokio::select! {
        () = token.cancelled() => return Ok(Ended::Stopped),
        opened = connection.open_bi() => {
            opened.map_err(|error| LinkError::Lost(dial::ended(connection.remote_address(), error)))?
        }
    };
    let position = *link.position.borrow_and_update();
    let greeted = tokio::select! {
        () = token.cancelled() => return Ok(Ended::Stopped),
        greeted = timeout(ANSWER, greet(link, position, &mut send, &mut receive)) => greeted,
    };
    let welcome = match greeted.unwrap_or(Err(LinkError::Late)).map_err(explain)? {
        Greeted::Welcome(welcome) => welcome,
        Greeted::Refused(refused) => return Ok(Ended::Refused(refused)),
    };
    let Some((after, chain)) = resume(link, position.epoch, &welcome).await? else {
        return Ok(Ended::NewEpoch);
    };
    link.welcomed(connection, &welcome).await;
    let signing = identity.signing().map_err(LinkError::Seal)?;
    let told = Told::new(signing, position.epoch, chain.stand, welcome.protocol);
    let mut session = Session {
        protocol: welcome.protocol,
        told,
        window: Window::new(after, link.settings.in_flight_bytes),
        metrics: Outgoing::new(welcome.protocol),
        digests_due: false,
        assigned: false,
        offered: watch::Sender::new(None),
        epoch: position.epoch,
        link,
        send,
        token,
    };
    session
        .talk(chain, receive, connection)
        .await
        .map_err(explain)
}

enum Greeted {
    Welcome(Welcome),
    Refused(Refused),
}

async fn greet(
    link: &Link,
    position: Position,
    send: &mut SendStream,
    receive: &mut RecvStream,
) -> Result<Greeted, LinkError> {
    let stand = link
        .journal
        .off_thread(|journal| Ok((journal.kinds()?, journal.acked_seq()?)));
    let (kinds, acked) = stand.await.map_err(LinkError::Journal)?;
    let hello = Hello {
        protocol: PROTOCOL,
        host: link.identity.borrow().host,
        agent_version: env!("CARGO_PKG_VERSION").into(),
        build: link.machine.build,
        boot_id: link.machine.boot_id.clone(),
        machine: link.machine.id_hash,
        epoch: position.epoch,
        last_seq: position.last_seq,
        acked,
        kinds,
        sent_at: to_micros(link.clock.now()),
    };
    wire::write(send, &AgentMessage::Hello(hello))
        .await
        .map_err(LinkError::Talk)?;
    match wire::read(receive).await.map_err(LinkError::Talk)? {
        Some(CollectorMessage::Welcome(welcome)) if (1..=PROTOCOL).contains(&welcome.protocol) => {
            Ok(Greeted::Welcome(welcome))
        }
        Some(CollectorMessage::Welcome(welcome)) => Err(LinkError::Protocol(welcome.protocol)),
        Some(CollectorMessage::Refused(refused)) => Ok(Greeted::Refused(refused)),
        Some(_) => Err(LinkError::OutOfOrder),
        None => Err(LinkError::Ended),
    }
}

/// Where to go on, and where the chain over results stands there; `None` when a new epoch has begun
/// and the session must begin anew.
async fn resume(
    link: &mut Link,
    epoch: Epoch,
    welcome: &Welcome,
) -> Result<Option<(u64, Chain)>, LinkError> {
    let (now, resume) = (link.clock.now(), welcome.resume);
    let chain = link.journal.off_thread(move |journal| {
        match resume {
            Resume::After(seq) => journal.resume_after(epoch, seq, now)?,
            Resume::NewEpoch => journal.new_epoch(now)?,
        }
        journal.chain()
    });
    let chain = chain.await.map_err(LinkError::Journal)?;
    Ok(match resume {
        Resume::After(seq) if link.position.borrow().epoch == epoch => Some((seq, chain)),
        _ => None,
    })
}

/// A session that is open.
struct Session<'a> {
    link: &'a mut Link,
    /// The version in force.
    protocol: u16,
    window: Window,
    /// The chain over results.
    told: Told,
    metrics: Outgoing,
    /// Whether everything was read since the collector last heard how it stands.
    digests_due: bool,
    /// Whether the collector has said what the host is held to: it then hears more of it.
    assigned: bool,
    /// What the collector offered last.
    offered: watch::Sender<Option<Offer>>,
    epoch: Epoch,
    send: SendStream,
    token: &'a CancellationToken,
}

impl Session<'_> {
    async fn talk(
        &mut self,
        chain: Chain,
        mut receive: RecvStream,
        connection: &Connection,
    ) -> Result<Ended, LinkError> {
        if self.protocol >= CONTROL_SINCE {
            let run = AgentMessage::Run(self.link.life.run());
            if !self.write(&run).await? {
                return Ok(Ended::Stopped);
            }
        }
        // Before any record: what the collector has may be another chain than the one that goes on.
        let seal = self.told.open(chain.opening);
        if !self.write_seal(seal).await? {
            return Ok(Ended::Stopped);
        }
        let (heard, mut inbox) = mpsc::channel(INBOX);
        // Kept across the loop: dropped half way, it would lose the beginning of a message.
        let mut listening = std::pin::pin!(async move {
            loop {
                match wire::read::<CollectorMessage>(&mut receive).await {
                    Ok(Some(message)) => {
                        if heard.send(message).await.is_err() {
                            return LinkError::Ended;
                        }
                    }
                    Ok(None) => return LinkError::Ended,
                    Err(error) => return LinkError::Talk(error),
                }
            }
        });
        let mut released = self.link.lane.released();
        let mut held = self.link.assigner.said();
        let mut content = self.link.bundles.said();
        content.mark_changed();
        let fetcher = Fetcher {
            connection: connection.clone(),
            bundles: self.link.bundles.clone(),
        };
        let mut fetching = std::pin::pin!(fetcher.run(self.offered.subscribe()));
        loop {
            let sent = match self.send_pending().await {
                // Records first.
                Ok(None) => match self.send_digests().await {
                    Ok(None) => self.send_metrics(&mut released).await,
                    other => other,
                },
                other => other,
            };
            match sent {
                Ok(None) => {}
                Ok(Some(ended)) => return Ok(ended),
                // Why it failed may be said in a message that is here already.
                Err(error) => {
                    let _ = timeout(Duration::from_secs(1), &mut listening).await;
                    return self.last_words(&mut inbox).await.unwrap_or(Err(error));
                }
            }
            tokio::select! {
                biased;
                () = self.token.cancelled() => {
                    let farewell = self.farewell(&mut listening, &mut inbox);
                    // Without it the collector sees the connection end, and says so.
                    let _ = timeout(LAST_WORDS, farewell).await;
                    return Ok(Ended::Stopped);
                }
                Some(message) = inbox.recv() => {
                    if let Some(ended) = self.take(message).await? {
                        return Ok(ended);
                    }
                }
                error = &mut listening => {
                    return self.last_words(&mut inbox).await.unwrap_or(Err(error));
                }
                Ok(()) = self.link.identity.changed() => return Ok(Ended::Renewed),
                Ok(()) = self.link.position.changed(), if self.window.is_open() => {}
                Ok(()) = self.link.reconciled.changed(), if !self.digests_due => {
                    self.digests_due = true;
                }
                Ok(()) = held.changed(), if self.assigned => {
                    let said = held.borrow_and_update().clone();
                    if !self.write(&AgentMessage::Assigned(said)).await? {
                        return Ok(Ended::Stopped);
                    }
                }
                Ok(()) = content.changed(), if self.protocol >= CONTENT_SINCE => {
                    let said = content.borrow_and_update().clone();
                    if !self.write(&AgentMessage::Content(said)).await? {
                        return Ok(Ended::Stopped);
                    }
                }
                never = &mut fetching => match never {},
                Ok(()) = released.changed(), if self.metrics.patience().is_none() => {}
                () = until(self.metrics.patience()) => {}
            }
        }
    }

    /// What was heard before the stream ended, if it ends the session.
    async fn last_words(
        &mut self,
        inbox: &mut mpsc::Receiver<CollectorMessage>,
    ) -> Option<Result<Ended, LinkError>> {
        while let Ok(message) = inbox.try_recv() {
            if let Some(ended) = self.take(message).await.transpose() {
                return Some(ended);
            }
        }
        None
    }

    /// Sends what waits, as long as the window is open.
    async fn send_pending(&mut self) -> Result<Option<Ended>, LinkError> {
        while self.window.is_open() {
            if self.link.position.borrow_and_update().epoch != self.epoch {
                return Ok(Some(Ended::Restart));
            }
            let after = self.window.last();
            let pending = self
                .link
                .journal
                .off_thread(move |journal| journal.pending(after, BATCH_BYTES))
                .await
                .map_err(LinkError::Journal)?;
            if pending.is_empty() {
                break;
            }
            for next in &pending {
                if !self.window.push(&next.record, next.bytes) {
                    return Ok(Some(Ended::Restart));
                }
                self.told.push(&next.record);
            }
            let records = pending.into_iter().map(|next| next.record).collect();
            if !self.write(&AgentMessage::Records(records)).await? {
                return Ok(Some(Ended::Stopped));
            }
            // Half a snapshot is nothing to the collector, and cannot be sealed.
            if self.window.is_within_snapshot() {
                continue;
            }
            let seal = self.told.seal();
            if !self.write_seal(seal).await? {
                return Ok(Some(Ended::Stopped));
            }
        }
        Ok(None)
    }

    /// Writes a seal, if there is one. `false` as for [`Self::write`].
    async fn write_seal(
        &mut self,
        seal: Result<Option<Seal>, rustls::Error>,
    ) -> Result<bool, LinkError> {
        match seal.map_err(LinkError::Seal)? {
            Some(seal) => self.write(&AgentMessage::Seal(seal)).await,
            None => Ok(true),
        }
    }

    /// Says how every kind stands, once after each time that everything was read, when every
    /// record of it is sent.
    async fn send_digests(&mut self) -> Result<Option<Ended>, LinkError> {
        if !self.digests_due || !self.window.is_open() || self.protocol < CONTROL_SINCE {
            return Ok(None);
        }
        let kinds = self.link.journal.off_thread(|journal| journal.kinds());
        let kinds = kinds.await.map_err(LinkError::Journal)?;
        if kinds.iter().any(|kind| kind.seq > self.window.last()) {
            // A record has come since; it goes first.
            return Ok(None);
        }
        self.digests_due = false;
        let written = self.write(&AgentMessage::Digests(kinds)).await?;
        Ok((!written).then_some(Ended::Stopped))
    }

    /// Sends minutes of metrics, when they may go and none are under way.
    async fn send_metrics(
        &mut self,
        released: &mut watch::Receiver<u64>,
    ) -> Result<Option<Ended>, LinkError> {
        if !self.window.is_open() {
            return Ok(None);
        }
        released.mark_unchanged();
        let Some(message) = self.metrics.next(&self.link.lane, Instant::now()) else {
            return Ok(None);
        };
        let written = self.write(&AgentMessage::Metrics(message)).await?;
        Ok((!written).then_some(Ended::Stopped))
    }

    /// Writes one message. `false`: the agent was asked to stop, and the collector does not read.
    async fn write(&mut self, message: &AgentMessage) -> Result<bool, LinkError> {
        let token = self.token;
        let patience = async {
            token.cancelled().await;
            tokio::time::sleep(LAST_MESSAGE).await;
        };
        tokio::select! {
            biased;
            written = wire::write(&mut self.send, message) => {
                written.map(|()| true).map_err(LinkError::Talk)
            }
            () = patience => Ok(false),
        }
    }

    async fn take(&mut self, message: CollectorMessage) -> Result<Option<Ended>, LinkError> {
        match message {
            CollectorMessage::Ack(seq) => {
                if !self.window.acknowledge(seq) {
                    return Err(LinkError::AckOfUnsent(seq));
                }
                let (epoch, stand) = (self.epoch, self.told.acknowledge(seq));
                let journal = &self.link.journal;
                let done = journal.off_thread(move |j| j.acknowledge(epoch, seq, stand));
                let done = done.await;
                self.tolerate(done);
            }
            CollectorMessage::Refresh(kinds) => {
                info!(kinds = kinds.join(","), "collector asks for kinds afresh");
                let now = self.link.clock.now();
                let done = self
                    .link
                    .journal
                    .off_thread(move |journal| {
                        kinds.iter().try_for_each(|kind| journal.refresh(kind, now))
                    })
                    .await;
                self.tolerate(done);
            }
            CollectorMessage::MetricsAck(number) => {
                self.metrics.acknowledged(number, &self.link.lane);
            }
            CollectorMessage::Settings(settings) if self.protocol >= CONTROL_SINCE => {
                let in_force = self.adopt(settings).await;
                if !self.write(&AgentMessage::InForce(in_force)).await? {
                    return Ok(Some(Ended::Stopped));
                }
            }
            CollectorMessage::Assignment(assignment) if self.protocol >= ASSIGNMENT_SINCE => {
                self.assigned = true;
                self.assign(assignment).await;
            }
            CollectorMessage::Offer(offer) if self.protocol >= CONTENT_SINCE => {
                self.offered.send_replace(Some(offer));
            }
            CollectorMessage::Refused(refused) => return Ok(Some(Ended::Refused(refused))),
            CollectorMessage::Welcome(_)
            | CollectorMessage::Settings(_)
            | CollectorMessage::Assignment(_)
            | CollectorMessage::Offer(_) => return Err(LinkError::OutOfOrder),
        }
        Ok(None)
    }

    /// The journal cannot be written: the session goes on. A later acknowledgement, or the next
    /// greeting, makes up for this one; a kind whose digest differs is asked for again.
    fn tolerate(&self, done: Result<(), JournalError>) {
        if let Err(error) = done {
            warn!(
                error = &error as &dyn std::error::Error,
                "journal not updated"
            );
        }
    }

    async fn adopt(&self, settings: Settings) -> InForce {
        let controller = self.link.controller.clone();
        let taken = tokio::task::spawn_blocking(move || controller.take(settings));
        taken.await.unwrap_or_else(|error| InForce {
            version: None,
            refused: Some(error.to_string()),
            unknown: Vec::new(),
            disabled: Vec::new(),
        })
    }

    /// Takes what the host is held to. What there is to say of it is said when its turn comes.
    async fn assign(&self, assignment: Assignment) {
        let assigner = self.link.assigner.clone();
        let taken = tokio::task::spawn_blocking(move || assigner.take(&assignment)).await;
        if let Err(error) = taken {
            let error = &error as &dyn std::error::Error;
            warn!(error, "profiles and variables could not be taken");
        }
    }

    /// The agent was asked to stop: it says why. What was sent has arrived when this returns.
    async fn farewell(
        &mut self,
        listening: &mut (impl Future<Output = LinkError> + Unpin),
        inbox: &mut mpsc::Receiver<CollectorMessage>,
    ) -> Result<(), LinkError> {
        let controls = self.protocol >= CONTROL_SINCE;
        if controls {
            let reason = self.link.life.ending().await;
            self.write(&AgentMessage::Farewell(Farewell { reason }))
                .await?;
        }
        let _ = self.send.finish();
        let _ = self.send.stopped().await;
        if controls {
            // Until the collector has ended its side: it has then read everything.
            drain(listening, inbox).await;
        }
        Ok(())
    }
}

/// Waits until the collector ends the stream. What it says until then comes too late.
async fn drain(
    listening: &mut (impl Future<Output = LinkError> + Unpin),
    inbox: &mut mpsc::Receiver<CollectorMessage>,
) {
    loop {
        tokio::select! {
            _ = &mut *listening => return,
            message = inbox.recv() => if message.is_none() { return },
        }
    }
}

impl Link {
    async fn welcomed(&self, connection: &Connection, welcome: &Welcome) {
        let now = self.clock.now();
        let address = connection.remote_address();
        info!(%address, protocol = welcome.protocol, "connected");
        let server_time = from_micros(welcome.server_time);
        self.status.send_modify(|status| {
            status.state = LinkState::Connected {
                since: now,
                address: address.to_string(),
            };
            status.clock_ahead_ms =
                server_time.map(|server| TimeDelta::num_milliseconds(&(now - server)));
        });
        if let Some(server) = server_time {
            let bundles = self.bundles.clone();
            // It says itself what it could not do.
            let _ = tokio::task::spawn_blocking(move || bundles.agree(server)).await;
        }
    }
}

/// Waits until `instant`, or for ever when there is none.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// A stream that breaks says little; the connection under it knows why.
fn explain(connection: &Connection, error: LinkError) -> LinkError {
    match (error, connection.close_reason()) {
        (LinkError::Talk(_) | LinkError::Ended, Some(reason)) => {
            LinkError::Lost(dial::ended(connection.remote_address(), reason))
        }
        (error, _) => error,
    }
}
