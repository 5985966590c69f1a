//! What of a host is no longer as it was, from the file on the host to what a person says of it.

use std::fs;

use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{Api, TestAgent, TestCollector, Tree, content, decided, until};

const ROOT_LOGIN: &str = "ssh-root-login-off";

/// The only story of a query, with its changes, once there is one.
async fn story(api: &Api, query: &str) -> Value {
    let path = format!("/api/v1/drift?{query}");
    let found = until(&path, async || {
        let stories = api.all(&path).await;
        match stories.as_slice() {
            [one] => Ok(one["id"].as_str().unwrap().to_owned()),
            _ => Err(stories),
        }
    })
    .await;
    api.get(&format!("/api/v1/drift/{found}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weakened_setting_is_unexplained_until_somebody_says_a_word_and_a_window_explains() {
    let flags = [("content.dir", content().display().to_string())];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.set_user("root", 0);
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let host = tree.host(SystemClock::shared());
    let agent =
        TestAgent::start_set(&collector, host, |config| config.rules.content = content()).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    decided(api, &id).await;
    assert_eq!(
        api.all("/api/v1/drift").await,
        [] as [Value; 0],
        "a host that joins drifts nowhere"
    );

    let pin = json!({"name": "as delivered", "host": id, "framework": "cis_debian12"});
    let baseline = api.post("/api/v1/baselines", &pin).await;
    let baseline = format!("/api/v1/baselines/{}", baseline["id"].as_str().unwrap());

    tree.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let rule = format!("rule={ROOT_LOGIN}&sort=verdict");
    let worse = story(api, &rule).await;
    for (field, value) in [
        ("direction", "worse"),
        ("state", "unexplained"),
        ("severity", "medium"),
    ] {
        assert_eq!(worse[field], value, "{worse}");
    }
    let change = &worse["about"][0];
    assert_eq!(
        (
            &change["host"]["id"],
            &change["before"]["verdict"],
            &change["after"]["verdict"]
        ),
        (&json!(id), &json!("pass"), &json!("fail"))
    );
    let actual = |value: &Value| value["evidence"][0]["actual"].as_str().unwrap().to_owned();
    assert_ne!(actual(&change["before"]), actual(&change["after"]));
    let path = format!(
        "/api/v1/drift/{}/acknowledge",
        worse["id"].as_str().unwrap()
    );
    let seen = api
        .post(&path, &json!({"note": "for the move of the rack"}))
        .await;
    assert_eq!(seen["state"], "acknowledged");
    assert_eq!(seen["acknowledged"]["note"], "for the move of the rack");

    tree.set_package("netcat", "1.2");
    tree.set_user("eve", 1001);
    let package = story(api, "kind=package&sort=fact").await;
    assert_eq!(
        (&package["code"], &package["state"]),
        (&json!("package.installed"), &json!("unexplained"))
    );
    assert!(
        package["subject"].as_str().unwrap().starts_with("netcat"),
        "{package}"
    );
    let user = story(api, &format!("kind=user&host={id}&q=eve")).await;
    assert_eq!(
        (&user["code"], &user["subject"]),
        (&json!("user.created"), &json!("eve"))
    );

    let window = json!({"host": id, "reason": "upgrade of ssh"});
    let window = api.post("/api/v1/maintenance", &window).await;
    tree.set_package("openssh-server", "1:9.2p1-3");
    let updated = story(api, "kind=package&q=openssh-server").await;
    assert_eq!(updated["state"], "expected", "{updated}");
    let explained = &updated["about"][0]["explained"];
    assert_eq!(
        (&explained["cause"], &explained["id"], &explained["name"]),
        (
            &json!("maintenance"),
            &window["id"],
            &json!("upgrade of ssh")
        )
    );

    // All of it is in the feed, and leads back.
    let feed = api.all(&format!("/api/v1/activity?host={id}")).await;
    let tells = |source: &str, text: &str| {
        let found = feed.iter().any(|entry| {
            entry["source"] == source && entry["text"].as_str().unwrap().contains(text)
        });
        assert!(found, "{source} {text}: {feed:#?}");
    };
    tells("verdict", &format!("{ROOT_LOGIN} fails"));
    tells("drift", worse["title"].as_str().unwrap());
    tells("event", "netcat");
    tells("alert", "Began to fail");
    tells("liveness", "online");
    tells("audit", "maintenance.create upgrade of ssh");
    let times: Vec<&str> = feed
        .iter()
        .map(|entry| entry["at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");

    // And held against how it was delivered, the host is another.
    let turns = api.all(&format!("{baseline}/compare")).await;
    let broken = turns.iter().find(|turn| turn["rule"] == ROOT_LOGIN);
    assert_eq!(
        broken.map(|turn| &turn["turn"]),
        Some(&json!("broken")),
        "{turns:?}"
    );
    let facts = api.all(&format!("{baseline}/facts")).await;
    let became = |kind: &str, key: &str| {
        let fact = facts
            .iter()
            .find(|fact| fact["kind"] == kind && fact["key"].as_str().unwrap().starts_with(key));
        fact.map(|fact| fact["turn"].clone())
    };
    assert_eq!(
        became("package", "netcat"),
        Some(json!("came")),
        "{facts:?}"
    );
    assert_eq!(became("package", "openssh-server"), Some(json!("changed")));
    assert_eq!(became("user", "eve"), Some(json!("came")));
    api.post(&format!("{baseline}/promote"), &json!({})).await;
    assert_eq!(
        api.all(&format!("{baseline}/facts?kind=package")).await,
        [] as [Value; 0]
    );
    agent.stop().await;
    collector.stop().await;
}
