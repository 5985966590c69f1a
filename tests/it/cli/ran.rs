//! A program that ran to its end.

use std::{
    ffi::OsStr,
    process::{Output, Stdio},
};

use serde_json::Value;
use support::{TestCollector, process::binary};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// What of this process's environment is meant for `owadm`.
const MEANT: [&str; 8] = [
    "OWADM_SOCKET",
    "OWADM_URL",
    "OWADM_PROFILE",
    "OWADM_USER",
    "OWADM_PASSWORD",
    "OWADM_CA_FILE",
    "OWADM_TOKEN",
    "OWADM_TOKEN_FILE",
];

/// Runs a program to its end, with `input` to read and nothing of this process's environment that
/// is meant for it.
pub(crate) async fn run(
    program: &str,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    env: &[(&str, &str)],
    input: &str,
) -> Ran {
    let mut command = Command::new(binary(program));
    for name in MEANT {
        command.env_remove(name);
    }
    let mut child = command
        .args(args)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|e| panic!("{program}: {e}; `cargo build --workspace --bins` first"));
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read it has ended.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    Ran(child.wait_with_output().await.unwrap())
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    /// Asserts the exit code, and that standard error has these parts.
    pub(crate) fn ended(self, code: i32, parts: &[&str]) -> Self {
        let said = String::from_utf8_lossy(&self.0.stderr);
        assert_eq!(self.0.status.code(), Some(code), "{said}");
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in `{said}`");
        }
        self
    }

    /// What it printed.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// What it printed, after success.
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.ended(0, &[]).0.stdout).unwrap()
    }

    /// What it printed, as JSON, after success.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

/// The administrator's tool at the collector's socket.
pub(crate) async fn owadm(collector: &TestCollector, args: &[&str]) -> Ran {
    owadm_reads(collector, args, "").await
}

/// The same, with something to read.
pub(crate) async fn owadm_reads(collector: &TestCollector, args: &[&str], input: &str) -> Ran {
    let socket = collector.server().socket().display().to_string();
    let args = [&["--socket", &socket], args].concat();
    run("owadm", args, &[], input).await
}
