//! A crowded host: what fits is told, what does not is stale and says why, and the agent stays
//! within its memory.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;
use support::{LiveHost, Watched, until};

/// Accounts that more than fill what a kind may take, in files that `useradd` still understands.
const ACCOUNTS: &str = r#"
    for my $file ('passwd', 'shadow') {
        rename "/etc/$file", "/etc/$file.few" or die $!;
        open my $few, '<', "/etc/$file.few" or die $!;
        open my $all, '>', "/etc/$file" or die $!;
        print {$all} <$few>;
        for my $n (100_000 .. 199_999) {
            print {$all} $file eq 'passwd' ? "u$n:x:$n:$n:User $n:/home/u$n:/bin/sh\n"
                : "u$n:!:19800:0:99999:7:::\n";
        }
        close $all or die $!;
    }
    chmod 0600, '/etc/shadow';
"#;

/// Leaves those who were there before, and who came since.
const LEAVE: &str = r#"
    for my $file ('shadow', 'passwd') {
        open my $all, '<', "/etc/$file" or die $!;
        open my $few, '>', "/etc/$file.few" or die $!;
        print {$few} grep { !/^u1\d{5}:/ } <$all>;
        close $few or die $!;
        rename "/etc/$file.few", "/etc/$file" or die $!;
    }
"#;

/// mount(2), number 165 on x86-64 and 40 on others.
const MOUNTS: &str = r#"
    my $mount = `uname -m` =~ /x86_64/ ? 165 : 40;
    mkdir '/run/m' or die $!;
    for my $n (1 .. 10_000) {
        my ($at, $what, $type, $how) = ("/run/m/$n", "m$n", 'tmpfs', 'size=4k');
        mkdir $at or die $!;
        syscall($mount, $what, $at, $type, 0, $how) == 0 or die $!;
    }
"#;

const UNITS: &str = r#"
    for my $n (1 .. 5_000) {
        open my $unit, '>', "/run/systemd/system/crowd-$n.service" or die $!;
        print $unit "[Service]\nExecStart=/bin/true\n";
        close $unit or die $!;
    }
"#;

/// What the agent may have of memory beside its program and libraries, KiB: its ceiling of 64 MiB
/// less the 8 MiB that its program may have. A program built for tests is many times as large as
/// one that is shipped; what it takes from the allocator is the same.
const CEILING: u64 = 56 << 10;

/// How often its memory is looked at.
const LOOKS: Duration = Duration::from_millis(20);

fn crowd(host: &LiveHost) {
    for script in [ACCOUNTS, UNITS, MOUNTS] {
        host.run("perl", &["-e", script]);
    }
    host.run("systemctl", &["daemon-reload"]);
}

/// Rows and staleness of one kind, when the host has told of it.
async fn kind(watched: &Watched, name: &str) -> Option<Value> {
    let host = watched
        .api
        .get(&format!("/api/v1/hosts/{}", watched.id))
        .await;
    let kinds = host["kinds"].as_array().expect("a list");
    kinds.iter().find(|kind| kind["kind"] == name).cloned()
}

/// Looks how much memory the agent has until it is asked for the most that it ever had.
struct Memory {
    status: PathBuf,
    asked: Arc<AtomicBool>,
    looking: JoinHandle<u64>,
}

impl Memory {
    fn of(watched: &Watched) -> Self {
        let starter = watched.agent.id();
        let children = format!("/proc/{starter}/task/{starter}/children");
        let child = fs::read_to_string(children).unwrap();
        let status = PathBuf::from(format!("/proc/{}/status", child.trim()));
        let asked = Arc::new(AtomicBool::new(false));
        let looking = thread::spawn({
            let (status, asked) = (status.clone(), asked.clone());
            move || files_at_the_peak(&status, &asked)
        });
        Self {
            status,
            asked,
            looking,
        }
    }

    /// The most memory that the agent ever had, without that of its files, KiB.
    fn peak(self) -> u64 {
        self.asked.store(true, Ordering::Relaxed);
        let files = self.looking.join().unwrap();
        field(&self.status, "VmHWM:") - files
    }
}

/// How much of its files the agent had in memory when it had the most memory, KiB. The kernel keeps the
/// most of both together only, and the agent gives what it has of its files back now and then.
fn files_at_the_peak(status: &Path, asked: &AtomicBool) -> u64 {
    let (mut most, mut before, mut at_the_peak) = (0, 0, 0);
    while !asked.load(Ordering::Relaxed) {
        let (peak, files) = (field(status, "VmHWM:"), field(status, "RssFile:"));
        if peak > most {
            (most, at_the_peak) = (peak, files.max(before));
        }
        before = files;
        thread::sleep(LOOKS);
    }
    at_the_peak
}

/// A line of proc_pid_status(5), KiB.
fn field(status: &Path, name: &str) -> u64 {
    let status = fs::read_to_string(status).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect(name).parse().expect(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowded_host_is_told_or_said_to_be_too_large() {
    let Some(host) = LiveHost::boot() else {
        return;
    };
    let watched = Watched::on(host, crowd).await;
    let memory = Memory::of(&watched);
    // systemd itself can be too slow to tell of ten thousand mounts and five thousand units.
    for (name, rows, reason) in [
        ("mount", 10_000, None),
        ("service", 5_000, Some("timed_out")),
    ] {
        until("all rows, or why not", async || {
            let told = kind(&watched, name).await.unwrap_or_default();
            let stale = told["stale"]["reason"].as_str();
            let whole = stale.is_none() && told["rows"].as_u64().is_some_and(|told| told >= rows);
            let why = stale.is_some() && stale == reason;
            (whole || why)
                .then_some(())
                .ok_or((name, told, watched.agent.said()))
        })
        .await;
    }
    let stale = async |reason: Option<&str>| {
        until("the state of the accounts", async || {
            let told = kind(&watched, "user").await.unwrap_or_default();
            let is = told["stale"]["reason"].as_str() == reason && told["kind"] == "user";
            is.then(|| told.clone()).ok_or((told, watched.agent.said()))
        })
        .await
    };
    let told = stale(Some("too_large")).await;
    let detail = told["stale"]["detail"].as_str().unwrap();
    assert!(detail.contains("16 MiB"), "{detail}");

    // What happens among them is told all the same.
    let useradd = ["-M", "-U", "-u", "4711", "trial"];
    watched.host.run("useradd", &useradd);
    until("the group that came", async || {
        let groups = watched.api.facts(&watched.id, "group").await;
        let there = groups.contains_key("trial");
        there.then_some(()).ok_or(watched.agent.said())
    })
    .await;
    watched.host.run("perl", &["-e", LEAVE]);
    stale(None).await;
    let users = watched.api.facts(&watched.id, "user").await;
    assert_eq!(users["trial"]["uid"], 4711, "{users:?}");

    let peak = memory.peak();
    eprintln!("peak beside the program: {peak} KiB");
    assert!(peak < CEILING, "{peak} KiB");
}
