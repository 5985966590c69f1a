//! The agent. Data flows down this list: each module reads from the ones above it.

/// The settings.
pub mod config;

/// Defects of the agent's own.
pub mod defect;

/// The one door to the machine.
pub mod host;

/// What the process holds, and gives back.
pub mod memory;

/// What reads each kind of fact.
pub mod probe;

/// Lines of policies in Wazuh's grammar.
pub mod sca;

/// What must hold of the host.
pub mod rule;

/// What came of every rule, as facts.
pub mod comply;

/// Rules decided once, and told.
pub mod scan;

/// Rules tested.
pub mod content;

/// What wakes each kind.
pub mod watch;

/// How busy the host is.
pub mod metric;

/// The state folder.
pub mod state;

/// What went wrong, in words.
pub mod fault;

/// Signed content: fetched, tried, in force.
pub mod bundle;

/// What changed between two lists of rows.
pub mod diff;

/// What the agent remembers: rows, and records that wait.
pub mod journal;

/// The life of this process, and how the one before it ended.
pub mod run;

/// Settings from the collector.
pub mod control;

/// Profiles and variables from the collector.
pub mod assign;

/// A connection to a collector.
pub mod dial;

/// Who this host is.
pub mod identity;

/// The session with the collector.
pub mod link;

/// How the agent stands, for people.
pub mod status;

/// The tasks of the daemon.
pub mod pipeline;

/// What is wrong, and the mend.
pub mod doctor;

/// The commands.
pub mod cli;
