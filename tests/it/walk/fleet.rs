//! Hosts that were there a week ago, and others that a bundle is on its way to.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::clock::{Clock, SharedClock, SystemClock};
use support::{
    Api, Publisher, TestAgent, TestCollector, Tree, collector::Stopped, content, decided,
    publisher::publish, until,
};

use crate::rollout::fleet::Fleet;

/// Hosts that a bundle is on its way to, beside those that are trees.
const TAKING: usize = 24;
/// What the trees have of one package, as dpkg orders it: two come before [`FIXED`].
const VERSIONS: [(&str, &str); 3] = [
    ("web-1", "3.0.9-1"),
    ("web-2", "3.0.11-1~deb12u2"),
    ("db-1", "3.0.9-1"),
];
const FIXED: &str = "3.0.11-1~deb12u2";

/// The system's clock, or some time behind it; before it, when that is negative.
#[derive(Debug)]
struct Behind(Mutex<TimeDelta>);

impl Clock for Behind {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() - *self.0.lock().unwrap()
    }
}

/// What the administrator walks through.
pub(super) struct Walked {
    collector: TestCollector,
    clock: Arc<Behind>,
    trees: Vec<Tree>,
    agents: Vec<TestAgent>,
    taking: Option<Fleet>,
    stopped: Option<Stopped>,
}

impl Walked {
    pub(super) async fn start() -> Self {
        let clock = Arc::new(Behind(Mutex::new(TimeDelta::days(8))));
        let shared: SharedClock = clock.clone();
        let flags = [
            ("content.dir", content().display().to_string()),
            ("https.listen", "127.0.0.1:0".into()),
        ];
        let collector = TestCollector::start_set(shared.clone(), &flags).await;
        let api = &collector.api;
        let (mut trees, mut agents) = (Vec::new(), Vec::new());
        for (number, (name, version)) in VERSIONS.into_iter().enumerate() {
            let mut tree = tree(number, name);
            // A week ago the second was as old as the others.
            tree.set_package("openssl", if name == "web-2" { "3.0.9-1" } else { version });
            let host = tree.host(shared.clone());
            agents.push(match number {
                0 => {
                    TestAgent::start_set(&collector, host, |config| {
                        config.rules.content = content()
                    })
                    .await
                }
                _ => TestAgent::start(&collector, host).await,
            });
            trees.push(tree);
        }
        decided(api, &agents[0].id.to_string()).await;
        for agent in &agents[1..] {
            has(&collector, agent, "3.0.9-1").await;
        }
        alerts(api).await;
        // A week passes.
        for agent in &mut agents {
            agent.halt().await;
        }
        *clock.0.lock().unwrap() = TimeDelta::zero();
        for agent in &mut agents {
            agent.resume();
        }
        trees[1].set_package("openssl", VERSIONS[1].1);
        has(&collector, &agents[1], VERSIONS[1].1).await;
        let sshd = "PermitRootLogin no\nX11Forwarding yes\n";
        trees[0].write("etc/ssh/sshd_config", sshd);
        result(&collector, &agents[0], "ssh-x11-forwarding-off", "fail").await;

        let taking = Fleet::connect(&collector, TAKING).await;
        let publisher = Publisher::default();
        publisher.introduce(&collector.api).await;
        let files = [("rules/one.yaml".into(), "one".into())].into();
        publish(&collector.api, publisher.bundle(1, &files))
            .await
            .unwrap();
        Self {
            collector,
            clock,
            trees,
            agents,
            taking: Some(taking),
            stopped: None,
        }
    }

