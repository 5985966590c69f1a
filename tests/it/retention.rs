//! From a machine that is no more, and a year that is over, to tables without them and a file that tells.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{TestAgent, TestCollector, Tree, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_no_more_is_retired_refused_and_kept_as_a_file() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "3.0.1");
    let agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    until("its packages", async || {
        let packages = api.facts(&id, "package").await;
        let there = packages.contains_key("openssl:amd64");
        if there { Ok(()) } else { Err(packages) }
    })
    .await;
    tree.set_package("openssl", "3.0.2");
    until("the change", async || {
        let changes = api
            .get(&format!("/api/v1/hosts/{id}/changes?kind=package"))
            .await;
        let told = changes["items"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        if told { Ok(()) } else { Err(changes) }
    })
    .await;

    let path = format!("/api/v1/hosts/{id}");
    let reason = json!({"reason": "the rack is gone"});
    let retired = api
        .send(Method::POST, &format!("{path}/retire"), Some(&reason))
        .await;
    assert_eq!(retired.status(), StatusCode::NO_CONTENT);
    assert_eq!(api.get("/api/v1/hosts").await["total"], 0);
    // The agent goes on, and is not let in.
    until("its connection to end", async || {
        let host = api.get(&path).await;
        let gone = host["connected_since"].is_null();
        if gone { Ok(()) } else { Err(host) }
    })
    .await;
    let archived = api
        .post(&format!("{path}/archive"), &json!({"hostname": "tree"}))
        .await;
    let (status, _) = api.try_get(&path).await.unwrap_err();
    assert_eq!(status, StatusCode::NOT_FOUND);

    let file = api
        .send(Method::GET, &format!("/api/v1/host-archives/{id}"), None)
        .await;
    let lines = zstd::decode_all(&*file.bytes().await.unwrap()).unwrap();
    let lines: Vec<Value> = String::from_utf8(lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(archived["lines"], lines.len());
    let of = |table: &str| {
        let rows = lines.iter().filter(|line| line["table"] == table);
        rows.map(|line| line["row"].clone()).collect::<Vec<_>>()
    };
    let versions: Vec<_> = of("host_fact")
        .into_iter()
        .filter(|row| row["key"] == "openssl:amd64")
        .map(|row| row["value"]["version"].clone())
        .collect();
    assert!(
        versions.contains(&json!("3.0.1")) && versions.contains(&json!("3.0.2")),
        "{versions:?}"
    );
    let change = of("change")
        .into_iter()
        .find(|row| row["key"] == "openssl:amd64")
        .unwrap();
    assert_eq!(
        (&change["before"]["version"], &change["after"]["version"]),
        (&json!("3.0.1"), &json!("3.0.2"))
    );
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_for_less_long_goes_within_moments_of_being_set() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "3.0.1");
    let agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    until("how it is heard of", async || {
        let heard = api.get(&format!("/api/v1/hosts/{id}/liveness")).await;
        let there = heard["items"].as_array().is_some_and(|all| !all.is_empty());
        if there { Ok(()) } else { Err(heard) }
    })
    .await;
    // A year that nobody waited for.
    sqlx::query(
        "insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
         select host_no, 'link_lost', '', now() - interval '200 days', now() - interval '199 days', false from host",
    )
    .execute(collector.server().db())
    .await
    .unwrap();
    let preview = api.get("/api/v1/retention/liveness/preview?keep=3").await;
    assert_eq!(preview["rows"], 1);
    let set = api
        .send(
            Method::PUT,
            "/api/v1/retention/liveness",
            Some(&json!({"keep": 3})),
        )
        .await;
    assert_eq!(set.status(), StatusCode::OK);
    until("it to be gone", async || {
        let runs = api.get("/api/v1/retention-runs?kind=liveness").await;
        let gone = runs["items"][0]["rows"] == 1;
        if gone { Ok(()) } else { Err(runs) }
    })
    .await;
    let heard = api.get(&format!("/api/v1/hosts/{id}/liveness")).await;
    let lost = heard["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["state"] == "link_lost");
    assert_eq!(lost.count(), 0, "{heard}");
    let audit = api.get("/api/v1/audit?action=retention.run").await;
    assert_eq!(audit["items"][0]["actor"], "housekeeping", "{audit}");
    agent.stop().await;
    collector.stop().await;
}
