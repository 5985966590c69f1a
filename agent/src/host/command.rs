//! Commands that somebody wrote, as opposed to programs that are compiled in: what they say, on either
//! output, and how they ended. The bounds are those of programs.

use std::{
    io,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Instant,
};

use super::{
    Host,
    program::{Limits, PAUSE, ProgramError, Running, collect, wait},
};

/// Where commands are looked for, whatever the environment of this process says.
const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Both outputs, in the order in which they were written; what is not UTF-8 is U+FFFD.
    pub text: String,
    /// How it ended; `None` where it was ended because it said more than is read.
    pub status: Option<ExitStatus>,
}

impl Host {
    /// Where a command is found; none where it is not there.
    pub fn command(&self, name: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| {
            let found = self.metadata(path);
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        if name.contains('/') {
            return Some(PathBuf::from(name)).filter(is_program);
        }
        let paths = PATH.iter().map(|folder| PathBuf::from(folder).join(name));
        paths.into_iter().find(is_program)
    }

    /// Runs a command in a process group of its own, without input, with nothing in its environment but
    /// [`PATH`] and the language of C, and ends it with what it started when its time is over. Blocking.
    ///
    /// # Errors
    /// [`ProgramError`], but not [`ProgramError::Failed`] nor [`ProgramError::TooLarge`].
    pub fn listen(
        &self,
        command: &str,
        arguments: &[String],
        limits: Limits,
    ) -> Result<Said, ProgramError> {
        let name = || command.to_owned();
        if !self.is_live() {
            return Err(ProgramError::NotLive { program: name() });
        }
        let start = |source| ProgramError::Start {
            program: name(),
            source,
        };
        let absent = || start(io::ErrorKind::NotFound.into());
        let program = self.command(command).ok_or_else(absent)?;
        let (reader, writer) = io::pipe().map_err(start)?;
        // What holds the writing ends goes with this statement, so that the pipe ends with the command.
        let child = Command::new(program)
            // By which it calls itself in what it says.
            .arg0(command)
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", PATH.join(":"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(start)?)
            .stderr(writer)
            .process_group(0)
            .spawn()
            .map_err(start)?;
        let mut running = Running(child);
        let end = Instant::now() + limits.patience;
        let failed = |source| ProgramError::Read {
            program: name(),
            source,
        };
        let timed_out = || ProgramError::TimedOut {
            program: name(),
            patience: limits.patience,
        };
        let output = collect(Some(reader), limits.max);
        let mut bytes = wait(&output, end).ok_or_else(timed_out)?.map_err(failed)?;
        let most = usize::try_from(limits.max).unwrap_or(usize::MAX);
        let is_cut = bytes.len() > most;
        bytes.truncate(most);
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        if is_cut {
            return Ok(Said { text, status: None });
        }
        loop {
            if let Some(status) = running.0.try_wait().map_err(failed)? {
                let status = Some(status);
                return Ok(Said { text, status });
            }
            if Instant::now() >= end {
                return Err(timed_out());
            }
            thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::clock::SystemClock;

    use super::*;

    const LIMITS: Limits = Limits {
        patience: Duration::from_secs(60),
        max: 1 << 20,
    };

    fn listen(script: &str, limits: Limits) -> Result<Said, ProgramError> {
        let host = Host::live(SystemClock::shared());
        host.listen("sh", &["-c".into(), script.into()], limits)
    }

    #[test]
    fn both_outputs_are_heard_in_their_order_and_how_it_ended() {
        let said = listen("echo one; echo two >&2; echo three; exit 3", LIMITS).unwrap();
        assert_eq!(said.text, "one\ntwo\nthree\n");
        assert_eq!(said.status.and_then(|status| status.code()), Some(3));
    }

    #[test]
    fn it_has_a_fixed_path_no_other_environment_and_no_input() {
        let said = listen("env; pwd; cat", LIMITS).unwrap();
        let mut lines: Vec<_> = said
            .text
            .lines()
            .filter(|line| !line.starts_with('_'))
            .collect();
        lines.sort_unstable();
        let path = format!("PATH={}", PATH.join(":"));
        assert_eq!(lines, ["/", "LC_ALL=C", path.as_str(), "PWD=/"]);
    }

    #[test]
    fn one_that_does_not_end_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("number");
        let patience = Duration::from_millis(500);
        let limits = Limits { patience, ..LIMITS };
        let script = format!("sleep 1000 & echo $! > {}; wait", number.display());
        let error = listen(&script, limits).unwrap_err();
        assert!(matches!(error, ProgramError::TimedOut { .. }), "{error}");
        let number = std::fs::read_to_string(&number).unwrap();
        let stat = format!("/proc/{}/stat", number.trim());
        let begun = Instant::now();
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{number} lives");
            thread::yield_now();
        }
    }

    #[test]
    fn of_one_that_does_not_stop_talking_the_beginning_is_kept() {
        let limits = Limits {
            max: 1000,
            ..LIMITS
        };
        let said = listen("yes", limits).unwrap();
        assert_eq!((said.text.len(), said.status), (1000, None));
    }

    #[test]
    fn what_is_not_there_is_said_to_be_absent() {
        let host = Host::live(SystemClock::shared());
        for name in ["no-such-command-7", "/nonexistent/x", "/etc/passwd"] {
            let error = host.listen(name, &[], LIMITS).unwrap_err();
            assert!(error.is_absent(), "{error}");
        }
        let host = Host::at("/tmp", SystemClock::shared());
        let error = host.listen("sh", &[], LIMITS).unwrap_err();
        assert!(matches!(error, ProgramError::NotLive { .. }));
    }
}
