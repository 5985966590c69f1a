//! The collector. Data flows down this list: each module reads from the ones above it.

/// Settings.
pub mod config;

/// The private Postgres.
pub mod postgres;

/// The certificate authority and the token key.
pub mod authority;

/// All SQL.
pub mod store;

/// Certificates that are let in, hosts that are connected: in memory.
pub mod fleet;

/// What the process counts about itself.
pub mod metrics;

/// What happens, as it happens.
pub mod live;

/// From records to rows.
pub mod ingest;

/// The door for agents: sessions, enrolment, renewal.
pub mod link;
