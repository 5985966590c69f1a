//! From a change on a host to its row in Postgres: the built agent and collector on a live host
//! whose first process is systemd, each change made by the host's own tool.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use support::{LiveHost, Process, Watched};

use crate::{
    report::{Table, say, time},
    timing::quantile,
};

/// Changes of each kind.
const RUNS: usize = 200;
/// How often it is looked whether the row is there. It is the resolution of the figures.
const LOOK: Duration = Duration::from_millis(2);
/// A change that has not arrived by then never will.
const PATIENCE: Duration = Duration::from_secs(20);
/// Changes come at any moment of a timer: the pauses between them are spread over this.
const SPREAD: Duration = Duration::from_millis(700);

const LISTEN: &str = "use IO::Socket::INET; \
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1:8089') or die $!; sleep;";

const UNIT: &str =
    "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > /run/systemd/system/trial.service";

const SSHD: &str = "mkdir -p /etc/ssh; echo PermitRootLogin no > /etc/ssh/sshd_config";

/// One kind of change: done and undone in turns.
struct Act {
    name: &'static str,
    kind: &'static str,
    key: &'static str,
    /// What the row holds once it is done; it is absent, or holds something else, once undone.
    holds: &'static str,
    act: fn(&mut Stage, bool),
}

/// The host, and what runs on it for a change.
struct Stage {
    watched: Watched,
    server: Option<Process>,
    deb: PathBuf,
}

const ACTS: [Act; 7] = [
    Act {
        name: "sshd_config is edited",
        kind: "result",
        key: "ssh-root-login-off",
        holds: "{\"verdict\": \"fail\"}",
        act: |stage, on| {
            let root = ["no", "yes"][usize::from(on)];
            let edit =
                format!("mkdir -p /etc/ssh; echo PermitRootLogin {root} > /etc/ssh/sshd_config");
            stage.run("sh", &["-c", &edit]);
        },
    },
    Act {
        name: "a watched file is written",
        kind: "group",
        key: "written",
        holds: "{}",
        act: |stage, on| {
            let line = "written:x:4712:";
            let edit = if on {
                format!("echo {line} >> /etc/group")
            } else {
                format!("sed -i /^{line}/d /etc/group")
            };
            stage.run("sh", &["-c", &edit]);
        },
    },
    Act {
        name: "useradd, userdel",
        kind: "user",
        key: "trial",
        holds: "{}",
        act: |stage, on| {
            if on {
                stage.run("useradd", &["-M", "-u", "4711", "trial"]);
            } else {
                stage.run("userdel", &["trial"]);
            }
        },
    },
    Act {
        name: "systemctl start, stop",
        kind: "service",
        key: "trial.service",
        holds: "{\"active_state\": \"active\"}",
        act: |stage, on| stage.run("systemctl", &[["stop", "start"][usize::from(on)], "trial"]),
    },
    Act {
        name: "ip addr add, del",
        kind: "address",
        key: "lo 192.0.2.7/32",
        holds: "{}",
        act: |stage, on| {
            let verb = ["del", "add"][usize::from(on)];
            stage.run("ip", &["addr", verb, "192.0.2.7/32", "dev", "lo"]);
        },
    },
    Act {
        name: "a port is opened, closed",
        kind: "listener",
        key: "tcp 127.0.0.1:8089",
        holds: "{}",
        act: |stage, on| {
            let listen = || stage.watched.host.spawn("perl", &["-e", LISTEN], "perl");
            stage.server = on.then(listen);
        },
    },
    Act {
        name: "dpkg installs, purges",
        kind: "package",
        key: "openwatch-trial:all",
        holds: "{\"status\": \"installed\"}",
        act: |stage, on| {
            let deb = stage.deb.display().to_string();
            let what = if on {
                ["-i", deb.as_str()]
            } else {
                ["-P", "openwatch-trial"]
            };
            stage.run("dpkg", &[&["--no-triggers"][..], &what].concat());
        },
    },
];

impl Stage {
    fn run(&self, program: &str, args: &[&str]) {
        self.watched.host.run(program, args);
    }
}

