//! What an administrator holds hosts to, and what comes of it on them.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::{
    clock::SystemClock,
    wire::{AgentMessage, Assigned, CollectorMessage, Previous, Refusal, Run},
};
use support::{Api, RawHost, TestAgent, TestCollector, Tree, content, until};
use tempfile::TempDir;

/// `tries`, 1 to 6, 4 by default.
const TRIES: &str = "ssh-max-auth-tries";

const CONTROLS: &str = "\
key: site
controls:
  - {id: \"1\", automated: true, subjects: [sshd_set_max_auth_tries]}
";

fn profile(key: &str, more: &str) -> String {
    format!("key: {key}\ntitle: {key}\nframework: site\n{more}")
}

/// Content with one of the shipped rules and two profiles that select it.
fn site(folder: &Path) {
    let access = folder.join("rules/access");
    for name in ["rules/access", "frameworks", "profiles"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    for file in [format!("{TRIES}.yaml"), format!("{TRIES}.tests.yaml")] {
        fs::copy(
            content().join("rules/access").join(&file),
            access.join(file),
        )
        .unwrap();
    }
    fs::write(folder.join("frameworks/site.yaml"), CONTROLS).unwrap();
    for (key, more) in [("loose", ""), ("strict", "variables: {tries: 2}\n")] {
        let path = folder.join(format!("profiles/{key}.yaml"));
        fs::write(path, profile(key, more)).unwrap();
    }
}

/// A collector with that content, and a host with it that allows four attempts.
struct Fleet {
    collector: TestCollector,
    agent: TestAgent,
    tree: Tree,
    _content: TempDir,
}

impl Fleet {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        site(folder.path());
        let flags = [("content.dir", folder.path().display().to_string())];
        let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
        let mut tree = Tree::default();
        fs::create_dir(tree.path().join("etc/ssh")).unwrap();
        tree.set_package("openssh-server", "1:9.2p1-2");
        tree.write("etc/ssh/sshd_config", "MaxAuthTries 4\n");
        let host = tree.host(SystemClock::shared());
        let agent = TestAgent::start_set(&collector, host, |config| {
            config.rules.content = config.state_dir.join("installed");
        })
        .await;
        let draft = agent.folder().join("draft");
        site(&draft);
        fs::rename(draft, agent.folder().join("installed")).unwrap();
        let fleet = Self {
            collector,
            agent,
            tree,
            _content: folder,
        };
        fleet.becomes(TRIES, "pass").await;
        fleet
    }

    fn api(&self) -> &Api {
        &self.collector.api
    }

    fn host(&self) -> String {
        format!("/api/v1/hosts/{}", self.agent.id)
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let answer = self.api().send(Method::PUT, path, Some(&body)).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// The result of this key once its status is this.
    async fn becomes(&self, key: &str, status: &str) -> Value {
        let path = format!("{}/results/{key}", self.host());
        until(&format!("{key} to be {status}"), async || {
            match self.api().try_get(&path).await {
                Ok(told) if told["result"]["status"] == status => Ok(told),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }

    /// What is said of compliance once it stands so.
    async fn stands(&self, state: &str) -> Value {
        let path = format!("{}/settings/effective", self.host());
        until(&format!("it is {state}"), async || {
            let found = self.api().get(&path).await["compliance"].take();
            if found["on_host"]["state"] == state {
                Ok(found)
            } else {
                Err(found)
            }
        })
        .await
    }

    async fn stop(self) {
        self.agent.stop().await;
        self.collector.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_of_a_group_decides_the_rule_again_on_its_members_and_on_them_alone() {
    let mut fleet = Fleet::start().await;
    let body = json!({"name": "web"});
    let group = fleet.api().post("/api/v1/groups", &body).await;
    let group = format!("/api/v1/groups/{}", group["id"].as_str().unwrap());
    let members = format!("{group}/members");
    let id = fleet.agent.id.to_string();
    fleet.api().post(&members, &json!({"add": [id]})).await;

    let set = json!({"compliance": {"variables": {"tries": 3}}});
    fleet.put(&format!("{group}/settings"), set).await;
    let told = fleet.becomes(TRIES, "fail").await;
    assert_eq!(told["result"]["values"], json!({"tries": 3}), "{told}");
    assert_eq!(told["before"][0]["status"], "pass", "{told}");
    assert_eq!(told["before"][0]["values"], json!({"tries": 4}), "{told}");
    let said = fleet.stands("in_force").await;
    let from = json!({"layer": "group", "name": "web"});
    assert_eq!(
        said["variables"]["tries"],
        json!({"value": 3, "from": from})
    );
    assert_eq!(said["on_host"]["version"], said["version"]);

    fleet.api().post(&members, &json!({"remove": [id]})).await;
    let told = fleet.becomes(TRIES, "pass").await;
    assert_eq!(told["result"]["values"], json!({"tries": 4}), "{told}");
    fleet.api().post(&members, &json!({"add": [id]})).await;
    fleet.becomes(TRIES, "fail").await;

    // Nobody tells it anything, and it still knows.
    let stopped = fleet.collector.halt().await;
    fleet.agent.halt().await;
    fleet.agent.resume();
    let wanted = fleet.agent.wanted();
    assert_eq!(wanted.variables["tries"].to_string(), "3");

    // Set while it is away, by a collector that was away too.
    fleet.agent.halt().await;
    fleet.collector.resume(stopped).await;
    let own = format!("{}/settings", fleet.host());
    let set = json!({"compliance": {"variables": {"ssh-max-auth-tries.tries": 5}}});
    fleet.put(&own, set).await;
    fleet.stands("pending").await;
    fleet.agent.resume();
    let told = fleet.becomes(TRIES, "pass").await;
    assert_eq!(told["result"]["values"], json!({"tries": 5}), "{told}");
    fleet.stands("in_force").await;

    let wrong = json!({"compliance": {"variables": {"tries": 9}}});
    let answer = fleet.api().send(Method::PUT, &own, Some(&wrong)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("9 is not within 1 to 6"), "{detail}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_profiles_of_different_values_make_two_results_and_each_profile_has_its_own() {
    let fleet = Fleet::start().await;
    let set = json!({"compliance": {"profiles": ["loose", "strict"]}});
    fleet.put("/api/v1/settings", set).await;
    let strict = format!("{TRIES}@strict");
    let told = fleet.becomes(&strict, "fail").await;
    assert_eq!(told["result"]["values"], json!({"tries": 2}), "{told}");
    assert_eq!(
        (&told["rule"], &told["profile"]),
        (&json!(TRIES), &json!("strict"))
    );
    fleet.becomes(TRIES, "pass").await;
    let of = async |profile: &str| {
        let path = format!("{}/results?profile={profile}", fleet.host());
        let page = fleet.api().get(&path).await;
        (page["items"][0]["status"].clone(), page["counts"].clone())
    };
    assert_eq!(of("strict").await, (json!("fail"), json!({"fail": 1})));
    assert_eq!(of("loose").await, (json!("pass"), json!({"pass": 1})));
    let found = fleet
        .api()
        .get(&format!("/api/v1/results?rule={TRIES}"))
        .await;
    assert_eq!(found["items"][1]["profile"], "strict", "{found}");

    // What is set for the host comes before both: one set of values, one result.
    let own = format!("{}/settings", fleet.host());
    let set = json!({"compliance": {"variables": {"tries": 6}}});
    fleet.put(&own, set).await;
    until("one result", async || {
        let path = format!("{}/results", fleet.host());
        let items = fleet.api().get(&path).await["items"].take();
        (items.as_array().unwrap().len() == 1)
            .then_some(())
            .ok_or(items)
    })
    .await;
    assert_eq!(of("strict").await.0, "pass");
    let gone = fleet
        .api()
        .get(&format!("{}/results/{strict}", fleet.host()))
        .await;
    assert_eq!(gone["result"], Value::Null, "{gone}");
    assert_eq!(gone["before"][0]["status"], "fail", "{gone}");

    // A profile alone has the plain key, whatever its values.
    fleet.put(&own, json!({})).await;
    fleet.becomes(&strict, "fail").await;
    let set = json!({"compliance": {"profiles": ["strict"]}});
    fleet.put("/api/v1/settings", set).await;
    let told = fleet.becomes(TRIES, "fail").await;
    assert_eq!(told["result"]["values"], json!({"tries": 2}), "{told}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_with_other_content_says_what_it_does_not_know_and_guesses_no_value() {
    let fleet = Fleet::start().await;
    let content = fleet.agent.folder().join("installed");
    fs::remove_file(content.join("profiles/strict.yaml")).unwrap();
    let rule = content.join(format!("rules/access/{TRIES}.yaml"));
    let text = fs::read_to_string(&rule).unwrap();
    fs::write(&rule, text.replace("max: 6", "max: 4")).unwrap();
    let set = json!({"compliance": {"profiles": ["strict"], "variables": {"tries": 5}}});
    fleet.put("/api/v1/settings", set).await;
    let told = fleet.becomes(TRIES, "error").await;
    let because = told["result"]["because"].as_str().unwrap();
    assert!(
        because.contains("`tries`: 5 is not within 1 to 4"),
        "{told}"
    );
    assert_eq!(told["result"]["values"], json!({"tries": 5}), "{told}");
    until("the profile is unknown there", async || {
        let said = fleet.stands("in_force").await;
        let unknown = said["on_host"]["unknown_profiles"] == json!(["strict"]);
        unknown.then_some(()).ok_or(said)
    })
    .await;

    // The profile comes, and what was wrong is mended.
    let set = json!({"compliance": {"profiles": ["strict"]}});
    fleet.put("/api/v1/settings", set).await;
    fleet.becomes(TRIES, "pass").await;
    let path = content.join("profiles/strict.yaml");
    fs::write(path, profile("strict", "variables: {tries: 2}\n")).unwrap();
    fleet.becomes(TRIES, "fail").await;
    fleet.tree.write("etc/ssh/sshd_config", "MaxAuthTries 2\n");
    fleet.becomes(TRIES, "pass").await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_before_is_held_to_nothing_and_one_that_says_nonsense_is_bounded() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let api = &collector.api;
    let path = format!("/api/v1/hosts/{}/settings/effective", host.id);
    let stands = async |state: &str| {
        until(state, async || {
            let said = api.get(&path).await["compliance"].take();
            if said["on_host"]["state"] == state {
                Ok(said)
            } else {
                Err(said)
            }
        })
        .await
    };
    let run = AgentMessage::Run(Run {
        process: [1; 16],
        started_at: 0,
        booted_at: None,
        previous: Previous::None,
        sent_at: 0,
    });
    let nonsense = AgentMessage::Assigned(Assigned {
        version: Some([9; 32]),
        refused: Some("no\0\n".repeat(10_000)),
        unknown_profiles: vec!["x".repeat(65); 100],
        unknown_variables: ["\0", "", "a b", "known"].map(String::from).into(),
    });
    stands("never_reported").await;

    let mut old = host.hello();
    old.protocol = 2;
    let mut line = host.line().await;
    line.say(&AgentMessage::Hello(old)).await;
    assert_eq!(line.welcomed().await.protocol, 2);
    line.say(&run).await;
    let Some(CollectorMessage::Settings(_)) = line.hear().await else {
        panic!("no settings")
    };
    stands("unsupported").await;
    line.say(&nonsense).await;
    let refused = line.refused().await.unwrap();
    assert_eq!(refused.reason, Refusal::Malformed);
    stands("unsupported").await;

    let mut line = host.session().await;
    line.say(&run).await;
    let Some(CollectorMessage::Settings(_)) = line.hear().await else {
        panic!("no settings")
    };
    let Some(CollectorMessage::Assignment(_)) = line.hear().await else {
        panic!("no assignment")
    };
    stands("pending").await;
    line.say(&nonsense).await;
    let said = stands("refused").await;
    let on_host = &said["on_host"];
    assert_eq!(on_host["refused"].as_str().unwrap().len(), 300, "{said}");
    assert_eq!(on_host["unknown_profiles"], json!([]), "{said}");
    assert_eq!(on_host["unknown_variables"], json!(["known"]), "{said}");
    collector.stop().await;
}
