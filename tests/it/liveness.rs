//! Why a host is away: a real agent is stopped, killed, cut off and rebooted, and what the API says.

use std::process::Output;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::{
    clock::{Clock as _, ManualClock, SystemClock},
    wire::{AgentMessage, CollectorMessage, InForce, Previous, Refusal, Run},
};
use support::{
    Api, Process, RawHost, TestAgent, TestCollector, Tree, process::binary, relay::Relay, until,
};

/// An agent of its own process, on a tree, that is quick to give up a silent line.
struct Agent {
    folder: tempfile::TempDir,
    tree: Tree,
    process: Option<Process>,
    id: String,
}

impl Agent {
    /// Enrols at the collector by way of `address`, and starts.
    async fn start(api: &Api, address: &str) -> Self {
        let (folder, tree) = (tempfile::tempdir().unwrap(), Tree::default());
        std::fs::create_dir_all(tree.path().join("proc/sys/kernel/random")).unwrap();
        boot(&tree, "first", 1000);
        let text = format!(
            "state_dir = \"{}\"\n[collect]\nroot = \"{}\"\ninterval_s = 1\n\
             [link]\nkeep_alive_s = 1\nidle_timeout_s = 3\nbackoff_first_ms = 20\n\
             backoff_most_ms = 200\n",
            folder.path().join("state").display(),
            tree.path().display()
        );
        std::fs::write(folder.path().join("agent.toml"), text).unwrap();
        let mut agent = Self {
            folder,
            tree,
            process: None,
            id: String::new(),
        };
        let token = api.token(1).await;
        let done = agent.run(&["enroll", "--collector", address, "--token", &token]);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
        let hosts = api.all("/api/v1/hosts").await;
        agent.id = hosts[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(hosts[0]["state"], "never_seen");
        agent.resume();
        agent.is(api, "online").await;
        agent
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut program = std::process::Command::new(binary("openwatch-agent"));
        let program = program.args(args).arg("--config").arg(self.config());
        program.output().unwrap()
    }

    fn config(&self) -> std::path::PathBuf {
        self.folder.path().join("agent.toml")
    }

    fn resume(&mut self) {
        let config = self.config().display().to_string();
        let log = self.folder.path().join("log");
        let process = Process::start("openwatch-agent", ["run", "--config", &config], &log);
        self.process = Some(process);
    }

    async fn terminate(&mut self) {
        let mut process = self.process.take().unwrap();
        process.terminate();
        until("the agent's end", async || {
            process.ended().ok_or(process.said())
        })
        .await;
    }

    fn kill(&mut self) {
        self.process = None;
    }

    async fn is(&self, api: &Api, state: &str) -> Value {
        let path = format!("/api/v1/hosts/{}", self.id);
        until(state, async || {
            let host = api.get(&path).await;
            if host["state"] == state {
                Ok(host)
            } else {
                Err(host)
            }
        })
        .await
    }

    /// State and cause of each interval, oldest first. They must meet.
    async fn history(&self, api: &Api) -> Vec<(String, String)> {
        let mut told = api
            .all(&format!("/api/v1/hosts/{}/liveness", self.id))
            .await;
        told.reverse();
        for two in told.windows(2) {
            assert_eq!(two[0]["to"], two[1]["from"], "{told:?}");
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        told.iter()
            .map(|interval| (text(&interval["state"]), text(&interval["cause"])))
            .collect()
    }

    /// Waits until the last interval that has ended has this state and cause.
    async fn was(&self, api: &Api, state: &str, cause: &str) {
        until(&format!("{state} because of {cause}"), async || {
            let history = self.history(api).await;
            let last = history.iter().rev().nth(1);
            if last.is_some_and(|(s, c)| s == state && c == cause) {
                Ok(())
            } else {
                Err(history.clone())
            }
        })
        .await;
    }
}

fn boot(tree: &Tree, id: &str, uptime_s: u32) {
    tree.write("proc/sys/kernel/random/boot_id", &format!("{id}\n"));
    tree.write("proc/uptime", &format!("{uptime_s}.00 1.00\n"));
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_default().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_stopped_says_so_and_one_that_is_killed_is_found_out() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let mut agent = Agent::start(api, &collector.agents()).await;
    agent.terminate().await;
    // At once: it has ended only when the collector had heard it.
    let host = api.get(&format!("/api/v1/hosts/{}", agent.id)).await;
    assert_eq!(host["state"], "agent_stopped", "{host}");
    assert!(instant(&host["since"]) > instant(&host["enrolled_at"]));

    agent.resume();
    agent.is(api, "online").await;
    agent.kill();
    agent.is(api, "agent_killed").await;
    let found = api.all("/api/v1/hosts?state=agent_killed").await;
    assert_eq!(found.len(), 1);
    agent.resume();
    agent.is(api, "online").await;
    agent.was(api, "agent_killed", "agent_killed").await;

    // Killed and started again before its silence was noticed.
    agent.kill();
    agent.resume();
    until("the restart is on record", async || {
        let history = agent.history(api).await;
        let kills = history.iter().filter(|(state, _)| state == "agent_killed");
        if kills.count() == 2 {
            Ok(())
        } else {
            Err(history)
        }
    })
    .await;
    agent.terminate().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_cut_off_is_not_taken_for_one_that_was_killed() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let relay = Relay::start(&collector.agents()).await;
    let mut agent = Agent::start(api, &relay.address()).await;
    let reason = serde_json::json!({"host": agent.id, "reason": "cables"});
    api.post("/api/v1/maintenance", &reason).await;
    relay.cut();
    let host = agent.is(api, "link_lost").await;
    assert_eq!(host["maintenance"]["reason"], "cables");
    let path = format!("/api/v1/hosts/{}/liveness", agent.id);
    assert_eq!(api.all(&path).await[0]["maintenance"], true);
    relay.mend();
    agent.is(api, "online").await;
    agent.was(api, "link_lost", "link_lost").await;
    agent.terminate().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_is_counted_and_one_without_a_word_is_told_afterwards() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let mut agent = Agent::start(api, &collector.agents()).await;
    agent.kill();
    agent.is(api, "agent_killed").await;
    boot(&agent.tree, "second", 2);
    agent.resume();
    agent.is(api, "online").await;
    agent.was(api, "agent_killed", "host_rebooting").await;
    let host = api.get(&format!("/api/v1/hosts/{}", agent.id)).await;
    assert_eq!(host["reboots"], 1, "{host}");
    let booted = instant(&host["last_boot_at"]);
    assert!(SystemClock.now() - booted < TimeDelta::minutes(5), "{host}");

    // A host without systemd that enters run level 6.
    let mut record = [0_u8; 384];
    record[0] = 1;
    record[4] = b'6';
    std::fs::create_dir_all(agent.tree.path().join("run")).unwrap();
    std::fs::write(agent.tree.path().join("run/utmp"), record).unwrap();
    agent.terminate().await;
    agent.is(api, "host_rebooting").await;
    boot(&agent.tree, "third", 1);
    agent.resume();
    let host = agent.is(api, "online").await;
    assert_eq!(host["reboots"], 2, "{host}");
    agent.terminate().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_is_measured() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let wrong = ManualClock::at(SystemClock.now() + TimeDelta::minutes(10));
    let tree = Tree::default();
    let agent = TestAgent::start(&collector, tree.host(wrong)).await;
    let right = Tree::default();
    right.set_machine_id("another");
    let other = TestAgent::start(&collector, right.host(SystemClock::shared())).await;
    let host = |id: String| async move { api.get(&format!("/api/v1/hosts/{id}")).await };
    let (ahead, fine) = until("both are measured", async || {
        let (ahead, fine) = (
            host(agent.id.to_string()).await,
            host(other.id.to_string()).await,
        );
        if ahead["agent_started_at"].is_string() && fine["agent_started_at"].is_string() {
            Ok((ahead, fine))
        } else {
            Err((ahead, fine))
        }
    })
    .await;
    // Its clock stands still while the test runs.
    let skew = ahead["skew_ms"].as_i64().unwrap();
    assert!((500_000..=600_000).contains(&skew), "{ahead}");
    assert_eq!(
        (&ahead["clock_wrong"], &ahead["state"]),
        (&true.into(), &"online".into())
    );
    assert_eq!(fine["clock_wrong"], false, "{fine}");
    let found = api.all("/api/v1/hosts?state=clock_wrong").await;
    assert_eq!(found.len(), 1, "{found:?}");
    agent.stop().await;
    other.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_collector_is_not_the_hosts_fault() {
    let mut collector = TestCollector::start_set(
        SystemClock::shared(),
        &[("agents.reconnect_grace_s", "2".into())],
    )
    .await;
    let tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let path = format!("/api/v1/hosts/{}", agent.id);
    let state = async |api: &Api, wanted: &str| {
        until(wanted, async || {
            let host = api.get(&path).await;
            if host["state"] == wanted {
                Ok(host)
            } else {
                Err(host)
            }
        })
        .await
    };
    let before = state(&collector.api, "online").await;
    let stopped = collector.halt().await;
    collector.resume(stopped).await;
    until("the host is back", async || {
        let host = collector.api.get(&path).await;
        if host["connected_since"].is_string() {
            Ok(())
        } else {
            Err(host)
        }
    })
    .await;
    let after = collector.api.get(&path).await;
    assert_eq!(
        (&after["state"], &after["since"]),
        (&before["state"], &before["since"])
    );

    let stopped = collector.halt().await;
    agent.halt().await;
    collector.resume(stopped).await;
    let gone = state(&collector.api, "unknown").await;
    assert!(
        gone["state_detail"].as_str().unwrap().contains("collector"),
        "{gone}"
    );
    agent.resume();
    state(&collector.api, "online").await;
    let told = until("what it was", async || {
        let told = collector.api.all(&format!("{path}/liveness")).await;
        if told[1]["cause"].is_string() {
            Ok(told)
        } else {
            Err(told)
        }
    })
    .await;
    assert_eq!(
        (&told[1]["state"], &told[1]["cause"]),
        (&"unknown".into(), &"agent_stopped".into())
    );
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_of_before_are_understood_and_hostile_ones_are_bounded() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let clock = SystemClock::shared();
    let token = api.token(1).await;
    let address = collector.server().agents();
    let host = RawHost::enrol_with(address, &token, clock).await.unwrap();
    let path = format!("/api/v1/hosts/{}", host.id);
    let is = async |state: &str| {
        until(state, async || {
            let found = api.get(&path).await;
            if found["state"] == state {
                Ok(found)
            } else {
                Err(found)
            }
        })
        .await
    };
    let mut old = host.hello();
    old.protocol = 1;

    // What an agent of protocol 1 closes its connection with.
    let mut line = host.line().await;
    line.say(&AgentMessage::Hello(old.clone())).await;
    assert_eq!(line.welcomed().await.protocol, 1);
    is("online").await;
    line.connection.close(0_u8.into(), b"stopping");
    is("agent_stopped").await;

    let far = Run {
        process: [0xff; 16],
        started_at: i64::MIN,
        booted_at: Some(i64::MAX),
        previous: Previous::Killed,
        sent_at: i64::MIN,
    };
    let mut line = host.line().await;
    line.say(&AgentMessage::Hello(old)).await;
    line.welcomed().await;
    line.say(&AgentMessage::Run(far.clone())).await;
    let refused = line.refused().await.unwrap();
    assert_eq!(refused.reason, Refusal::Malformed);

    let mut line = host.session().await;
    line.say(&AgentMessage::Run(far)).await;
    let Some(CollectorMessage::Settings(_)) = line.hear().await else {
        panic!("no settings")
    };
    let report = InForce {
        version: None,
        refused: Some("no\0\n".repeat(10_000)),
        unknown: vec!["NO".into(), "x".repeat(100_000), "tape".into()],
        disabled: vec!["\0".into()],
    };
    line.say(&AgentMessage::InForce(report)).await;
    let effective = format!("{path}/settings/effective");
    let said = until("the refusal is shown", async || {
        let said = api.get(&effective).await;
        if said["on_host"]["state"] == "refused" {
            Ok(said)
        } else {
            Err(said)
        }
    })
    .await;
    let on_host = &said["on_host"];
    assert_eq!(on_host["refused"].as_str().unwrap().len(), 300, "{said}");
    assert_eq!(on_host["unknown_kinds"], serde_json::json!(["tape"]));
    assert_eq!(on_host["disabled_kinds"], serde_json::json!([]));
    assert_eq!(api.get(&path).await["clock_wrong"], true);
    collector.stop().await;
}
