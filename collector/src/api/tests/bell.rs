//! What people are told in the console: each their own, and only what they may see.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    Api,
    alert::PLANT,
    permit::somebody,
    result::catalogue,
    scope::{Person, group},
    session::ask,
    start,
};
use crate::{access::Permission as P, alerter::Alerter, retention::Kind, store};

const PATH: &str = "/api/v1/notifications";
const SEES: &[P] = &[P::AlertsRead];

impl Person {
    async fn told(&self) -> Vec<Value> {
        let body = self.ask(Method::GET, PATH, None).await.ok();
        let items = body["items"].as_array().unwrap().clone();
        let unread = items.iter().filter(|one| one["read_at"].is_null()).count();
        assert_eq!(body["unread"], unread);
        let count = self.ask(Method::GET, &format!("{PATH}/unread"), None).await;
        assert_eq!(count.ok(), json!({"unread": unread}));
        let query = format!("{PATH}?unread=true");
        let only = self.ask(Method::GET, &query, None).await.ok();
        assert_eq!(only["items"].as_array().unwrap().len(), unread);
        items
    }

    /// What was told last, how often, and whether that is unread; of everything.
    async fn bell(&self) -> Vec<(String, i64, bool)> {
        let told = self.told().await.into_iter();
        let told = told.map(|one| {
            let what = one["what"].as_str().unwrap().to_owned();
            let count = one["count"].as_i64().unwrap();
            (what, count, one["read_at"].is_null())
        });
        told.collect()
    }

    async fn look_at(&self, one: &Value) -> super::Answer {
        let path = format!("{PATH}/{}/read", one["id"].as_str().unwrap());
        self.ask(Method::POST, &path, None).await
    }

    async fn look_until(&self, until: &Value) -> Value {
        let body = json!({"until": until});
        let path = format!("{PATH}/read");
        self.ask(Method::POST, &path, Some(body)).await.ok()
    }
}

fn rung(what: &str, count: i64, unread: bool) -> Vec<(String, i64, bool)> {
    vec![(what.to_owned(), count, unread)]
}

/// The failing hosts are `host-1`, of `web`, and `host-2`, of `db`; `host-3`, of `mail`, is well.
async fn three_groups() -> Api {
    let api = Api::new().await;
    api.sql(PLANT).await;
    for (name, host) in [("web", 1), ("db", 2), ("mail", 3)] {
        group(&api, json!({"name": name}), &[host]).await;
    }
    api
}

