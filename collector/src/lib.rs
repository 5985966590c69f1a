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

/// From records to rows.
pub mod ingest;
