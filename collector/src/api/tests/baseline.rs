//! Instants that people hold on to, and what has become of hosts since.

use axum::http::{Method, StatusCode};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::{clock::Clock as _, rule::result::KIND};

use super::{
    Answer, Api,
    fleet::{Fleet, host_id, record},
    request,
    scope::{Person, group},
    send,
};
use crate::{access::Permission as P, store};

const PATH: &str = "/api/v1/baselines";
const RULE: &str = "root-login-off";

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Api {
    /// Pins a host; returns the path of the baseline.
    async fn pin(&self, body: Value) -> String {
        let made = self.post(PATH, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        format!("{PATH}/{}", made.body["id"].as_str().unwrap())
    }

    /// Rule and turn of each result that is another.
    async fn turns(&self, path: &str) -> Vec<(String, String)> {
        let page = self.get(path).await.ok();
        two(&page, "rule")
    }

    /// Key and turn of each fact that is another.
    async fn facts(&self, path: &str) -> Vec<(String, String)> {
        let page = self.get(path).await.ok();
        two(&page, "key")
    }
}

fn two(page: &Value, name: &str) -> Vec<(String, String)> {
    let items = page["items"].as_array().unwrap().iter();
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    items
        .map(|item| (text(item, name), text(item, "turn")))
        .collect()
}

fn own(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(a, b)| ((*a).into(), (*b).into()))
        .collect()
}

