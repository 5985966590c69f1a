//! All SQL. One module a table; functions take a connection, so callers own the transaction.

/// Administrators of this installation.
pub mod account;

/// Certificates that are let in.
pub mod certificate;

/// Hosts of the fleet.
pub mod host;

/// Issuing and withdrawing enrolment tokens.
pub mod issue;

/// What the API asks.
pub mod read;

/// Signed-in browsers.
pub mod session;

/// Enrolment tokens, as the enrolment door uses them.
pub mod token;

#[cfg(test)]
pub(crate) mod test_db;

/// The schema.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");
