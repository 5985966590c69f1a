//! Groups, labels, settings, maintenance.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Api;

pub(super) const HOSTS: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'h' || n, 'default', '', '1',
           '2026-01-01Z', '2026-01-01Z' from generate_series(1, 3) as n;
    insert into fact_kind (name) values ('package')";

pub(super) fn host(n: u32) -> String {
    format!("00000000-0000-7000-8000-00000000000{n}")
}

impl Api {
    async fn names(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/api/v1/hosts?{query}"))
            .await
            .items("hostname")
    }
}

#[tokio::test]
async fn groups_have_members_by_hand_and_by_label() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let made = api
        .post(
            "/api/v1/groups",
            json!({"name": " web ", "match": {"role": "web"}}),
        )
        .await
        .ok();
    assert_eq!(
        (&made["name"], &made["hosts"], &made["precedence"]),
        (&json!("web"), &json!(0), &json!(0))
    );
    let path = format!("/api/v1/groups/{}", made["id"].as_str().unwrap());
    let labels = format!("/api/v1/hosts/{}/labels", host(1));
    let set = api
        .put(&labels, json!({"role": "web", "env": "prod"}))
        .await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    let change = json!({"add": [host(2), host(3)], "remove": [host(3)]});
    let changed = api.post(&format!("{path}/members"), change).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    let members = format!("{path}/members");
    assert_eq!(api.pages(&members, 1, "hostname").await, ["h1", "h2"]);
    assert_eq!(
        api.get(&members).await.items("why"),
        [json!(["label"]), json!(["hand"])]
    );
    assert_eq!(api.get(&path).await.ok()["hosts"], 2);
    assert_eq!(api.names("group=web").await, ["h1", "h2"]);
    assert_eq!(api.names("label=role=web,env=prod").await, ["h1"]);
    assert_eq!(api.names("label=role=db").await, [""; 0]);
    assert_eq!(api.names("group=web&label=env=prod").await, ["h1"]);
    let shown = api.get(&format!("/api/v1/hosts/{}", host(1))).await.ok();
    assert_eq!(
        (&shown["groups"], &shown["labels"]["env"]),
        (&json!(["web"]), &json!("prod"))
    );

    let replaced = json!({"name": "db", "description": "d", "precedence": 7});
    let after = api.put(&path, replaced).await.ok();
    assert_eq!(
        (&after["match"], &after["hosts"]),
        (&Value::Null, &json!(1))
    );
    let other = api.post("/api/v1/groups", json!({"name": "db"})).await;
    assert_eq!(other.problem(), (409, "group_exists"));
    assert_eq!(api.pages("/api/v1/groups", 1, "name").await, ["db"]);
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.delete(&path).await.problem(), (404, "group_not_found"));
    assert_eq!(api.names("group=db").await, [""; 0]);
}

#[tokio::test]
async fn what_does_not_fit_a_group_is_refused_and_changes_nothing() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    for (body, code) in [
        (json!({"name": ""}), "bad_parameter"),
        (json!({"name": "a\nb"}), "bad_parameter"),
        (
            json!({"name": "a", "precedence": 1_000_001}),
            "bad_parameter",
        ),
        (json!({"name": "a", "match": {}}), "bad_parameter"),
        (json!({"name": "a", "match": {"a b": "c"}}), "bad_setting"),
        (json!({"name": "a", "colour": "red"}), "bad_body"),
    ] {
        let answer = api.post("/api/v1/groups", body.clone()).await;
        assert_eq!(answer.problem().1, code, "{body}");
    }
    for body in [json!({"-a": "b"}), json!({"a": "b/c"})] {
        let answer = api
            .put(&format!("/api/v1/hosts/{}/labels", host(1)), body)
            .await;
        assert_eq!(answer.problem(), (400, "bad_setting"));
    }
    let group = api.post("/api/v1/groups", json!({"name": "a"})).await.ok();
    let members = format!("/api/v1/groups/{}/members", group["id"].as_str().unwrap());
    let answer = api.post(&members, json!({"add": [host(1), host(9)]})).await;
    assert_eq!(answer.problem(), (404, "host_not_found"));
    assert_eq!(api.get(&members).await.items("id"), [""; 0]);
    for (path, code) in [
        ("/api/v1/groups/x", "group_not_found"),
        ("/api/v1/groups/x/members", "group_not_found"),
        ("/api/v1/groups/x/settings", "group_not_found"),
        ("/api/v1/hosts/x/settings", "host_not_found"),
        ("/api/v1/hosts/x/settings/effective", "host_not_found"),
        ("/api/v1/hosts/x/liveness", "host_not_found"),
        ("/api/v1/maintenance/x", "maintenance_not_found"),
    ] {
        assert_eq!(api.get(path).await.problem(), (404, code), "{path}");
    }
    for query in ["state=offline", "label=a", "label=a%20b=c"] {
        let answer = api.get(&format!("/api/v1/hosts?{query}")).await;
        assert_eq!(answer.problem().0, 400, "{query}");
    }
}

