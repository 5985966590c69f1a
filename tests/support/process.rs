//! Agents and collectors as processes: the built programs, which a test may kill.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

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
