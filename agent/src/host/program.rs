//! Programs of the host that are run because nothing else tells what they do: by an absolute path
//! that is compiled in, without input, with an empty environment, for so long and for so much
//! output and no more.

use std::{
    io::{self, Read},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::Host;

/// What a program says of its failure; more is not kept.
const MAX_ERROR: u64 = 4096;

/// How often a program is asked whether it has ended, once it has closed its output.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub patience: Duration,
    /// Of its output, bytes.
    pub max: u64,
}

/// Why there is no output of a program.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("{program} is not run on a tree of files")]
    NotLive { program: String },
    #[error("{program} cannot be started: {source}")]
    Start { program: String, source: io::Error },
    #[error("{program} cannot be read: {source}")]
    Read { program: String, source: io::Error },
    #[error("{program} did not end within {} s", .patience.as_secs_f32())]
    TimedOut { program: String, patience: Duration },
    #[error("{program} says more than {max} bytes")]
    TooLarge { program: String, max: u64 },
    /// `said` is the first line of its standard error.
    #[error("{program} failed ({status}): {said}")]
    Failed {
        program: String,
        status: ExitStatus,
        said: String,
    },
}

impl ProgramError {
    /// Whether there is no such program.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the program says that it may not.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Start { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::Failed { said, .. } => is_refusal(said),
            _ => false,
        }
    }
}

impl Host {
    /// The standard output of a program that succeeded. Blocking.
    ///
    /// # Errors
    /// [`ProgramError`]. Whatever was started has ended.
    pub fn run(
        &self,
        program: &str,
        arguments: &[&str],
        limits: Limits,
    ) -> Result<Vec<u8>, ProgramError> {
        let name = || program.to_owned();
        if !self.is_live() {
            return Err(ProgramError::NotLive { program: name() });
        }
        let start = |source| ProgramError::Start {
            program: name(),
            source,
        };
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // So that what it starts ends with it.
            .process_group(0)
            .spawn()
            .map_err(start)?;
        let mut running = Running(child);
        let end = Instant::now() + limits.patience;
        let output = collect(running.0.stdout.take(), limits.max);
        let errors = collect(running.0.stderr.take(), MAX_ERROR);
        let timed_out = || ProgramError::TimedOut {
            program: name(),
            patience: limits.patience,
        };
        let failed = |source| ProgramError::Read {
            program: name(),
            source,
        };
        let output = wait(&output, end).ok_or_else(timed_out)?.map_err(failed)?;
        if output.len() as u64 > limits.max {
            return Err(ProgramError::TooLarge {
                program: name(),
                max: limits.max,
            });
        }
        let errors = wait(&errors, end).ok_or_else(timed_out)?.map_err(failed)?;
        let status = loop {
            if let Some(status) = running.0.try_wait().map_err(failed)? {
                break status;
            }
            if Instant::now() >= end {
                return Err(timed_out());
            }
            thread::sleep(PAUSE);
        };
        if status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&errors);
        let said = said.lines().next().unwrap_or_default().to_owned();
        Err(ProgramError::Failed {
            program: name(),
            status,
            said,
        })
    }
}

/// Whether a program says with this that it may not.
pub fn is_refusal(said: &str) -> bool {
    let refusals = [
        "Operation not permitted",
        "Permission denied",
        "must be root",
    ];
    refusals.iter().any(|refusal| said.contains(refusal))
}

/// A program that is ended and waited for when nobody cares any more.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that was waited for has no number any more that a signal could reach.
        if let Ok(None) = self.0.try_wait() {
            let _ = i32::try_from(self.0.id()).map(|id| killpg(Pid::from_raw(id), Signal::SIGKILL));
            let _ = self.0.wait();
        }
    }
}

/// Reads a pipe on a thread of its own, up to one byte more than `max`.
pub(super) fn collect(
    pipe: Option<impl Read + Send + 'static>,
    max: u64,
) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = match pipe {
            Some(pipe) => pipe.take(max.saturating_add(1)).read_to_end(&mut bytes),
            None => Ok(0),
        };
        // Nobody waits any more once the time is over.
        let _ = sender.send(read.map(|_| bytes));
    });
    receiver
}

pub(super) fn wait(
    from: &Receiver<io::Result<Vec<u8>>>,
    end: Instant,
) -> Option<io::Result<Vec<u8>>> {
    let left = end.saturating_duration_since(Instant::now());
    from.recv_timeout(left).ok()
}

#[cfg(test)]
mod tests {
    use shared::clock::SystemClock;

    use super::*;

    const LIMITS: Limits = Limits {
        patience: Duration::from_secs(60),
        max: 1 << 20,
    };

    fn run(script: &str, limits: Limits) -> Result<String, ProgramError> {
        let host = Host::live(SystemClock::shared());
        let output = host.run("/bin/sh", &["-c", script], limits)?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_program_has_an_empty_environment_and_no_input() {
        let seen = run("echo \"[$HOME$USER]$LC_ALL\"; pwd; cat", LIMITS).unwrap();
        assert_eq!(seen, "[]C\n/\n");
    }

    #[test]
    fn its_failure_is_told_in_its_words() {
        let error = run("echo no >&2; echo more >&2; exit 3", LIMITS).unwrap_err();
        assert!(
            error.to_string().ends_with("(exit status: 3): no"),
            "{error}"
        );
        assert!(!error.is_denied());
        let error = run("echo 'x: Operation not permitted' >&2; exit 1", LIMITS).unwrap_err();
        assert!(error.is_denied());
        let host = Host::live(SystemClock::shared());
        let missing = host.run("/nonexistent", &[], LIMITS).unwrap_err();
        assert!(matches!(missing, ProgramError::Start { .. }));
    }

    #[test]
    fn one_that_does_not_end_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("number");
        let patience = Duration::from_secs(1);
        let limits = Limits { patience, ..LIMITS };
        let start = format!("sleep 1000 & echo $! > {};", number.display());
        for script in ["wait", "exec >&- 2>&-; wait"] {
            let error = run(&format!("{start} {script}"), limits).unwrap_err();
            assert!(matches!(error, ProgramError::TimedOut { .. }), "{error}");
            let number = std::fs::read_to_string(&number).unwrap();
            let stat = format!("/proc/{}/stat", number.trim());
            let begun = Instant::now();
            // Dead, and perhaps not yet waited for by who inherited it.
            while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
                assert!(begun.elapsed() < Duration::from_secs(30), "{number} lives");
                thread::yield_now();
            }
        }
    }

    #[test]
    fn one_that_does_not_stop_talking_is_ended() {
        let limits = Limits {
            max: 1000,
            ..LIMITS
        };
        let error = run("yes", limits).unwrap_err();
        assert!(
            matches!(error, ProgramError::TooLarge { max: 1000, .. }),
            "{error}"
        );
    }

    #[test]
    fn nothing_of_a_tree_is_ever_run() {
        let host = Host::at("/tmp", SystemClock::shared());
        let error = host.run("/bin/sh", &[], LIMITS).unwrap_err();
        assert!(matches!(error, ProgramError::NotLive { .. }));
    }
}