/// So many hosts that have told everything, and a minute later.
async fn fleet(hosts: i32) -> Fleet {
    let mut fleet = Fleet::new(hosts).await;
    for host in 1..=hosts {
        let results = [
            (RULE, record("pass", "no", "0")),
            ("few-tries", record("fail", "9", "0")),
            ("some-mode", record("pass", "1", "0")),
            ("short-grace", record("pass", "60", "0")),
        ];
        fleet.tell(host, KIND, &results).await;
        let packages = [
            ("bash", json!({"version": "5"})),
            ("vim", json!({"version": "9"})),
        ];
        fleet.tell(host, "package", &packages).await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    fleet
}

/// A host is another in every way.
async fn turn(fleet: &mut Fleet, host: i32) {
    let results = [
        (RULE, record("fail", "yes", "0")),
        ("few-tries", record("pass", "3", "0")),
        ("some-mode", record("pass", "strict", "0")),
        ("short-grace", Value::Null),
        ("long-silence", record("manual", "x", "0")),
    ];
    fleet.tell(host, KIND, &results).await;
    let packages = [
        ("bash", json!({"version": "6"})),
        ("nginx", json!({"version": "1"})),
        ("vim", Value::Null),
    ];
    fleet.tell(host, "package", &packages).await;
    // The first that is told of a kind is no change.
    fleet
        .tell(host, "user", &[("root", json!({"uid": 0}))])
        .await;
    // Facts of one instant follow each other by a microsecond.
    fleet.api.clock.advance(TimeDelta::seconds(1));
    fleet.look().await;
}

#[tokio::test]
async fn what_became_of_a_host_is_held_against_its_baseline_until_the_present_is_one() {
    let mut fleet = fleet(2).await;
    let path = fleet
        .api
        .pin(json!({"name": " before ", "host": host_id(1), "note": "as delivered"}))
        .await;
    let pinned = fleet.api.clock.now();
    let made = fleet.api.get(&path).await.ok();
    assert_eq!(
        (&made["name"], &made["host"], &made["group"], &made["kept"]),
        (
            &json!("before"),
            &json!(host_id(1)),
            &Value::Null,
            &json!(true)
        )
    );
    assert_eq!(made["at"], text(pinned));
    let (compare, facts) = (format!("{path}/compare"), format!("{path}/facts"));
    assert_eq!(fleet.api.turns(&compare).await, []);
    fleet.api.clock.advance(TimeDelta::minutes(1));
    turn(&mut fleet, 1).await;
    turn(&mut fleet, 2).await;
    let api = &fleet.api;
    assert_eq!(
        api.turns(&compare).await,
        own(&[
            ("few-tries", "fixed"),
            ("long-silence", "new"),
            (RULE, "broken"),
            ("short-grace", "gone"),
            ("some-mode", "value")
        ])
    );
    let others = own(&[("bash", "changed"), ("nginx", "came"), ("vim", "went")]);
    assert_eq!(
        api.facts(&facts).await,
        others,
        "of the host alone, and of kinds that it had told of"
    );
    assert_eq!(api.facts(&format!("{facts}?kind=package")).await, others);
    assert_eq!(api.facts(&format!("{facts}?kind=user")).await, []);
    assert_eq!(api.pages(&facts, 1, "key").await, ["bash", "nginx", "vim"]);
    assert_eq!(api.pages(&compare, 2, "rule").await.len(), 5);
    let bash = &api.get(&facts).await.ok()["items"][0];
    assert_eq!(
        (&bash["before"]["version"], &bash["after"]["version"]),
        (&json!("5"), &json!("6"))
    );
    // At an instant before, nothing was another yet.
    let then = format!("?to={}", text(pinned));
    assert_eq!(api.turns(&format!("{compare}{then}")).await, []);
    assert_eq!(api.facts(&format!("{facts}{then}")).await, []);
    let before = format!("{compare}?to={}", text(pinned - TimeDelta::microseconds(1)));
    assert_eq!(api.get(&before).await.problem(), (400, "bad_parameter"));

    let promoted = api.post(&format!("{path}/promote"), json!({})).await.ok();
    assert_eq!(
        (&promoted["at"], &promoted["created_at"]),
        (&json!(text(api.clock.now())), &made["created_at"])
    );
    assert_eq!(api.turns(&compare).await, []);
    assert_eq!(api.facts(&facts).await, []);
    // What was held on to first is let go, and not changed in the past.
    let again = api
        .pin(json!({"name": "again", "host": host_id(1), "at": text(pinned)}))
        .await;
    assert_eq!(api.turns(&format!("{again}/compare")).await.len(), 5);
    assert_eq!(api.get(PATH).await.items("name"), ["before", "again"]);
    assert_eq!(
        api.get(&format!("{PATH}?host={}", host_id(2)))
            .await
            .items("name"),
        [""; 0]
    );
    assert_eq!(api.pages(PATH, 1, "name").await, ["before", "again"]);

    // Who looked before it was promoted deletes nothing.
    let stale = request(Method::DELETE, &path).header("if-match", "\"00-00\"");
    let stale = send(&api.local, stale.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(stale.problem(), (412, "precondition_failed"));
    assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT);
    for gone in [
        api.get(&path).await,
        api.get(&compare).await,
        api.get(&facts).await,
        api.delete(&path).await,
        api.post(&format!("{path}/promote"), json!({})).await,
    ] {
        assert_eq!(gone.problem(), (404, "baseline_not_found"));
    }
    let audit = api
        .get("/api/v1/audit?action=baseline")
        .await
        .items("action");
    assert_eq!(
        audit,
        [
            "baseline.delete",
            "baseline.create",
            "baseline.promote",
            "baseline.create"
        ]
    );
}

#[tokio::test]
async fn a_lens_leaves_the_rules_that_are_seen_through_it() {
    let mut fleet = fleet(1).await;
    let with = |name: &str, value: &str| json!({"name": value, "host": host_id(1), name: value});
    let framework = fleet.api.pin(with("framework", "cis_debian12")).await;
    let profile = fleet.api.pin(with("profile", "strict")).await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    turn(&mut fleet, 1).await;
    let api = &fleet.api;
    let one = api.get(&framework).await.ok();
    assert_eq!(
        (&one["framework"], &one["profile"]),
        (&json!("cis_debian12"), &Value::Null)
    );
    assert_eq!(
        api.turns(&format!("{framework}/compare")).await,
        own(&[(RULE, "broken")])
    );
    let strict = api.turns(&format!("{profile}/compare")).await;
    assert_eq!(strict, own(&[("few-tries", "fixed"), (RULE, "broken")]));
    for (name, code) in [
        ("framework", "framework_not_found"),
        ("profile", "profile_not_found"),
    ] {
        let refused = api.post(PATH, with(name, "none")).await;
        assert_eq!(refused.problem(), (404, code));
    }
    let both =
        json!({"name": "x", "host": host_id(1), "framework": "cis_debian12", "profile": "strict"});
    assert_eq!(api.post(PATH, both).await.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn what_cannot_be_held_on_to_is_refused() {
    let fleet = fleet(1).await;
    let api = &fleet.api;
    let host = host_id(1);
    let at = |by: TimeDelta| text(api.clock.now() + by);
    for wrong in [
        json!({"name": "x"}),
        json!({"name": "x", "host": host, "group": host}),
        json!({"name": " ", "host": host}),
        json!({"name": "x".repeat(101), "host": host}),
        json!({"name": "x", "host": host, "note": "a\u{7}"}),
        json!({"name": "x", "host": host, "at": at(TimeDelta::seconds(1))}),
        json!({"name": "x", "host": host, "at": at(TimeDelta::days(-450))}),
    ] {
        let refused = api.post(PATH, wrong.clone()).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{wrong}");
    }
    let strange = json!({"name": "x", "host": host_id(9)});
    assert_eq!(
        api.post(PATH, strange).await.problem(),
        (404, "host_not_found")
    );
    let strange = json!({"name": "x", "group": host_id(9)});
    assert_eq!(
        api.post(PATH, strange).await.problem(),
        (404, "group_not_found")
    );
    api.pin(json!({"name": "x", "host": host})).await;
    let twice = api.post(PATH, json!({"name": "x", "host": host})).await;
    assert_eq!(twice.problem(), (409, "baseline_exists"));
}

#[tokio::test]
async fn a_past_that_is_gone_is_said_to_be_and_never_answered_for() {
    let mut fleet = fleet(1).await;
    let path = fleet
        .api
        .pin(json!({"name": "old", "host": host_id(1)}))
        .await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    turn(&mut fleet, 1).await;
    let api = &fleet.api;
    let (compare, facts) = (format!("{path}/compare"), format!("{path}/facts"));
    assert_eq!(api.turns(&compare).await.len(), 5);
    let gone = async |kept: bool| {
        assert_eq!(api.get(&path).await.ok()["kept"], kept);
        let problem = |answer: Answer| (answer.status.as_u16(), answer.body["code"].clone());
        let expected = match kept {
            true => (200, Value::Null),
            false => (410, json!("baseline_gone")),
        };
        assert_eq!(problem(api.get(&compare).await), expected);
        assert_eq!(problem(api.get(&facts).await), expected);
    };
    gone(true).await;
    // What was dropped by settings that kept less is gone, whatever they say now.
    let mut conn = api.db.acquire().await.unwrap();
    let forget = async |conn: &mut sqlx::PgConnection, by: TimeDelta| {
        let at = super::start() + by;
        store::baseline::forget_before(conn, at).await.unwrap();
    };
    forget(&mut conn, TimeDelta::days(-1)).await;
    gone(true).await;
    forget(&mut conn, TimeDelta::hours(1)).await;
    forget(&mut conn, TimeDelta::days(-1)).await;
    gone(false).await;
    let late = json!({"name": "late", "host": host_id(1), "at": text(super::start())});
    assert_eq!(api.post(PATH, late).await.problem(), (400, "bad_parameter"));
    api.clock.advance(TimeDelta::hours(2));
    api.post(&format!("{path}/promote"), json!({})).await.ok();
    gone(true).await;
    // And by the settings that hold: 13 months, and the rest of the one before.
    api.clock.advance(TimeDelta::days(13 * 30));
    gone(true).await;
    api.clock.advance(TimeDelta::days(62));
    gone(false).await;
    api.post(&format!("{path}/promote"), json!({})).await.ok();
    gone(true).await;
}

#[tokio::test]
async fn of_a_group_are_the_hosts_that_belong_to_it_and_that_one_may_see() {
    let mut fleet = fleet(3).await;
    let a = group(&fleet.api, json!({"name": "a"}), &[1]).await;
    let all = group(&fleet.api, json!({"name": "all"}), &[1, 2]).await;
    // The database's clock is not the one of this test.
    fleet
        .api
        .sql("update group_host_period set valid_from = '2026-01-01Z'")
        .await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let of_all = fleet
        .api
        .pin(json!({"name": "all", "group": id(&all)}))
        .await;
    let of_a = fleet.api.pin(json!({"name": "a", "group": id(&a)})).await;
    let of_other = fleet
        .api
        .pin(json!({"name": "other", "host": host_id(3)}))
        .await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in 1..=3 {
        turn(&mut fleet, host).await;
    }
    let api = &fleet.api;
    let hosts = async |path: &str| {
        let mut hosts = api
            .get(&format!("{path}/facts?limit=500"))
            .await
            .items("host");
        hosts.dedup();
        let hosts = hosts.iter();
        hosts
            .map(|host| host["hostname"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(hosts(&of_all).await, ["host-1", "host-2"]);
    assert_eq!(hosts(&of_a).await, ["host-1"]);
    assert_eq!(api.turns(&format!("{of_all}/compare")).await.len(), 10);
    assert_eq!(
        api.pages(&format!("{of_all}/facts"), 2, "key").await.len(),
        6
    );

    let both = &[P::BaselinesRead, P::BaselinesWrite][..];
    let alice = Person::new(api, "alice", &[(both, Some("a"))]).await;
    let bob = Person::new(api, "bob", &[(&[P::BaselinesRead][..], None)]).await;
    let ask = async |path: &str| alice.ask(Method::GET, path, None).await;
    assert_eq!(ask(PATH).await.items("name"), ["a"]);
    ask(&of_a).await.ok();
    assert_eq!(ask(&format!("{of_a}/facts")).await.items("key").len(), 3);
    for outside in [&of_all, &of_other] {
        for path in [
            outside.clone(),
            format!("{outside}/compare"),
            format!("{outside}/facts"),
        ] {
            assert_eq!(
                ask(&path).await.problem(),
                (404, "baseline_not_found"),
                "{path}"
            );
        }
        let promote = format!("{outside}/promote");
        let refused = alice.ask(Method::POST, &promote, Some(json!({}))).await;
        assert_eq!(refused.problem(), (404, "baseline_not_found"));
        let refused = alice.ask(Method::DELETE, outside, None).await;
        assert_eq!(refused.problem(), (404, "baseline_not_found"));
    }
    for (body, code) in [
        (json!({"name": "x", "host": host_id(2)}), "host_not_found"),
        // That it has one of this name is not for her to know.
        (
            json!({"name": "other", "host": host_id(3)}),
            "host_not_found",
        ),
        (json!({"name": "all", "group": id(&all)}), "group_not_found"),
    ] {
        let refused = alice.ask(Method::POST, PATH, Some(body)).await;
        assert_eq!(refused.problem(), (404, code));
    }
    let mine = alice
        .ask(
            Method::POST,
            PATH,
            Some(json!({"name": "mine", "host": host_id(1)})),
        )
        .await;
    assert_eq!(mine.status, StatusCode::CREATED);
    let refused = bob
        .ask(
            Method::POST,
            PATH,
            Some(json!({"name": "x", "host": host_id(1)})),
        )
        .await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let refused = bob
        .ask(Method::POST, &format!("{of_a}/promote"), Some(json!({})))
        .await;
    assert_eq!(refused.problem(), (403, "forbidden"));
}