    /// What the browser is told.
    pub(super) async fn environment(&self) -> Vec<(&'static str, String)> {
        let api = &self.collector.api;
        let group = json!({"name": "canaries", "expression": "hostname == \"raw\""});
        let group = api.post("/api/v1/groups", &group).await["id"].take();
        let path = format!("/api/v1/groups/{}", group.as_str().unwrap());
        until("the canaries", async || {
            let told = api.get(&path).await["hosts"].take();
            (told == TAKING).then_some(()).ok_or(told)
        })
        .await;
        // The first ring is long enough that somebody comes in time to pause it.
        let canary = json!({"name": "canary", "hosts": {"group": group}, "soak_s": 3600});
        let all = json!({"name": "all", "hosts": {"percent": 100}, "soak_s": 0});
        let rings = json!({"rings": [canary, all]});
        let begun = json!({"serial": 1, "mode": "start", "plan": rings});
        api.post("/api/v1/rollouts", &begun).await;
        let mut told = vec![
            ("OPENWATCH_URL", self.collector.browser().base().to_owned()),
            ("OPENWATCH_HOST", VERSIONS[0].0.into()),
            ("OPENWATCH_FIXED_VERSION", FIXED.into()),
            ("OPENWATCH_PATIENCE_MS", "30000".into()),
        ];
        for (name, user, password, role) in [
            ("admin", "OPENWATCH_USER", "OPENWATCH_PASSWORD", "admin"),
            (
                "approver",
                "OPENWATCH_APPROVER",
                "OPENWATCH_APPROVER_PASSWORD",
                "security_admin",
            ),
        ] {
            let made = api
                .post("/api/v1/accounts", &json!({"name": name, "role": role}))
                .await;
            told.push((user, name.into()));
            told.push((password, made["password"].as_str().unwrap().into()));
        }
        told
    }

    /// Somebody lets root in over SSH.
    pub(super) fn weaken(&self) {
        self.trees[0].write(
            "etc/ssh/sshd_config",
            "PermitRootLogin yes\nX11Forwarding yes\n",
        );
    }

    /// And takes it back.
    pub(super) fn mend(&self) {
        self.trees[0].write(
            "etc/ssh/sshd_config",
            "PermitRootLogin no\nX11Forwarding yes\n",
        );
    }

    /// A package of the first host becomes another.
    pub(super) fn update(&mut self) {
        self.trees[0].set_package("base-files", "12.4+deb12u9");
    }

    /// A month passes: what was approved for thirty days has been over for an hour.
    pub(super) fn month(&self) {
        *self.clock.0.lock().unwrap() -= TimeDelta::hours(30 * 24 + 1);
    }

    /// The collector stops. Hosts that answer offers do not come back by themselves.
    pub(super) async fn halt(&mut self) {
        if let Some(taking) = self.taking.take() {
            taking.stop().await;
        }
        self.stopped = Some(self.collector.halt().await);
    }

    /// It starts again.
    pub(super) async fn resume(&mut self) {
        let stopped = self.stopped.take().expect("it was halted");
        self.collector.resume(stopped).await;
    }

    pub(super) async fn stop(self) {
        if let Some(taking) = self.taking {
            taking.stop().await;
        }
        for agent in self.agents {
            agent.stop().await;
        }
        self.collector.stop().await;
    }
}

fn tree(number: usize, name: &str) -> Tree {
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.write("etc/hostname", &format!("{name}\n"));
    tree.set_machine_id(&format!("{number:032x}"));
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    tree
}

async fn has(collector: &TestCollector, agent: &TestAgent, version: &str) {
    let id = agent.id.to_string();
    until("the package's version", async || {
        let facts = collector.api.facts(&id, "package").await;
        let found = facts
            .get("openssl:amd64")
            .is_some_and(|value| value["version"] == version);
        found.then_some(()).ok_or(facts)
    })
    .await;
}

/// Has everything told that fails and is not of little weight, so that there is enough to go through.
async fn alerts(api: &Api) {
    let condition = json!({"sort": "finding", "severity": "medium"});
    let rule = json!({"name": "What fails", "enabled": true, "condition": condition});
    api.post("/api/v1/alert-rules", &rule).await;
    until("a dozen alerts", async || {
        let active = api.all("/api/v1/alerts?state=active").await.len();
        (active >= 12).then_some(()).ok_or(active)
    })
    .await;
}

async fn result(collector: &TestCollector, agent: &TestAgent, rule: &str, status: &str) {
    let path = format!("/api/v1/hosts/{}/results/{rule}", agent.id);
    until("the result", async || {
        let told: Value = collector.api.get(&path).await;
        let so = told["result"]["status"] == status;
        so.then_some(()).ok_or(told)
    })
    .await;
}
