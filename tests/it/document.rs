//! The API held to its own document: schemathesis asks every operation for what the document allows and for what
//! it does not, and looks whether each answer is one that the document knows.

use std::{env, fs, process::Stdio};

use reqwest::Method;
use serde_json::json;
use shared::clock::SystemClock;
use support::{
    Api, Publisher, TestAgent, TestCollector, Tree, content, process,
    publisher::{Files, publish},
    until,
};
use tokio::process::Command;

/// How long it asks in `./dev test`, seconds, and what its choices follow from, so that each run asks the same.
const BOUND: (u32, Option<u32>) = (90, Some(20_261_129));

/// The same, or as `./dev fuzz` wants it: for so many seconds, and each time something else.
fn bound() -> (u32, Option<u32>) {
    let seconds = env::var_os("OPENWATCH_FUZZ_S");
    seconds.map_or(BOUND, |text| {
        let seconds = text.to_str().and_then(|text| text.parse().ok());
        (seconds.expect("OPENWATCH_FUZZ_S: seconds"), None)
    })
}

/// A collector that has something of everything.
struct Furnished {
    collector: TestCollector,
    agent: TestAgent,
    /// What the configuration calls things: a variable of the environment, and the thing's identity or name.
    kept: Vec<(&'static str, String)>,
    /// More of the same, which may be deleted.
    names: Vec<String>,
}

impl Furnished {
    async fn new() -> Self {
        let flags = [
            ("content.dir", content().display().to_string()),
            // By its name it is found there on every machine.
            ("https.listen", "127.0.0.1:0".into()),
            // What is asked is not how often.
            ("api.identity.requests_per_minute", "0".into()),
            ("api.address.requests_per_minute", "0".into()),
        ];
        let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
        let mut tree = Tree::default();
        tree.set_package("openssl", "3.0.1");
        let host = tree.host(SystemClock::shared());
        let agent =
            TestAgent::start_set(&collector, host, |config| config.rules.content = content()).await;
        let host = agent.id.to_string();
        let mut furnished = Self {
            kept: vec![("OPENWATCH_HOST", host.clone())],
            names: vec![host.clone(), "admin".into(), "viewer".into()],
            collector,
            agent,
        };
        furnished.results(&host).await;
        furnished.settings(&host).await;
        furnished.content().await;
        furnished
    }

    fn api(&self) -> &Api {
        &self.collector.api
    }

    /// Waits for results, and keeps the rule of one.
    async fn results(&mut self, host: &str) {
        let path = format!("/api/v1/hosts/{host}/results");
        let api = self.api();
        let told = until("results", async || {
            let told = api.get(&path).await;
            let any = told["items"][0].is_object();
            if any { Ok(told) } else { Err(told) }
        })
        .await;
        let rule = told["items"][0]["rule"].as_str().expect("a rule");
        self.kept.push(("OPENWATCH_RULE", rule.into()));
    }

    /// What administrators make, each twice: one that is kept, and one that may be deleted.
    async fn settings(&mut self, host: &str) {
        for name in ["one", "two"] {
            let group = json!({"name": name, "match": {"role": "web"}});
            let account = format!("/api/v1/accounts/{name}/bindings");
            for (variable, path, body, field) in [
                ("OPENWATCH_GROUP", "/api/v1/groups", group, "id"),
                (
                    "OPENWATCH_WINDOW",
                    "/api/v1/maintenance",
                    json!({"host": host, "reason": "moving"}),
                    "id",
                ),
                (
                    "OPENWATCH_ENROLMENT",
                    "/api/v1/enrollment-tokens",
                    json!({"name": "more", "group": name}),
                    "id",
                ),
                (
                    "OPENWATCH_ROLE",
                    "/api/v1/roles",
                    json!({"name": name, "permissions": ["hosts.read"]}),
                    "name",
                ),
                (
                    "OPENWATCH_ACCOUNT",
                    "/api/v1/accounts",
                    json!({"name": name}),
                    "name",
                ),
                (
                    "OPENWATCH_BINDING",
                    &*account,
                    json!({"role": "viewer"}),
                    "id",
                ),
                (
                    "OPENWATCH_PROVIDER",
                    "/api/v1/identity-providers",
                    json!({"name": name, "title": "Corp", "client_id": "openwatch",
                        "client_secret": "nobody knows", "issuer": format!("https://{name}.example")}),
                    "name",
                ),
            ] {
                let made = self.api().post(path, &body).await;
                let called = made[field].as_str().expect("a text").to_owned();
                if name == "one" {
                    self.kept.push((variable, called));
                } else {
                    self.names.push(called);
                }
            }
        }
        let (path, labels) = (
            format!("/api/v1/hosts/{host}/labels"),
            json!({"role": "web"}),
        );
        let labelled = self.api().send(Method::PUT, &path, Some(&labels)).await;
        assert!(labelled.status().is_success());
    }