#[tokio::test]
async fn each_value_of_a_hosts_settings_says_which_layer_it_is_of() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let mut groups = Vec::new();
    for (name, precedence) in [("low", 1), ("high", 2), ("also_low", 1)] {
        let body = json!({"name": name, "precedence": precedence});
        let group = api.post("/api/v1/groups", body).await.ok();
        let path = format!("/api/v1/groups/{}", group["id"].as_str().unwrap());
        let add = json!({"add": [host(1)]});
        api.post(&format!("{path}/members"), add).await.ok();
        groups.push(path);
    }
    let [low, high, also_low] = &groups[..] else {
        panic!()
    };
    let own = format!("/api/v1/hosts/{}/settings", host(1));
    let set = api
        .put(
            &own,
            json!({"kinds": {"package": {"every_s": 60}, "tape": {"enabled": false}}}),
        )
        .await
        .ok();
    assert_eq!(set["unknown_kinds"], json!(["tape"]));
    assert_eq!(set["updated_by"], "local administrator");
    let high_says = json!({"kinds": {"package": {"every_s": 70, "enabled": false}}});
    api.put(&format!("{high}/settings"), high_says).await.ok();
    for (path, seconds) in [(low, 100), (also_low, 200)] {
        let says = json!({"reconcile_s": seconds, "kinds": {"package": {"enabled": true}}});
        api.put(&format!("{path}/settings"), says).await.ok();
    }
    api.clock.advance(TimeDelta::minutes(1));
    let fleet = json!({"reconcile_s": 300, "metrics": {"send_every_s": 30, "enabled": true}});
    api.put("/api/v1/settings", fleet.clone()).await.ok();
    assert_eq!(api.get("/api/v1/settings").await.ok()["settings"], fleet);

    let found = api.get(&format!("{own}/effective")).await.ok();
    let from_group = |name: &str| json!({"layer": "group", "name": name});
    let package = &found["kinds"]["package"];
    assert_eq!(
        package["every_s"],
        json!({"value": 60, "from": {"layer": "host"}})
    );
    assert_eq!(
        package["enabled"],
        json!({"value": false, "from": from_group("high")})
    );
    assert_eq!(
        found["reconcile_s"],
        json!({"value": 200, "from": from_group("also_low")}),
        "of equals the first name"
    );
    assert_eq!(
        found["metrics"]["send_every_s"],
        json!({"value": 30, "from": {"layer": "fleet"}})
    );
    assert_eq!(found["on_host"]["state"], "never_reported");
    let other = format!("/api/v1/hosts/{}/settings/effective", host(2));
    let other = api.get(&other).await.ok();
    assert_eq!(other["reconcile_s"]["from"]["layer"], "fleet");
    assert_ne!(other["version"], found["version"]);

    // An agent was here, with settings of before.
    api.sql(
        "insert into host_in_force (host_no, in_force, reported_at) values (1, '\\x00', now())",
    )
    .await;
    let found = api.get(&format!("{own}/effective")).await.ok();
    assert_eq!(
        (&found["on_host"]["state"], &found["on_host"]["since"]),
        (&json!("pending"), &json!("2026-03-03T14:06:00.000000Z"))
    );
    for path in [own.clone(), "/api/v1/settings".into()] {
        assert_eq!(api.delete(&path).await.status, 204);
        assert_eq!(api.get(&path).await.ok()["settings"], json!({}));
    }
    let found = api.get(&format!("{own}/effective")).await.ok();
    assert_eq!(found["kinds"]["package"]["every_s"]["value"], 70);
    assert_eq!(found["metrics"]["enabled"], Value::Null);
}

