//! A row that somebody changes in the tables is found at the next reconciliation, put right, and
//! counted.

use reqwest::Method;
use serde_json::json;
use shared::clock::SystemClock;
use support::{TestAgent, TestCollector, Tree, until};

async fn mismatches(collector: &TestCollector) -> u64 {
    let answer = collector.api.send(Method::GET, "/metrics", None).await;
    let text = answer.text().await.unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("openwatch_digest_mismatches_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_changed_by_hand_is_mended_at_the_next_reconciliation_and_counted() {
    let collector = TestCollector::start().await;
    let tree = Tree::default();
    let agent = TestAgent::start_set(&collector, tree.host(SystemClock::shared()), |config| {
        config.collect.reconcile_s = 1;
    })
    .await;
    let id = agent.id.to_string();
    let root = async |uid: u64| {
        until("root's number", async || {
            let users = collector.api.facts(&id, "user").await;
            let now = users.get("root").map(|root| root["uid"].clone());
            (now == Some(json!(uid))).then_some(()).ok_or(users)
        })
        .await;
    };
    root(0).await;
    let before = mismatches(&collector).await;
    let database = collector.database().await;
    let changed = sqlx::query(
        "update fact_value set value = jsonb_set(value, '{uid}', '4711')
         where key_id = (select f.id from fact_key f join fact_kind k on k.id = f.kind
                         where k.name = 'user' and f.key = 'root')",
    )
    .execute(&database)
    .await
    .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    root(0).await;
    let deleted = sqlx::query(
        "delete from host_fact where key_id = (select f.id from fact_key f
             join fact_kind k on k.id = f.kind where k.name = 'user' and f.key = 'root')",
    )
    .execute(&database)
    .await
    .unwrap();
    assert_eq!(deleted.rows_affected(), 1);
    root(0).await;
    until("it is counted", async || {
        let now = mismatches(&collector).await;
        (now >= before + 2).then_some(()).ok_or(now)
    })
    .await;
    agent.stop().await;
    collector.stop().await;
}
