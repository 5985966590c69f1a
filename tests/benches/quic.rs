//! Two thousand agents in this process against a collector in another: enrolments and handshakes
//! per second, what a connection costs that says nothing, and what reports cost on the whole way.

/// Agents reduced to what a collector sees of them.
mod agents;

/// The collector's process.
pub(crate) mod door;

/// The same handshake in memory.
mod floor;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use self::{agents::Session, door::Door};
use crate::{
    report::{Table, count, ratio, time},
    sample,
    timing::quantile,
};

/// Agents.
const AGENTS: usize = 2_000;
/// The first of them, before memory is measured: what the first connections cost once is not
/// counted with the rest.
const FIRST: usize = 500;
/// What an idle agent may cost the collector (docs/architecture.md, budgets).
const BUDGET_KIB: f64 = 40.0;
/// Until what a handshake needed is let go.
const SETTLE: Duration = Duration::from_secs(5);
/// Longer than one keep-alive of every agent.
const IDLE: Duration = Duration::from_secs(21);
/// Hosts that report over the wire, each so many packages.
const REPORTERS: usize = 50;
const PACKAGES: usize = 600;

/// Measures all of it.
///
/// # Errors
/// When the collector does not start, or refuses an agent.
pub(crate) fn run() -> anyhow::Result<()> {
    let floor = floor::measure()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = tempfile::tempdir()?;
        // The account that runs Postgres passes through it.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open)?;
        let measured = measure(folder.path(), &floor).await;
        measured.with_context(|| door::said(folder.path()))
    })
}

async fn measure(folder: &Path, floor: &floor::Floor) -> anyhow::Result<()> {
    let mut rates = Rates::new(floor);
    let door = Door::start(folder).await?;
    let clock = Watch::start(&door)?;
    let fleet = agents::enrol(&door, AGENTS).await?;
    rates.row("enrolled (certificate in hand)", AGENTS, &clock, &door)?;
    let clock = Watch::start(&door)?;
    agents::knock(&door, &fleet).await?;
    rates.row("handshake alone", AGENTS, &clock, &door)?;
    door.stop().await?;

    // A new process: what enrolment left behind in the allocator would hide what sessions take.
    let door = Door::start(folder).await?;
    let empty = door.anonymous_kib()?;
    let clock = Watch::start(&door)?;
    let mut sessions = agents::connect(&door, &fleet.part(0..FIRST)).await?;
    let paused = Instant::now();
    tokio::time::sleep(SETTLE).await;
    let first = door.anonymous_kib()?;
    let paused = paused.elapsed();
    sessions.extend(agents::connect(&door, &fleet.part(FIRST..AGENTS)).await?);
    let clock = clock.without(paused);
    rates.row("session (up to Welcome)", AGENTS, &clock, &door)?;
    rates
        .table
        .print("Handshakes: 64 under way at once, agents and collector on the same cores");

    tokio::time::sleep(SETTLE).await;
    let all = door.anonymous_kib()?;
    let watch = Watch::start(&door)?;
    tokio::time::sleep(IDLE).await;
    let cpu = door.cpu()? - watch.cpu;
    memory(empty, first, all);
    crate::report::say(&format!(
        "\n{AGENTS} idle agents for {}: {} of CPU in the collector, {:.2} % of one core; {} KiB \
         afterwards",
        time(IDLE),
        time(cpu),
        100.0 * cpu.as_secs_f64() / IDLE.as_secs_f64(),
        door.anonymous_kib()?
    ));
    report(&mut sessions, &door).await?;
    drop(sessions);
    door.stop().await
}

/// The table of what happens how often in a second.
struct Rates<'a> {
    table: Table,
    floor: &'a floor::Floor,
}

impl<'a> Rates<'a> {
    fn new(floor: &'a floor::Floor) -> Self {
        let columns = [
            "wall, to floor",
            "collector CPU, to floor",
            "what",
            "per second",
            "floor per second",
            "collector CPU each",
            "floor CPU each (server)",
        ];
        Self {
            table: Table::new(&columns),
            floor,
        }
    }

    fn row(&mut self, what: &str, n: usize, since: &Watch, door: &Door) -> anyhow::Result<()> {
        let each = since.started.elapsed().div_f64(n as f64) - since.paused.div_f64(n as f64);
        let cpu = (door.cpu()? - since.cpu).div_f64(n as f64);
        let floor = self.floor;
        self.table.row(&[
            &ratio(each.as_secs_f64(), floor.each.as_secs_f64()),
            &ratio(cpu.as_secs_f64(), floor.server.as_secs_f64()),
            &what,
            &count(1.0 / each.as_secs_f64()),
            &count(1.0 / floor.each.as_secs_f64()),
            &time(cpu),
            &time(floor.server),
        ]);
        Ok(())
    }
}

/// Time on the wall and in the collector.
struct Watch {
    started: Instant,
    paused: Duration,
    cpu: Duration,
}

impl Watch {
    fn start(door: &Door) -> anyhow::Result<Self> {
        Ok(Self {
            cpu: door.cpu()?,
            paused: Duration::ZERO,
            started: Instant::now(),
        })
    }

    fn without(self, paused: Duration) -> Self {
        Self { paused, ..self }
    }
}

fn memory(empty: u64, first: u64, all: u64) {
    let columns = ["to the budget", "connections", "RssAnon KiB", "KiB each"];
    let mut table = Table::new(&columns);
    let mut row = |connections: &str, kib: u64, each: Option<f64>| {
        let ratio = each.map_or("-".into(), |each| ratio(each, BUDGET_KIB));
        let each = each.map_or("-".into(), |each| format!("{each:.1}"));
        table.row(&[&ratio, &connections, &kib, &each]);
    };
    let each = |from: u64, to: u64, n: usize| Some(to.saturating_sub(from) as f64 / n as f64);
    row("none", empty, None);
    row(
        &format!("the first {FIRST}"),
        first,
        each(empty, first, FIRST),
    );
    let rest = AGENTS - FIRST;
    row(&format!("{rest} more"), all, each(first, all, rest));
    row(&format!("all {AGENTS}"), all, each(empty, all, AGENTS));
    table.print("Memory of idle connections in the collector");
}

/// Fifty of the agents send what they have, while the others are connected.
async fn report(sessions: &mut [Session], door: &Door) -> anyhow::Result<()> {
    let reporters = &mut sessions[..REPORTERS];
    let mut hosts = Vec::new();
    for n in 0..REPORTERS {
        hosts.push(sample::packages(
            n,
            PACKAGES - PACKAGES / 10,
            PACKAGES / 10,
        )?);
    }
    let watch = Watch::start(door)?;
    let mut times = agents::report(reporters, &hosts).await?;
    let took = watch.started.elapsed();
    let cpu = door.cpu()? - watch.cpu;
    let rows = REPORTERS * PACKAGES;
    crate::report::say(&format!(
        "\n{REPORTERS} first snapshots of {PACKAGES} packages over QUIC: {} rows/s, {} of \
         collector CPU a row, p50 {}, p99 {} until acknowledged",
        count(rows as f64 / took.as_secs_f64()),
        time(cpu.div_f64(rows as f64)),
        time(quantile(&mut times, 0.5)),
        time(quantile(&mut times, 0.99))
    ));
    Ok(())
}
