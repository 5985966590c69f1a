//! Agent and collector are killed, again and again, while the host changes.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::Value;
use shared::{
    digest::Digest,
    fact::{RowHash, canonical},
};
use support::{CollectorProcess, Process, Tree, content, process::binary, until};

/// How often one or the other is killed.
const KILLS: u32 = 50;
/// Longest life between two kills.
const LIFE: Duration = Duration::from_millis(2500);

/// The rule that the host is held to; each second write of the setting breaks it.
const RULE: &str = "ssh-root-login-off";

/// The agent's folder, with settings that let it watch `tree`, hold it to one rule, and never wait
/// for long.
fn settings(folder: &Path, tree: &Tree) -> String {
    let file = folder.join("agent.toml");
    let rules = folder.join("content/rules/access");
    std::fs::create_dir_all(&rules).unwrap();
    let name = format!("{RULE}.yaml");
    std::fs::copy(content().join("rules/access").join(&name), rules.join(name)).unwrap();
    let text = format!(
        "[collect]\nroot = \"{}\"\n[link]\nbackoff_first_ms = 20\nbackoff_most_ms = 200\n\
         [rules]\ncontent = \"{}\"\n",
        tree.path().display(),
        folder.join("content").display(),
    );
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

struct Agent {
    config: String,
    folder: tempfile::TempDir,
    process: Option<Process>,
}

impl Agent {
    async fn enrol(collector: &CollectorProcess, tree: &Tree) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let config = settings(folder.path(), tree);
        let agent = Self {
            config,
            folder,
            process: None,
        };
        let token = collector.api.token(1).await;
        let address = collector.agents.to_string();
        let done = agent.run("enroll", &["--collector", &address, "--token", &token]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let hosts = collector.api.all("/api/v1/hosts").await;
        (agent, hosts[0]["id"].as_str().unwrap().to_owned())
    }

    fn args(&self) -> [String; 4] {
        let state = self.folder.path().join("state").display().to_string();
        [
            "--config".into(),
            self.config.clone(),
            "--state-dir".into(),
            state,
        ]
    }

    fn run(&self, command: &str, args: &[&str]) -> std::process::Output {
        let mut program = std::process::Command::new(binary("openwatch-agent"));
        program
            .arg(command)
            .args(self.args())
            .args(args)
            .output()
            .unwrap()
    }

    fn start(&mut self) {
        let args = [vec!["run".into()], self.args().to_vec()].concat();
        let log = self.folder.path().join("log");
        self.process = Some(Process::start("openwatch-agent", args, &log));
    }

    fn kill(&mut self) {
        self.process = None;
    }
}

/// A draw from 0 to `below`.
fn draw(below: u32) -> u32 {
    u32::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..4].try_into().unwrap()) % below
}