#[tokio::test]
async fn who_may_see_an_alert_is_told_once_and_more_of_it_is_unread_again() {
    let api = three_groups().await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    let web = Person::new(&api, "web", &[(SEES, Some("web"))]).await;
    let mail = Person::new(&api, "mail", &[(SEES, Some("mail"))]).await;
    let blind = Person::new(&api, "blind", &[(&[P::HostsRead], None)]).await;
    let viewer = somebody(&api, "viewer", "viewer").await;
    let of_viewer = async || {
        let answer = ask(&api, Method::GET, &format!("{PATH}/unread"), &viewer).await;
        answer.ok()["unread"].clone()
    };
    api.look().await;
    assert_eq!(root.bell().await, rung("began", 1, true));
    assert_eq!(web.bell().await, rung("began", 1, true));
    assert_eq!(
        of_viewer().await,
        1,
        "built-in roles count as custom ones do"
    );
    assert_eq!(mail.bell().await, []);
    assert_eq!(blind.bell().await, []);
    let told = root.told().await.swap_remove(0);
    let alert = api.finding().await;
    assert_eq!(
        (
            &told["alert"],
            &told["alert_type"],
            &told["severity"],
            &told["title"],
            &told["state"]
        ),
        (
            &alert["id"],
            &json!("high_finding"),
            &json!("high"),
            &json!("Fails: SSH refuses to log root in"),
            &json!("active")
        )
    );

    // Neither a second look nor another process over the same tables tells it again.
    api.look().await;
    let (db, clock, feed) = (api.db.clone(), api.clock.clone(), api.feed.clone());
    let again = Alerter::new(db, clock, feed, Arc::new(catalogue()), "https://localhost");
    again.look().await.unwrap();
    assert_eq!(root.bell().await, rung("began", 1, true));

    assert_eq!(
        web.look_at(&web.told().await[0]).await.ok(),
        json!({"unread": 0})
    );
    assert_eq!(root.look_at(&told).await.ok(), json!({"unread": 0}));
    assert_eq!(of_viewer().await, 1, "what others have read");
    api.clock.advance(TimeDelta::seconds(1));
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:04Z')")
        .await;
    api.look().await;
    assert_eq!(root.bell().await, rung("grown", 2, true));
    assert_eq!(
        web.bell().await,
        rung("began", 1, false),
        "it grew where they see nothing"
    );
    assert_eq!(mail.bell().await, rung("grown", 1, true));

    // Acknowledging is no news to a bell.
    api.deed("acknowledge", json!({})).await.ok();
    assert_eq!(root.bell().await, rung("grown", 2, true));
    assert_eq!(root.told().await[0]["state"], "acknowledged");
    let late = Person::new(&api, "late", &[(SEES, None)]).await;
    api.sql(
        "select comes('host-1', 'pass', '2026-03-03T14:05Z'), comes('host-2', 'pass', '2026-03-03T14:05Z'),
                comes('host-3', 'pass', '2026-03-03T14:05Z')",
    )
    .await;
    api.look().await;
    assert_eq!(root.bell().await, rung("ended", 3, true));
    assert_eq!(web.bell().await, rung("ended", 2, true));
    assert_eq!(
        late.bell().await,
        [],
        "who never heard of it hears of no end"
    );
    let first = root.told().await.swap_remove(0);
    assert_eq!(
        (&first["id"], &first["first_at"]),
        (&told["id"], &told["first_at"])
    );
    assert!(first["told_at"].as_str() > told["told_at"].as_str());
}

#[tokio::test]
async fn a_snooze_that_ends_and_an_alert_that_nobody_acknowledges_are_told() {
    let api = three_groups().await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    api.look().await;
    let until = start() + TimeDelta::hours(1);
    api.deed("snooze", json!({"until": until})).await.ok();
    assert_eq!(root.bell().await, rung("began", 1, true));
    api.clock.advance(TimeDelta::hours(1));
    api.look().await;
    assert_eq!(root.bell().await, rung("woken", 2, true));
    api.sql("update alert_rule set escalate_min = 30 where name = 'High findings'")
        .await;
    api.look().await;
    assert_eq!(root.bell().await, rung("escalated", 3, true));
    assert_eq!(root.told().await[0]["severity"], "critical");
}

#[tokio::test]
async fn who_lost_the_right_sees_nothing_of_what_they_were_told() {
    let api = three_groups().await;
    let web = Person::new(&api, "web", &[(SEES, Some("web"))]).await;
    api.look().await;
    let told = web.told().await.swap_remove(0);
    let gone = async |why: &str| {
        assert_eq!(web.bell().await, [], "{why}");
        let refused = web.look_at(&told).await;
        assert_eq!(refused.problem(), (404, "notification_not_found"), "{why}");
        web.look_until(&told["told_at"]).await;
    };
    // The scope is another, the role is, the host is nobody's of theirs any more.
    for (takes, gives) in [
        (
            "update role_binding set group_no = (select group_no from host_group where name = 'mail')",
            "update role_binding set group_no = (select group_no from host_group where name = 'web')",
        ),
        (
            "update role set permissions = '{hosts.read}'",
            "update role set permissions = '{alerts.read}'",
        ),
        (
            "delete from group_host where group_no = (select group_no from host_group where name = 'web')",
            "insert into group_host select group_no, host_no from host_group g, host h
             where g.name = 'web' and h.hostname = 'host-1'",
        ),
    ] {
        api.sql(takes).await;
        gone(takes).await;
        api.sql(gives).await;
        // What could not be seen was not looked at.
        assert_eq!(web.bell().await, rung("began", 1, true), "{gives}");
    }
    // While it may not be seen, it is not told either.
    api.sql("update role set permissions = '{hosts.read}'")
        .await;
    api.sql("select comes('host-1', 'pass', '2026-03-03T14:04Z'), comes('host-2', 'pass', '2026-03-03T14:04Z')").await;
    api.look().await;
    api.sql("update role set permissions = '{alerts.read}'")
        .await;
    assert_eq!(web.bell().await, rung("began", 1, true));
    let locked = Person::new(&api, "locked", &[(SEES, None)]).await;
    api.sql("update account set disabled_at = '2026-03-01Z' where name = 'locked'")
        .await;
    api.sql("select comes('host-1', 'fail', '2026-03-03T14:06Z')")
        .await;
    api.look().await;
    api.sql("update account set disabled_at = null").await;
    assert_eq!(locked.bell().await, []);
}

