//! The private Postgres: this machine's own binaries, a Unix socket and nothing else.
//!
//! It is started and stopped with the collector. One that a killed collector left running is
//! stopped first, the ordinary way, so that its last transactions are on disk; a lock on the data
//! directory keeps a second collector from taking it for such a leftover.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{Flock, FlockArg},
    sys::signal::{Signal, kill},
    unistd::{Pid, User, chown, geteuid},
};
use sha2::{Digest as _, Sha256};

/// Oldest Postgres that the migrations work on.
const OLDEST: u32 = 14;
/// The database and its only role.
const NAME: &str = "openwatch";
/// How long a start may take: recovery after a crash reads the write-ahead log first.
const START: Duration = Duration::from_secs(60);
/// How long a fast shutdown may take before it is made an immediate one.
const STOP: Duration = Duration::from_secs(4);
/// `sun_path` holds 108 bytes, of which the socket's own name and a zero take their share.
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.5432".len();

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
        let place = Place {
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

/// Where one cluster is, and who owns it.
struct Place {
    data: PathBuf,
    log: PathBuf,
    account: Option<User>,
}

impl Place {
    fn command(&self, binaries: &Path, program: &str) -> Command {
        let mut command = Command::new(binaries.join(program));
        // A folder that the account may enter: Postgres complains about root's own.
        command.current_dir("/").stdin(Stdio::null()).env_clear();
        command
            .env("PATH", binaries)
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        if let Some(user) = &self.account {
            use std::os::unix::process::CommandExt;
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    fn run(
        &self,
        binaries: &Path,
        program: &'static str,
        args: &[&str],
    ) -> Result<(), PostgresError> {
        let output = self
            .command(binaries, program)
            .args(args)
            .output()
            .map_err(|source| file("running", &binaries.join(program), source))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(PostgresError::Failed {
            program,
            status: output.status,
            said,
        })
    }

    /// Makes the cluster beside its place and moves it there, so that an interrupted `initdb`
    /// leaves nothing that looks like a cluster.
    fn create(&self, binaries: &Path) -> Result<(), PostgresError> {
        let unfinished = self.data.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        make_folder(&unfinished, 0o700, self.account.as_ref())?;
        let at = unfinished.display().to_string();
        let args = [
            "-D",
            &at,
            "-U",
            NAME,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ];
        self.run(binaries, "initdb", &args)?;
        fs::rename(&unfinished, &self.data).map_err(|e| file("making", &self.data, e))
    }

    fn stop_leftover(&self, binaries: &Path) -> Result<(), PostgresError> {
        if !self.data.join("postmaster.pid").exists() {
            return Ok(());
        }
        let at = self.data.display().to_string();
        if self
            .run(binaries, "pg_ctl", &["-D", &at, "status"])
            .is_err()
        {
            return Ok(());
        }
        tracing::info!(data = %at, "stopping the Postgres that an earlier collector left running");
        self.run(
            binaries,
            "pg_ctl",
            &["-D", &at, "-m", "fast", "-w", "-t", "30", "stop"],
        )
    }

    fn spawn(
        &self,
        binaries: &Path,
        socket: &Path,
        options: &[String],
    ) -> Result<Child, PostgresError> {
        let open = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = open.map_err(|e| file("opening", &self.log, e))?;
        let errors = log.try_clone().map_err(|e| file("opening", &self.log, e))?;
        let mut command = self.command(binaries, "postgres");
        command.arg("-D").arg(&self.data).arg("-k").arg(socket);
        for option in ["listen_addresses=", "max_connections=100", "jit=off"] {
            command.args(["-c", option]);
        }
        for option in options {
            command.args(["-c", option]);
        }
        // A group of its own: Ctrl-C at the collector's terminal must not stop it before the
        // collector has finished with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdout(log).stderr(errors);
        command
            .spawn()
            .map_err(|e| file("running", &binaries.join("postgres"), e))
    }

    /// Waits until the server is ready: it says so in the last line of `postmaster.pid`.
    fn wait(&self, server: &mut Child, socket: &Path) -> Result<(), PostgresError> {
        let until = Instant::now() + START;
        let status = self.data.join("postmaster.pid");
        while Instant::now() < until {
            if let Ok(Some(status)) = server.try_wait() {
                let said = tail(&self.log);
                return Err(PostgresError::Failed {
                    program: "postgres",
                    status,
                    said,
                });
            }
            let text = fs::read_to_string(&status).unwrap_or_default();
            let mine = text.lines().next() == Some(&server.id().to_string());
            let ready = text
                .lines()
                .nth(7)
                .is_some_and(|line| line.trim() == "ready");
            if mine && ready && socket.join(".s.PGSQL.5432").exists() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(PostgresError::NotReady {
            log: self.log.clone(),
        })
    }

    fn create_database(&self, binaries: &Path, socket: &Path) -> Result<(), PostgresError> {
        let socket = socket.display().to_string();
        let made = self.run(
            binaries,
            "createdb",
            &["-h", &socket, "-U", NAME, "-w", NAME],
        );
        match made {
            Err(PostgresError::Failed { said, .. }) if said.contains("already exists") => Ok(()),
            other => other,
        }
    }
}

fn account(user: &str) -> Result<Option<User>, PostgresError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    match User::from_name(user) {
        Ok(Some(found)) if !found.uid.is_root() => Ok(Some(found)),
        _ => Err(PostgresError::NoAccount(user.into())),
    }
}

/// The newest installed Postgres, or the one that made the data when there are some.
fn binaries(data: &Path) -> Result<PathBuf, PostgresError> {
    let installed = installed();
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(made) => installed
            .into_iter()
            .find(|(major, _)| major.to_string() == made.trim())
            .map(|(_, folder)| folder)
            .ok_or_else(|| PostgresError::OtherVersion {
                folder: data.into(),
                made: made.trim().into(),
            }),
        Err(_) => installed
            .into_iter()
            .next()
            .map(|(_, f)| f)
            .ok_or(PostgresError::NoBinaries),
    }
}

/// Every installed Postgres, newest first: Debian's place, then PGDG's on Red Hat, then PATH's.
fn installed() -> Vec<(u32, PathBuf)> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let debian = versions.map(|entry| entry.path().join("bin"));
    let usr = fs::read_dir("/usr")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let pgdg = usr
        .filter(|path| {
            path.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("pgsql-"))
        })
        .map(|path| path.join("bin"));
    let plain = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"].map(PathBuf::from);
    let mut found: Vec<_> = debian
        .chain(pgdg)
        .chain(plain)
        .filter(|folder| folder.join("postgres").exists() && folder.join("initdb").exists())
        .filter_map(|folder| Some((major(&folder)?, folder)))
        .filter(|(major, _)| *major >= OLDEST)
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15.
fn major(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .nth(2)?
        .split(['.', 'b', 'r', 'd'])
        .next()?
        .parse()
        .ok()
}

fn socket_folder(folder: &Path) -> PathBuf {
    let beside = folder.join("socket");
    if beside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
        return beside;
    }
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("openwatch-postgres-{name}"))
}

fn make_folder(path: &Path, mode: u32, owner: Option<&User>) -> Result<(), PostgresError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|e| file("making", path, e))?;
    let Some(user) = owner else { return Ok(()) };
    chown(path, Some(user.uid), Some(user.gid)).map_err(|e| file("giving away", path, e.into()))
}

fn lock(folder: &Path) -> Result<Flock<File>, PostgresError> {
    let path = folder.join("lock");
    let file_ = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file_ = file_.map_err(|e| file("opening", &path, e))?;
    Flock::lock(file_, FlockArg::LockExclusiveNonblock)
        .map_err(|_| PostgresError::InUse(folder.into()))
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or_default().to_owned()
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