/// The digest of what the API shows of one kind.
fn digest(facts: &BTreeMap<String, Value>, kind: &str) -> String {
    let hash = |(key, value): (&String, &Value)| RowHash::of(kind, key, &canonical(value).unwrap());
    Digest::of(&facts.iter().map(hash).collect::<Vec<_>>()).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_and_tell_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut collector = CollectorProcess::start(folder.path()).await;
    let mut tree = Tree::default();
    tree.set_package("churn", "0");
    tree.set_package("openssh-server", "1:9.2p1-2");
    std::fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let (mut agent, id) = Agent::enrol(&collector, &tree).await;
    agent.start();
    until("the first report", async || {
        let facts = collector.api.facts(&id, "package").await;
        if facts.len() == 3 { Ok(()) } else { Err(facts) }
    })
    .await;

    let (mut users, mut version) = (0, 0);
    for _ in 0..KILLS {
        // A random point in the life of both: this wait is for nothing.
        let until = tokio::time::Instant::now() + LIFE * draw(100) / 100;
        while tokio::time::Instant::now() < until {
            users += 1;
            tree.set_user(&format!("u{users:04}"), 1000 + users);
            version += 1;
            tree.set_package("churn", &version.to_string());
            let setting = ["no", "yes"][version as usize % 2];
            tree.write(
                "etc/ssh/sshd_config",
                &format!("PermitRootLogin {setting}\n"),
            );
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        let (hit_agent, hit_collector) =
            [(true, false), (false, true), (true, true)][draw(3) as usize];
        if hit_agent {
            agent.kill();
        }
        if hit_collector {
            collector.process_mut().kill();
            collector.restart();
        }
        if hit_agent {
            agent.start();
        }
    }
    collector.ready().await;

    until("the collector's state is the host's", async || {
        let seen = collector.api.facts(&id, "user").await;
        let churn = &collector.api.facts(&id, "package").await["churn:amd64"];
        let same = seen.len() as u32 == users + 1 && churn["version"] == *version.to_string();
        if same {
            Ok(())
        } else {
            Err(format!("{} users, {churn}", seen.len()))
        }
    })
    .await;
    let host = collector.api.get(&format!("/api/v1/hosts/{id}")).await;

    // Digest by digest: what the collector keeps, what its rows give, what the host says of itself.
    let said = std::process::Command::new(binary("openwatch-agent"))
        .args(["facts", "--json", "--root"])
        .arg(tree.path())
        .output()
        .unwrap();
    let mut said_rows: BTreeMap<String, Vec<RowHash>> = BTreeMap::new();
    for line in String::from_utf8(said.stdout).unwrap().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let (kind, key) = (
            fact["kind"].as_str().unwrap(),
            fact["key"].as_str().unwrap(),
        );
        let hash = RowHash::of(kind, key, &canonical(&fact["value"]).unwrap());
        said_rows.entry(kind.into()).or_default().push(hash);
    }
    assert!(said_rows.len() >= 4, "{:?}", said_rows.keys());
    for (kind, rows) in said_rows {
        let kept = host["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .find(|k| k["kind"] == *kind)
            .unwrap();
        assert_eq!(kept["digest"], Digest::of(&rows).to_string(), "{kind}");
        assert_eq!(
            kept["digest"],
            digest(&collector.api.facts(&id, &kind).await, &kind),
            "{kind}"
        );
    }

    let mut told = collector
        .api
        .all(&format!("/api/v1/hosts/{id}/changes"))
        .await;
    told.reverse();
    let mut appeared: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut churn, mut results) = (Value::from("0"), 0);
    for change in &told {
        match change["kind"].as_str().unwrap() {
            "user" => {
                assert!(change["before"].is_null(), "{change}");
                *appeared.entry(change["key"].as_str().unwrap()).or_default() += 1;
            }
            "package" => {
                assert_eq!(change["before"]["version"], churn, "{change}");
                churn = change["after"]["version"].clone();
            }
            "result" => results += 1,
            _ => panic!("{change}"),
        }
    }
    assert_eq!(churn, version.to_string());
    let twice: Vec<_> = appeared.iter().filter(|(_, times)| **times != 1).collect();
    assert!(
        twice.is_empty() && appeared.len() as u32 == users,
        "{twice:?} of {users}"
    );
    // Whatever was cut off: one chain, every record of it sealed, and the results are what it tells.
    let chain = until("every result is sealed", async || {
        let chain = collector
            .api
            .get(&format!("/api/v1/hosts/{id}/chain"))
            .await;
        if chain["sealed"] == chain["links"] {
            Ok(chain)
        } else {
            Err(chain)
        }
    })
    .await;
    let links = chain["links"].as_u64().unwrap();
    assert!(results > 0 && links > results, "{results} results, {chain}");
    assert_eq!(chain["faults_total"], 0, "{chain}");
    assert_eq!(chain["breaks"], serde_json::json!([]), "{chain}");
    eprintln!(
        "{KILLS} kills, {users} users, {} changes told, {links} links",
        told.len()
    );
}