#[tokio::test]
async fn a_token_sees_what_its_person_was_told_as_far_as_its_own_rights_go() {
    let api = three_groups().await;
    let root = Person::new(&api, "root", &[(&[P::AlertsRead, P::HostsRead], None)]).await;
    api.look().await;
    assert_eq!(root.bell().await, rung("began", 1, true));
    for (takes, seen) in [
        ("update api_token set permissions = '{hosts.read}'", 0),
        (
            "update api_token set permissions = '{alerts.read}',
                 groups = (select array_agg(group_no) from host_group where name = 'mail')",
            0,
        ),
        (
            "update api_token set groups = (select array_agg(group_no) from host_group where name = 'db')",
            1,
        ),
    ] {
        api.sql(takes).await;
        assert_eq!(root.told().await.len(), seen, "{takes}");
    }
}

#[tokio::test]
async fn somebody_elses_is_not_there() {
    let api = three_groups().await;
    let alice = Person::new(&api, "alice", &[(SEES, None)]).await;
    let bob = Person::new(&api, "bob", &[(P::ALL, None)]).await;
    api.look().await;
    let of_alice = alice.told().await.swap_remove(0);
    let refused = bob.look_at(&of_alice).await;
    assert_eq!(refused.problem(), (404, "notification_not_found"));
    let nonsense = bob.look_at(&json!({"id": "nonsense"})).await;
    assert_eq!(nonsense.problem(), (404, "notification_not_found"));
    assert_eq!(
        bob.look_until(&of_alice["told_at"]).await,
        json!({"unread": 0})
    );
    assert_eq!(alice.bell().await, rung("began", 1, true));
    // Nobody is told anything on the socket.
    for path in [PATH.to_owned(), format!("{PATH}/unread")] {
        assert_eq!(
            api.get(&path).await.problem(),
            (403, "no_account"),
            "{path}"
        );
    }
    let cursor = alice
        .ask(Method::GET, &format!("{PATH}?cursor=x"), None)
        .await;
    assert_eq!(cursor.problem(), (400, "bad_cursor"));
}

#[tokio::test]
async fn what_came_after_what_was_seen_stays_unread() {
    let api = three_groups().await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    api.look().await;
    let seen = root.told().await.swap_remove(0)["told_at"].clone();
    // By a clock that stands still.
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:04Z')")
        .await;
    api.look().await;
    assert_eq!(root.look_until(&seen).await, json!({"unread": 1}));
    assert_eq!(root.bell().await, rung("grown", 2, true));
    let seen = root.told().await.swap_remove(0)["told_at"].clone();
    assert_eq!(root.look_until(&seen).await, json!({"unread": 0}));
    let at = root.told().await.swap_remove(0)["read_at"].clone();
    api.clock.advance(TimeDelta::minutes(1));
    root.look_until(&seen).await;
    assert_eq!(
        root.told().await[0]["read_at"],
        at,
        "it was looked at when it was"
    );
}

