//! All SQL. One module a table or one of its uses; functions take a connection, so that the caller
//! owns the transaction.

use std::time::Duration;

use sqlx::{
    Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Hosts of the fleet.
pub mod host;

/// Whether each host is heard of.
pub mod liveness;

/// Groups of hosts, and hosts' labels.
pub mod group;

/// Settings of hosts, and what is in force there.
pub mod settings;

/// How what hosts are held to stands on them.
pub mod assignment;

/// Bundles of content, whom they are offered to, and what hosts have.
pub mod bundle;

/// Maintenance windows.
pub mod maintenance;

/// How bundles come to the fleet.
pub mod rollout;

/// How old the content of hosts is.
pub mod freshness;

/// Builds of the agent that are genuine.
pub mod release;

/// Certificates that are let in.
pub mod certificate;

/// Enrolment tokens, as the door for agents uses them.
pub mod token;

/// Enrolment tokens, as administrators make and withdraw them.
pub mod issue;

/// Where each host's stream stands.
pub mod stream;

/// Kinds, keys and values: each distinct one once.
pub mod dictionary;

/// What every host is and was.
pub mod fact;

/// Requests that are done once, and their answers.
pub mod idempotency;

/// Hosts that are to be looked at.
pub mod derive;

/// How hosts stand against what they are held to.
pub mod posture;

/// What the changes of hosts mean to people.
pub mod event;

/// What of hosts is no longer as it was.
pub mod drift;

/// What is to be told of hosts, and what was.
pub mod alert;

/// Instants that people hold on to.
pub mod baseline;

/// How long history is kept, and what of it goes.
pub mod retention;

/// Hosts that are no more.
pub mod archive;

/// Failures that are accepted for a while.
pub mod waiver;

/// What the feed of all that happens asks.
pub mod activity;

/// What the API asks.
pub mod read;

/// The people of this installation.
pub mod account;

/// Which roles they have.
pub mod binding;

/// Roles that administrators have made.
pub mod role;

/// Signed-in browsers.
pub mod session;

/// Links with which somebody chooses a password.
pub mod invitation;

/// API tokens, as people make and end them.
pub mod api_token;
/// Where people sign in elsewhere.
pub mod provider;

/// What accounts show beside their passwords.
pub mod factor;

/// What accounts and tokens may do.
pub mod access;

/// The audit log.
pub mod audit;

/// Work that is done later.
pub mod job;

/// Where notices go, and which.
pub mod channel;

/// What was told to whom.
pub mod delivery;

/// Notices that are announced.
pub mod notice;

/// What people are told in the console.
pub mod notification;
/// Alerts of which nobody is to hear for a while.
pub mod silence;

/// What they want to be told, where and when.
pub mod preference;

/// Questions that people keep.
pub mod saved_query;

/// Files that are made of them again and again.
pub mod export_schedule;

/// How busy every host is and was.
pub mod metric;

/// Partitions of the past, and their end.
pub mod partition;

/// Connections that come back in the middle of something.
mod left_open;

/// A database for one test.
#[cfg(test)]
pub(crate) mod test_db;

/// The schema, embedded.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Connections for one collector. Postgres' default is 100 for all its clients.
const CONNECTIONS: u32 = 20;
/// How long the database may take to say why it takes no connections.
const ASK: Duration = Duration::from_secs(3);

/// Connects and brings the schema up to date; sqlx holds an advisory lock meanwhile, so that
/// several collectors can start at once.
///
/// # Errors
/// sqlx's, when the database does not answer or the schema is newer than this build.
pub async fn open(options: PgConnectOptions) -> Result<PgPool, OpenError> {
    let options = options.application_name("openwatch-collector");
    // Nothing here runs so long that compiling it pays: posture of 20,000 hosts took 50 ms, and 650 ms with it.
    let options = options.options([("jit", "off")]);
    let pool = left_open::closed(PgPoolOptions::new())
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone());
    let pool = match pool.await {
        Ok(pool) => pool,
        Err(error) => return Err(OpenError::Connect(reason(&options, error).await)),
    };
    MIGRATOR.run(&pool).await.map_err(OpenError::Migrate)?;
    Ok(pool)
}

/// A pool that has given up says only that it waited; one more attempt says for what.
async fn reason(options: &PgConnectOptions, error: sqlx::Error) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut) {
        return error;
    }
    let attempt = tokio::time::timeout(ASK, PgConnection::connect_with(options));
    match attempt.await {
        Ok(Err(reason)) => reason,
        Ok(Ok(_)) | Err(_) => error,
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("connecting to the database")]
    Connect(#[source] sqlx::Error),
    #[error("bringing the schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

/// Whether the same statement may succeed later without anybody doing anything to this program:
/// the server is away, restarting, full, or chose this transaction to break a deadlock.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            // Connection, insufficient resources, operator intervention, rollback, read only.
            ["08", "53", "57", "58", "40", "25006"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
