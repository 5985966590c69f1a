//! Content on its way to a host, from protocol 5 on. The collector offers a bundle in the session; the
//! agent fetches what it lacks on streams of its own, one [`Fetch`] each, and tells in the session what
//! came of it. Nothing here is trusted: the agent believes the publisher's signatures alone.

use serde::{Deserialize, Serialize};

/// Names a manifest or a file: SHA-256 of its bytes.
pub type ContentHash = [u8; 32];

/// Most files that are asked for at once.
pub const MAX_FETCHED: usize = 1024;
/// Most bytes of files in one [`Fetched::Files`]. What is larger comes alone.
pub const FETCHED_BYTES: usize = 256 << 10;
/// Most rules of which a trial tells that they turn, each by name.
pub const MAX_TURNS: usize = 512;

/// The bundle that a host is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub serial: u64,
    /// Its manifest.
    pub manifest: ContentHash,
    /// The version of the newest root that the collector has.
    pub root: u32,
    /// Whether it is to be tried only, and not to come in force.
    pub trial: bool,
    /// Names the offer, so that the same bundle can be offered anew. Chosen by the collector.
    pub order: [u8; 16],
}

/// What an agent asks on a stream of its own. The collector answers with [`Fetched`] until it ends the
/// stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetch {
    /// The roots that follow this version, one after the other.
    Roots { after: u32 },
    /// A manifest with its signatures, as what differs from one that the agent has.
    Manifest {
        manifest: ContentHash,
        basis: Option<ContentHash>,
    },
    /// Files, in this order.
    Files(Vec<ContentHash>),
}

/// What a collector answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetched {
    /// A root document, and the signatures beside it.
    Root {
        document: Vec<u8>,
        signatures: Vec<u8>,
    },
    /// A manifest, and the signatures beside it.
    Manifest {
        document: Packed,
        signatures: Vec<u8>,
    },
    /// The next of the files that were asked for.
    Files(Vec<Vec<u8>>),
    /// The collector does not have it, or not any more.
    Missing(ContentHash),
    /// Too many fetch at present: ask again after so many milliseconds.
    Busy(u32),
}

/// A document, as it is or as what differs from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packed {
    Whole(Vec<u8>),
    /// A zstd frame whose dictionary is the document that was named as the basis.
    Against(Vec<u8>),
}

/// Which content a host has, and what came of the last that it was offered. Sent when a session begins
/// and when it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentState {
    /// `None`: what was installed with the agent.
    pub in_force: Option<InForceBundle>,
    /// Serials of the bundles that can come in force again without the network, rising.
    pub kept: Vec<u64>,
    /// The root that the host trusts; `None`: none yet.
    pub root: Option<HeldRoot>,
    /// What came of the last offer.
    pub offer: Option<OfferOutcome>,
}

/// The bundle in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForceBundle {
    pub serial: u64,
    pub manifest: ContentHash,
    pub created: i64,
    pub expires: i64,
    /// When it came in force here, by the host's clock.
    pub since: i64,
}

/// The root that a host trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRoot {
    pub version: u32,
    pub expires: i64,
    /// Whether somebody put it there beside the agent; otherwise the first collector told it.
    pub pinned: bool,
}

/// What came of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferOutcome {
    /// [`Offer::order`].
    pub order: [u8; 16],
    pub serial: u64,
    pub manifest: ContentHash,
    pub stage: OfferStage,
    /// What the trial found, when there was one.
    pub trial: Option<Trial>,
    /// For people: what was refused and why, or what went wrong. Empty otherwise.
    pub detail: String,
}

/// How far an offer has come on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStage {
    Fetching,
    Trying,
    /// It was to be tried only, and was.
    Tried,
    InForce,
    /// It came in force, and what was in force before came back.
    Returned,
    Refused(ContentRefusal),
}

/// Why a host does not take a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentRefusal {
    /// Not enough publishers signed it.
    Signatures,
    /// The root is unknown, out of order, expired or not signed by enough of the one before.
    Root,
    Expired,
    /// The host had a newer one.
    Older,
    /// The host knows another bundle of the same serial.
    Equivocation,
    /// It is not what it should be: not readable, escaping, or not what its manifest says.
    Malformed,
    TooLarge,
    /// Parts of it cannot be had.
    Incomplete,
    /// The agent is too old for it.
    Agent,
    /// It costs more than a host should spend on it.
    Budget,
    /// More rules cannot be decided than with what is in force.
    Errors,
    /// The host's clock cannot be believed.
    Clock,
    /// The host could not write or read what it needs to.
    Storage,
    /// The host's administrator has switched offers off.
    Switched,
}

/// What came of deciding every rule of a bundle beside the one in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Results.
    pub results: u32,
    /// Of them, those that are an error, and those that are one with what is in force.
    pub errors: u32,
    pub errors_before: u32,
    /// Processor time of deciding them, milliseconds.
    pub cpu_ms: u32,
    /// How many of the results that there are would be another verdict, or none any more. One that there
    /// would be besides turns nothing: or the first bundle of a host would turn everything.
    pub turning: u32,
    /// These, and then those that there would be besides: the first [`MAX_TURNS`].
    pub turns: Vec<Turn>,
}

/// A result that would be another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The result's key.
    pub rule: String,
    /// Verdicts as results name them; `None`: there is no result.
    pub from: Option<String>,
    pub to: Option<String>,
}