    /// A bundle, and a rollout of it.
    async fn content(&mut self) {
        let publisher = Publisher::default();
        publisher.introduce(self.api()).await;
        let files: Files = [("rules/one.yaml".to_owned(), b"id: one\n".to_vec())].into();
        let bundle = publisher.bundle(1, &files);
        publish(self.api(), bundle).await.expect("a bundle");
        let ring = json!({"name": "all", "hosts": {"percent": 100}, "soak_s": 1});
        let plan = json!({"serial": 1, "mode": "what_if", "plan": {"rings": [ring]}});
        let rollout = self.api().post("/api/v1/rollouts", &plan).await;
        let rollout = rollout["id"].as_str().expect("a rollout");
        self.kept.push(("OPENWATCH_ROLLOUT", rollout.into()));
    }

    async fn stop(self) {
        self.agent.stop().await;
        self.collector.stop().await;
    }
}

/// An administrator in a browser, whose name is `admin`.
async fn administrator(collector: &TestCollector) -> Browser {
    let admin = json!({"name": "admin", "role": "admin"});
    let made = collector.api.post("/api/v1/accounts", &admin).await;
    let browser = collector.browser();
    let entry = json!({"name": "admin", "password": made["password"]});
    let answer = browser
        .send(Method::POST, "/api/v1/session", Some(&entry))
        .await;
    let cookie = answer.headers()["set-cookie"].to_str().expect("a text");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    Browser {
        api: browser,
        cookie,
    }
}

/// Somebody who is signed in.
struct Browser {
    api: Api,
    cookie: String,
}

impl Browser {
    /// A token with every permission, and its identity.
    async fn token(&self) -> (String, String) {
        let all = self.api.get("/api/v1/permissions").await;
        let codes = all["items"].as_array().expect("a list");
        let codes: Vec<_> = codes.iter().map(|one| &one["code"]).collect();
        let token = json!({"name": "schemathesis", "permissions": codes});
        let token = self.api.post("/api/v1/account/tokens", &token).await;
        let text = |name: &str| token[name].as_str().expect("a text").to_owned();
        (text("token"), text("id"))
    }

    /// The identity of its session.
    async fn session(&self) -> String {
        let sessions = self.api.all("/api/v1/account/sessions").await;
        sessions[0]["id"].as_str().expect("a session").to_owned()
    }
}

/// Has schemathesis ask for a part of the time, with these arguments besides; not for what ends `own`.
///
/// # Panics
/// With all that it found.
async fn ask(there: &Furnished, part: u32, own: &str, args: &[&str]) {
    let program = process::binary("../schemathesis/bin/schemathesis");
    assert!(
        program.exists(),
        "schemathesis is missing: run `./dev test`, or need_schemathesis in ./dev"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write(
        "schemathesis.toml",
        include_str!("document/schemathesis.toml"),
    );
    write("hooks.py", include_str!("document/hooks.py"));
    let names = there.names.iter().map(|name| format!("\"{name}\"\n"));
    write("names", &names.collect::<String>());
    write(
        "authority.pem",
        there.collector.server().authority().certificate_pem(),
    );
    let (seconds, seed) = bound();
    let mut command = Command::new(program);
    command.args(["run", "--no-color", "--tls-verify", "authority.pem"]);
    command.args(["--max-time", &(seconds / part).to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let output = command
        .args(args)
        .arg(format!(
            "{}/api/v1/openapi.json",
            there.collector.browser().base()
        ))
        .envs(there.kept.iter().map(|(name, value)| (name, value)))
        .env("OPENWATCH_OWN", own)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("schemathesis");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaints}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_as_the_document_says_whatever_it_is_asked() {
    let there = Furnished::new().await;
    let (token, id) = administrator(&there.collector).await.token().await;
    let header = format!("Authorization: Bearer {token}");
    ask(&there, 1, &id, &["--header", &header]).await;
    let tokens = there.api().all("/api/v1/tokens").await;
    let token = tokens.iter().find(|token| token["id"] == *id);
    assert_eq!(token.expect("the token")["state"], "active");
    there.stop().await;
}

/// What is about oneself is no token's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_in_gets_the_answers_that_the_document_has_for_them() {
    let there = Furnished::new().await;
    let admin = administrator(&there.collector).await;
    let session = admin.session().await;
    let cookie = format!("Cookie: {}", admin.cookie);
    let shown = ["--header", "X-OpenWatch-Request: 1", "--header", &cookie];
    let about = ["--include-path-regex", "^/api/v1/(account|session)(/|$)"];
    let not = ["--exclude-operation-id", "delete_session"];
    ask(&there, 4, &session, &[&shown[..], &about, &not].concat()).await;
    admin.api.get("/api/v1/session").await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shows_nothing_gets_the_answers_that_the_document_has_for_them() {
    let there = Furnished::new().await;
    ask(&there, 4, "", &["--header", "X-OpenWatch-Request: 1"]).await;
    there.stop().await;
}
