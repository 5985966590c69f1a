//! The collector's process: this program again, running the collector's own server with its default
//! settings, until its standard input ends. So it ends with this program, whatever becomes of it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use collector::{config::Config, server::Server};
use nix::unistd::{SysconfVar, sysconf};
use shared::{clock::SystemClock, lifecycle::Lifecycle};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// The argument that makes this program the collector.
pub(crate) const PART: &str = "collector";
/// Where it says what it does.
const LOG: &str = "log";
/// What stopping may take.
const GRACE: Duration = Duration::from_secs(10);

/// A collector in another process.
#[derive(Debug)]
pub(crate) struct Door {
    child: Child,
    pid: u32,
    pub(crate) agents: SocketAddr,
    pub(crate) socket: PathBuf,
}

impl Door {
    /// Starts a collector on `folder`, and returns when it serves.
    ///
    /// # Errors
    /// When it ends instead.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join(LOG))?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(PART)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().context("it runs")?;
        let said = child.stdout.take().context("it speaks")?;
        let mut lines = BufReader::new(said).lines();
        let mut line = async || lines.next_line().await?.context("the collector has ended");
        Ok(Self {
            agents: line().await?.parse()?,
            socket: line().await?.into(),
            child,
            pid,
        })
    }

    /// CPU that the process has used, in the kernel and outside.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let (_, after_name) = stat.rsplit_once(')').context("a name")?;
        // utime and stime are fields 14 and 15; the state after the name is field 3.
        let ticks = after_name.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        let second = sysconf(SysconfVar::CLK_TCK)?.context("a clock")?;
        Ok(Duration::from_secs_f64(ticks as f64 / second as f64))
    }

    /// Memory that only this process has and that no file backs, KiB. Postgres' is not in it.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn anonymous_kib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kib.context("RssAnon")?.parse()?)
    }

    /// Stops it the clean way.
    ///
    /// # Errors
    /// When it does not stop, or not cleanly.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(2 * GRACE, self.child.wait()).await??;
        anyhow::ensure!(ended.success(), "the collector ended with {ended}");
        Ok(())
    }
}

/// The last things that the collector said, for people to see why a measurement failed.
pub(crate) fn said(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

/// The other process: serves until standard input ends.
///
/// # Errors
/// When the collector does not start.
pub(crate) fn serve(folder: &Path) -> anyhow::Result<()> {
    shared::log::init("info")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let flags = [
            ("data_dir", folder.display().to_string()),
            ("agents.listen", "[::1]:0".into()),
            ("https.listen", "[::1]:0".into()),
        ];
        let config = Config::load(None, &flags)?;
        let lifecycle = Lifecycle::default();
        let server = Server::start(config, SystemClock::shared(), &lifecycle).await?;
        crate::report::say(&server.agents().to_string());
        crate::report::say(&server.socket().display().to_string());
        let ended = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        tokio::task::spawn_blocking(ended).await??;
        lifecycle.stop(GRACE).await;
        server.stop().await;
        Ok(())
    })
}
