//! One cluster on disk: making it, starting a server on it, stopping one that was left.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{Flock, FlockArg},
    unistd::{User, chown, geteuid},
};
use sha2::{Digest as _, Sha256};

use super::{NAME, PostgresError, START, file};

/// `sun_path` holds 108 bytes, of which the socket's own name and a zero take their share.
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.5432".len();

/// Where one cluster is, and who owns it.
pub(super) struct Cluster {
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    pub(super) account: Option<User>,
}

impl Cluster {
    fn command(&self, binaries: &Path, program: &str) -> Command {
        let mut command = Command::new(binaries.join(program));
        // A folder that the account may enter: Postgres complains about root's own.
        command.current_dir("/").stdin(Stdio::null()).env_clear();
        command
            .env("PATH", binaries)
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        if let Some(user) = &self.account {
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
    pub(super) fn create(&self, binaries: &Path) -> Result<(), PostgresError> {
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

    pub(super) fn stop_leftover(&self, binaries: &Path) -> Result<(), PostgresError> {
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

    pub(super) fn spawn(
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
        command.process_group(0);
        command.stdout(log).stderr(errors);
        command
            .spawn()
            .map_err(|e| file("running", &binaries.join("postgres"), e))
    }

    /// Waits until the server is ready: it says so in the last line of `postmaster.pid`.
    pub(super) fn wait(&self, server: &mut Child, socket: &Path) -> Result<(), PostgresError> {
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

    pub(super) fn create_database(
        &self,
        binaries: &Path,
        socket: &Path,
    ) -> Result<(), PostgresError> {
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

pub(super) fn account(user: &str) -> Result<Option<User>, PostgresError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    match User::from_name(user) {
        Ok(Some(found)) if !found.uid.is_root() => Ok(Some(found)),
        _ => Err(PostgresError::NoAccount(user.into())),
    }
}

pub(super) fn socket_folder(folder: &Path) -> PathBuf {
    let beside = folder.join("socket");
    if beside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
        return beside;
    }
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("openwatch-postgres-{name}"))
}

pub(super) fn make_folder(
    path: &Path,
    mode: u32,
    owner: Option<&User>,
) -> Result<(), PostgresError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|e| file("making", path, e))?;
    let Some(user) = owner else { return Ok(()) };
    chown(path, Some(user.uid), Some(user.gid)).map_err(|e| file("giving away", path, e.into()))
}

pub(super) fn lock(folder: &Path) -> Result<Flock<File>, PostgresError> {
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
