//! What of hosts drifts: from what they tell to what a person says of it.

use std::collections::BTreeSet;

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::{clock::Clock as _, rule::result::KIND};

use super::{
    Api,
    fleet::{Fleet, host_id, record},
    scope::{Person, group},
};
use crate::{
    access::Permission as P,
    live::{Event, Message},
    retention::Kind,
    store,
};

const RULE: &str = "root-login-off";
const PATH: &str = "/api/v1/drift";

impl Api {
    async fn stories(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("{PATH}?{query}")).await.ok();
        page["items"].as_array().unwrap().clone()
    }

    /// The only one, with its changes.
    async fn story(&self, query: &str) -> Value {
        let stories = self.stories(query).await;
        assert_eq!(stories.len(), 1, "{stories:?}");
        self.get(&path(&stories[0])).await.ok()
    }
}

fn path(story: &Value) -> String {
    format!("{PATH}/{}", story["id"].as_str().unwrap())
}

fn fields<const N: usize>(story: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| story[name].clone())
}

#[tokio::test]
async fn a_rule_that_fails_is_a_story_that_somebody_acknowledges_and_takes_back() {
    let mut fleet = Fleet::new(1).await;
    fleet.verdict(1, RULE, "pass").await;
    fleet
        .tell(1, "package", &[("bash", json!({"version": "5"}))])
        .await;
    fleet.look().await;
    let api = &fleet.api;
    assert_eq!(
        api.stories("").await,
        [] as [Value; 0],
        "a host that joins drifts nowhere"
    );

    let mut news = api.feed.subscribe(None);
    fleet.api.clock.advance(TimeDelta::minutes(1));
    fleet.verdict(1, RULE, "fail").await;
    fleet.look().await;
    let api = &fleet.api;
    let story = api.story("").await;
    assert_eq!(
        fields(
            &story,
            [
                "sort",
                "direction",
                "state",
                "level",
                "hosts",
                "severity",
                "rule"
            ]
        ),
        [
            json!("verdict"),
            json!("worse"),
            json!("unexplained"),
            json!("major"),
            json!(1),
            json!("high"),
            json!(RULE)
        ]
    );
    assert_eq!(story["title"], "Got worse: SSH refuses to log root in");
    let change = &story["about"][0];
    assert_eq!(
        [
            &change["before"]["verdict"],
            &change["after"]["verdict"],
            &change["host"]["hostname"]
        ],
        [&json!("pass"), &json!("fail"), &json!("host-1")]
    );
    assert_eq!(
        fields(change, ["fall", "explained", "rule_changed"]),
        [json!(100.0), Value::Null, json!(false)]
    );
    let heard = loop {
        match news.next().await {
            Message::Event(stamped) => {
                if let Event::DriftChanged { drift } = stamped.event {
                    break drift.to_string();
                }
            }
            Message::Resync => panic!("resync"),
        }
    };
    assert_eq!(story["id"], heard);

    let deed =
        async |deed: &str, body: Value| api.post(&format!("{}/{deed}", path(&story)), body).await;
    for note in ["", " ", "a\u{7}b", &"x".repeat(1001)] {
        let refused = deed("acknowledge", json!({"note": note})).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{note:?}");
    }
    assert_eq!(
        deed("reopen", json!({})).await.problem(),
        (409, "drift_stands_so")
    );
    let seen = deed("acknowledge", json!({"note": "known, ticket 7"}))
        .await
        .ok();
    assert_eq!(seen["state"], "acknowledged");
    assert_eq!(
        fields(&seen["acknowledged"], ["by", "note"]),
        [json!("local administrator"), json!("known, ticket 7")]
    );
    assert_eq!(api.stories("state=acknowledged").await.len(), 1);
    assert_eq!(api.stories("state=unexplained").await.len(), 0);
    let again = deed("acknowledge", json!({"note": "again"})).await;
    assert_eq!(again.problem(), (409, "drift_stands_so"));
    let back = deed("reopen", json!({"note": "it was another ticket"}))
        .await
        .ok();
    assert_eq!(
        fields(&back, ["state", "acknowledged"]),
        [json!("unexplained"), Value::Null]
    );
    let stranger = format!("{PATH}/{}", host_id(9));
    assert_eq!(api.get(&stranger).await.problem(), (404, "drift_not_found"));
    let refused = api
        .post(&format!("{stranger}/acknowledge"), json!({"note": "x"}))
        .await;
    assert_eq!(refused.problem(), (404, "drift_not_found"));
    let audit = api.get("/api/v1/audit?action=drift").await.items("action");
    assert_eq!(audit, ["drift.reopen", "drift.acknowledge"]);
}

