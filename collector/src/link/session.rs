//! A host's session, once it is welcomed: records in and acknowledgements out.
//!
//! Reading and writing are two halves of one task: the reading half checks records and queues
//! batches, the writing half waits for their commits in the same order. The queue between them is
//! short, so that a database that is slow makes the agent wait and not this process grow.

use std::{collections::HashSet, sync::Arc};

use quinn::{Connection, RecvStream, SendStream};
use shared::{
    id::Epoch,
    wire::{
        self, ASSIGNMENT_SINCE, AgentMessage, AssignmentVersion, CONTENT_SINCE, CONTROL_SINCE,
        CollectorMessage, ContentState, KindState, Offer, Refusal, Refused, SEALS_SINCE, Seal,
        SettingsVersion, WireError,
    },
};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{Instrument, debug, info, warn};

use super::{
    Context, Ended, GREETING, assignment, certificate, content, control, fetch,
    greeting::{self, Opened},
    internal,
    life::Life,
    malformed, named, refuse, refused,
    seal::Seals,
};
use crate::{
    fleet::{self, Close},
    ingest::{Assembler, HostMetrics, WriteError},
    live::Event,
    store::{
        self,
        certificate::Member,
        fact::{Batch, HostSeal, Op, Outcome, Sealed, Unit},
        settings::OfHost,
    },
};

/// Batches of one host that are read and not yet committed.
const AHEAD: usize = 4;

/// What was read and is to be answered, in its order.
enum Queued {
    Batch {
        outcome: oneshot::Receiver<Result<Outcome, WriteError>>,
        /// Kinds that it sends afresh.
        replaced: Vec<String>,
    },
    /// A seal under what was read before.
    Seal {
        seq: u64,
        outcome: oneshot::Receiver<Result<Outcome, WriteError>>,
    },
    /// How every kind stands on the host. Nothing more is read before it is done: the rows would
    /// be newer than what is said of them.
    Digests {
        kinds: Vec<KindState>,
        done: oneshot::Sender<()>,
    },
}

/// What of what is set was sent last in a session.
#[derive(Default)]
struct Last {
    settings: Option<SettingsVersion>,
    assignment: Option<AssignmentVersion>,
    offer: Option<Offer>,
}

/// Runs a session until either side ends it.
pub(super) async fn run(
    context: &Context,
    connection: &Connection,
    member: Member,
) -> Result<(), Ended> {
    let span = named(&member);
    async {
        let opened =
            tokio::time::timeout(GREETING, greeting::open(context, connection, member)).await;
        let Ok(opened) = opened else {
            fleet::close(connection, Close::Refused);
            return Err(Ended::Refused);
        };
        let Opened {
            hello,
            greeted,
            resume,
            differing,
            send,
            recv,
        } = opened?;
        let presence = context
            .fleet
            .connect(member, connection.clone(), context.clock.now());
        // A revocation closes the connections that it finds, and this one was not to be found
        // while it was greeted, which the other side can draw out.
        if certificate(connection).is_none_or(|der| context.fleet.member(&der).is_none()) {
            fleet::close(connection, Close::Revoked);
            return Err(Ended::Refused);
        }
        let life = match Life::begin(context, connection, member, &hello, greeted).await {
            Ok(life) => life,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(error, "a session could not be noted");
                fleet::close(connection, Close::Refused);
                return Err(Ended::Refused);
            }
        };
        context.metrics.agents_connected.inc();
        context
            .feed
            .publish(Event::HostConnected { host: member.host });
        info!(agent.version = %hello.agent_version, ?resume, "host connected");
        let session = Session {
            context,
            connection,
            member,
            life: &life,
            protocol: hello.protocol.min(wire::PROTOCOL),
            epoch: hello.epoch,
            bell: presence.bell.clone(),
            run: Notify::new(),
        };
        let ended = session.serve(send, recv, differing).await;
        drop(presence);
        context.metrics.agents_connected.dec();
        session.left().await;
        info!(reason = ?connection.close_reason(), "host disconnected");
        life.end().await;
        ended
    }
    .instrument(span)
    .await
}

struct Session<'a> {
    context: &'a Context,
    connection: &'a Connection,
    member: Member,
    life: &'a Life<'a>,
    /// The version in force.
    protocol: u16,
    epoch: Epoch,
    /// Rung when the host's settings may be others than before.
    bell: Arc<Notify>,
    /// Rung when the agent has said that it takes settings.
    run: Notify,
}

