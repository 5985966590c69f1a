//! What a quiet host pays for the agent: memory, processor time, wake-ups and bytes, over ten
//! minutes, beside Debian's `prometheus-node-exporter`, which does its own job on the same machine
//! in the same minutes: it is asked each 15 s, as Prometheus would. Two agents are measured: one with
//! as many rules as the budget of docs/architecture.md speaks of, one with all that are shipped.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context as _;
use support::{TestCollector, content, process::binary};
use tokio::{
    net::UdpSocket,
    task::JoinSet,
    time::{Instant, interval, sleep},
};

use crate::report::{Table, bytes, ratio, say};

/// How long both are watched, at rest.
const DURATION: Duration = Duration::from_secs(600);
/// What both may take to begin: first reports, caches, and the first metrics of the session, which go
/// after two minutes and hold the names of the series once.
const BEGINNING: Duration = Duration::from_secs(180);
/// How often Prometheus asks, as its sample configuration has it.
const SCRAPE: Duration = Duration::from_secs(15);

/// So many rules the agent's budget of memory is for.
const RULES: usize = 400;

const EXPORTER: &str = "prometheus-node-exporter";

/// A process that ends with the measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a process has used since it started.
#[derive(Debug, Clone, Copy)]
struct Used {
    /// Processor time, clock ticks of 10 ms.
    ticks: u64,
    /// Times that any of its threads gave up the processor to wait.
    waits: u64,
    resident_kib: u64,
    peak_kib: u64,
}

/// Measures both.
///
/// # Errors
/// When either cannot be started, or ends.
pub(crate) fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(both())
}

async fn both() -> anyhow::Result<()> {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir()?;
    let some = folder.path().join("content");
    some_rules(&content(), &some)?;
    let agents = [
        Agent::start(&collector, &folder.path().join("some"), &some).await?,
        Agent::start(&collector, &folder.path().join("all"), &content()).await?,
    ];
    let exporter = Exporter::start()?;
    sleep(BEGINNING).await;

    let before = agents.each_ref().map(Agent::now);
    let exporter_before = exporter
        .as_ref()
        .map(|e| used(e.child.0.id()))
        .transpose()?;
    let until = Instant::now() + DURATION;
    let mut scraped = 0;
    let mut ticks = interval(SCRAPE);
    while Instant::now() < until {
        ticks.tick().await;
        if let Some(exporter) = &exporter {
            scraped += exporter.scrape().await?;
        }
    }
    let columns = [
        "program",
        "resident",
        "peak",
        "CPU of one core",
        "wake-ups a second",
        "bytes sent a day",
        "received a day",
    ];
    let mut table = Table::new(&columns);
    let mut row = |name: &str, before: Used, after: Used, sent: u64, received: u64| {
        let seconds = DURATION.as_secs_f64();
        let day = 86_400.0 / seconds;
        table.row(&[
            &name,
            &bytes(after.resident_kib as f64 * 1024.0),
            &bytes(after.peak_kib as f64 * 1024.0),
            &format!("{:.3} %", (after.ticks - before.ticks) as f64 / seconds),
            &format!("{:.1}", (after.waits - before.waits) as f64 / seconds),
            &bytes(sent as f64 * day),
            &bytes(received as f64 * day),
        ]);
    };
    let after = agents.each_ref().map(Agent::now);
    let names = [
        format!("openwatch-agent, {RULES} rules"),
        "openwatch-agent, all rules".into(),
    ];
    let mut ratios = Vec::new();
    for ((name, before), after) in names.iter().zip(before).zip(after) {
        let ((before, sent_before), (after, sent)) = (before?, after?);
        let sent = [0, 1].map(|way| sent[way] - sent_before[way]);
        row(name, before, after, sent[0], sent[1]);
        ratios.push((before, after));
    }
    match (&exporter, exporter_before) {
        (Some(exporter), Some(before)) => {
            let after = used(exporter.child.0.id())?;
            row(EXPORTER, before, after, scraped, 0);
            for ((agent_before, agent_after), name) in ratios.iter().zip(&names) {
                say(&format!(
                    "\n{name}, to the exporter: memory {}, processor {}",
                    ratio(agent_after.resident_kib as f64, after.resident_kib as f64),
                    ratio(
                        (agent_after.ticks - agent_before.ticks) as f64,
                        (after.ticks - before.ticks) as f64
                    ),
                ));
            }
        }
        _ => say(&format!(
            "{EXPORTER} is not installed: apt install {EXPORTER}"
        )),
    }
    table.print("a quiet host, ten minutes");
    drop(agents);
    collector.stop().await;
    Ok(())
}

/// An agent at work, and what passes between it and the collector.
struct Agent {
    process: Running,
    relay: Relay,
}

