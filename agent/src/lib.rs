//! The agent. Data flows down this list: each module reads from the ones above it.

/// The one door to the machine.
pub mod host;

/// What reads each kind of fact.
pub mod probe;
