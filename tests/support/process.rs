//! Agents and collectors as processes: the built programs, which a test may kill.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{Api, until};

/// A process that ends with the test.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` (`openwatch-agent`), with what it says going to `log`.
    pub fn start(
        program: &str,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
        log: &Path,
    ) -> Self {
        let mut command = Command::new(binary(program));
        command.args(args);
        Self::spawn(command, log)
    }

    /// Starts `command`, with what it says going to `log`.
    pub fn spawn(mut command: Command, log: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}; `cargo build --workspace --bins` first"));
        Self {
            child,
            log: log.into(),
        }
    }

    /// Its number.
    pub fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a process number"))
    }

    /// Pulls the plug.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        kill(self.id(), Signal::SIGTERM).expect("a signal");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// What it has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where the programs of this build are: beside the folder of the test's own.
pub fn binary(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this test's path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/debug/deps");
    folder.join(name)
}

/// A collector as a process, with its private Postgres. Killed, it leaves Postgres running, as it
/// would on a real machine; dropped, it takes Postgres along.
#[derive(Debug)]
pub struct CollectorProcess {
    folder: PathBuf,
    /// Where agents come to: the same after every start.
    pub agents: SocketAddr,
    process: Option<Process>,
    /// As the local administrator.
    pub api: Api,
}

impl CollectorProcess {
    /// Starts a collector on `folder`, and returns when it answers.
    pub async fn start(folder: &Path) -> Self {
        // Free now, and hardly taken by another until the collector has it.
        let free = std::net::UdpSocket::bind("[::1]:0").expect("a port");
        let agents = free.local_addr().expect("an address");
        drop(free);
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder, open).expect("a mode");
        let api = Api::local(&folder.join("admin.sock"));
        let mut collector = Self {
            folder: folder.into(),
            agents,
            process: None,
            api,
        };
        collector.restart();
        collector.ready().await;
        collector
    }

    /// Starts it, after it was killed or has ended.
    pub fn restart(&mut self) {
        let file = self.folder.join("collector.toml");
        let database = "[database]\noptions = [\"fsync=off\", \"shared_buffers=32MB\"]\n";
        std::fs::write(&file, database).expect("a file");
        let args = [
            "serve".into(),
            format!("--config={}", file.display()),
            format!("--data-dir={}", self.folder.display()),
            format!("--listen-agents={}", self.agents),
            "--listen-https=[::1]:0".into(),
        ];
        let log = self.folder.join("collector.log");
        self.process = Some(Process::start("openwatch-collector", args, &log));
    }

    /// Waits until it answers.
    pub async fn ready(&self) {
        until("the collector's answer", async || {
            // Also while the socket of a killed one is still there.
            let answer = self.api.try_send("/readyz").await;
            if answer {
                Ok(())
            } else {
                Err(self.process().said())
            }
        })
        .await;
    }

    /// The process.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("it was started")
    }

    /// The process, to be killed.
    pub fn process_mut(&mut self) -> &mut Process {
        self.process.as_mut().expect("it was started")
    }

    /// The private Postgres, if it runs.
    pub fn postgres(&self) -> Option<Pid> {
        let path = self.folder.join("postgres/data/postmaster.pid");
        let text = std::fs::read_to_string(path).ok()?;
        text.lines().next()?.parse().ok().map(Pid::from_raw)
    }
}

impl Drop for CollectorProcess {
    fn drop(&mut self) {
        self.process = None;
        if let Some(postgres) = self.postgres() {
            let _ = kill(postgres, Signal::SIGQUIT);
        }
    }
}