impl Agent {
    /// Enrols in a folder of its own, and runs with these rules.
    async fn start(collector: &TestCollector, folder: &Path, rules: &Path) -> anyhow::Result<Self> {
        let relay = Relay::start(collector.agents().parse()?).await?;
        fs::create_dir_all(folder)?;
        let settings = folder.join("agent.toml");
        let state = folder.join("state");
        fs::write(
            &settings,
            format!(
                "state_dir = \"{}\"\n[rules]\ncontent = \"{}\"\n",
                state.display(),
                rules.display()
            ),
        )?;
        let program = binary("openwatch-agent");
        let token = collector.api.token(1).await;
        let address = relay.address.to_string();
        let enrolled = Command::new(&program)
            .args([
                "enroll",
                "--collector",
                &address,
                "--token",
                &token,
                "--config",
            ])
            .arg(&settings)
            .output()?;
        anyhow::ensure!(
            enrolled.status.success(),
            "{}",
            String::from_utf8_lossy(&enrolled.stderr)
        );
        let log = fs::File::create(folder.join("log"))?;
        let child = Command::new(&program)
            .args(["run", "--config"])
            .arg(&settings)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Self {
            process: Running(child),
            relay,
        })
    }

    /// What it has used until now, and what was sent from it and to it.
    fn now(&self) -> anyhow::Result<(Used, [u64; 2])> {
        Ok((used(self.process.0.id())?, self.relay.counts()))
    }
}

/// Copies the content with no more than [`RULES`] of its rules, of every subject.
fn some_rules(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = Command::new("cp").arg("-rL").args([from, to]).status()?;
    anyhow::ensure!(copied.success(), "{} was not copied", from.display());
    let mut rules = Vec::new();
    for subject in fs::read_dir(to.join("rules"))? {
        for rule in fs::read_dir(subject?.path())? {
            rules.push(rule?.path());
        }
    }
    let is_rule = |path: &PathBuf| !path.to_string_lossy().ends_with(".tests.yaml");
    rules.retain(is_rule);
    rules.sort();
    let all = rules.len();
    for (number, rule) in rules.iter().enumerate() {
        // As many are kept of each stretch of the list.
        if (number + 1) * RULES / all == number * RULES / all {
            fs::remove_file(rule)?;
        }
    }
    Ok(())
}

/// What the process and its threads have used.
fn used(pid: u32) -> anyhow::Result<Used> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').context("a name")?;
    // utime and stime are fields 14 and 15; the state after the name is field 3.
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    let fields = |path: String| -> anyhow::Result<BTreeMap<String, u64>> {
        let text = fs::read_to_string(path)?;
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let number = value.split_whitespace().next()?.parse().ok()?;
            Some((name.to_owned(), number))
        };
        Ok(text.lines().filter_map(field).collect())
    };
    let process = fields(format!("/proc/{pid}/status"))?;
    let mut waits = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = thread?.path().join("status").display().to_string();
        // A thread may end between the list and the look.
        waits += fields(path).map_or(0, |of| of["voluntary_ctxt_switches"]);
    }
    Ok(Used {
        ticks,
        waits,
        resident_kib: process["VmRSS"],
        peak_kib: process["VmHWM"],
    })
}

/// Debian's exporter, with its default collectors.
struct Exporter {
    child: Running,
    url: String,
}

impl Exporter {
    /// `None` where it is not installed.
    fn start() -> anyhow::Result<Option<Self>> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(EXPORTER)
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(child.ok().map(|child| Self {
            child: Running(child),
            url: format!("http://{address}/metrics"),
        }))
    }

    /// Bytes of one answer, as they go over the wire.
    async fn scrape(&self) -> anyhow::Result<u64> {
        let answer = reqwest::Client::new()
            .get(&self.url)
            .header("accept-encoding", "gzip")
            .send()
            .await?;
        Ok(answer.bytes().await?.len() as u64)
    }
}

/// Passes the datagrams of one agent on and counts their bytes.
struct Relay {
    address: SocketAddr,
    counts: Arc<[AtomicU64; 2]>,
    /// Both ways; they end with it.
    _ways: JoinSet<()>,
}

/// Of IPv4 and UDP, which every datagram carries.
const HEADERS: u64 = 28;

impl Relay {
    async fn start(to: SocketAddr) -> anyhow::Result<Self> {
        let door = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
        let address = door.local_addr()?;
        let local = if to.is_ipv6() {
            "[::1]:0"
        } else {
            "127.0.0.1:0"
        };
        let way = Arc::new(UdpSocket::bind(local).await?);
        way.connect(to).await?;
        let counts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        // Where the agent spoke from last: it speaks from several ports, one after the other.
        let agent = Arc::new(Mutex::new(address));
        let mut ways = JoinSet::new();
        let (out, back) = ((door.clone(), way.clone()), (way, door));
        let (counting, from) = (counts.clone(), agent.clone());
        ways.spawn(async move {
            let mut buffer = vec![0; 65_536];
            while let Ok((length, sender)) = out.0.recv_from(&mut buffer).await {
                *from.lock().unwrap_or_else(PoisonError::into_inner) = sender;
                counting[0].fetch_add(length as u64 + HEADERS, Relaxed);
                let _ = out.1.send(&buffer[..length]).await;
            }
        });
        let (counting, to) = (counts.clone(), agent);
        ways.spawn(async move {
            let mut buffer = vec![0; 65_536];
            while let Ok(length) = back.0.recv(&mut buffer).await {
                counting[1].fetch_add(length as u64 + HEADERS, Relaxed);
                let to = *to.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = back.1.send_to(&buffer[..length], to).await;
            }
        });
        Ok(Self {
            address,
            counts,
            _ways: ways,
        })
    }

    /// From the agent, and to it.
    fn counts(&self) -> [u64; 2] {
        [0, 1].map(|n| self.counts[n].load(Relaxed))
    }
}
