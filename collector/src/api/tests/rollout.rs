//! Rollouts, from the request of an administrator to what each host is offered. Hosts are rows here.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::{Row as _, postgres::PgRow};

use super::{Api, permit::somebody, request, send, with_json};
use crate::{conductor::Conductor, fleet::Fleet, store};

const PATH: &str = "/api/v1/rollouts";

/// Bundles 1 to 3: the third has the content of the first. The fourth has expired.
const BUNDLES: &str = r"
    insert into root values (1, '', '', '2030-01-01', now(), 'test');
    insert into content_object
    select sha256(convert_to(body, 'utf8')), 3, convert_to(body, 'utf8')
    from (values ('old'), ('new')) as bodies (body);
    insert into bundle
    select sha256(convert_to(n::text, 'utf8')), n, '2026-01-01',
        case when n = 4 then '2026-03-03'::timestamptz else '2030-01-01' end, 1,
        convert_to(n::text, 'utf8'), '', 3, '', now(), 'test'
    from generate_series(1, 4) as n;
    insert into bundle_file
    select manifest, 'rules/a.yaml',
        sha256(convert_to(case serial when 2 then 'new' else 'old' end, 'utf8')), 3
    from bundle";

/// A hundred hosts; one of ten belongs to the group.
const HOSTS: &str = r"
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'host-' || n, 'default', '',
        '0.1.0', '2026-01-01', '2027-01-01'
    from generate_series(1, 100) as n;
    insert into host_content (host_no, takes) select host_no, true from host;
    insert into host_group (id, name, description, precedence, created_at)
    values ('00000000-0000-7000-8000-00000000abcd', 'canaries', '', 0, now());
    insert into host_group_member
    select host_no, group_no from host, host_group where host_no % 10 = 0;
    insert into group_host (group_no, host_no) select group_no, host_no from host_group_member";

/// Every host that is offered something takes it, or tries it.
const TAKE: &str = r#"
    update host_content c set offer_order = order_id, offer_serial = b.serial,
        offer_manifest = o.manifest, offer_stage = case when trial_only then 'tried' else 'in_force' end,
        offer_refusal = null,
        serial = case when trial_only then c.serial else b.serial end,
        manifest = case when trial_only then c.manifest else o.manifest end,
        trial = '{"results": 10, "errors": 0, "errors_before": 0, "cpu_ms": 5, "turning": 1,
                  "turns": [{"rule": "a", "from": "pass", "to": "fail"}]}'
    from (select host_no, manifest, order_id, trial as trial_only from host_offer) o
    join bundle b on b.manifest = o.manifest
    where o.host_no = c.host_no and c.offer_order is distinct from order_id"#;

/// Every host of the second half that is offered something refuses it.
const REFUSE: &str = "
    update host_content c set offer_order = order_id, offer_manifest = o.manifest,
        offer_stage = 'refused', offer_refusal = 'errors', trial = null
    from host_offer o where o.host_no = c.host_no and c.offer_order is distinct from order_id
        and c.host_no > 50";

struct World {
    api: Api,
    conductor: Conductor,
}

impl World {
    async fn new() -> Self {
        let api = Api::new().await;
        api.sql(BUNDLES).await;
        api.sql(HOSTS).await;
        let conductor = Conductor {
            db: api.db.clone(),
            clock: api.clock.clone(),
            fleet: Fleet::new(TimeDelta::zero()),
            feed: api.feed.clone(),
            metrics: api.metrics.clone(),
            two_people: false,
        };
        Self { api, conductor }
    }

    /// With the first bundle everywhere.
    async fn settled() -> Self {
        let world = Self::new().await;
        let all = json!({"rings": [{"name": "all", "hosts": {"percent": 100}, "soak_s": 0}]});
        let body = json!({"serial": 1, "mode": "start", "plan": all});
        let id = world.begin(body).await;
        world.look().await;
        world.api.sql(TAKE).await;
        world.look().await;
        assert_eq!(world.state(&id).await, "completed");
        world
    }

    async fn begin(&self, body: Value) -> String {
        let begun = self.api.post(PATH, body).await.ok();
        begun["id"].as_str().unwrap().into()
    }

    async fn look(&self) {
        self.conductor.look().await.unwrap();
    }

