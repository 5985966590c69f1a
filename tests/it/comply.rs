//! What a change on a host makes of the rules that the host is held to, as a person reads it.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use shared::clock::{Clock as _, SystemClock};
use support::{Api, LiveHost, TestAgent, TestCollector, Tree, Watched, content, until};

const ROOT_LOGIN: &str = "ssh-root-login-off";

async fn collector() -> TestCollector {
    let flags = [("content.dir", content().display().to_string())];
    TestCollector::start_set(SystemClock::shared(), &flags).await
}

async fn agent(collector: &TestCollector, tree: &Tree) -> TestAgent {
    let host = tree.host(SystemClock::shared());
    TestAgent::start_set(collector, host, |config| config.rules.content = content()).await
}

/// The result of a rule once its status is this.
async fn becomes(api: &Api, host: &str, rule: &str, status: &str) -> Value {
    until(&format!("{rule} to be {status}"), async || {
        let path = format!("/api/v1/hosts/{host}/results/{rule}");
        let told = api.try_get(&path).await;
        match told {
            Ok(told) if told["result"]["status"] == status => Ok(told),
            other => Err(format!("{other:?}")),
        }
    })
    .await
}

/// What came of rules that changed since there were results.
async fn changes(api: &Api, host: &str) -> BTreeMap<String, usize> {
    let path = format!("/api/v1/hosts/{host}/changes?kind=result");
    let mut changes = BTreeMap::new();
    for change in api.all(&path).await {
        let key = change["key"].as_str().unwrap().to_owned();
        *changes.entry(key).or_default() += 1;
    }
    changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_sshd_config_is_another_result_with_what_it_was_and_what_it_is() {
    let collector = collector().await;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let mut agent = agent(&collector, &tree).await;
    let (api, id) = (&collector.api, agent.id.to_string());

    let first = becomes(api, &id, ROOT_LOGIN, "pass").await;
    assert_eq!(first["before"], serde_json::json!([]), "{first}");
    assert_eq!(
        changes(api, &id).await,
        BTreeMap::new(),
        "enrolment is no change"
    );

    let then = SystemClock.now();
    tree.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let told = becomes(api, &id, ROOT_LOGIN, "fail").await;
    let seen = &told["result"]["evidence"][0];
    assert_eq!(seen["check"], "sshd", "{told}");
    assert!(seen["actual"].as_str().unwrap().contains("yes"), "{told}");
    assert_eq!(seen["read"][0], "/etc/ssh/sshd_config", "{told}");
    let before = &told["before"][0]["evidence"][0]["actual"];
    assert!(before.as_str().unwrap().contains("no"), "{told}");
    assert_eq!(changes(api, &id).await, [(ROOT_LOGIN.to_owned(), 1)].into());

    // Another value that fails as well is a change too.
    tree.write("etc/ssh/sshd_config", "PermitRootLogin prohibit-password\n");
    until("another actual value", async || {
        let told = becomes(api, &id, ROOT_LOGIN, "fail").await;
        let actual = told["result"]["evidence"][0]["actual"].as_str().unwrap();
        let new = actual.contains("prohibit-password");
        new.then_some(()).ok_or(actual.to_owned())
    })
    .await;
    assert_eq!(changes(api, &id).await, [(ROOT_LOGIN.to_owned(), 2)].into());

    let at = then.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let path = format!("/api/v1/hosts/{id}/results?framework=cis_debian12&at={at}");
    let results = api.all(&path).await;
    let root_login = results
        .iter()
        .find(|one| one["rule"] == ROOT_LOGIN)
        .unwrap();
    assert_eq!(root_login["status"], "pass", "{root_login}");
    assert!(results.len() > 100, "{}", results.len());
    let fleet = api
        .get(&format!("/api/v1/results?rule={ROOT_LOGIN}&status=fail"))
        .await;
    assert_eq!(fleet["items"][0]["host"]["hostname"], "tree", "{fleet}");

    // A rule that asks about accounts, not about a file of its own.
    let zero = "root-is-the-only-uid-zero";
    becomes(api, &id, zero, "pass").await;
    tree.set_user("second", 0);
    becomes(api, &id, zero, "fail").await;

    // What was told is not told again by an agent that comes back.
    let told = changes(api, &id).await;
    agent.halt().await;
    agent.resume();
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    becomes(api, &id, ROOT_LOGIN, "pass").await;
    let mut expected = told;
    *expected.get_mut(ROOT_LOGIN).unwrap() += 1;
    assert_eq!(changes(api, &id).await, expected);
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_asks_by_a_control_and_reads_what_came_of_the_rules_that_show_it() {
    let collector = collector().await;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let agent = agent(&collector, &tree).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    becomes(api, &id, ROOT_LOGIN, "fail").await;

    // By its own subjects; through the crosswalk of one framework; and of two.
    for asked in [
        "framework=nist_800_53_r5&control=AC-6(2)",
        "framework=fedramp&level=moderate&control=AC-6(2)",
        "framework=cmmc_2&level=l2&control=AC.L2-3.1.6",
    ] {
        let path = format!("/api/v1/hosts/{id}/results?{asked}");
        let told = api.get(&path).await;
        let items = told["items"].as_array().unwrap();
        let found = items.iter().find(|one| one["rule"] == ROOT_LOGIN);
        assert_eq!(found.unwrap()["status"], "fail", "{asked}: {told}");
        assert!(
            told["counts"]["fail"].as_u64() >= Some(1),
            "{asked}: {told}"
        );
        assert!(items.len() < 20, "only of this control: {asked}: {told}");
    }
    let controls = api
        .all("/api/v1/frameworks/fedramp/controls?level=moderate")
        .await;
    assert_eq!(controls.len(), 323);
    let least = controls.iter().find(|one| one["id"] == "AC-6(2)").unwrap();
    let rules = least["rules"].as_array().unwrap();
    assert!(rules.contains(&ROOT_LOGIN.into()), "{least}");
    assert_eq!(least["from"]["nist_800_53_r5"][0], "AC-6(2)", "{least}");
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_without_rules_says_what_to_install_and_decides_them_when_they_come() {
    let collector = collector().await;
    let tree = Tree::default();
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start_set(&collector, host, |config| {
        config.rules.content = config.state_dir.join("installed");
    })
    .await;
    let (api, id) = (&collector.api, agent.id.to_string());
    let kinds = format!("/api/v1/hosts/{id}");
    let stale = until("the reason", async || {
        let told = api.get(&kinds).await;
        let text = told.to_string();
        text.contains("openwatch-content").then_some(()).ok_or(text)
    });
    stale.await;
    let folder = agent.folder().join("installed/rules/access");
    fs::create_dir_all(&folder).unwrap();
    let rule = content().join(format!("rules/access/{ROOT_LOGIN}.yaml"));
    fs::copy(rule, folder.join(format!("{ROOT_LOGIN}.yaml"))).unwrap();
    becomes(api, &id, ROOT_LOGIN, "not_applicable").await;
    agent.stop().await;
    collector.stop().await;
}

/// A rule that a site wrote itself, about what no check of ours asks.
const OWN: &str = r#"id: own-accounts
title: Only root and those of people have a shell
severity: high
category: own
why: Accounts of programs are to log nobody in.
check:
  expr:
    cel: >-
      os.id == "debian" &&
      user.all(u, u.key == "root" || u.uid >= 1000 || !u.shell.endsWith("/sh"))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_the_sites_own_is_decided_again_when_its_facts_change() {
    let collector = collector().await;
    let mut tree = Tree::default();
    tree.write("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start_set(&collector, host, |config| {
        config.rules.content = config.state_dir.join("installed");
    })
    .await;
    let (api, id) = (&collector.api, agent.id.to_string());
    let folder = agent.folder().join("installed/rules/own");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("own-accounts.yaml");
    fs::write(&file, OWN).unwrap();
    let own = "own-accounts";
    let told = becomes(api, &id, own, "pass").await;
    let seen = &told["result"]["evidence"][0];
    assert_eq!(seen["check"], "expr", "{told}");
    assert_eq!(seen["read"], serde_json::json!(["os", "user"]), "{told}");

    tree.set_user("anna", 1000);
    tree.set_user("robot", 200);
    let told = becomes(api, &id, own, "fail").await;
    let seen = &told["result"]["evidence"][0];
    assert_eq!(seen["offenders"], serde_json::json!(["robot"]), "{told}");
    assert_eq!(seen["actual"], "otherwise is 1 of 3: robot", "{told}");

    // What cannot be read any more is no pass.
    let passwd = tree.path().join("etc/passwd");
    fs::remove_file(&passwd).unwrap();
    let told = becomes(api, &id, own, "error").await;
    let because = told["result"]["because"].as_str().unwrap();
    assert!(because.starts_with("`user` could not be read: "), "{told}");
    tree.remove_user("robot");
    becomes(api, &id, own, "pass").await;

    // One that can be no rule says what would be right.
    fs::write(&file, OWN.replace("user.all", "users.all")).unwrap();
    let told = becomes(api, &id, own, "error").await;
    let because = told["result"]["because"].as_str().unwrap();
    assert!(
        because.contains("there is no `users`; there are: os"),
        "{told}"
    );
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_live_host_what_its_own_tools_do_is_decided_again() {
    let Some(host) = LiveHost::start() else {
        return;
    };
    host.run(
        "sh",
        &[
            "-c",
            "mkdir -p /etc/ssh && echo PermitRootLogin no > /etc/ssh/sshd_config",
        ],
    );
    let watched = Watched::held(host).await;
    let (api, id) = (&watched.api, watched.id.as_str());
    becomes(api, id, ROOT_LOGIN, "pass").await;
    let edit = "s/no/yes/";
    watched
        .host
        .run("sed", &["-i", edit, "/etc/ssh/sshd_config"]);
    becomes(api, id, ROOT_LOGIN, "fail").await;
    // Nothing of a live host may be left undecided for a defect of ours.
    let results = api
        .all(&format!("/api/v1/hosts/{id}/results?status=error"))
        .await;
    let defects: Vec<_> = results
        .iter()
        .filter(|one| one["because"].as_str().unwrap().contains("defect"))
        .collect();
    assert!(defects.is_empty(), "{defects:?}");
}