#[tokio::test]
async fn the_same_on_many_hosts_is_one_story_until_the_window_has_passed() {
    let mut fleet = Fleet::new(13).await;
    for host in 1..=13 {
        // With half of the score, it falls by 50 points at most.
        let both = [
            (RULE, record("pass", "no", "0")),
            ("few-tries", record("fail", "9", "0")),
        ];
        fleet.tell(host, KIND, &both).await;
    }
    fleet.look().await;
    let limits = json!({"drift": {"major_points": 100, "minor_points": 100}});
    fleet.api.put("/api/v1/settings", limits).await.ok();
    for host in 1..=9 {
        fleet.api.clock.advance(TimeDelta::minutes(50));
        fleet.verdict(host, RULE, "fail").await;
        fleet.look().await;
    }
    let first = fleet.api.story("").await;
    assert_eq!(
        fields(&first, ["hosts", "level"]),
        [json!(9), json!("none")]
    );
    // The last instant of the window, with which it is of ten hosts.
    fleet.api.clock.advance(TimeDelta::minutes(60));
    fleet.verdict(10, RULE, "fail").await;
    fleet.look().await;
    let grown = fleet.api.story("").await;
    assert_eq!(
        fields(&grown, ["hosts", "level", "id"]),
        [json!(10), json!("major"), first["id"].clone()]
    );
    assert_eq!(grown["about"].as_array().unwrap().len(), 10);

    fleet
        .api
        .clock
        .advance(TimeDelta::minutes(60) + TimeDelta::microseconds(1));
    fleet.verdict(11, RULE, "fail").await;
    fleet.look().await;
    let stories = fleet.api.stories("").await;
    let hosts: Vec<_> = stories.iter().map(|story| story["hosts"].clone()).collect();
    assert_eq!(hosts, [1, 10], "the newest first");
    // The other way is another story, and so is what it is of another rule.
    fleet.verdict(1, RULE, "pass").await;
    fleet.verdict(2, "few-tries", "pass").await;
    fleet.look().await;
    let better = fleet.api.stories("direction=better").await;
    assert_eq!(better.len(), 2);
    assert_eq!(fleet.api.stories("").await.len(), 4);
    assert_eq!(fleet.api.pages(PATH, 1, "id").await.len(), 4);
    let pages: BTreeSet<String> = fleet
        .api
        .pages(PATH, 3, "id")
        .await
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(pages.len(), 4);

    // The past goes, with what was told of it.
    let mut conn = fleet.api.db.acquire().await.unwrap();
    let now = fleet.api.clock.now();
    let before = now - TimeDelta::minutes(30);
    // What changed before its story.
    for rows in [10, 1] {
        let gone = store::retention::delete_some(&mut conn, Kind::Drift, before);
        assert_eq!(gone.await.unwrap().unwrap().rows, rows);
    }
    let left: i64 = sqlx::query_scalar("select count(*) from drift_change")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(left, 3);
}