impl Session<'_> {
    async fn serve(
        &self,
        mut send: SendStream,
        recv: RecvStream,
        differing: Vec<String>,
    ) -> Result<(), Ended> {
        let (queue, queued) = mpsc::channel(AHEAD);
        let metrics = self.context.metric_ingest.session(self.member);
        let kept = metrics.kept();
        // The reading half's end drops the queue, which ends the writing half when everything
        // that was read is answered; the writing half's end closes the queue.
        let both = async {
            tokio::join!(
                self.read(recv, queue, metrics),
                self.write(&mut send, queued, kept, differing)
            )
        };
        let fetched = async {
            match self.fetches() {
                true => fetch::serve(self.context, self.connection).await,
                false => std::future::pending().await,
            }
        };
        let (read, written) = tokio::select! {
            both = both => both,
            never = fetched => match never {},
        };
        match (read, written) {
            (Err(Stop::Refuse(no)), _) | (_, Err(Stop::Refuse(no))) => {
                let (context, connection) = (self.context, self.connection);
                let wrap = CollectorMessage::Refused;
                Err(refuse(context, connection, &mut send, no, wrap).await)
            }
            (Err(Stop::Broken(error)), _) | (_, Err(Stop::Broken(error))) => {
                Err(Ended::Broken(error))
            }
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    async fn read(
        &self,
        mut recv: RecvStream,
        queue: mpsc::Sender<Queued>,
        mut metrics: HostMetrics,
    ) -> Result<(), Stop> {
        let mut assembler = self.context.ingest.assembler(self.epoch);
        let mut seals = Seals::of(self.connection, self.member);
        loop {
            let message = tokio::select! {
                message = wire::read(&mut recv) => message,
                // The other half has ended, and says why.
                () = queue.closed() => return Ok(()),
            };
            let records = match message {
                Ok(Some(AgentMessage::Records(records))) => records,
                Ok(Some(AgentMessage::Metrics(message))) => {
                    metrics.take(&message);
                    continue;
                }
                Ok(None) => return Ok(()),
                Ok(Some(AgentMessage::Run(run))) if self.controls() => {
                    self.life.told(&run).await.map_err(|e| unkept(&e))?;
                    self.run.notify_one();
                    continue;
                }
                Ok(Some(AgentMessage::Farewell(farewell))) if self.controls() => {
                    self.life.farewell(farewell).await.map_err(|e| unkept(&e))?;
                    continue;
                }
                Ok(Some(AgentMessage::InForce(report))) if self.controls() => {
                    let kept = control::reported(self.context, self.member, report).await;
                    kept.map_err(|e| unkept(&e))?;
                    continue;
                }
                Ok(Some(AgentMessage::Assigned(report))) if self.assigns() => {
                    let kept = assignment::reported(self.context, self.member, report).await;
                    kept.map_err(|e| unkept(&e))?;
                    continue;
                }
                Ok(Some(AgentMessage::Content(state))) if self.fetches() => {
                    self.content(state).await?;
                    continue;
                }
                Ok(Some(AgentMessage::Digests(kinds))) if self.controls() => {
                    let (done, verified) = oneshot::channel();
                    if queue.send(Queued::Digests { kinds, done }).await.is_err() {
                        return Ok(());
                    }
                    // The other half ends without a word when the session does.
                    let _ = verified.await;
                    continue;
                }
                Ok(Some(AgentMessage::Seal(seal))) if self.protocol >= SEALS_SINCE => {
                    let queued = self.seal(&mut seals, seal).await?;
                    if queue.send(queued).await.is_err() {
                        return Ok(());
                    }
                    continue;
                }
                Ok(Some(
                    AgentMessage::Run(_)
                    | AgentMessage::Farewell(_)
                    | AgentMessage::InForce(_)
                    | AgentMessage::Assigned(_)
                    | AgentMessage::Digests(_)
                    | AgentMessage::Seal(_)
                    | AgentMessage::Content(_),
                )) => {
                    let message = "a message of a later protocol than the one in force";
                    return Err(Stop::Refuse(malformed(self.context, message)));
                }
                Ok(Some(AgentMessage::Hello(_))) => {
                    return Err(Stop::Refuse(malformed(self.context, "Hello comes once")));
                }
                Err(error @ WireError::Io(_)) => return Err(Stop::Broken(error)),
                Err(error) => {
                    return Err(Stop::Refuse(malformed(self.context, error.to_string())));
                }
            };
            seals.records();
            let Some(queued) = self.submit(&mut assembler, records).await? else {
                continue;
            };
            if queue.send(queued).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn submit(
        &self,
        assembler: &mut Assembler,
        records: Vec<wire::Record>,
    ) -> Result<Option<Queued>, Stop> {
        let units = assembler
            .accept(records)
            .map_err(|error| Stop::Refuse(malformed(self.context, error.to_string())))?;
        if units.is_empty() {
            return Ok(None);
        }
        let replaced = units.iter().filter_map(|unit| match &unit.op {
            Op::Replace { kind, .. } => Some(kind.clone()),
            _ => None,
        });
        let replaced = replaced.collect();
        let outcome = self.queue(units, None).await;
        Ok(Some(Queued::Batch { outcome, replaced }))
    }

    /// A seal goes the way of the records before it, and behind them.
    async fn seal(&self, seals: &mut Seals, seal: Seal) -> Result<Queued, Stop> {
        let seq = seal.seq;
        let seal = seals.take(seal).map_err(|error| {
            self.context.metrics.sealed("refused");
            Stop::Refuse(malformed(self.context, error.to_string()))
        })?;
        let outcome = self.queue(Vec::new(), Some(seal)).await;
        Ok(Queued::Seal { seq, outcome })
    }

    async fn queue(
        &self,
        units: Vec<Unit>,
        seal: Option<HostSeal>,
    ) -> oneshot::Receiver<Result<Outcome, WriteError>> {
        let Member { host, host_no, .. } = self.member;
        let batch = Batch {
            host,
            host_no,
            epoch: self.epoch,
            units,
            seal,
        };
        self.context.ingest.submit(batch).await
    }

    async fn write(
        &self,
        send: &mut SendStream,
        mut queued: mpsc::Receiver<Queued>,
        mut kept: watch::Receiver<u64>,
        differing: Vec<String>,
    ) -> Result<(), Stop> {
        // Kinds that were asked for and have not come: they are not asked for again.
        let mut asked = HashSet::new();
        self.refresh(send, &mut asked, differing).await?;
        // What was sent last, and whether the agent takes any.
        let (mut last, mut takes) = (Last::default(), false);
        loop {
            let next = tokio::select! {
                biased;
                next = queued.recv() => next,
                Ok(()) = kept.changed() => {
                    let ack = CollectorMessage::MetricsAck(*kept.borrow_and_update());
                    wire::write(send, &ack).await.map_err(Stop::Broken)?;
                    continue;
                }
                () = self.run.notified() => {
                    takes = true;
                    self.set(send, &mut last).await?;
                    continue;
                }
                () = self.bell.notified(), if takes => {
                    self.set(send, &mut last).await?;
                    continue;
                }
            };
            // Of a seal: under which record it is.
            let (outcome, replaced, sealed) = match next {
                None => return Ok(()),
                Some(Queued::Batch { outcome, replaced }) => (outcome, replaced, None),
                Some(Queued::Seal { seq, outcome }) => (outcome, Vec::new(), Some(seq)),
                Some(Queued::Digests { kinds, done }) => {
                    let differing = self.verify(&kinds).await;
                    drop(done);
                    self.refresh(send, &mut asked, differing).await?;
                    continue;
                }
            };
            let outcome = match outcome.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => {
                    let message = "the collector's database refuses a record; its log says why";
                    return Err(Stop::Refuse(refused(Refusal::Internal, message)));
                }
                // The collector stops.
                Err(_) => return Ok(()),
            };
            if outcome.superseded {
                debug!("a newer connection has begun another epoch");
                fleet::close(self.connection, Close::Replaced);
                return Ok(());
            }
            if let Some(seq) = sealed {
                self.judge(seq, &outcome)?;
                continue;
            }
            let ack = CollectorMessage::Ack(outcome.applied);
            wire::write(send, &ack).await.map_err(Stop::Broken)?;
            for kind in replaced {
                asked.remove(&kind);
            }
            self.refresh(send, &mut asked, outcome.differing).await?;
        }
    }

    /// Ends the session of a host whose seal is not under what it has told. What it told stays, and
    /// is not sealed.
    fn judge(&self, seq: u64, outcome: &Outcome) -> Result<(), Stop> {
        match outcome.seal {
            Some(Sealed::Unfit) => {
                let message = format!(
                    "the seal under record {seq} is not under the results that were told: one is \
                     missing, out of order, or another"
                );
                Err(Stop::Refuse(malformed(self.context, message)))
            }
            Some(Sealed::Broken) => {
                warn!("the host goes on with another chain of results than the one here");
                Ok(())
            }
            Some(Sealed::Kept | Sealed::Known) | None => Ok(()),
        }
    }

    /// The kinds whose rows are not what the host says. A database that is away is asked again at
    /// the next reconciliation.
    async fn verify(&self, kinds: &[KindState]) -> Vec<String> {
        let Member { host_no, .. } = self.member;
        let verified = async {
            let mut db = self.context.db.acquire().await?;
            self.context.ingest.verify(&mut db, host_no, kinds).await
        };
        match verified.await {
            Ok(differing) => {
                let count = differing.len() as u64;
                self.context.metrics.digest_mismatches.inc_by(count);
                differing
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(error, "rows could not be verified");
                Vec::new()
            }
        }
    }

    /// Whether there are messages of life and settings in this session.
    fn controls(&self) -> bool {
        self.protocol >= CONTROL_SINCE
    }

    /// Whether there are messages of profiles and variables.
    fn assigns(&self) -> bool {
        self.protocol >= ASSIGNMENT_SINCE
    }

    /// Whether there are messages of content, and streams on which it is fetched.
    fn fetches(&self) -> bool {
        self.protocol >= CONTENT_SINCE
    }

    /// Keeps what the agent says of its content.
    async fn content(&self, state: ContentState) -> Result<(), Stop> {
        let said = content::read(state, self.context.clock.now())
            .map_err(|error| Stop::Refuse(malformed(self.context, error.to_string())))?;
        let kept = content::reported(self.context, self.member, said).await;
        kept.map_err(|e| unkept(&e))
    }

    /// Sends what is set for the host and what it is offered, as far as it is not what was sent last.
    async fn set(&self, send: &mut SendStream, last: &mut Last) -> Result<(), Stop> {
        let (context, member) = (self.context, self.member);
        let set = self.of_host().await.map_err(|e| unkept(&e))?;
        let settings = control::settings(context, member, &set, last.settings).await;
        if let Some((new, message)) = settings.map_err(|e| unkept(&e))? {
            wire::write(send, &message).await.map_err(Stop::Broken)?;
            last.settings = Some(new);
        }
        if !self.assigns() {
            return Ok(());
        }
        let compliance = &set.effective.compliance;
        let assigned = assignment::assignment(context, member, compliance, last.assignment).await;
        if let Some((new, message)) = assigned.map_err(|e| unkept(&e))? {
            if let Some(message) = message {
                wire::write(send, &message).await.map_err(Stop::Broken)?;
            }
            last.assignment = Some(new);
        }
        if !self.fetches() {
            return Ok(());
        }
        let offered = content::offered(context, member, last.offer.as_ref()).await;
        if let Some((new, message)) = offered.map_err(|e| unkept(&e))? {
            wire::write(send, &message).await.map_err(Stop::Broken)?;
            last.offer = Some(new);
        }
        Ok(())
    }

    /// What is set for the host.
    async fn of_host(&self) -> sqlx::Result<OfHost> {
        let mut db = self.context.db.acquire().await?;
        let host_no = self.member.host_no;
        if !self.assigns() {
            store::assignment::too_old(&mut db, host_no).await?;
        }
        if !self.fetches() {
            store::bundle::report::too_old(&mut db, host_no).await?;
        }
        store::settings::of_host(&mut db, host_no).await
    }

    async fn refresh(
        &self,
        send: &mut SendStream,
        asked: &mut HashSet<String>,
        kinds: Vec<String>,
    ) -> Result<(), Stop> {
        let kinds: Vec<_> = kinds
            .into_iter()
            .filter(|kind| asked.insert(kind.clone()))
            .collect();
        if kinds.is_empty() {
            return Ok(());
        }
        warn!(?kinds, "digests differ; asking for the kinds afresh");
        wire::write(send, &CollectorMessage::Refresh(kinds))
            .await
            .map_err(Stop::Broken)
    }

    /// Notes when the host was last here. A database that is away learns it at the next arrival.
    async fn left(&self) {
        let host = self.member.host;
        let now = self.context.clock.now();
        if let Ok(mut db) = self.context.db.acquire().await {
            let _ = store::host::seen(&mut db, &[self.member.host_no], now).await;
        }
        self.context.feed.publish(Event::HostDisconnected { host });
    }
}

/// The database is away: the agent comes back and says it again.
fn unkept(error: &sqlx::Error) -> Stop {
    Stop::Refuse(internal(error))
}

/// Why one half of a session stops.
enum Stop {
    Refuse(Refused),
    Broken(WireError),
}
