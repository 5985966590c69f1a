//! Deciding every rule that is shipped on this machine: as a program beside OpenSCAP where that is
//! installed, and in this process beside reading the same files raw and walking the filesystem bare.

/// The walk that some rules share.
mod walk;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use agent::{comply::Compliance, host::Host, rule::sets::Wanted};
use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use shared::clock::SystemClock;
use support::{content, openscap_stream, process::binary};

use crate::report::{Table, count, ratio, say, time};

/// Evaluations of which the least is told.
const RUNS: usize = 10;

/// Of those that walk.
const WALKS: usize = 3;

/// Its profile with most rules, some 240.
const PROFILE: &str = "xccdf_org.ssgproject.content_profile_anssi_bp28_high";

/// A program that takes longer is ended: OpenSCAP walks every filesystem once for each rule that asks.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program took.
struct Took {
    wall: Duration,
    cpu: Duration,
    /// Most resident memory, KiB.
    peak: u64,
    /// Whether it came to its end.
    ended: bool,
}

/// Measures both.
///
/// # Errors
/// When the rules cannot be decided.
pub(crate) fn run() -> anyhow::Result<()> {
    programs()?;
    let entries = walk::run()?;
    evaluation(entries)
}

fn programs() -> anyhow::Result<()> {
    let mut table = Table::new(&["program", "wall", "CPU", "peak memory"]);
    let mut row = |name: &str, took: &Took| {
        let peak = format!("{:.1} MiB", took.peak as f64 / 1024.0);
        let at_least = if took.ended { "" } else { "ended at " };
        let wall = format!("{at_least}{}", time(took.wall));
        table.row(&[&name, &wall, &time(took.cpu), &peak]);
    };
    let folder = content().display().to_string();
    let mut scan = Command::new(binary("openwatch-agent"));
    scan.args(["scan", "--format", "json", "--content", &folder]);
    let ours = take(&mut scan)?;
    row("openwatch-agent scan", &ours);
    let stream = openscap_stream();
    let Some(stream) = stream.filter(|_| Command::new("oscap").arg("-V").output().is_ok()) else {
        table.print("every rule, as a program");
        say("oscap with content is not installed: nothing to compare with");
        return Ok(());
    };
    let mut oscap = Command::new("oscap");
    oscap
        .args(["xccdf", "eval", "--profile", PROFILE])
        .arg(stream);
    let theirs = take(&mut oscap)?;
    row("oscap xccdf eval", &theirs);
    table.print("every rule, as a program");
    say(&format!(
        "to oscap: wall {}, CPU {}, memory {}",
        ratio(ours.wall.as_secs_f64(), theirs.wall.as_secs_f64()),
        ratio(ours.cpu.as_secs_f64(), theirs.cpu.as_secs_f64()),
        ratio(ours.peak as f64, theirs.peak as f64),
    ));
    Ok(())
}

/// Processor time that was used so far.
fn cpu(who: UsageWho) -> anyhow::Result<Duration> {
    let usage = getrusage(who)?;
    let of = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
    };
    Ok(of(usage.user_time()) + of(usage.system_time()))
}

fn take(command: &mut Command) -> anyhow::Result<Took> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN)?;
    let begun = Instant::now();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().context("starting a program")?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        // The kernel's own high-water mark, as late as it can be asked.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let told = line.and_then(|rest| rest.split_whitespace().next());
        peak = peak.max(told.and_then(|kib| kib.parse().ok()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            break None;
        }
        sleep(Duration::from_millis(2));
    };
    if ended.is_some_and(|status| status.code().is_none()) {
        bail!("{command:?} ended by a signal");
    }
    Ok(Took {
        wall: begun.elapsed(),
        cpu: cpu(UsageWho::RUSAGE_CHILDREN)? - before,
        peak,
        ended: ended.is_some(),
    })
}

fn evaluation(entries: u64) -> anyhow::Result<()> {
    let host = Host::live(SystemClock::shared());
    let mut compliance = Compliance::new(host, content());
    let (mut least, mut least_cpu, mut rules) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..RUNS {
        let (begun, before) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF)?);
        let whole = compliance.whole(&Wanted::default());
        least = least.min(begun.elapsed());
        least_cpu = least_cpu.min(cpu(UsageWho::RUSAGE_SELF)? - before);
        let whole = whole.map_err(|stale| anyhow::anyhow!(stale.detail))?;
        rules = whole.facts.len();
    }
    let (mut walking, mut walked) = (Duration::MAX, 0);
    for _ in 0..WALKS {
        let walk = compliance.walk().context("rules that walk")?;
        let before = cpu(UsageWho::RUSAGE_SELF)?;
        let found = walk.run();
        walking = walking.min(cpu(UsageWho::RUSAGE_SELF)? - before);
        compliance.forget_what_was_told();
        walked = compliance.walked(found).len();
        let whole = compliance.whole(&Wanted::default());
        whole.map_err(|stale| anyhow::anyhow!(stale.detail))?;
    }
    let paths = compliance.paths();
    let (mut raw, mut files, mut bytes) = (Duration::MAX, 0, 0);
    for _ in 0..RUNS {
        let begun = Instant::now();
        (files, bytes) = read(&paths);
        raw = raw.min(begun.elapsed());
    }
    let mut table = Table::new(&["ratio", "what", "least time", "CPU", "of"]);
    let of = format!("{rules} rules");
    table.row(&[
        &ratio(least.as_secs_f64(), raw.as_secs_f64()),
        &"every rule that walks no filesystem",
        &time(least),
        &time(least_cpu),
        &of,
    ]);
    let of = format!(
        "{files} files, {} KiB, of {} paths",
        bytes >> 10,
        paths.len()
    );
    table.row(&[&"1.0x", &"the same files read raw", &time(raw), &"", &of]);
    let of = format!("{walked} rules, {} entries", count(entries as f64));
    table.row(&[&"", &"those that walk", &"", &time(walking), &of]);
    let of = format!("{} rules", rules + walked);
    table.row(&[&"", &"all", &"", &time(least_cpu + walking), &of]);
    table.print("every rule, in this process, warm");
    Ok(())
}

/// How many of these are files that can be read, and their bytes.
fn read(paths: &[PathBuf]) -> (usize, usize) {
    let (mut files, mut bytes) = (0, 0);
    for path in paths {
        if fs::metadata(path).is_ok_and(|found| found.is_file())
            && let Ok(text) = fs::read(path)
        {
            files += 1;
            bytes += text.len();
        }
    }
    (files, bytes)
}