#[tokio::test]
async fn settings_that_no_agent_would_take_are_refused_with_name_and_range() {
    let api = Api::new().await;
    for (body, said) in [
        (
            json!({"kinds": {"os": {"every_s": 1}}}),
            "os.every_s is 1, and must be 5 to 604800",
        ),
        (json!({"kinds": {"Os": {}}}), "Os"),
        (
            json!({"metrics": {"send_every_s": 3601}}),
            "metrics.send_every_s",
        ),
        (json!({"reconcile_s": 10}), "reconcile_s"),
    ] {
        let answer = api.put("/api/v1/settings", body).await;
        assert_eq!(answer.problem(), (400, "bad_setting"));
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
    }
    for body in [
        json!({"reconcile": 60}),
        json!({"reconcile_s": -1}),
        json!("x"),
    ] {
        let answer = api.put("/api/v1/settings", body).await;
        assert_eq!(answer.problem(), (422, "bad_body"));
    }
    assert_eq!(
        api.get("/api/v1/settings").await.ok()["settings"],
        json!({})
    );
}

#[tokio::test]
async fn maintenance_windows_show_on_hosts_while_they_are_open() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let group = api.post("/api/v1/groups", json!({"name": "g"})).await.ok();
    let members = format!("/api/v1/groups/{}/members", group["id"].as_str().unwrap());
    api.post(&members, json!({"add": [host(2)]})).await.ok();
    const PATH: &str = "/api/v1/maintenance";

    // It is Tuesday, 3 March 2026, 14:05.
    let once = json!({"host": host(1), "reason": "disks", "to": "2026-03-03T15:00:00Z"});
    let once = api.post(PATH, once).await;
    assert_eq!(once.status, StatusCode::CREATED);
    let once = once.ok();
    assert_eq!(
        (&once["open"], &once["from"]),
        (&json!(true), &json!("2026-03-03T14:05:00.000000Z"))
    );
    let weekly = json!({"weekday": 2, "start_minute": 14 * 60, "duration_minutes": 10});
    let body = json!({"group": group["id"], "reason": "patches", "weekly": weekly});
    let each_week = api.post(PATH, body).await.ok();
    assert_eq!(each_week["weekly"], weekly);
    assert_eq!(api.names("state=maintenance").await, ["h1", "h2"]);
    let maintenance = async |n| {
        let shown = api.get(&format!("/api/v1/hosts/{}", host(n))).await.ok();
        shown["maintenance"].clone()
    };
    assert_eq!(
        maintenance(2).await,
        json!({"until": "2026-03-03T14:10:00.000000Z", "reason": "patches"})
    );
    let own = api.get(&format!("{PATH}?host={}", host(2))).await;
    assert_eq!(own.items("reason"), ["patches"]);
    assert_eq!(api.pages(PATH, 1, "reason").await, ["disks", "patches"]);

    api.clock.advance(TimeDelta::minutes(6));
    assert_eq!(maintenance(2).await, Value::Null);
    let path = format!("{PATH}/{}", once["id"].as_str().unwrap());
    let forever = json!({"host": host(1), "reason": "disks, still"});
    let forever = api.put(&path, forever).await.ok();
    assert_eq!(forever["from"], once["from"], "what began, began");
    assert_eq!(
        maintenance(1).await,
        json!({"until": null, "reason": "disks, still"})
    );
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(maintenance(1).await, Value::Null);
    assert_eq!(
        api.get(&path).await.problem(),
        (404, "maintenance_not_found")
    );
    api.clock
        .advance(TimeDelta::days(7) - TimeDelta::minutes(3));
    assert_eq!(api.names("state=maintenance").await, ["h2"]);

    let bad_day = json!({"weekday": 0, "start_minute": 0, "duration_minutes": 1});
    let too_long = json!({"weekday": 7, "start_minute": 0, "duration_minutes": 10_080});
    for (body, problem) in [
        (json!({"reason": "x"}), (400, "bad_parameter")),
        (
            json!({"reason": "x", "host": host(1), "group": group["id"]}),
            (400, "bad_parameter"),
        ),
        (
            json!({"reason": " ", "host": host(1)}),
            (400, "bad_parameter"),
        ),
        (
            json!({"reason": "x", "host": host(1), "to": "2020-01-01T00:00:00Z"}),
            (400, "bad_parameter"),
        ),
        (
            json!({"reason": "x", "host": host(1), "weekly": bad_day}),
            (400, "bad_parameter"),
        ),
        (
            json!({"reason": "x", "host": host(1), "weekly": too_long}),
            (400, "bad_parameter"),
        ),
        (
            json!({"reason": "x", "host": host(9)}),
            (404, "host_not_found"),
        ),
        (
            json!({"reason": "x", "group": host(9)}),
            (404, "group_not_found"),
        ),
    ] {
        let answer = api.post(PATH, body.clone()).await;
        assert_eq!(answer.problem(), problem, "{body}");
    }
}

