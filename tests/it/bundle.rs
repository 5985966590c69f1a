//! A bundle from its publisher to the verdicts that come of it: published with `owadm`, offered, fetched,
//! tried and in force, whoever is killed meanwhile.

use std::{fs, path::Path, process::Command};

use collector::store::{
    self,
    bundle::offer::{self, NewOffer},
};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{bundle::Hash, clock::SystemClock};
use support::{
    Api, Process, Publisher, Relay, TestAgent, TestCollector, Tree, content,
    process::binary,
    publisher::{self, Files, publish},
    until,
};
use uuid::Uuid;

/// `tries`, 4 by default.
const TRIES: &str = "ssh-max-auth-tries";

/// Content with one of the shipped rules, which allows so many attempts.
fn tries(most: u32) -> Files {
    let path = format!("rules/access/{TRIES}.yaml");
    let text = fs::read_to_string(content().join(&path)).unwrap();
    let changed = text.replace("default: 4", &format!("default: {most}"));
    assert!(most == 4 || changed != text);
    [(path, changed.into_bytes())].into()
}

fn lay(files: &Files, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A host that allows four attempts.
fn host() -> Tree {
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "MaxAuthTries 4\n");
    tree
}

/// An agent to which content with that rule was installed.
async fn agent(collector: &TestCollector, tree: &Tree) -> TestAgent {
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start_set(collector, host, |config| {
        config.rules.content = config.state_dir.join("installed");
    })
    .await;
    let draft = agent.folder().join("draft");
    lay(&tries(4), &draft);
    fs::rename(draft, agent.folder().join("installed")).unwrap();
    becomes(&collector.api, &agent.id.to_string(), "pass").await;
    agent
}

/// Offers a published bundle to a host.
async fn offer(collector: &TestCollector, host: &str, bundle: &Value) {
    let manifest: Hash = bundle["manifest"].as_str().unwrap().parse().unwrap();
    let id: Uuid = host.parse().unwrap();
    let mut db = collector.database().await.acquire().await.unwrap();
    let number = sqlx::query_scalar("select host_no from host where id = $1").bind(id);
    let number: i32 = number.fetch_one(&mut *db).await.unwrap();
    let new = NewOffer {
        manifest: manifest.0,
        trial: false,
        order: Uuid::new_v4(),
        at: SystemClock::shared().now(),
    };
    offer::put(&mut db, &[number], &new).await.unwrap();
    store::settings::changed(&mut db).await.unwrap();
    // What rings the session's bell.
    let path = format!("/api/v1/hosts/{host}/labels");
    let labels = json!({"bundle": Uuid::new_v4().to_string()});
    let done = collector.api.send(Method::PUT, &path, Some(&labels)).await;
    assert!(done.status().is_success());
}