#[tokio::test]
async fn collectors_that_look_at_once_write_each_change_once_in_one_story() {
    let mut fleet = Fleet::new(150).await;
    for host in 1..=150 {
        fleet
            .tell(
                host,
                KIND,
                &[
                    (RULE, record("pass", "no", "0")),
                    ("few-tries", record("pass", "4", "0")),
                ],
            )
            .await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in 1..=150 {
        fleet
            .tell(
                host,
                KIND,
                &[
                    (RULE, record("fail", "yes", "0")),
                    ("few-tries", record("pass", "5", "0")),
                ],
            )
            .await;
    }
    let (one, other) = (fleet.deriver.clone(), fleet.deriver.clone());
    tokio::try_join!(one.look(), other.look(), fleet.deriver.look()).unwrap();
    fleet.look().await;
    let stories = fleet.api.stories("").await;
    let told: Vec<_> = stories
        .iter()
        .map(|one| fields(one, ["hosts", "changes", "level"]))
        .collect();
    let all = [json!(150), json!(150), json!("major")];
    assert_eq!(told, [all.clone(), all]);
    let changes: i64 = sqlx::query_scalar("select count(*) from drift_change")
        .fetch_one(&fleet.api.db)
        .await
        .unwrap();
    assert_eq!(changes, 300);
    // Looked at anew, there is nothing new.
    sqlx::query("insert into derive_due (host_no, recorded_at) select host_no, now() from host")
        .execute(&fleet.api.db)
        .await
        .unwrap();
    fleet.look().await;
    assert_eq!(fleet.api.stories("sort=value").await.len(), 1);
    let again: i64 = sqlx::query_scalar("select count(*) from drift_change")
        .fetch_one(&fleet.api.db)
        .await
        .unwrap();
    assert_eq!(again, 300);
}

#[tokio::test]
async fn what_a_window_explains_is_expected_and_what_grows_is_not() {
    let mut fleet = Fleet::new(3).await;
    for host in 1..=3 {
        fleet.verdict(host, RULE, "pass").await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::hours(3));
    let window = |host: i32, from: i64, to: i64| {
        let at = |minutes: i64| {
            let at = fleet.api.clock.now() + TimeDelta::minutes(minutes);
            at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
        };
        json!({"host": host_id(host), "reason": format!("move {host}"), "from": at(from), "to": at(to)})
    };
    let (open, ended) = (window(1, -30, 30), window(2, -90, -30));
    let open = fleet.api.post("/api/v1/maintenance", open).await.ok();
    fleet.api.post("/api/v1/maintenance", ended).await.ok();
    fleet.verdict(1, RULE, "fail").await;
    fleet.look().await;
    let story = fleet.api.story("").await;
    assert_eq!(story["state"], "expected");
    assert_eq!(
        fields(&story["about"][0]["explained"], ["cause", "id", "name"]),
        [json!("maintenance"), open["id"].clone(), json!("move 1")]
    );
    let deed = |story: &Value| format!("{}/acknowledge", path(story));
    let refused = fleet.api.post(&deed(&story), json!({"note": "x"})).await;
    assert_eq!(refused.problem(), (409, "drift_stands_so"));

    // Told late, it is of when it happened.
    let earlier = fleet.api.clock.now() - TimeDelta::minutes(60);
    fleet
        .tell_at(2, KIND, &[(RULE, record("fail", "yes", "0"))], earlier)
        .await;
    fleet.look().await;
    assert_eq!(fleet.api.story("").await["state"], "expected");
    fleet.verdict(3, RULE, "fail").await;
    fleet.look().await;
    let mixed = fleet.api.story("").await;
    assert_eq!(mixed["state"], "unexplained");
    let explained = |story: &Value| {
        let about = story["about"].as_array().unwrap().iter();
        about.filter(|one| !one["explained"].is_null()).count()
    };
    assert_eq!(explained(&mixed), 2);
    let seen = fleet
        .api
        .post(&deed(&mixed), json!({"note": "well"}))
        .await
        .ok();
    assert_eq!(seen["state"], "acknowledged");
    // What comes after that, nobody has seen.
    fleet.api.clock.advance(TimeDelta::minutes(35));
    fleet.verdict(3, RULE, "pass").await;
    fleet.look().await;
    fleet.verdict(3, RULE, "fail").await;
    fleet.look().await;
    let grown = fleet.api.story("direction=worse").await;
    assert_eq!(
        fields(&grown, ["state", "changes", "hosts"]),
        [json!("unexplained"), json!(4), json!(3)]
    );
    // The window is gone; what it explained stays explained, by its name.
    let gone = format!("/api/v1/maintenance/{}", open["id"].as_str().unwrap());
    assert_eq!(fleet.api.delete(&gone).await.status, 204);
    assert_eq!(explained(&fleet.api.story("direction=worse").await), 2);
}

#[tokio::test]
async fn a_rule_that_a_rollout_brought_is_expected_and_one_of_unknown_origin_is_not() {
    let mut fleet = Fleet::new(2).await;
    let hash = |text: &str| {
        let hash = Sha256::digest(text);
        hash[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    for host in 1..=2 {
        let rows = [
            (RULE, record("pass", "no", &hash("old"))),
            ("few-tries", record("pass", "4", &hash("old"))),
        ];
        fleet.tell(host, KIND, &rows).await;
    }
    fleet.look().await;
    fleet
        .api
        .sql(
            "insert into root values (1, '', '', '2030-01-01', now(), 'test');
             insert into content_object values (sha256('new'), 3, 'new'), (sha256('old'), 3, 'old');
             insert into bundle select sha256(n::text::bytea), n, '2026-01-01', '2030-01-01', 1, '', '', 3, '', now(), 'test'
             from generate_series(1, 2) n;
             insert into bundle_file select manifest, 'rules/a.yaml',
                 case serial when 2 then sha256('new') else sha256('old') end, 3 from bundle;
             insert into rollout (id, manifest, plan, state, order_id, ring, ring_since, created_at, created_by, started_at)
             select '00000000-0000-7000-8000-0000000000ee', manifest, '{}', 'running', gen_random_uuid(), 0, now(), now(), 'test', now()
             from bundle where serial = 2;
             insert into host_offer (host_no, manifest, trial, order_id, offered_at)
             select 1, manifest, false, gen_random_uuid(), now() from bundle where serial = 2;",
        )
        .await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in 1..=2 {
        // The first turns with its file, of the second the file is as before.
        let rows = [
            (RULE, record("fail", "no", &hash("new"))),
            ("few-tries", record("fail", "5", &hash("old"))),
        ];
        fleet.tell(host, KIND, &rows).await;
    }
    fleet.look().await;
    let story = fleet.api.story(&format!("rule={RULE}")).await;
    assert_eq!(
        fields(&story, ["state", "hosts"]),
        [json!("unexplained"), json!(2)]
    );
    for change in story["about"].as_array().unwrap() {
        assert_eq!(change["rule_changed"], true);
        let explained = &change["explained"];
        match change["host"]["hostname"].as_str().unwrap() {
            "host-1" => assert_eq!(
                fields(explained, ["cause", "id", "name"]),
                [
                    json!("rollout"),
                    json!("00000000-0000-7000-8000-0000000000ee"),
                    json!("serial 2")
                ]
            ),
            // It was never offered it: who changed the rule there?
            _ => assert_eq!(*explained, Value::Null),
        }
    }
    let other = fleet.api.story("rule=few-tries").await;
    let changes = other["about"].as_array().unwrap();
    assert!(
        changes
            .iter()
            .all(|one| one["explained"].is_null() && one["rule_changed"] == false)
    );
}

#[tokio::test]
async fn facts_drift_by_what_happened_to_them_and_values_under_a_verdict_that_stands() {
    let mut fleet = Fleet::new(2).await;
    let version = |version: &str| json!({"version": version});
    for host in 1..=2 {
        fleet.tell(host, "package", &[("bash", version("5"))]).await;
        fleet
            .tell(host, "user", &[("root", json!({"uid": 0}))])
            .await;
        fleet
            .tell(
                host,
                "service",
                &[("cron", json!({"active_state": "active"}))],
            )
            .await;
        fleet.verdict(host, "few-tries", "pass").await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in 1..=2 {
        fleet
            .tell(host, "package", &[("nginx", version("1"))])
            .await;
        fleet
            .tell(
                host,
                "service",
                &[("cron", json!({"active_state": "inactive"}))],
            )
            .await;
    }
    fleet.tell(1, "user", &[("eve", json!({"uid": 0}))]).await;
    fleet.tell(1, "package", &[("bash", Value::Null)]).await;
    fleet
        .tell(
            2,
            KIND,
            &[("few-tries", record("pass", "3", "0000000000000000"))],
        )
        .await;
    fleet.look().await;
    let told = async |query: &str| {
        let stories = fleet.api.stories(query).await;
        let mut told: Vec<_> = stories
            .iter()
            .map(|one| {
                (
                    one["code"].as_str().unwrap().to_owned(),
                    one["subject"].as_str().unwrap().to_owned(),
                    one["hosts"].as_i64().unwrap(),
                )
            })
            .collect();
        told.sort();
        told
    };
    let own = |all: &[(&str, &str, i64)]| -> Vec<(String, String, i64)> {
        all.iter()
            .map(|(code, subject, hosts)| ((*code).into(), (*subject).into(), *hosts))
            .collect()
    };
    assert_eq!(
        told("sort=fact").await,
        own(&[
            ("package.installed", "nginx", 2),
            ("package.removed", "bash", 1),
            ("user.created", "eve", 1),
            ("user.is_root", "eve", 1)
        ])
    );
    assert_eq!(
        told("sort=value").await,
        own(&[("result.value_changed", "few-tries", 1)])
    );
    let nginx = fleet.api.story("q=NGINX").await;
    assert_eq!(nginx["title"], "A package was installed: nginx");
    assert_eq!(
        fields(&nginx, ["rule", "kind", "direction"]),
        [Value::Null, json!("package"), json!("neutral")]
    );
    assert_eq!(
        fields(&nginx["about"][0], ["before", "after"]),
        [Value::Null, version("1")]
    );

    // Each filter leaves what it says.
    let count = async |query: &str| fleet.api.stories(query).await.len();
    assert_eq!(count("kind=user").await, 2);
    assert_eq!(count("kind=result").await, 1);
    assert_eq!(count("rule=few-tries").await, 1);
    assert_eq!(count("rule=eve").await, 0);
    assert_eq!(count("severity=critical").await, 1);
    assert_eq!(count("level=none").await, 5);
    assert_eq!(count("level=minor").await, 0);
    assert_eq!(count(&format!("host={}", host_id(2))).await, 2);
    assert_eq!(count("since=2026-03-03T14:06:00Z").await, 5);
    assert_eq!(count("since=2026-03-03T14:06:01Z").await, 0);
    assert_eq!(count("until=2026-03-03T14:06:00Z").await, 0);
    assert_eq!(count("until=2026-03-03T14:06:01Z").await, 5);
    let web = group(&fleet.api, json!({"name": "web"}), &[]).await;
    let add = json!({"add": [host_id(2)]});
    assert_eq!(
        fleet.api.post(&format!("{web}/members"), add).await.status,
        204
    );
    let id = web.rsplit('/').next().unwrap();
    assert_eq!(count(&format!("group={id}")).await, 2);
    let of_host = fleet
        .api
        .get(&format!("/api/v1/hosts/{}/drift", host_id(2)))
        .await;
    assert_eq!(of_host.items("id").len(), 2);
    let stranger = fleet
        .api
        .get(&format!("/api/v1/hosts/{}/drift", host_id(9)))
        .await;
    assert_eq!(stranger.problem(), (404, "host_not_found"));
}

#[tokio::test]
async fn a_score_that_falls_step_by_step_matters_from_its_first_step_on() {
    let mut fleet = Fleet::new(1).await;
    let rules = [
        RULE,
        "few-tries",
        "short-grace",
        "long-silence",
        "some-mode",
        "number-mode",
        "known-ciphers",
    ];
    let all: Vec<_> = rules
        .iter()
        .map(|rule| (*rule, record("pass", "x", "0")))
        .collect();
    fleet.tell(1, KIND, &all).await;
    fleet.look().await;
    // A seventh of the score is 14 points.
    let limits = json!({"drift": {"major_points": 40, "minor_points": 20, "better_points": 14}});
    fleet.api.put("/api/v1/settings", limits).await.ok();
    let levels = async |fleet: &Fleet| {
        let stories = fleet.api.stories("direction=worse").await;
        stories
            .iter()
            .rev()
            .map(|one| one["level"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    fleet.api.clock.advance(TimeDelta::minutes(90));
    fleet.verdict(1, rules[0], "fail").await;
    fleet.look().await;
    assert_eq!(levels(&fleet).await, ["none"]);
    fleet.api.clock.advance(TimeDelta::minutes(61));
    let mut steps = Vec::new();
    for rule in &rules[1..4] {
        fleet.api.clock.advance(TimeDelta::minutes(5));
        fleet.verdict(1, rule, "fail").await;
        fleet.look().await;
        steps.push(levels(&fleet).await);
    }
    assert_eq!(
        steps,
        [
            vec!["none", "none"],
            vec!["none", "minor", "minor"],
            vec!["none", "major", "major", "major"]
        ]
    );
    fleet.api.clock.advance(TimeDelta::minutes(61));
    fleet.verdict(1, rules[0], "pass").await;
    fleet.look().await;
    let better = fleet.api.story("direction=better").await;
    assert_eq!(better["level"], "minor");
    assert!(better["about"][0]["fall"].as_f64().unwrap() < -14.0);
}

#[tokio::test]
async fn how_much_matters_is_set_for_the_whole_fleet_alone() {
    let mut fleet = Fleet::new(3).await;
    let path = "/api/v1/settings";
    for wrong in [
        json!({"window_min": 0}),
        json!({"major_points": 3}),
        json!({"minor_points": 200}),
        json!({"major_hosts": 1}),
    ] {
        let refused = fleet.api.put(path, json!({"drift": wrong})).await;
        assert_eq!(refused.problem(), (400, "bad_setting"), "{wrong}");
    }
    let unknown = fleet.api.put(path, json!({"drift": {"hosts": 1}})).await;
    assert_eq!(unknown.problem(), (422, "bad_body"));
    let said = json!({"drift": {"window_min": 5, "major_hosts": 2}});
    let own = format!("/api/v1/hosts/{}/settings", host_id(1));
    let refused = fleet.api.put(&own, said.clone()).await;
    assert_eq!(refused.problem(), (400, "bad_setting"));
    fleet.api.put(path, said.clone()).await.ok();
    assert_eq!(fleet.api.get(path).await.ok()["settings"], said);
    for host in 1..=3 {
        fleet
            .tell(host, "package", &[("bash", json!({"version": "5"}))])
            .await;
    }
    fleet.look().await;
    for (host, minutes) in [(1, 1), (2, 5), (3, 6)] {
        fleet.api.clock.advance(TimeDelta::minutes(minutes));
        fleet
            .tell(host, "package", &[("bash", json!({"version": "6"}))])
            .await;
        fleet.look().await;
    }
    let stories = fleet.api.stories("").await;
    let told: Vec<_> = stories
        .iter()
        .map(|one| fields(one, ["hosts", "level"]))
        .collect();
    assert_eq!(
        told,
        [[json!(1), json!("none")], [json!(2), json!("major")]]
    );
}

#[tokio::test]
async fn of_hosts_outside_the_scope_nothing_counts_and_nothing_is_acknowledged() {
    let mut fleet = Fleet::new(12).await;
    for host in 1..=12 {
        fleet
            .tell(host, "package", &[("bash", json!({"version": "5"}))])
            .await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in (1..=12).rev() {
        fleet
            .tell(host, "package", &[("bash", json!({"version": "6"}))])
            .await;
        if host == 12 {
            fleet
                .tell(12, "package", &[("vim", json!({"version": "9"}))])
                .await;
        }
        fleet.look().await;
        fleet.api.clock.advance(TimeDelta::seconds(10));
    }
    let api = &fleet.api;
    group(api, json!({"name": "a"}), &[1]).await;
    let may = &[P::DriftRead, P::DriftAcknowledge][..];
    let alice = Person::new(api, "alice", &[(may, Some("a"))]).await;
    let reads = Person::new(api, "bob", &[(&[P::DriftRead][..], None)]).await;
    let all = api.story("q=bash").await;
    let (of_all, outside) = (path(&all), path(&api.story("q=vim").await));
    assert_eq!(
        fields(&all, ["hosts", "level"]),
        [json!(12), json!("major")]
    );

    let listed = alice.ask(Method::GET, PATH, None).await.ok();
    let listed = listed["items"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    let seen = alice.ask(Method::GET, &of_all, None).await.ok();
    assert_eq!(
        fields(&seen, ["hosts", "changes", "level"]),
        [json!(1), json!(1), json!("none")]
    );
    assert_eq!(seen["about"][0]["host"]["hostname"], "host-1");
    assert_eq!(seen["first_at"], seen["last_at"]);
    let none = alice
        .ask(Method::GET, &format!("{PATH}?level=major"), None)
        .await;
    assert_eq!(none.items("id"), [] as [Value; 0]);
    let hidden = alice
        .ask(Method::GET, &format!("{PATH}?host={}", host_id(2)), None)
        .await;
    assert_eq!(hidden.items("id"), [] as [Value; 0]);
    assert_eq!(
        alice.ask(Method::GET, &outside, None).await.problem(),
        (404, "drift_not_found")
    );
    let note = json!({"note": "mine"});
    let deed = |path: &str| format!("{path}/acknowledge");
    let refused = alice
        .ask(Method::POST, &deed(&outside), Some(note.clone()))
        .await;
    assert_eq!(refused.problem(), (404, "drift_not_found"));
    let refused = reads
        .ask(Method::POST, &deed(&of_all), Some(note.clone()))
        .await;
    assert_eq!(refused.problem(), (403, "forbidden"));

    let mine = alice
        .ask(Method::POST, &deed(&of_all), Some(note.clone()))
        .await
        .ok();
    assert_eq!(mine["state"], "acknowledged");
    let of_all_now = api.get(&of_all).await.ok();
    assert_eq!(of_all_now["state"], "unexplained");
    let acknowledged = |story: &Value| {
        let about = story["about"].as_array().unwrap().iter();
        about.filter(|one| !one["acknowledged"].is_null()).count()
    };
    assert_eq!(acknowledged(&of_all_now), 1);
    api.post(&deed(&of_all), json!({"note": "ours"})).await.ok();
    // She takes back what was said of hers alone.
    let back = alice
        .ask(Method::POST, &format!("{of_all}/reopen"), Some(json!({})))
        .await
        .ok();
    assert_eq!(back["state"], "unexplained");
    assert_eq!(acknowledged(&api.get(&of_all).await.ok()), 11);
}

#[tokio::test]
async fn an_alert_rule_can_ask_for_drift_that_nothing_explains() {
    let mut fleet = Fleet::new(2).await;
    for host in 1..=2 {
        fleet.verdict(host, RULE, "pass").await;
    }
    fleet.look().await;
    let rule = |condition: Value| json!({"name": "Unexplained major drift", "condition": condition, "enabled": true});
    let wrong =
        rule(json!({"sort": "drift", "level": "major", "state": "unexplained", "minutes": 0}));
    let refused = fleet.api.post("/api/v1/alert-rules", wrong).await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    let right =
        rule(json!({"sort": "drift", "level": "major", "state": "unexplained", "minutes": 60}));
    fleet.api.post("/api/v1/alert-rules", right).await.ok();
    fleet.api.clock.advance(TimeDelta::minutes(1));
    fleet.verdict(1, RULE, "fail").await;
    fleet.look().await;
    let alerts = async |fleet: &Fleet| {
        let page = fleet.api.get("/api/v1/alerts").await.ok();
        let all = page["items"].as_array().unwrap().iter();
        all.filter(|one| one["alert_type"] == "drift")
            .cloned()
            .collect::<Vec<_>>()
    };
    let told = alerts(&fleet).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        fields(&told[0], ["title", "severity"]),
        [json!("Drift: SSH refuses to log root in"), json!("high")]
    );
    let deed = format!("{}/acknowledge", path(&fleet.api.story("").await));
    fleet.api.post(&deed, json!({"note": "known"})).await.ok();
    fleet.api.alerter.look().await.unwrap();
    assert_eq!(alerts(&fleet).await, [] as [Value; 0]);
}
