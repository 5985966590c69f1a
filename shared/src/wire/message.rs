//! The messages of the three protocols: session, enrolment, renewal.
//!
//! Only serde is derived, so that the codec can be exchanged. No maps, no recursion, no
//! self-describing tricks. Instants are microseconds since the Unix epoch, UTC.

use serde::{Deserialize, Serialize};

use super::{Assigned, Assignment, ContentState, Farewell, InForce, Offer, Run, Seal, Settings};
use crate::{
    digest::Digest,
    id::{Epoch, HostId},
};

/// What an agent says in a session. [`Hello`] comes first and once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AgentMessage {
    Hello(Hello),
    /// Records in rising order of `seq`.
    Records(Vec<Record>),
    /// Minutes of metrics. Since protocol 2.
    Metrics(Metrics),
    /// Once, right after the welcome.
    Run(Run),
    /// The last message.
    Farewell(Farewell),
    /// The answer to [`CollectorMessage::Settings`].
    InForce(InForce),
    /// Every kind as it stands, after everything was read and every record sent: to be held against
    /// the rows themselves.
    Digests(Vec<KindState>),
    /// The answer to [`CollectorMessage::Assignment`], and again when more is known of it. Since
    /// protocol 3.
    Assigned(Assigned),
    /// Once right after [`AgentMessage::Run`], and after each batch that held records of results.
    /// Since protocol 4.
    Seal(Seal),
    /// Which content the host has, and what came of an offer. Since protocol 5.
    Content(ContentState),
}

/// What a collector says in a session. [`Welcome`] or [`Refused`] comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CollectorMessage {
    Welcome(Welcome),
    /// Every record up to and including this sequence number is committed.
    Ack(u64),
    /// Send these kinds afresh, as snapshots: their digests differ.
    Refresh(Vec<String>),
    /// The session ends, and why.
    Refused(Refused),
    /// The message of this number ([`Metrics::number`]) is committed, or was not worth keeping:
    /// it need not be sent again. Since protocol 2.
    MetricsAck(u64),
    /// What is set for this host: the answer to [`AgentMessage::Run`], and each change of it.
    Settings(Settings),
    /// What this host is held to: comes with the settings. Since protocol 3.
    Assignment(Assignment),
    /// The bundle that this host is to have. Since protocol 5.
    Offer(Offer),
}

/// Who calls, and where its stream stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// Highest protocol version that the agent speaks.
    pub protocol: u16,
    pub host: HostId,
    pub agent_version: String,
    /// SHA-256 of the agent's executable file.
    pub build: [u8; 32],
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// SHA-256 of `/etc/machine-id`: equal as long as the machine is the same, and tells nothing.
    pub machine: [u8; 32],
    pub epoch: Epoch,
    /// Highest sequence number that the agent has given out in this epoch; 0 before the first.
    pub last_seq: u64,
    /// Highest sequence number that the agent knows to be committed.
    pub acked: u64,
    pub kinds: Vec<KindState>,
    /// The host's clock.
    pub sent_at: i64,
}

/// Where one kind of an agent stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindState {
    pub kind: String,
    /// Sequence number of the last record of this kind.
    pub seq: u64,
    /// Digest of the kind's rows after that record.
    pub digest: Digest,
}

/// The session is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version in force: the lower of both sides' highest.
    pub protocol: u16,
    pub resume: Resume,
    /// The collector's clock.
    pub server_time: i64,
}

/// Where the stream goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resume {
    /// Everything up to this sequence number is committed; send what follows.
    After(u64),
    /// The two sides do not remember the same stream: one of them was restored from an old copy.
    /// Begin a new epoch.
    NewEpoch,
}

/// One thing that an agent observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Rises within an epoch, starting at 1; gaps are allowed.
    pub seq: u64,
    /// When the host observed it, by the host's clock.
    pub at: i64,
    pub body: Body,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    Delta(Delta),
    Snapshot(Snapshot),
    Freshness(Freshness),
    Gap(Gap),
}

/// Rows of one kind that changed. Each key occurs once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub kind: String,
    pub changes: Vec<RowChange>,
    /// Digest of the kind's rows afterwards.
    pub digest: Digest,
}

/// One row that appeared, changed or went away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowChange {
    pub key: String,
    /// Canonical JSON; `None` when the row is gone.
    pub value: Option<String>,
}

