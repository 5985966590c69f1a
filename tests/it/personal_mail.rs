//! E-mail to people over a real SMTP server, with time that is moved: at once, held back while it is quiet, and together
//! as digests, also on the days on which clocks are put forward and back.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::{Clock as _, ManualClock};
use sqlx::PgPool;
use support::{
    SmtpServer, TestCollector,
    smtp_server::{PASSWORD, USER},
    until,
};

const PREFERENCES: &str = "/api/v1/account/notification-preferences";
const SECRET: &str = "correct horse battery";

/// Two hosts, one of them in a group; and of alert rules only those of this test.
const PLANT: &str = "
    update alert_rule set enabled = false;
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'host-' || n, 'default', '', '1',
           '2026-01-01Z', '2026-01-01Z' from generate_series(1, 2) n;
    insert into host_group (id, name, description, precedence, created_at)
    values (gen_random_uuid(), 'web', '', 0, '2026-01-01Z');
    insert into host_group_member (group_no, host_no) select group_no, host_no from host_group, host
    where host_group.name = 'web' and hostname = 'host-1';
    insert into group_host select group_no, host_no from host_group, host
    where host_group.name = 'web' and hostname = 'host-1';
    insert into alert_rule (id, name, condition, enabled, severity, created_at)
    select gen_random_uuid(), code, jsonb_build_object('sort', 'event', 'codes', jsonb_build_array(code),
               'minutes', 525600), true, severity, '2026-01-01Z'
    from (values ('port.opened', 3), ('user.is_root', 4), ('ssh_key.added', 4), ('sudo_rule.added', 3),
                 ('user.no_password', 3)) as r (code, severity)";

/// Somebody who is signed in.
async fn somebody(collector: &TestCollector, name: &str) -> support::Api {
    let account = json!({"name": name, "password": SECRET, "role": "viewer"});
    collector.api.post("/api/v1/accounts", &account).await;
    let browser = collector.browser();
    let login = json!({"name": name, "password": SECRET});
    browser.post("/api/v1/session", &login).await;
    browser
}