    async fn command(&self, id: &str, command: &str, body: Value) -> super::Answer {
        self.api.post(&format!("{PATH}/{id}/{command}"), body).await
    }

    async fn show(&self, id: &str) -> Value {
        self.api.get(&format!("{PATH}/{id}")).await.ok()
    }

    async fn state(&self, id: &str) -> Value {
        self.show(id).await["state"].take()
    }

    async fn told(&self, id: &str) -> Vec<String> {
        let path = format!("{PATH}/{id}/events");
        let told = self.api.pages(&path, 3, "what").await;
        told.iter()
            .map(|what| what.as_str().unwrap().into())
            .collect()
    }

    /// How many hosts are offered which serial.
    async fn offered(&self) -> Vec<(i64, i64)> {
        let rows = sqlx::query(
            "select serial, count(*) from host_offer o join bundle b on b.manifest = o.manifest
             group by 1 order by 1",
        );
        let rows = rows.fetch_all(&self.api.db).await.unwrap();
        let pair = |row: PgRow| (row.get(0), row.get(1));
        rows.into_iter().map(pair).collect()
    }
}

/// The canaries for an hour, then everybody.
fn plan() -> Value {
    let group = "00000000-0000-7000-8000-00000000abcd";
    json!({"rings": [
        {"name": "canary", "hosts": {"group": group}, "soak_s": 3600},
        {"name": "all", "hosts": {"percent": 100}, "soak_s": 0},
    ]})
}

fn second() -> Value {
    json!({"serial": 2, "mode": "start", "plan": plan()})
}

#[tokio::test]
async fn what_people_do_to_a_rollout_and_what_it_comes_to_is_written_down() {
    let world = World::settled().await;
    let log = world.api.log("change").await;
    let said = |record: &Value| {
        ["actor", "how", "action"].map(|field| record[field].as_str().unwrap().to_owned())
    };
    let said: Vec<_> = log.iter().map(said).collect();
    assert_eq!(
        said,
        [
            ["local administrator", "socket", "rollout.start"],
            ["collector", "itself", "rollout.complete"],
        ]
    );
    assert_eq!(log[0]["target"]["name"], "bundle 1");
    assert_eq!(log[0]["after"]["state"], "running");
}

#[tokio::test]
async fn a_bundle_comes_ring_by_ring_and_its_events_tell_how() {
    let world = World::settled().await;
    let id = world.begin(second()).await;
    world.look().await;
    assert_eq!(world.offered().await, [(1, 90), (2, 10)]);
    let shown = world.show(&id).await;
    assert_eq!(
        (&shown["ring"], &shown["before"]),
        (&json!("canary"), &json!(1))
    );
    let ring = |shown: &Value, n: usize, field: &str| shown["rings"][n][field].clone();
    assert_eq!(ring(&shown, 0, "waiting"), 10);
    assert_eq!(
        (ring(&shown, 0, "open"), ring(&shown, 1, "open")),
        (json!(true), json!(false))
    );
    world.api.sql(TAKE).await;
    world.look().await;
    world.api.clock.advance(TimeDelta::seconds(3599));
    world.look().await;
    assert_eq!(world.offered().await, [(1, 90), (2, 10)], "it soaks");
    world.api.clock.advance(TimeDelta::seconds(1));
    world.look().await;
    assert_eq!(world.offered().await, [(2, 100)]);
    world.api.sql(TAKE).await;
    world.look().await;
    let shown = world.show(&id).await;
    assert_eq!(shown["state"], "completed");
    assert_eq!(
        (ring(&shown, 0, "in_force"), ring(&shown, 1, "in_force")),
        (json!(10), json!(90))
    );
    assert_eq!(
        world.told(&id).await,
        [
            "started",
            "offered",
            "settled",
            "opened",
            "offered",
            "settled",
            "completed"
        ]
    );
    let metrics = world.api.get("/metrics").await.body;
    let line = "openwatch_rollout_events_total{result=\"completed\"} 2";
    assert!(metrics.as_str().unwrap().contains(line), "{metrics}");
    assert_eq!(
        world.api.pages(PATH, 1, "serial").await,
        [json!(2), json!(1)]
    );
}