#[tokio::test]
async fn who_is_to_look_after_an_alert_hears_it_from_others() {
    let api = three_groups().await;
    let web = Person::new(
        &api,
        "web",
        &[(&[P::AlertsRead, P::AlertsWrite], Some("web"))],
    )
    .await;
    let mail = Person::new(&api, "mail", &[(SEES, Some("mail"))]).await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    api.look().await;
    let told = web.told().await.swap_remove(0);
    web.look_at(&told).await.ok();
    let path = format!(
        "/api/v1/alerts/{}/assignee",
        told["alert"].as_str().unwrap()
    );
    let assign = async |name: Value| api.put(&path, json!({"account": name})).await.ok();
    assign(json!("web")).await;
    assert_eq!(web.bell().await, rung("assigned", 2, true));
    assert_eq!(root.bell().await, rung("began", 1, true));
    assign(json!("mail")).await;
    assert_eq!(mail.bell().await, [], "they may not see it");
    assign(Value::Null).await;
    web.look_at(&told).await.ok();
    let own = json!({"account": "web"});
    web.ask(Method::PUT, &path, Some(own)).await.ok();
    assert_eq!(web.bell().await, rung("assigned", 2, false), "they know");
}

#[tokio::test]
async fn a_thousand_people_are_told_and_pages_hold_every_thing_once() {
    let api = three_groups().await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    api.sql(
        "insert into account (id, name, created_at)
         select gen_random_uuid(), 'person-' || n, '2026-01-01Z' from generate_series(1, 1000) n;
         insert into role_binding (id, account_id, role, group_no, created_at, created_by)
         select gen_random_uuid(), a.id, 'viewer', g.group_no, '2026-01-01Z', 'test'
         from account a, host_group g where a.name like 'person-%' and g.name in ('web', 'db');
         update alert_rule set condition = '{\"sort\": \"event\", \"codes\": [\"port.opened\"], \"minutes\": 60}',
             enabled = true where name = 'Ports opened';
         insert into alert_rule (id, name, condition, enabled, created_at)
         select gen_random_uuid(), 'rule ' || n,
             '{\"sort\": \"event\", \"codes\": [\"port.opened\"], \"minutes\": 60}', true, '2026-01-01Z'
         from generate_series(1, 6) n;
         insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
         select host_no, 'port.opened', 3, 'tcp/80', 'it listens', '2026-03-03T14:00Z', '2026-03-03T14:00Z', false
         from host where hostname = 'host-1'",
    )
    .await;
    api.look().await;
    let rows: (i64, i64, i64) = sqlx::query_as(
        "select count(*), count(distinct account_id), count(distinct (account_id, told_at)) from notification
         join account a on a.id = account_id where a.name like 'person-%'",
    )
    .fetch_one(&api.db)
    .await
    .unwrap();
    assert_eq!(rows, (8000, 1000, 8000));
    let mut pages: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{PATH}?limit=3&cursor={cursor}");
        let page = root.ask(Method::GET, &path, None).await.ok();
        assert_eq!(page["unread"], 8);
        pages.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].clone()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let once: BTreeSet<String> = pages.iter().map(Value::to_string).collect();
    assert_eq!((pages.len(), once.len()), (8, 8));
}

#[tokio::test]
async fn what_is_old_and_what_is_too_much_goes() {
    let api = Api::new().await;
    let root = Person::new(&api, "root", &[(SEES, None)]).await;
    api.sql(
        "insert into notification (id, account_id, group_key, sort, what, severity, title, count, first_at, told_at)
         select gen_random_uuid(), id, 'n:' || n, 'event', 'began', 3, 'number ' || n, 1, '2026-01-01Z',
                '2026-03-01Z'::timestamptz + n * interval '1 second'
         from account, generate_series(1, 502) n;
         update notification set told_at = '2025-01-01Z' where group_key = 'n:502'",
    )
    .await;
    let before: DateTime<Utc> = start() - TimeDelta::days(90);
    let mut conn = api.db.acquire().await.unwrap();
    let gone = store::retention::delete_some(&mut conn, Kind::Notifications, before);
    assert_eq!(gone.await.unwrap().unwrap().rows, 1);
    store::notification::delete_surplus(&mut conn)
        .await
        .unwrap();
    let body = root
        .ask(Method::GET, &format!("{PATH}?limit=500"), None)
        .await
        .ok();
    let items = body["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[499]["title"]),
        (500, &json!("number 2"))
    );
    assert_eq!(items[0]["title"], "number 501");
}