/// A part of all the rows of one kind. Parts follow each other directly; the collector applies
/// them together when the last has arrived, and acknowledges none before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub kind: String,
    pub rows: Vec<Row>,
    /// Whether this is the last part.
    pub last: bool,
    /// Digest of all the rows, of all parts.
    pub digest: Digest,
}

/// One row as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub key: String,
    /// Canonical JSON.
    pub value: String,
}

/// Whether a kind can be read at present. Sent when it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freshness {
    pub kind: String,
    /// `None`: the rows are what the host is. Otherwise they are the last good ones.
    pub stale: Option<Stale>,
}

/// Why a kind could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    pub reason: StaleReason,
    /// For people: what was tried, what came of it.
    pub detail: String,
}

/// The sorts of reasons for which a kind cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReason {
    /// The agent may not read it.
    Denied,
    /// What serves it does not run or does not exist here.
    Unavailable,
    /// It was read and makes no sense.
    Malformed,
    /// It did not answer in time.
    TimedOut,
    /// It is larger than the agent's bounds.
    TooLarge,
    /// Anything else that went wrong while reading.
    Failed,
}

/// The outbox was full: single changes between two instants were folded into snapshots that follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// When the first of the folded records was observed.
    pub from: i64,
    /// When the last of them was.
    pub to: i64,
    /// How many were folded.
    pub records: u64,
}

/// Whole minutes of a host's metrics, a column for each series. What the columns hold, and how they
/// are made and read, is said in the module `metric`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rises within a session, starting at 1.
    pub number: u64,
    /// Minutes that were dropped because they had waited for too long, since the last
    /// acknowledgement.
    pub dropped: u64,
    /// Names of series that this session has not had yet. The first name of a session is series 0.
    pub names: Vec<String>,
    /// When each minute began, in minutes since the Unix epoch, by the host's clock.
    pub minutes: Vec<i64>,
    /// One for each minute of each series of the session, first all minutes of series 0: four bits
    /// each, the lower ones first.
    pub shapes: Vec<u8>,
    /// Values of minutes in which nothing varied, where they are new: the bits of an `f32`.
    pub levels: Vec<u32>,
    /// Of minutes in which something did: the step from the mean before it.
    pub means: Vec<i32>,
    /// The step from the mean down to the lowest.
    pub falls: Vec<u32>,
    /// The step from the mean up to the highest.
    pub rises: Vec<u32>,
    /// The step from the mean to the last.
    pub lasts: Vec<i32>,
}

/// Enrolment: what a new host says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolRequest {
    pub token: String,
    /// PKCS#10, DER. Only its public key is used.
    pub csr: Vec<u8>,
    pub hostname: String,
    /// As in [`Hello`].
    pub machine: [u8; 32],
    pub agent_version: String,
}

/// Renewal: what a host says whose certificate grows old. The certificate says who it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// PKCS#10, DER. Only its public key is used.
    pub csr: Vec<u8>,
}

/// The answer to either.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum IssueReply {
    Issued(Issued),
    Refused(Refused),
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    pub host: HostId,
    /// The host's certificate, DER.
    pub certificate: Vec<u8>,
    /// The authority that issued it and that the collector's own certificate descends from, DER.
    pub authority: Vec<u8>,
}

/// The collector will not, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub reason: Refusal,
    /// For people: names the thing and the mend.
    pub message: String,
    /// How long to wait before the next attempt, milliseconds; `None` leaves it to the agent.
    pub retry_after_ms: Option<u32>,
}

/// The sorts of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    TokenUnknown,
    TokenExpired,
    TokenUsedUp,
    TokenRevoked,
    /// The request for a certificate is not one, or its key is not P-256.
    CsrInvalid,
    /// The message names another host than the certificate does.
    HostMismatch,
    HostRevoked,
    /// The certificate has expired: renew it first.
    CertificateExpired,
    /// The same identity is used by another machine.
    HostQuarantined,
    /// The agent is too old or too new.
    ProtocolUnsupported,
    /// A message that does not fit: not decodable, out of order, or not a fact.
    Malformed,
    /// Try again later.
    Busy,
    /// The collector is at fault; its log says why.
    Internal,
}