async fn put(api: &support::Api, path: &str, body: &Value) -> (u16, Value) {
    let answer = api.send(Method::PUT, path, Some(body)).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What everybody of this test wants: what is critical at once, what is high together at two in the morning.
fn wanted(name: &str) -> Value {
    let choice = |severity: &str, email: &str| json!({"alert_type": "event", "severity": severity, "in_app": true, "email": email});
    json!({
        "address": format!("{name}@corp.example"), "time_zone": "Europe/Vienna",
        "choices": [choice("critical", "now"), choice("high", "digest")],
        "digest": {"hour": 2}, "quiet": {"from_minute": 22 * 60, "to_minute": 7 * 60},
    })
}

/// Something happens on a host, and there is an alert about it.
async fn happens(
    collector: &TestCollector,
    db: &PgPool,
    clock: &ManualClock,
    host: &str,
    code: &str,
) {
    sqlx::query(
        "insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
         select host_no, $2, 3, 'it', 'it happened', $3, $3, false from host where hostname = $1",
    )
    .bind(host)
    .bind(code)
    .bind(clock.now())
    .execute(db)
    .await
    .unwrap();
    until("an alert", async || {
        let alerts = collector.api.all("/api/v1/alerts").await;
        let found = alerts.iter().any(|alert| alert["title"] == code);
        found.then_some(()).ok_or(alerts)
    })
    .await;
}

fn subject(message: &Value) -> String {
    let text = message["text"].as_str().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn go(clock: &ManualClock, to: &str) {
    clock.advance(at(to) - clock.now());
}

/// When the next digest of this test comes.
async fn next(db: &PgPool) -> DateTime<Utc> {
    let next = "select next_at from job_schedule s join account a on s.name = 'digest:' || a.id
                where a.name = 'alice'";
    sqlx::query_scalar(next).fetch_one(db).await.unwrap()
}

/// Until no digest is due any more, and none is being written.
async fn caught_up(db: &PgPool, clock: &ManualClock) {
    until("all digests to be done", async || {
        let jobs: i64 = sqlx::query_scalar("select count(*) from job")
            .fetch_one(db)
            .await
            .unwrap();
        let next = next(db).await;
        let done = jobs == 0 && next > clock.now();
        done.then_some(()).ok_or((jobs, next))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_get_mail_as_they_want_it_and_of_what_they_may_see_alone() {
    let clock: Arc<ManualClock> = ManualClock::at(at("2026-03-28T20:00:00Z"));
    let allow = [("outbound.allow", "[\"127.0.0.1\", \"::1\"]".into())];
    let mut collector = TestCollector::start_set(clock.clone(), &allow).await;
    let mut server = SmtpServer::start("starttls").await;
    let db = collector.database().await;
    sqlx::raw_sql(PLANT).execute(&db).await.unwrap();
    let alice = somebody(&collector, "alice").await;
    let bob = somebody(&collector, "bob").await;
    sqlx::query(
        "update role_binding set group_no = (select group_no from host_group where name = 'web')
         where account_id = (select id from account where name = 'bob')",
    )
    .execute(&db)
    .await
    .unwrap();

    // As long as nobody has said through what, the answer says so.
    let before = alice.get(PREFERENCES).await;
    assert_eq!(before["mail"]["available"], false, "{before}");
    let (status, refused) = put(&alice, PREFERENCES, &wanted("alice")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("bad_parameter")));
    assert!(
        refused["detail"].as_str().unwrap().starts_with("address: "),
        "{refused}"
    );
    let channel = json!({
        "name": "mail",
        "settings": {
            "kind": "email", "host": "localhost", "port": server.port, "security": "starttls",
            "user": USER, "from": "OpenWatch <openwatch@corp.example>",
            "to": ["on-call@corp.example"], "ca_pem": server.ca_pem,
        },
        "secret": PASSWORD,
    });
    let channel = collector.api.post("/api/v1/channels", &channel).await["id"].clone();
    let mail = json!({"channel": channel, "domains": ["corp.example"]});
    let (status, set) = put(&collector.api, "/api/v1/personal-mail", &mail).await;
    assert_eq!(status, 200, "{set}");
    let mut elsewhere = wanted("alice");
    elsewhere["address"] = json!("alice@evil.example");
    assert_eq!(put(&alice, PREFERENCES, &elsewhere).await.0, 400);
    for (person, name) in [(&alice, "alice"), (&bob, "bob")] {
        let (status, said) = put(person, PREFERENCES, &wanted(name)).await;
        assert_eq!(
            (status, &said["mail"]["available"]),
            (200, &json!(true)),
            "{said}"
        );
    }

    // Nine in the evening: at once, and to who may see the host.
    happens(&collector, &db, &clock, "host-2", "user.is_root").await;
    let message = server.message().await;
    assert_eq!(message["to"], json!(["alice@corp.example"]));
    assert_eq!(subject(&message), "[CRITICAL] Began: user.is_root");
    // Together, later: one of each sort, and nothing of what follows on a host that bob sees no more.
    happens(&collector, &db, &clock, "host-1", "port.opened").await;
    // Half past ten: not before seven.
    go(&clock, "2026-03-28T21:30:00Z");
    happens(&collector, &db, &clock, "host-2", "ssh_key.added").await;
    sqlx::query(
        "delete from role_binding where account_id = (select id from account where name = 'bob')",
    )
    .execute(&db)
    .await
    .unwrap();

    // Two in the morning does not exist: the digest comes when the clocks go on at three, and once also when the
    // collector was away.
    assert_eq!(next(&db).await, at("2026-03-29T01:00:00Z"));
    db.close().await;
    let stopped = collector.halt().await;
    go(&clock, "2026-03-29T01:00:00Z");
    collector.resume(stopped).await;
    let db = collector.database().await;
    let digest = server.message().await;
    assert_eq!(
        digest["to"],
        json!(["alice@corp.example"]),
        "bob may not see it any more"
    );
    assert_eq!(subject(&digest), "OpenWatch digest: 1 alert");
    let text = digest["text"].as_str().unwrap();
    for part in [
        "text/plain",
        "text/html",
        "port.opened",
        "/account/notifications",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("user.is_root"), "{text}");
    // What was held back comes when it is quiet no more. Nothing came for the next digest, so that there is none.
    go(&clock, "2026-03-29T05:00:00Z");
    let held = server.message().await;
    assert_eq!(subject(&held), "[CRITICAL] Began: ssh_key.added");
    assert_eq!(next(&db).await, at("2026-03-30T00:00:00Z"));
    go(&clock, "2026-03-30T00:00:00Z");
    caught_up(&db, &clock).await;

    // Two in the morning comes twice: the digest does not.
    go(&clock, "2026-10-24T20:00:00Z");
    caught_up(&db, &clock).await;
    happens(&collector, &db, &clock, "host-2", "sudo_rule.added").await;
    go(&clock, "2026-10-25T00:00:00Z");
    let digest = server.message().await;
    assert_eq!(subject(&digest), "OpenWatch digest: 1 alert");
    let text = digest["text"].as_str().unwrap();
    assert!(
        text.contains("sudo_rule.added") && !text.contains("port.opened"),
        "{text}"
    );
    assert_eq!(next(&db).await, at("2026-10-26T01:00:00Z"));
    happens(&collector, &db, &clock, "host-2", "user.no_password").await;
    go(&clock, "2026-10-26T01:00:00Z");
    let digest = server.message().await;
    assert!(
        digest["text"]
            .as_str()
            .unwrap()
            .contains("user.no_password")
    );

    // Each message went out once, by what is written down of them.
    let sent = until("what became of the last", async || {
        let sent: Vec<(String, bool)> =
            sqlx::query_as("select id, delivered from personal_mail_sent")
                .fetch_all(&db)
                .await
                .unwrap();
        if sent.len() < 5 { Err(sent) } else { Ok(sent) }
    })
    .await;
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(|(_, delivered)| *delivered));
    let more = tokio::time::timeout(Duration::from_secs(2), server.message()).await;
    assert!(more.is_err(), "{more:?}");
    db.close().await;
    collector.stop().await;
}