#[tokio::test]
async fn hosts_are_found_by_how_they_stand_and_tell_how_they_stood() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    api.sql(
        "insert into liveness values
            (1, 'online', '', '2026-01-02Z', '2026-01-03Z', false, null, null),
            (1, 'link_lost', 'no packets', '2026-01-03Z', 'infinity', true, 'agent_killed', 'k'),
            (2, 'online', '', '2026-01-02Z', 'infinity', false, null, null);
        insert into host_run (host_no, boot_id, booted_at, agent_started_at, reboots, skew_ms,
            measured_at, session) values
            (1, 'b', '2026-01-01Z', '2026-01-02Z', 3, -5001, now(), gen_random_uuid()),
            (2, 'b', null, null, 0, 5000, now(), gen_random_uuid())",
    )
    .await;
    for (state, names) in [
        ("online", &["h2"]),
        ("link_lost", &["h1"]),
        ("never_seen", &["h3"]),
        ("clock_wrong", &["h1"]),
    ] {
        assert_eq!(api.names(&format!("state={state}")).await, names, "{state}");
    }
    let page = api.get("/api/v1/hosts?state=link_lost&limit=1").await.ok();
    assert_eq!((&page["total"], &page["next"]), (&json!(1), &Value::Null));
    let shown = api.get(&format!("/api/v1/hosts/{}", host(1))).await.ok();
    for (field, value) in [
        ("state", json!("link_lost")),
        ("since", json!("2026-01-03T00:00:00.000000Z")),
        ("state_detail", json!("no packets")),
        ("skew_ms", json!(-5001)),
        ("clock_wrong", json!(true)),
        ("reboots", json!(3)),
        ("last_boot_at", json!("2026-01-01T00:00:00.000000Z")),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let path = format!("/api/v1/hosts/{}/liveness", host(1));
    let told = api.get(&path).await.ok();
    assert_eq!(
        told["items"][0],
        json!({
            "state": "link_lost", "detail": "no packets", "maintenance": true,
            "from": "2026-01-03T00:00:00.000000Z", "to": null,
            "cause": "agent_killed", "cause_detail": "k",
        })
    );
    assert_eq!(api.pages(&path, 1, "state").await, ["link_lost", "online"]);
    let then = api.get(&format!("{path}?to=2026-01-02T12:00:00Z")).await;
    assert_eq!(then.items("state"), ["online"]);
    let then = api.get(&format!("{path}?from=2026-01-03T00:00:00Z")).await;
    assert_eq!(then.items("state"), ["link_lost"]);
}
