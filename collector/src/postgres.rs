//! The private Postgres: this machine's own binaries, a Unix socket and nothing else.
//!
//! It is started and stopped with the collector. One that a killed collector left running is
//! stopped first, the ordinary way, so that its last transactions are on disk; a lock on the data
//! directory keeps a second collector from taking it for such a leftover.

/// One cluster on disk.
mod cluster;

/// Finding this machine's Postgres.
mod installed;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use nix::{
    fcntl::Flock,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use self::{
    cluster::{Cluster, account, lock, make_folder, socket_folder},
    installed::binaries,
};

/// Oldest Postgres that the migrations work on.
const OLDEST: u32 = 14;
/// The database and its only role.
const NAME: &str = "openwatch";
/// How long a start may take: recovery after a crash reads the write-ahead log first.
const START: Duration = Duration::from_secs(60);
/// How long a fast shutdown may take before it is made an immediate one.
const STOP: Duration = Duration::from_secs(4);
/// Why the private Postgres does not run.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "no Postgres server ({OLDEST} or later) found in /usr/lib/postgresql, /usr/pgsql-* or PATH; \
         install the package postgresql, or set database.url"
    )]
    NoBinaries,
    #[error("the data in {folder} was made by Postgres {made}, which is not installed; install it")]
    OtherVersion { folder: PathBuf, made: String },
    #[error(
        "Postgres refuses to run as root, and the account `{0}` (database.user) does not exist"
    )]
    NoAccount(String),
    #[error("another collector uses {0}")]
    InUse(PathBuf),
    #[error("{doing} {path}")]
    File {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{program} ended with {status}: {said}")]
    Failed {
        program: &'static str,
        status: ExitStatus,
        said: String,
    },
    #[error("Postgres did not accept connections within {} s; see {log}", START.as_secs())]
    NotReady { log: PathBuf },
}

/// A running private Postgres. Dropped, it is stopped at once; [`Private::stop`] is the clean way.
#[derive(Debug)]
pub struct Private {
    server: Child,
    socket: PathBuf,
    _lock: Flock<File>,
}

impl Private {
    /// Starts Postgres on the cluster in `folder`, which is made when it is not there. `user` is
    /// the account for the server when this process is root. Blocks for about a second, for some
    /// four the first time.
    ///
    /// # Errors
    /// [`PostgresError`].
    pub fn start(folder: &Path, user: &str, options: &[String]) -> Result<Self, PostgresError> {
        let account = account(user)?;
        make_folder(folder, 0o755, account.as_ref())?;
        let lock = lock(folder)?;
        let place = Cluster {
            data: folder.join("data"),
            log: folder.join("log"),
            account,
        };
        let binaries = binaries(&place.data)?;
        let socket = socket_folder(folder);
        make_folder(&socket, 0o700, place.account.as_ref())?;
        if !place.data.join("PG_VERSION").exists() {
            place.create(&binaries)?;
        }
        place.stop_leftover(&binaries)?;
        let mut server = place.spawn(&binaries, &socket, options)?;
        if let Err(error) = place.wait(&mut server, &socket) {
            let _ = server.kill();
            let _ = server.wait();
            return Err(error);
        }
        let private = Self {
            server,
            socket,
            _lock: lock,
        };
        place.create_database(&binaries, &private.socket)?;
        Ok(private)
    }

    /// How to reach it.
    pub fn options(&self) -> sqlx::postgres::PgConnectOptions {
        sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .username(NAME)
            .database(NAME)
    }

    /// Whether the server runs; it may have been killed.
    pub fn is_running(&mut self) -> bool {
        matches!(self.server.try_wait(), Ok(None))
    }

    /// Stops it: open transactions are rolled back, everything committed is on disk.
    pub fn stop(mut self) {
        self.signal(Signal::SIGINT);
        let until = Instant::now() + STOP;
        while Instant::now() < until {
            if matches!(self.server.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            self.signal(Signal::SIGQUIT);
            let _ = self.server.wait();
        }
    }
}

fn file(doing: &'static str, path: &Path, source: io::Error) -> PostgresError {
    PostgresError::File {
        doing,
        path: path.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn quick() -> Vec<String> {
        vec!["fsync=off".into()]
    }

    #[test]
    fn it_starts_stops_and_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for _ in 0..2 {
            let postgres = Private::start(folder.path(), "postgres", &quick()).unwrap();
            let pid = postgres.server.id();
            postgres.stop();
            assert!(!Path::new(&format!("/proc/{pid}")).exists());
        }
    }

    #[test]
    fn a_second_collector_on_the_same_data_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let first = Private::start(folder.path(), "postgres", &quick()).unwrap();
        let error = Private::start(folder.path(), "postgres", &quick()).unwrap_err();
        assert!(matches!(error, PostgresError::InUse(_)), "{error}");
        first.stop();
    }
}
