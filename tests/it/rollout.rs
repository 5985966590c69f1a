//! A bundle on its way through a fleet of five hundred hosts: real connections with real certificates to
//! a real collector, and behind each a host that does what the test lets it.

/// Hosts that answer offers.
pub(crate) mod fleet;

/// The same by commands.
mod owadm;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::wire::{ContentRefusal, OfferStage};
use support::{Api, Publisher, TestCollector, publisher::publish, until};

use self::fleet::{Answer, Fleet};

const HOSTS: usize = 500;
const ROLLOUTS: &str = "/api/v1/rollouts";

/// A twentieth, a fifth, everybody.
fn plan() -> Value {
    let ring = |name, percent, soak_s| json!({"name": name, "hosts": {"percent": percent}, "soak_s": soak_s});
    json!({"rings": [ring("canary", 5, 1), ring("early", 20, 1), ring("all", 100, 0)]})
}

async fn begin(api: &Api, serial: u64) -> String {
    let body = json!({"serial": serial, "mode": "start", "plan": plan()});
    let begun = api.post(ROLLOUTS, &body).await;
    begun["id"].as_str().unwrap().to_owned()
}

async fn becomes(api: &Api, id: &str, state: &str) -> Value {
    let path = format!("{ROLLOUTS}/{id}");
    until(&format!("the rollout is {state}"), async || {
        let shown = api.get(&path).await;
        if shown["state"] == state {
            Ok(shown)
        } else {
            Err(shown)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_bundle_halts_in_the_canary_ring_of_five_hundred_hosts_and_is_rolled_back() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let fleet = Fleet::connect(&collector, HOSTS).await;
    let publisher = Publisher::default();
    publisher.introduce(api).await;
    // The third has the content of the first.
    for (serial, content) in [(1, "good"), (2, "bad"), (3, "good")] {
        let files = [("rules/one.yaml".into(), content.into())].into();
        let bundle = publisher.bundle(serial, &files);
        publish(api, bundle).await.unwrap();
    }

    let first = begin(api, 1).await;
    let shown = becomes(api, &first, "completed").await;
    let in_force = |ring: &Value| ring["in_force"].as_u64().unwrap();
    let rings = shown["rings"].as_array().unwrap();
    assert_eq!(rings.iter().map(in_force).sum::<u64>(), HOSTS as u64);
    let canaries = rings[0]["hosts"].as_u64().unwrap();
    assert!((10..50).contains(&canaries), "{canaries}");

    // One of four cannot decide a rule of it and says no after the trial.
    fleet.answer(2, |before| match before % 4 {
        0 => Answer::Is(OfferStage::Refused(ContentRefusal::Errors)),
        _ => Answer::Takes,
    });
    let second = begin(api, 2).await;
    let shown = becomes(api, &second, "halted").await;
    let ring = &shown["rings"][0];
    assert!(ring["reasons"]["errors"].as_u64() > Some(0), "{shown}");
    let heard = fleet.offered(2);
    assert!(
        !heard.is_empty() && heard.len() as u64 <= canaries,
        "{}",
        heard.len()
    );
    let took = fleet.in_force(2);

    let body = json!({"serial": 3, "reason": "a rule of it cannot be decided"});
    api.post(&format!("{ROLLOUTS}/{second}/rollback"), &body)
        .await;
    becomes(api, &second, "rolled_back").await;
    assert!(fleet.in_force(2).is_empty());
    assert_eq!(fleet.in_force(3), took, "who had taken it, and nobody else");
    assert_eq!(
        fleet.offered(2),
        heard,
        "nobody heard of it after it was halted"
    );
    let counts = api.get("/api/v1/content").await;
    let held: BTreeMap<u64, u64> = counts["bundles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| {
            (
                held["serial"].as_u64().unwrap(),
                held["hosts"].as_u64().unwrap(),
            )
        })
        .collect();
    let back = took.len() as u64;
    assert_eq!(held, BTreeMap::from([(1, HOSTS as u64 - back), (3, back)]));

    let events = api.all(&format!("{ROLLOUTS}/{second}/events")).await;
    let what = |event: &Value| event["what"].as_str().unwrap().to_owned();
    let story: Vec<_> = events.iter().map(what).collect();
    let story: Vec<_> = story.iter().map(String::as_str).collect();
    assert_eq!(story.first(), Some(&"started"));
    assert!(!story.contains(&"opened"), "{story:?}");
    let halted = &events[story.iter().position(|what| *what == "halted").unwrap()];
    assert_eq!(
        (&halted["ring"], &halted["alert"]),
        (&json!("canary"), &json!(true))
    );
    assert_eq!(halted["by"], "collector");
    assert!(
        halted["detail"]
            .as_str()
            .unwrap()
            .contains("refuse it (errors: "),
        "{halted}"
    );
    let back = &events[story
        .iter()
        .position(|what| *what == "rolling_back")
        .unwrap()];
    assert_eq!(back["by"], "local administrator");
    assert_eq!(story.last(), Some(&"rolled_back"));
    fleet.stop().await;
    collector.stop().await;
}
