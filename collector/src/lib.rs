//! The collector. Data flows down this list: each module reads from the ones above it.

/// The private Postgres.
pub mod postgres;

/// All SQL.
pub mod store;

/// The certificate authority and the key that signs enrolment tokens.
pub mod authority;

/// What the process counts about itself.
pub mod metrics;

/// What happens, as it happens.
pub mod live;

/// Which hosts are connected, which certificates are admitted.
pub mod fleet;

/// The JSON API.
pub mod api;

/// The console's files.
pub mod console;

/// Accepting HTTPS and local connections.
pub mod https;
