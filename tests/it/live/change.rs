//! What an administrator does on a host with the host's own tools becomes one row for each
//! transition, with what was before and what is after, and the past can be asked for.

use std::fs;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use shared::clock::{Clock as _, SystemClock};
use support::{LiveHost, Process, Watched, until};

/// A deb of nothing but a file and a setting.
const PACKAGE: &str = "openwatch-trial";
const PACKAGE_KEY: &str = "openwatch-trial:all";

/// No trigger of another package, no waiting for a disk that is memory.
const DPKG: [&str; 2] = ["--no-triggers", "--force-unsafe-io"];

const LISTEN: &str = "use IO::Socket::INET; \
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1:8089') or die $!; sleep;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_thing_done_to_a_host_is_one_change_with_before_and_after() {
    let Some(watched) = Watched::start(|_| ()).await else {
        return;
    };
    let mut story = Story::begin(&watched).await;
    let (first, second) = (
        deb(&watched.host, "1.0-1", "first"),
        deb(&watched.host, "1.0-2", "second"),
    );
    let dpkg = |arguments: &[&str]| {
        watched.host.run("dpkg", &[&DPKG[..], arguments].concat());
    };
    let package = ["package", PACKAGE_KEY];

    let [row] = story.does([package], || dpkg(&["-i", &first])).await;
    assert!(row["before"].is_null(), "{row}");
    assert_eq!(row["after"]["version"], "1.0-1", "{row}");
    assert_eq!(row["after"]["status"], "installed", "{row}");

    let [row] = story.does([package], || dpkg(&["-i", &second])).await;
    assert_eq!(row["before"]["version"], "1.0-1", "{row}");
    assert_eq!(row["after"]["version"], "1.0-2", "{row}");

    let [row] = story.does([package], || dpkg(&["-r", PACKAGE])).await;
    assert_eq!(row["before"]["status"], "installed", "{row}");
    assert_eq!(row["after"]["status"], "config-files", "{row}");

    let [row] = story.does([package], || dpkg(&["-P", PACKAGE])).await;
    assert_eq!(row["before"]["status"], "config-files", "{row}");
    assert!(row["after"].is_null(), "{row}");

    let run = |program: &str, arguments: &[&str]| {
        watched.host.run(program, arguments);
    };
    let account = [["user", "trial"], ["group", "trial"], ["login", "trial"]];
    let useradd = ["-M", "-U", "-u", "4711", "trial"];
    let [user, group, login] = story.does(account, || run("useradd", &useradd)).await;
    assert!(user["before"].is_null() && group["before"].is_null());
    assert!(login["after"]["last_at"].is_null(), "never yet: {login}");
    assert_eq!(user["after"]["uid"], 4711, "{user}");
    assert_eq!(user["after"]["password"]["locked"], true, "{user}");
    assert_eq!(group["after"]["gid"], user["after"]["gid"], "{group}");

    let [user, group, login] = story.does(account, || run("userdel", &["trial"])).await;
    assert_eq!(user["before"]["uid"], 4711, "{user}");
    assert!(user["after"].is_null() && group["after"].is_null());
    assert!(login["after"].is_null(), "{login}");

    let address = [["address", "lo 192.0.2.7/32"]];
    let ip = |verb: &str| run("ip", &["addr", verb, "192.0.2.7/32", "dev", "lo"]);
    let [row] = story.does(address, || ip("add")).await;
    assert!(row["before"].is_null(), "{row}");
    assert_eq!(row["after"]["ip"], "192.0.2.7", "{row}");
    let [row] = story.does(address, || ip("del")).await;
    assert_eq!(row["before"]["ip"], "192.0.2.7", "{row}");
    assert!(row["after"].is_null(), "{row}");

    let port = [["listener", "tcp 127.0.0.1:8089"]];
    let mut server = None;
    let listen = || server = Some(watched.host.spawn("perl", &["-e", LISTEN], "perl.log"));
    let [row] = story.does(port, listen).await;
    assert!(row["before"].is_null(), "{row}");
    assert_eq!(row["after"]["port"], 8089, "{row}");
    assert_eq!(row["after"]["programs"], serde_json::json!(["perl"]));
    let [row] = story.does(port, || drop(server.take())).await;
    assert_eq!(row["before"]["port"], 8089, "{row}");
    assert!(row["after"].is_null(), "{row}");
}