/// Measures every act.
///
/// # Errors
/// When a change does not arrive.
pub(crate) fn run() -> anyhow::Result<()> {
    measure(&ACTS)
}

/// Measures what is decided by rules alone, from the moment of the agent's first report on.
///
/// # Errors
/// When a change does not arrive.
pub(crate) fn results() -> anyhow::Result<()> {
    measure(&ACTS[..1])
}

fn measure(acts: &[Act]) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(all(acts))
}

async fn all(acts: &[Act]) -> anyhow::Result<()> {
    let Some(host) = LiveHost::boot() else {
        say("skipped: no live host with systemd here");
        return Ok(());
    };
    let deb = package(&host)?;
    host.run("sh", &["-c", UNIT]);
    host.run("systemctl", &["daemon-reload"]);
    host.run("sh", &["-c", SSHD]);
    let watched = Watched::held(host).await;
    let database = connect(&watched.host.folder().join("collector")).await?;
    let mut stage = Stage {
        watched,
        server: None,
        deb,
    };
    let columns = [
        "change",
        "runs",
        "p50 from its end",
        "p99",
        "most",
        "p50 from its beginning",
        "p99",
    ];
    let mut table = Table::new(&columns);
    for act in acts {
        // The first report, and the state that every run begins in.
        arrives(&database, act, false).await?;
        let (mut from_begin, mut from_end) = (Vec::new(), Vec::new());
        for n in 0..RUNS {
            let on = n % 2 == 0;
            tokio::time::sleep(SPREAD * (n as u32 * 37 % 100) / 100).await;
            let begun = Instant::now();
            (act.act)(&mut stage, on);
            let ended = Instant::now();
            let there = arrives(&database, act, on).await?;
            from_begin.push(there - begun);
            from_end.push(there.saturating_duration_since(ended));
        }
        let mut at = |part: f64| time(quantile(&mut from_end, part));
        let (p50, p99, most) = (at(0.5), at(0.99), at(1.0));
        let mut at = |part: f64| time(quantile(&mut from_begin, part));
        table.row(&[&act.name, &RUNS, &p50, &p99, &most, &at(0.5), &at(0.99)]);
    }
    table.print("from a change to its row in Postgres");
    Ok(())
}

/// When the row is as the act leaves it.
async fn arrives(database: &PgPool, act: &Act, on: bool) -> anyhow::Result<Instant> {
    let begun = Instant::now();
    loop {
        let there: bool = sqlx::query_scalar(
            "select exists (select from host_fact_present h
                 join fact_kind k on k.id = h.kind and k.name = $1
                 join fact_key f on f.id = h.key_id and f.key = $2
                 join fact_value v on v.id = h.value_id and v.value @> $3::text::jsonb)",
        )
        .bind(act.kind)
        .bind(act.key)
        .bind(act.holds)
        .fetch_one(database)
        .await?;
        if there == on {
            return Ok(Instant::now());
        }
        if begun.elapsed() > PATIENCE {
            bail!("{}: the row has not come within {PATIENCE:?}", act.name);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The collector's private Postgres.
async fn connect(data: &Path) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(data.join("postgres/socket"))
        .username("openwatch")
        .database("openwatch");
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await;
    pool.context("the collector's Postgres")
}

/// Builds a package of nothing on the host.
fn package(host: &LiveHost) -> anyhow::Result<PathBuf> {
    let tree = host.folder().join("trial");
    std::fs::create_dir_all(tree.join("DEBIAN"))?;
    std::fs::write(
        tree.join("DEBIAN/control"),
        "Package: openwatch-trial\nVersion: 1\nArchitecture: all\n\
         Maintainer: Nobody <nobody@example.org>\nDescription: a trial\n",
    )?;
    let deb = host.folder().join("trial.deb");
    let (tree, path) = (tree.display().to_string(), deb.display().to_string());
    host.run("dpkg-deb", &["--root-owner-group", "--build", &tree, &path]);
    Ok(deb)
}
