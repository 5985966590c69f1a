//! Content that somebody carries to a host: a real agent takes it from a file, decides by it, and is
//! killed over it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use shared::{
    bundle::{Archive, File, Hash, Manifest},
    clock::{Clock as _, SystemClock},
    trust::{Key, Part, PublicKey, Root, Signature, Signed, Sort},
};
use support::{Api, Process, TestCollector, Tree, process::binary, until};
use tempfile::TempDir;

/// A host with an agent as a process, and a publisher of content for it.
struct Site {
    folder: TempDir,
    tree: Tree,
    key: SigningKey,
    daemon: Option<Process>,
}

/// A rule that passes where `path` is a file.
fn rule(id: &str, path: &str) -> (String, Vec<u8>) {
    let text = format!(
        "id: {id}\ntitle: So it is\nseverity: low\ncategory: own\nwhy: Because.\n\
         check: {{file: {{paths: [{path}]}}}}\n"
    );
    (format!("rules/own/{id}.yaml"), text.into())
}

fn write(folder: &Path, content: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in content {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            tree: Tree::default(),
            key: SigningKey::from_bytes(&[7; 32]),
            daemon: None,
        };
        let path = |name: &str| site.path(name).display().to_string();
        let settings = format!(
            "state_dir = \"{}\"\n[collect]\nroot = \"{}\"\n[rules]\ncontent = \"{}\"\n\
             [content]\nroot = \"{}\"\n[link]\nbackoff_first_ms = 20\nbackoff_most_ms = 200\n",
            path("state"),
            site.tree.path().display(),
            path("installed"),
            path("root.json"),
        );
        fs::write(site.path("agent.toml"), settings).unwrap();
        fs::write(site.path("root.json"), site.root().document).unwrap();
        write(
            &site.path("installed"),
            &[rule("own-a", "/etc/hostname")].into(),
        );
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sign(&self, sort: Sort, document: Vec<u8>) -> Signed {
        Signed {
            signatures: vec![Signature::sign(&self.key, sort, &document)],
            document,
        }
    }

    fn root(&self) -> Signed {
        let public = PublicKey::from(self.key.verifying_key());
        let part = Part {
            threshold: 1,
            keys: [public.id()].into(),
        };
        let name = "the publisher".into();
        let root = Root {
            format: 1,
            version: 1,
            created: "2026-01-01T00:00:00Z".parse().unwrap(),
            expires: "2100-01-01T00:00:00Z".parse().unwrap(),
            keys: [(public.id(), Key { name, public })].into(),
            root: part.clone(),
            publisher: part,
            release: None,
            revoked: Vec::new(),
        };
        self.sign(Sort::Root, serde_json::to_vec(&root).unwrap())
    }

    /// Publishes a bundle as a file.
    fn publish(&self, serial: u64, content: BTreeMap<String, Vec<u8>>) -> PathBuf {
        let file = |(path, bytes): (&String, &Vec<u8>)| {
            let (sha256, size) = (Hash::of(bytes), bytes.len() as u64);
            (path.clone(), File { sha256, size })
        };
        let now = SystemClock.now();
        let manifest = Manifest {
            format: 1,
            serial,
            created: now,
            expires: now + TimeDelta::days(1),
            minimum_agent: "0.1.0".parse().unwrap(),
            features: vec!["file".into()],
            note: String::new(),
            files: content.iter().map(file).collect(),
        };
        let archive = Archive {
            manifest: self.sign(Sort::Bundle, manifest.write().unwrap()),
            roots: vec![self.root()],
            content,
        };
        let path = self.path(&format!("{serial}.owb"));
        archive.write(fs::File::create(&path).unwrap()).unwrap();
        path
    }

    async fn enrol(&self, collector: &TestCollector) -> String {
        let token = collector.api.token(1).await;
        let address = collector.agents().to_string();
        let done = self.agent(&["enroll", "--collector", &address, "--token", &token]);
        assert!(done.status.success(), "{}", said(&done));
        let hosts = collector.api.all("/api/v1/hosts").await;
        hosts[0]["id"].as_str().unwrap().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("openwatch-agent"));
        let config = self.path("agent.toml");
        command.args(args).arg("--config").arg(config);
        command
    }

    fn agent(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn start(&mut self) {
        let daemon = self.command(&["run"]);
        self.daemon = Some(Process::spawn(daemon, &self.path("log")));
    }

    fn content(&self) -> Value {
        let told = self.agent(&["bundle", "status", "--json"]);
        serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", said(&told)))
    }

    /// The serial in force; what is decided by it is what was published.
    fn in_force(&self) -> Value {
        self.content()["in_force"]["serial"].clone()
    }

    /// Whether the content in force still has to show that it is of use.
    fn is_unproved(&self) -> bool {
        let note = fs::read(self.path("state/content/in-force")).unwrap_or_default();
        let note: Value = serde_json::from_slice(&note).unwrap_or_default();
        note["errors_before"].is_number()
    }

    /// What a scan finds by the content in force.
    fn scanned(&self) -> Value {
        let root = self.tree.path().display().to_string();
        let told = self.agent(&["scan", "--format", "json", "--root", &root]);
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        told["results"].clone()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

async fn becomes(api: &Api, host: &str, verdict: &str) {
    until(&format!("own-a to be {verdict}"), async || {
        let told = api
            .try_get(&format!("/api/v1/hosts/{host}/results/own-a"))
            .await;
        match told {
            Ok(told) if told["result"]["status"] == verdict => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_is_carried_to_a_host_and_its_verdicts_are_the_bundles() {
    let collector = TestCollector::start().await;
    let mut site = Site::new();
    let id = site.enrol(&collector).await;
    let api = &collector.api;
    site.start();
    becomes(api, &id, "pass").await;
    until("a status", async || {
        let told = said(&site.agent(&["bundle", "status"]));
        let is_told = told.starts_with("in force     what was installed with the agent\n");
        is_told.then_some(()).ok_or(told)
    })
    .await;

    let first = site.publish(1, [rule("own-a", "/etc/absent")].into());
    let first = first.to_str().unwrap();
    let done = site.agent(&["bundle", "import", first]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let expected = "bundle 1 is in force: 1 results, 1 that turn, 0 errors (0 before)";
    assert!(said(&done).starts_with(expected), "{}", said(&done));
    becomes(api, &id, "fail").await;
    assert_eq!(site.scanned()[0]["verdict"], "fail");

    // Killed and started again, by what it has.
    site.daemon = None;
    assert_eq!(site.in_force(), 1, "told by what lies there");
    site.start();
    let two = [
        rule("own-a", "/etc/hostname"),
        rule("own-b", "/etc/hostname"),
    ];
    let second = site.publish(2, two.into());
    let imported = until("the daemon answers", async || {
        let done = site.agent(&["bundle", "import", second.to_str().unwrap()]);
        done.status.success().then_some(()).ok_or(said(&done))
    });
    imported.await;
    becomes(api, &id, "pass").await;

    // The administrator takes a step back, and what is wrong changes nothing.
    let done = site.agent(&["bundle", "use", "1"]);
    assert_eq!(said(&done), "bundle 1 is in force\n");
    becomes(api, &id, "fail").await;
    for (args, part) in [
        (["bundle", "import", first], "bundle 1 is in force\n"),
        (
            ["bundle", "use", "9"],
            "bundle 9 is not kept here; there are: 1, 2",
        ),
    ] {
        let done = site.agent(&args);
        assert!(said(&done).contains(part), "{}", said(&done));
    }
    site.key = SigningKey::from_bytes(&[8; 32]);
    let stranger = site.publish(3, [rule("own-a", "/etc/hostname")].into());
    let done = site.agent(&["bundle", "import", stranger.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(said(&done).contains("0 of 1 signatures"), "{}", said(&done));
    until("the status", async || {
        let told = site.content();
        let is = told["in_force"]["serial"] == 1 && told["kept"] == json!([1, 2]);
        is.then_some(()).ok_or(told)
    })
    .await;
    let told = said(&site.agent(&["status"]));
    assert!(told.contains("\ncontent      bundle 1 of 20"), "{told}");
    let told = said(&site.agent(&["doctor"]));
    assert!(
        told.contains("ok    the rules are bundle 1 of 20"),
        "{told}"
    );
    collector.stop().await;
}

#[test]
fn without_a_daemon_a_bundle_is_taken_just_the_same() {
    let site = Site::new();
    assert_eq!(site.in_force(), Value::Null);
    assert_eq!(site.scanned()[0]["verdict"], "pass");
    let first = site.publish(1, [rule("own-a", "/etc/absent")].into());
    let done = site.agent(&["bundle", "import", first.to_str().unwrap()]);
    let expected = "bundle 1 is in force: 1 results, 1 that turn";
    assert!(said(&done).starts_with(expected), "{}", said(&done));
    assert_eq!(site.in_force(), 1);
    assert_eq!(site.scanned()[0]["verdict"], "fail");
    // What was damaged is not decided by.
    let file = site.path("state/content/bundles/1/files/rules/own/own-a.yaml");
    fs::write(file, "id: own-a\n").unwrap();
    let scan = site.agent(&["scan", "--format", "json"]);
    assert!(
        said(&scan).contains("bundle 1 is damaged: rules/own/own-a.yaml"),
        "{}",
        said(&scan)
    );
    assert_eq!(site.in_force(), Value::Null);
    assert_eq!(site.scanned()[0]["verdict"], "pass");
}

/// How often the agent is killed over an import, and the longest that it lives until then.
const KILLS: u64 = 12;
const LIFE: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_killed_over_an_import_has_one_content_or_the_other() {
    let collector = TestCollector::start().await;
    let mut site = Site::new();
    let id = site.enrol(&collector).await;
    let mut before = Value::Null;
    for serial in 1..=KILLS {
        // Content over which two processes end before it is proved goes back, and so it should: on a slow
        // machine each of these is killed before that.
        let unproved = site.is_unproved();
        site.start();
        let own = format!("own-{serial}");
        let content = [rule("own-a", "/etc/hostname"), rule(&own, "/etc/hostname")];
        let file = site.publish(serial, content.into());
        let mut import = site
            .command(&["bundle", "import", file.to_str().unwrap()])
            .spawn()
            .unwrap();
        // A random point of both lives: this wait is for nothing.
        let draw = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
        tokio::time::sleep(LIFE * draw / 255).await;
        site.daemon = None;
        import.wait().unwrap();
        let now = site.in_force();
        let fits = now == before || now == serial;
        assert!(
            fits || unproved && now.as_u64() < before.as_u64(),
            "{now} after {before} and {serial}"
        );
        let scanned = site.scanned();
        let rules: Vec<_> = scanned
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["rule"])
            .collect();
        match now.as_u64() {
            None => assert_eq!(rules, ["own-a"]),
            Some(serial) => assert_eq!(rules, [&*format!("own-{serial}"), "own-a"]),
        }
        before = now;
    }
    site.start();
    let last = site.publish(KILLS + 1, [rule("own-a", "/etc/absent")].into());
    until("the last is in force", async || {
        let done = site.agent(&["bundle", "import", last.to_str().unwrap()]);
        done.status.success().then_some(()).ok_or(said(&done))
    })
    .await;
    becomes(&collector.api, &id, "fail").await;
    collector.stop().await;
}