#[tokio::test]
async fn a_host_that_joins_later_is_offered_what_all_have_and_not_what_few_try() {
    let world = World::settled().await;
    world.begin(second()).await;
    world.look().await;
    world.api.sql("delete from host_offer where host_no <= 20; delete from host_content where host_no <= 20")
        .await;
    world.look().await;
    assert_eq!(world.offered().await, [(1, 90), (2, 10)]);
}

#[tokio::test]
async fn a_bundle_that_is_refused_halts_and_is_rolled_back() {
    let world = World::settled().await;
    let id = world.begin(second()).await;
    world.look().await;
    world.api.sql(REFUSE).await;
    world.api.sql(TAKE).await;
    world.look().await;
    let shown = world.show(&id).await;
    assert_eq!(shown["state"], "halted");
    assert_eq!(shown["rings"][0]["reasons"], json!({"errors": 5}));
    assert_eq!(
        shown["rings"][0]["alarm"],
        "5 of 10 hosts that answered refuse it (errors: 5); at most 5 % may"
    );
    assert_eq!(world.offered().await, [(1, 90), (2, 5)]);

    let answer = world.command(&id, "rollback", json!({"serial": 1})).await;
    assert_eq!(
        answer.problem(),
        (409, "rollout_refused"),
        "no host goes back"
    );
    let answer = world.command(&id, "rollback", json!({"serial": 5})).await;
    assert_eq!(answer.problem(), (404, "bundle_not_found"));
    let other = "update bundle_file f set path = 'rules/b.yaml' from bundle b
                 where b.manifest = f.manifest and serial = 3";
    world.api.sql(other).await;
    let answer = world.command(&id, "rollback", json!({"serial": 3})).await;
    assert_eq!(answer.problem(), (409, "rollout_refused"));
    assert!(
        answer.body["detail"]
            .as_str()
            .unwrap()
            .contains("rules/a.yaml differs"),
        "{answer:?}"
    );
    world
        .api
        .sql("update bundle_file set path = 'rules/a.yaml'")
        .await;

    let body = json!({"serial": 3, "reason": "it breaks sshd"});
    let begun = world.command(&id, "rollback", body).await.ok();
    assert_eq!(
        (&begun["state"], &begun["back"]),
        (&json!("rolling_back"), &json!(3))
    );
    world.look().await;
    assert_eq!(world.offered().await, [(1, 90), (3, 5)]);
    world.api.sql(TAKE).await;
    world.look().await;
    assert_eq!(world.state(&id).await, "rolled_back");
    let events = world.api.get(&format!("{PATH}/{id}/events")).await.ok();
    let told = events["items"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|event| {
            let text = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {} {}",
                text("by"),
                text("what"),
                text("ring"),
                text("detail")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "local administrator started - bundle 2",
            "collector offered canary bundle 2 to 10 hosts",
            "collector halted canary 5 of 10 hosts that answered refuse it (errors: 5); at most 5 % may",
            "collector withdrawn canary from 5 hosts that have not taken it",
            "local administrator rolling_back - to bundle 3, the content of bundle 1: it breaks sshd",
            "collector offered - bundle 3 to 5 hosts",
            "collector rolled_back - no host that is heard of has it any more",
        ]
    );
    assert_eq!(events["items"][2]["alert"], true);
}

#[tokio::test]
async fn what_would_turn_is_told_before_anything_is_in_force() {
    let world = World::settled().await;
    let mut body = second();
    body["mode"] = json!("what_if");
    let id = world.begin(body).await;
    world.look().await;
    world.api.sql(TAKE).await;
    world.api.clock.advance(TimeDelta::days(1));
    world.look().await;
    assert_eq!(world.show(&id).await["rings"][0]["tried"], 10);
    let predicted = world.api.get(&format!("{PATH}/{id}/prediction")).await.ok();
    assert_eq!(
        predicted,
        json!({"hosts": 10, "fleet": 100, "results": 100, "turning": 10, "rules": [
            {"rule": "a", "from": "pass", "to": "fail", "hosts": 10, "in_fleet": 100}]})
    );
    let started = world
        .command(&id, "start", json!({"reason": "as expected"}))
        .await
        .ok();
    assert_eq!(started["state"], "running");
    world.look().await;
    world.api.sql(TAKE).await;
    world.look().await;
    let ring = world.show(&id).await["rings"][0].take();
    assert_eq!((&ring["tried"], &ring["in_force"]), (&json!(0), &json!(10)));
}