/// The result of the rule once it is this.
async fn becomes(api: &Api, host: &str, status: &str) {
    until(&format!("{TRIES} to be {status}"), async || {
        let path = format!("/api/v1/hosts/{host}/results/{TRIES}");
        match api.try_get(&path).await {
            Ok(told) if told["result"]["status"] == status => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

/// What the host says of its content once a bundle of this serial is in force.
async fn in_force(api: &Api, host: &str, serial: u64) -> Value {
    until(&format!("bundle {serial} is in force"), async || {
        let told = api.get(&format!("/api/v1/hosts/{host}")).await["content"].take();
        let now = told["in_force"]["serial"] == serial && told["offer"]["stage"] == "in_force";
        now.then(|| told.clone()).ok_or(told)
    })
    .await
}

async fn sent(api: &Api) -> u64 {
    let answer = api.send(Method::GET, "/metrics", None).await;
    let text = answer.text().await.unwrap();
    let name = "openwatch_content_bytes_sent_total ";
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().parse().unwrap()
}

/// What `owadm` prints.
fn owadm(collector: &TestCollector, args: &[&str]) -> Value {
    let socket = collector.folder().join("admin.sock");
    let mut command = Command::new(binary("owadm"));
    command.arg("--socket").arg(socket).arg("--json").args(args);
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{args:?}: {said}");
    serde_json::from_slice(&done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_publisher_signs_decides_the_rules_of_a_host_and_is_told_with_it() {
    let collector = TestCollector::start().await;
    let tree = host();
    let agent = agent(&collector, &tree).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    let before = api.get(&format!("/api/v1/hosts/{id}")).await;
    assert_eq!(before["content"]["in_force"], Value::Null);

    let (publisher, folder) = (Publisher::default(), tempfile::tempdir().unwrap());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let root = &publisher.roots[0];
    fs::write(file("root.json"), &root.document).unwrap();
    fs::write(file("root.json.sig"), root.signatures_file()).unwrap();
    fs::write(file("tries.owb"), publisher.bundle(3, &tries(3))).unwrap();
    owadm(&collector, &["root", "import", &file("root.json")]);
    let told = owadm(&collector, &["bundle", "publish", &file("tries.owb")]);
    assert_eq!(told["serial"], 3);
    let listed = owadm(&collector, &["bundle", "list"]);
    assert_eq!(listed["items"][0]["manifest"], told["manifest"]);

    offer(&collector, &id, &told).await;
    let content = in_force(api, &id, 3).await;
    becomes(api, &id, "fail").await;
    assert_eq!(content["in_force"]["manifest"], told["manifest"]);
    assert_eq!(content["in_force"]["stale"], false);
    assert!(
        content["in_force"]["age_s"].as_u64() >= Some(60),
        "{content}"
    );
    assert_eq!(
        (&content["kept"], &content["root"]["version"]),
        (&json!([3]), &json!(1))
    );
    assert_eq!(content["root"]["pinned"], false);
    assert_eq!(content["offer"]["trial"]["turning"], 1, "{content}");
    let turn = json!({"rule": TRIES, "from": "pass", "to": "fail"});
    assert_eq!(content["offer"]["trial"]["turns"], json!([turn]));
    let shown = owadm(&collector, &["bundle", "show", "3"]);
    assert_eq!(
        (&shown["hosts"], &shown["signers"][0]["name"]),
        (&json!(1), &json!("publisher 1"))
    );
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_refuses_is_told_with_the_reason_and_changes_nothing() {
    let collector = TestCollector::start().await;
    let tree = host();
    let agent = agent(&collector, &tree).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    let mut publisher = Publisher::default();
    publisher.introduce(api).await;
    let first = publish(api, publisher.bundle(1, &tries(3))).await.unwrap();
    offer(&collector, &id, &first).await;
    in_force(api, &id, 1).await;
    // Somebody who has the tables and no key: another's bundle under the root that hosts know.
    let stranger = Publisher::default();
    publisher.rotate();
    let second = publish(api, publisher.bundle(2, &tries(5))).await.unwrap();
    let forged = stranger.manifest(2, &tries(5)).write().unwrap();
    let mut db = collector.database().await.acquire().await.unwrap();
    sqlx::query("update bundle set document = $1 where serial = 2")
        .bind(&forged)
        .execute(&mut *db)
        .await
        .unwrap();
    drop(db);
    offer(&collector, &id, &second).await;
    let told = until("the host refuses it", async || {
        let told = api.get(&format!("/api/v1/hosts/{id}")).await["content"].take();
        let now = told["offer"]["stage"] == "refused";
        now.then(|| told.clone()).ok_or(told)
    })
    .await;
    assert_eq!(told["offer"]["refusal"], "signatures", "{told}");
    assert_ne!(told["offer"]["detail"], "");
    assert_eq!(told["in_force"]["serial"], 1);
    becomes(api, &id, "fail").await;
    agent.stop().await;
    collector.stop().await;
}

/// A host as a process, with its settings.
struct Killed {
    folder: tempfile::TempDir,
    process: Option<Process>,
}

impl Killed {
    fn new(tree: &Tree) -> Self {
        let folder = tempfile::tempdir().unwrap();
        lay(&tries(4), &folder.path().join("installed"));
        let text = format!(
            "state_dir = \"{}\"\n[collect]\nroot = \"{}\"\n[link]\nbackoff_first_ms = 20\n\
             backoff_most_ms = 200\n[rules]\ncontent = \"{}\"\n",
            folder.path().join("state").display(),
            tree.path().display(),
            folder.path().join("installed").display(),
        );
        fs::write(folder.path().join("agent.toml"), text).unwrap();
        Self {
            folder,
            process: None,
        }
    }

    fn config(&self) -> String {
        self.folder.path().join("agent.toml").display().to_string()
    }

    async fn enrol(&self, collector: &TestCollector) -> String {
        let token = collector.api.token(1).await;
        let mut command = Command::new(binary("openwatch-agent"));
        command.args(["enroll", "--config", &self.config(), "--token", &token]);
        command.args(["--collector", &collector.agents()]);
        let done = command.output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let hosts = collector.api.all("/api/v1/hosts").await;
        hosts[0]["id"].as_str().unwrap().to_owned()
    }

    fn start(&mut self) {
        let args = ["run".to_owned(), "--config".into(), self.config()];
        let log = self.folder.path().join("log");
        self.process = Some(Process::start("openwatch-agent", args, &log));
    }

    /// Files that have come and are not in force.
    fn staged(&self) -> usize {
        let staging = self.folder.path().join("state/content/staging");
        let names = fs::read_dir(staging).into_iter().flatten();
        let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.len() == 64).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_killed_while_it_fetches_goes_on_where_it_was() {
    // A quarter of a second and then two seconds for each piece of files.
    let flags = [("content.rate_kib_s", "128".to_owned())];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let tree = host();
    let mut agent = Killed::new(&tree);
    let id = agent.enrol(&collector).await;
    agent.start();
    let (api, publisher) = (&collector.api, Publisher::default());
    publisher.introduce(api).await;
    let mut files = tries(3);
    let (pieces, size) = (8_u64, 200 << 10);
    for n in 0..pieces {
        // What cannot be packed.
        let bytes = (0..size / 32).flat_map(|at| Hash::of(format!("{n} {at}").as_bytes()).0);
        files.insert(format!("more/{n}.bin"), bytes.collect());
    }
    let bundle = publish(api, publisher.bundle(1, &files)).await.unwrap();
    offer(&collector, &id, &bundle).await;
    until("some of it has come", async || {
        let staged = agent.staged();
        (staged > 4).then_some(()).ok_or(staged)
    })
    .await;
    agent.process = None;
    let before = agent.staged();
    let total = files.len() + 1;
    assert!(before < total, "it is not all of {total}");
    agent.start();
    in_force(api, &id, 1).await;
    becomes(api, &id, "fail").await;
    // At most one piece was on its way when it was killed.
    let (bytes, all) = (sent(api).await, pieces * size);
    assert!(bytes < all + all / 3, "{bytes} bytes for {all}");
    drop(agent);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_collector_on_the_same_database_serves_the_same() {
    let first = TestCollector::start().await;
    let tree = host();
    let (api, publisher) = (&first.api, Publisher::default());
    publisher.introduce(api).await;
    let bundle = publish(api, publisher.bundle(1, &tries(3))).await.unwrap();
    let second = first.beside().await;
    // The host knows the second alone.
    let agent = agent(&second, &tree).await;
    let id = agent.id.to_string();
    let listed = second.api.get("/api/v1/bundles/1").await;
    assert_eq!(listed["manifest"], bundle["manifest"]);
    offer(&first, &id, &bundle).await;
    // The bell of the first rings for its own hosts; that of the second with the next heartbeat.
    in_force(&second.api, &id, 1).await;
    becomes(&first.api, &id, "fail").await;
    assert_eq!(
        (sent(&first.api).await, sent(&second.api).await > 0),
        (0, true)
    );
    agent.stop().await;
    second.stop().await;
    first.stop().await;
}

/// Bytes on the line, both ways, from the offer of a bundle in which one rule is another to its being in
/// force, with everything else that host and collector say meanwhile.
async fn cost(rules: usize) -> u64 {
    let collector = TestCollector::start().await;
    let relay = Relay::start(&collector.agents()).await;
    let tree = host();
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start_at(&collector.api, &relay.address(), host).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    let publisher = Publisher::default();
    publisher.introduce(api).await;
    let mut files = publisher::files(&content());
    let shipped = files
        .keys()
        .filter(|path| path.starts_with("rules/"))
        .cloned();
    let left_out: Vec<_> = shipped
        .filter(|path| !path.contains(TRIES))
        .skip(rules - 1)
        .collect();
    for path in &left_out {
        files.remove(path);
    }
    let first = publish(api, publisher.bundle(1, &files)).await.unwrap();
    offer(&collector, &id, &first).await;
    in_force(api, &id, 1).await;
    becomes(api, &id, "pass").await;

    files.extend(tries(3));
    let second = publish(api, publisher.bundle(2, &files)).await.unwrap();
    let before = relay.carried();
    offer(&collector, &id, &second).await;
    in_force(api, &id, 2).await;
    becomes(api, &id, "fail").await;
    let cost = relay.carried() - before;
    agent.stop().await;
    collector.stop().await;
    cost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_rule_that_changes_costs_a_host_less_than_10_kib_on_the_wire() {
    let all = publisher::files(&content());
    let all = all.keys().filter(|path| path.starts_with("rules/")).count();
    for rules in [450, all] {
        let bytes = cost(rules).await;
        assert!(bytes < 10 << 10, "{bytes} bytes for one of {rules} rules");
    }
}
