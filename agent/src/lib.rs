//! The agent. Data flows down this list: each module reads from the ones above it.

/// The one door to the machine.
pub mod host;

/// What reads each kind of fact.
pub mod probe;

/// What changed between two lists of rows.
pub mod diff;

/// What the agent remembers: rows, and records that wait.
pub mod journal;