#[tokio::test]
async fn what_cannot_be_rolled_out_is_refused_and_says_why() {
    let world = World::settled().await;
    let mut last_ring = plan();
    last_ring["rings"].as_array_mut().unwrap().pop();
    let mut stranger = plan();
    stranger["rings"][0]["hosts"] = json!({"group": "00000000-0000-7000-8000-000000000009"});
    let mode = "start";
    for (body, problem) in [
        (
            json!({"serial": 9, "mode": mode}),
            (404, "bundle_not_found"),
        ),
        (json!({"serial": 4, "mode": mode}), (409, "rollout_refused")),
        (
            json!({"serial": 2, "mode": mode, "plan": last_ring}),
            (400, "bad_parameter"),
        ),
        (
            json!({"serial": 2, "mode": mode, "plan": stranger}),
            (404, "group_not_found"),
        ),
        (json!({"serial": 2, "mode": "now"}), (422, "bad_body")),
    ] {
        assert_eq!(
            world.api.post(PATH, body.clone()).await.problem(),
            problem,
            "{body}"
        );
    }
    let id = world.begin(second()).await;
    let again = world
        .api
        .post(PATH, json!({"serial": 3, "mode": mode}))
        .await;
    assert_eq!(again.problem(), (409, "rollout_refused"), "one at a time");
    let path = format!("{PATH}/{id}");
    world.command(&id, "halt", json!({})).await.ok();
    let older = world
        .api
        .post(PATH, json!({"serial": 1, "mode": mode}))
        .await;
    assert_eq!(older.problem(), (409, "rollout_refused"));
    assert!(
        older.body["detail"].as_str().unwrap().contains("serial 2"),
        "{older:?}"
    );
    let newer = world.begin(json!({"serial": 3, "mode": mode})).await;
    let over = world.command(&id, "resume", json!({})).await;
    assert_eq!(over.problem(), (409, "rollout_refused"), "it is history");
    let start = world.command(&newer, "start", json!({})).await;
    assert_eq!(start.problem(), (409, "rollout_refused"), "it runs");
    let nobody = PATH.to_owned() + "/00000000-0000-7000-8000-000000000009";
    for path in [
        &nobody,
        &format!("{nobody}/events"),
        &format!("{nobody}/prediction"),
    ] {
        assert_eq!(
            world.api.get(path).await.problem(),
            (404, "rollout_not_found"),
            "{path}"
        );
    }
    assert_eq!(world.api.get(&path).await.ok()["state"], "halted");
}

#[tokio::test]
async fn while_another_collector_moves_a_rollout_this_one_does_not() {
    let world = World::settled().await;
    world.begin(second()).await;
    let mut other = world.api.db.begin().await.unwrap();
    store::rollout::lock(&mut other).await.unwrap();
    world.look().await;
    assert_eq!(world.offered().await, [(1, 100)]);
    other.rollback().await.unwrap();
    world.look().await;
    assert_eq!(world.offered().await, [(1, 90), (2, 10)]);
}

#[tokio::test]
async fn where_two_people_are_needed_nobody_starts_what_they_planned() {
    let api = Api::set(|state| state.two_people = true).await;
    api.sql(BUNDLES).await;
    api.sql(HOSTS).await;
    let alice = somebody(&api, "alice", "security_admin").await;
    let bob = somebody(&api, "bob", "security_admin").await;
    let ask = async |who: &str, path: &str, body: Value| {
        let post = request(Method::POST, path).header("cookie", who);
        send(&api.https, with_json(post, &body)).await
    };
    let at_once = ask(&alice, PATH, json!({"serial": 1, "mode": "start"})).await;
    assert_eq!(at_once.problem(), (409, "rollout_refused"));
    let planned = ask(&alice, PATH, json!({"serial": 1, "mode": "what_if"}))
        .await
        .ok();
    let start = format!("{PATH}/{}/start", planned["id"].as_str().unwrap());
    let alone = ask(&alice, &start, json!({})).await;
    assert_eq!(alone.problem(), (409, "rollout_refused"));
    assert!(
        alone.body["detail"].as_str().unwrap().contains("alice"),
        "{alone:?}"
    );
    let started = ask(&bob, &start, json!({})).await.ok();
    assert_eq!(started["state"], "running");
}