/// Builds a version of the package on the host; returns where it is.
fn deb(host: &LiveHost, version: &str, name: &str) -> String {
    let tree = host.folder().join(name);
    for folder in ["DEBIAN", "etc", "usr/share/openwatch-trial"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    let control = format!(
        "Package: {PACKAGE}\nVersion: {version}\nArchitecture: all\n\
         Maintainer: Nobody <nobody@example.org>\nDescription: a trial\n"
    );
    for (path, text) in [
        ("DEBIAN/control", control.as_str()),
        ("DEBIAN/conffiles", "/etc/openwatch-trial.conf\n"),
        ("etc/openwatch-trial.conf", "trial = true\n"),
        ("usr/share/openwatch-trial/version", version),
    ] {
        fs::write(tree.join(path), text).unwrap();
    }
    let deb = host.folder().join(format!("{name}.deb"));
    let (tree, deb) = (tree.to_str().unwrap(), deb.to_str().unwrap().to_owned());
    let build = ["--root-owner-group", "--build", tree, &deb];
    host.run("dpkg-deb", &build);
    deb
}

/// All that has been told of a host so far, the last first.
struct Story<'a> {
    watched: &'a Watched,
    told: usize,
}

impl<'a> Story<'a> {
    /// When the first report is in.
    async fn begin(watched: &'a Watched) -> Self {
        until("the first report", async || {
            for kind in ["package", "user", "group", "login", "address", "listener"] {
                if watched.api.facts(&watched.id, kind).await.is_empty() {
                    return Err((kind, watched.agent.said()));
                }
            }
            Ok(())
        })
        .await;
        Self { watched, told: 0 }
    }

    /// Does something that changes each of these facts once, and nothing else; returns their rows.
    ///
    /// The agent sees the host before and after, and not in between: it would rightly tell of a
    /// package that is unpacked and not yet set up.
    async fn does<const N: usize>(
        &mut self,
        facts: [[&str; 2]; N],
        act: impl FnOnce(),
    ) -> [Value; N] {
        let pids = stop(&self.watched.agent).await;
        let moment = SystemClock.now();
        act();
        for pid in pids {
            kill(pid, Signal::SIGCONT).unwrap();
        }
        self.told += N;
        let (api, id) = (&self.watched.api, &self.watched.id);
        let changes = format!("/api/v1/hosts/{id}/changes");
        let told = until("what was done", async || {
            let told = api.all(&changes).await;
            if told.len() < self.told {
                Err((told, self.watched.agent.said()))
            } else {
                Ok(told)
            }
        })
        .await;
        assert_eq!(told.len(), self.told, "one for each: {told:#?}");

        let mut rows = Vec::new();
        for [kind, key] in facts {
            let of = |row: &&Value| row["kind"] == kind && row["key"] == key;
            let row = told[..N].iter().find(of);
            let row = row.unwrap_or_else(|| panic!("{kind} {key} in {told:#?}"));
            let now = api.facts(id, kind).await;
            assert_eq!(now.get(key).unwrap_or(&Value::Null), &row["after"]);
            let at = moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            let then = format!("/api/v1/hosts/{id}/facts?kind={kind}&at={at}");
            let then = api.all(&then).await;
            let then = then.iter().find(|fact| fact["key"] == key);
            let then = then.map_or(&Value::Null, |fact| &fact["value"]);
            assert_eq!(then, &row["before"], "{kind} {key} at {at}");
            rows.push(row.clone());
        }
        rows.try_into().expect("one row for each fact")
    }
}

/// Stops the agent where it stands. Returns what is to be continued: who started it on the host
/// stops with it.
async fn stop(agent: &Process) -> [Pid; 2] {
    let starter = agent.id();
    let children = format!("/proc/{starter}/task/{starter}/children");
    let child = until("the agent's process", async || {
        let children = fs::read_to_string(&children).unwrap();
        children.trim().parse().map_err(|_| children)
    })
    .await;
    let child = Pid::from_raw(child);
    kill(child, Signal::SIGSTOP).unwrap();
    for pid in [child, starter] {
        until("a stopped agent", async || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            let (_, state) = stat.rsplit_once(") ").unwrap();
            state.starts_with('T').then_some(()).ok_or(stat)
        })
        .await;
    }
    [child, starter]
}
