//! Alerts, as those see them who look after hosts.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Api, result::catalogue};
use crate::alerter::Alerter;

/// Three hosts in two groups, on two of which a rule of high severity fails.
pub(super) const PLANT: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'host-' || n, 'default', '', '1',
           '2026-01-01Z', '2026-03-03T14:00Z' from generate_series(1, 3) n;
    insert into fact_kind (name) values ('result');
    insert into fact_key (kind, key) select id, 'root-login-off' from fact_kind;
    insert into fact_value (key_id, hash, value)
    select id, sha256(verdict::bytea), jsonb_build_object('verdict', verdict, 'because', 'it is ' || verdict)
    from fact_key, unnest(array['pass', 'fail']) as verdict;
    create function comes(who text, to_verdict text, at timestamptz) returns void language plpgsql as $$
    begin
        update host_fact set valid_to = at where valid_to = 'infinity'
            and host_no = (select host_no from host where hostname = who);
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
        select h.host_no, k.kind, k.id, v.id, at, 'infinity' from host h, fact_key k
        join fact_value v on v.key_id = k.id where h.hostname = who and v.value ->> 'verdict' = to_verdict;
    end $$;
    select comes('host-1', 'fail', '2026-03-01Z'), comes('host-2', 'fail', '2026-03-01Z'),
           comes('host-3', 'pass', '2026-03-01Z');
";

impl Api {
    async fn alerts(&self, query: &str) -> Vec<Value> {
        let body = self.get(&format!("/api/v1/alerts{query}")).await.ok();
        body["items"].as_array().unwrap().clone()
    }

    /// The finding, with everything about it.
    pub(super) async fn finding(&self) -> Value {
        let alerts = self.alerts("").await;
        let finding = alerts
            .iter()
            .find(|alert| alert["alert_type"] == "high_finding");
        let id = finding.expect("an alert")["id"]
            .as_str()
            .unwrap()
            .to_owned();
        self.get(&format!("/api/v1/alerts/{id}")).await.ok()
    }

    pub(super) async fn look(&self) {
        self.alerter.look().await.unwrap();
    }

    /// The phases of what was announced of findings, the oldest first.
    async fn told(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select notice ->> 'phase' from delivery where notice ->> 'alert_type' = 'high_finding' order by id",
        )
        .fetch_all(&self.db)
        .await
        .unwrap()
    }

    pub(super) async fn deed(&self, deed: &str, body: Value) -> super::Answer {
        let id = self.finding().await["id"].as_str().unwrap().to_owned();
        self.post(&format!("/api/v1/alerts/{id}/{deed}"), body)
            .await
    }
}

fn hosts(alert: &Value) -> Vec<&str> {
    let about = alert["about"].as_array().unwrap();
    let open = about.iter().filter(|subject| subject["until"].is_null());
    let mut hosts: Vec<&str> = open
        .map(|subject| subject["host"]["hostname"].as_str().unwrap())
        .collect();
    hosts.sort_unstable();
    hosts
}

#[tokio::test]
async fn hosts_on_which_one_rule_fails_are_one_alert_that_a_restart_neither_repeats_nor_forgets() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.look().await;
    let alert = api.finding().await;
    assert_eq!(hosts(&alert), ["host-1", "host-2"]);
    assert_eq!(
        (&alert["state"], &alert["subjects"]),
        (&json!("active"), &json!(2))
    );
    assert_eq!(alert["title"], "Fails: SSH refuses to log root in");
    api.look().await;
    // Another process over the same tables.
    let again = Alerter::new(
        api.db.clone(),
        api.clock.clone(),
        api.feed.clone(),
        Arc::new(catalogue()),
        "https://localhost",
    );
    again.look().await.unwrap();
    assert_eq!(api.told().await, ["fired"]);

    // What is acknowledged is what was so then.
    api.deed("acknowledge", json!({})).await.ok();
    assert_eq!(
        api.finding().await["acknowledged_by"],
        "local administrator"
    );
    assert_eq!(
        api.deed("acknowledge", json!({})).await.problem(),
        (409, "alert_stands_so")
    );
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:04Z')")
        .await;
    api.look().await;
    let grown = api.finding().await;
    assert_eq!(
        (&grown["state"], &grown["id"]),
        (&json!("active"), &alert["id"])
    );

    api.sql("select comes('host-1', 'pass', '2026-03-03T14:04Z'), comes('host-3', 'pass', '2026-03-03T14:05Z')").await;
    api.look().await;
    assert_eq!(hosts(&api.finding().await), ["host-2"]);
    api.sql("select comes('host-2', 'pass', '2026-03-03T14:05Z')")
        .await;
    api.look().await;
    let path = format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.ok()["state"], "resolved");
    assert_eq!(
        api.told().await,
        ["fired", "acknowledged", "fired", "resolved"]
    );

    // Another time, it is another alert.
    api.sql("select comes('host-2', 'fail', '2026-03-03T14:06Z')")
        .await;
    api.look().await;
    assert_ne!(api.finding().await["id"], alert["id"]);
}

#[tokio::test]
async fn a_snooze_ends_by_itself_and_one_that_sleeps_is_not_woken_by_more() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.look().await;
    let at = |hours: i64| {
        let at = super::start() + TimeDelta::hours(hours);
        at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    };
    for until in [at(-1), at(24 * 31)] {
        let refused = api.deed("snooze", json!({"until": until})).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{until}");
    }
    api.deed("snooze", json!({"until": at(2)})).await.ok();
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:04Z')")
        .await;
    api.look().await;
    assert_eq!(api.finding().await["state"], "snoozed");
    assert_eq!(api.told().await, ["fired"]);
    api.clock.advance(TimeDelta::minutes(119));
    api.look().await;
    assert_eq!(api.finding().await["state"], "snoozed");
    api.clock.advance(TimeDelta::minutes(1));
    api.look().await;
    let awake = api.finding().await;
    assert_eq!(
        (&awake["state"], &awake["snoozed_until"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(api.told().await, ["fired", "fired"]);
    // Dismissed, it is silent until it grows or ends.
    api.deed("dismiss", json!({})).await.ok();
    api.look().await;
    assert_eq!(api.finding().await["state"], "dismissed");
}

#[tokio::test]
async fn nothing_fires_on_a_host_in_maintenance_and_what_is_so_afterwards_does() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    for host in 1..=2 {
        let window = json!({"host": format!("00000000-0000-7000-8000-00000000000{host}"), "reason": "work",
                            "from": "2026-03-03T14:00:00Z", "to": "2026-03-03T15:00:00Z"});
        api.post("/api/v1/maintenance", window).await.ok();
    }
    api.look().await;
    assert_eq!(api.alerts("").await, Vec::<Value>::new());
    api.clock.advance(TimeDelta::hours(1));
    api.look().await;
    assert_eq!(hosts(&api.finding().await), ["host-1", "host-2"]);
}

#[tokio::test]
async fn an_alert_nobody_acknowledges_becomes_more_serious_once() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    let rules = api.get("/api/v1/alert-rules").await.ok();
    let mut rule = rules["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["name"] == "High findings")
        .unwrap()
        .clone();
    let id = rule["id"].as_str().unwrap().to_owned();
    rule.as_object_mut().unwrap().remove("id");
    rule["escalate_after_min"] = json!(30);
    api.put(&format!("/api/v1/alert-rules/{id}"), rule.clone())
        .await
        .ok();
    api.look().await;
    for _ in 0..3 {
        api.clock.advance(TimeDelta::minutes(31));
        api.look().await;
    }
    assert_eq!(api.finding().await["severity"], "critical");
    assert_eq!(api.told().await, ["fired", "escalated"]);
    // A rule that is switched off ends its alerts.
    rule["enabled"] = json!(false);
    api.put(&format!("/api/v1/alert-rules/{id}"), rule.clone())
        .await
        .ok();
    api.look().await;
    assert_eq!(api.alerts("").await, Vec::<Value>::new());

    rule["condition"] = json!({"sort": "event", "codes": ["no.such"], "minutes": 5});
    let refused = api
        .put(&format!("/api/v1/alert-rules/{id}"), rule.clone())
        .await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    rule["condition"] = json!({"sort": "score_below", "percent": 50});
    rule["name"] = json!("Critical findings");
    let refused = api.put(&format!("/api/v1/alert-rules/{id}"), rule).await;
    assert_eq!(refused.problem(), (409, "alert_rule_exists"));
    assert_eq!(
        api.delete(&format!("/api/v1/alert-rules/{id}"))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        api.delete(&format!("/api/v1/alert-rules/{id}"))
            .await
            .problem(),
        (404, "alert_rule_not_found")
    );
}

/// Everything that a condition asks for is so on some host of the three, or of the collector.
async fn everything_is_so(api: &Api) {
    api.sql(PLANT).await;
    api.sql(
        "insert into posture_lens (sort, key) values ('all', '');
         insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
             not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
         select h.host_no, l.id, f.since, f.until, f.passed, 100 - f.passed, f.error, 0, 0, 0, 0, 0, 0, 0
         from posture_lens l, host h, (values
             ('2026-02-01Z'::timestamptz, '2026-03-01T12:00Z'::timestamptz, 99, 0),
             ('2026-03-01T12:00Z', '2026-03-02T12:00Z', 97, 0),
             ('2026-03-02T12:00Z', '2026-03-03T12:00Z', 95, 0),
             ('2026-03-03T12:00Z', 'infinity', 60, 2)) as f (since, until, passed, error)
         where h.hostname = 'host-1';
         insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
         select host_no, 'link_lost', 'no packets', '2026-03-01T14:00Z', 'infinity', false from host
         where hostname = 'host-2';
         insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
         select host_no, code, 3, subject, 'it happened', '2026-03-03T14:00Z', '2026-03-03T14:00Z', false
         from host, (values ('result.failed', 'root-login-off'), ('user.is_root', 'eve'), ('host.recovered', 'host'))
             as e (code, subject);
         update alert_rule set enabled = true where name = 'Mended by itself';
         update alert_rule set condition = '{\"sort\": \"mass\", \"hosts\": 3, \"minutes\": 60}' where name = 'Mass drift';
         update alert_rule set condition = '{\"sort\": \"behind\", \"hosts\": 2, \"minutes\": 5}' where name = 'Collector behind';
         insert into derive_due (host_no, recorded_at) select host_no, '2026-03-03T13:00Z' from host;
         insert into job (id, queue, lane, payload, state, max_attempts, due_at, created_at)
         values (gen_random_uuid(), 'q', 'l', '{}', 'waiting', 1, '2026-03-03T13:00Z', '2026-03-03T13:00Z');",
    )
    .await;
    for (name, condition) in [
        (
            "Low",
            json!({"sort": "host_expression", "when": "posture.score < 70.0 && hostname == 'host-1'"}),
        ),
        (
            "Eve",
            json!({"sort": "event_expression", "minutes": 60, "when": "event.subject == 'eve'"}),
        ),
    ] {
        let rule = json!({"name": name, "enabled": true, "condition": condition});
        api.post("/api/v1/alert-rules", rule).await.ok();
    }
}

/// The sorts of alerts that are open.
async fn sorts(api: &Api) -> Vec<String> {
    let alerts = api.alerts("?limit=500").await;
    let mut sorts: Vec<String> = alerts
        .iter()
        .map(|alert| alert["alert_type"].as_str().unwrap().to_owned())
        .collect();
    sorts.sort_unstable();
    sorts.dedup();
    sorts
}

#[tokio::test]
async fn every_condition_fires_and_ends() {
    let api = Api::new().await;
    everything_is_so(&api).await;
    api.look().await;
    assert_eq!(
        sorts(&api).await,
        [
            "degrading_trend",
            "event",
            "event_expression",
            "high_finding",
            "host_expression",
            "host_not_scanned",
            "host_unreachable",
            "mass_drift",
            "non_compliant",
            "scan_backlog",
            "scan_failed",
            "scheduler_stopped",
            "score_drop"
        ]
    );
    api.sql(
        "select comes('host-1', 'pass', '2026-03-03T14:06Z'), comes('host-2', 'pass', '2026-03-03T14:06Z');
         update posture set passed = 99, failed = 1, error = 0;
         update liveness set valid_to = '2026-03-03T14:06Z'; delete from derive_due; delete from job;",
    )
    .await;
    // Past the longest time in which something that happened counts.
    api.clock.advance(TimeDelta::hours(25));
    api.look().await;
    assert_eq!(sorts(&api).await, [""; 0]);
}

#[tokio::test]
async fn no_alert_of_any_sort_is_told_again_by_a_restart_and_each_ends_its_snooze() {
    let api = Api::new().await;
    everything_is_so(&api).await;
    api.look().await;
    let state = async || {
        let alerts = api.alerts("?limit=500").await;
        let mut all: Vec<(Value, Value)> = alerts
            .iter()
            .map(|alert| (alert["id"].clone(), alert["state"].clone()))
            .collect();
        all.sort_by_key(|(id, _)| id.to_string());
        all
    };
    let told = async || {
        let count = sqlx::query_scalar::<_, i64>("select count(*) from delivery");
        count.fetch_one(&api.db).await.unwrap()
    };
    let (open, heard) = (state().await, told().await);
    assert!(open.len() >= 13, "{open:?}");
    let again = Alerter::new(
        api.db.clone(),
        api.clock.clone(),
        api.feed.clone(),
        Arc::new(catalogue()),
        "https://localhost",
    );
    again.look().await.unwrap();
    assert_eq!((state().await, told().await), (open.clone(), heard));

    let until = super::start() + TimeDelta::minutes(3);
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    for (id, _) in &open {
        let path = format!("/api/v1/alerts/{}/snooze", id.as_str().unwrap());
        api.post(&path, json!({"until": until})).await.ok();
    }
    again.look().await.unwrap();
    let asleep = state().await;
    assert!(
        asleep.iter().all(|(_, state)| state == "snoozed"),
        "{asleep:?}"
    );
    assert_eq!(told().await, heard);
    api.clock.advance(TimeDelta::minutes(3));
    again.look().await.unwrap();
    assert_eq!(state().await, open);
    let count = i64::try_from(open.len()).unwrap();
    assert_eq!(told().await, heard + count, "each is told once more");
}

#[tokio::test]
async fn no_alert_of_any_sort_begins_on_a_host_in_maintenance() {
    let api = Api::new().await;
    everything_is_so(&api).await;
    for host in 1..=3 {
        let window = json!({"host": format!("00000000-0000-7000-8000-00000000000{host}"), "reason": "work",
                            "from": "2026-03-03T14:00:00Z", "to": "2026-03-03T15:00:00Z"});
        api.post("/api/v1/maintenance", window).await.ok();
    }
    api.look().await;
    // These are of the collector itself.
    assert_eq!(sorts(&api).await, ["scan_backlog", "scheduler_stopped"]);
}

#[tokio::test]
async fn an_expression_that_comes_to_nothing_says_so_and_one_that_is_none_is_refused() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.sql(
        "insert into posture_lens (sort, key) values ('all', '');
         insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
             not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
         select h.host_no, l.id, '2026-03-01Z', 'infinity', 1, 1, 0, 0, 0, 0, 1, 1, 0, 0
         from posture_lens l, host h",
    )
    .await;
    let rule = |when: &str| json!({"name": "Odd", "enabled": true, "condition": {"sort": "host_expression", "when": when}});
    let refused = api
        .post("/api/v1/alert-rules", rule("posture.score <"))
        .await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    assert!(refused.body["detail"].as_str().unwrap().contains("column"));
    api.post("/api/v1/alert-rules", rule("labels.tier == 'prod'"))
        .await
        .ok();
    let odd = async || {
        let alerts = api.alerts("").await;
        let odd = alerts.into_iter().find(|alert| alert["rule_name"] == "Odd");
        odd.map(|alert| alert["title"].clone())
    };
    api.look().await;
    let says = json!("Odd: its expression comes to nothing");
    assert_eq!(odd().await, Some(says));
    // With the label it is an answer, whatever it is.
    api.sql("update host set labels = '{\"tier\": \"test\"}'")
        .await;
    api.look().await;
    assert_eq!(odd().await, None);
    api.sql("update host set labels = '{\"tier\": \"prod\"}'")
        .await;
    api.look().await;
    assert_eq!(odd().await, Some(json!("Odd")));
}

#[tokio::test]
async fn nobody_hears_of_what_is_silenced_until_the_silence_ends() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    let silence = |about: Value, to: &str| {
        let mut silence = json!({"reason": "it is known", "to": to});
        let about = about.as_object().unwrap().clone();
        silence.as_object_mut().unwrap().extend(about);
        silence
    };
    let host = |number: u8| json!({"host": format!("00000000-0000-7000-8000-00000000000{number}")});
    for (about, to) in [
        (json!({}), "2026-03-04T00:00:00Z"),
        (host(1), "2026-03-03T13:00:00Z"),
        (host(1), "2027-03-03T13:00:00Z"),
    ] {
        let refused = api.post("/api/v1/silences", silence(about, to)).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"));
    }
    let refused = api
        .post("/api/v1/silences", silence(host(9), "2026-03-04T00:00:00Z"))
        .await;
    assert_eq!(refused.problem(), (404, "silence_subject_not_found"));

    // One of two hosts: the other is told, and with it the alert.
    api.post("/api/v1/silences", silence(host(1), "2026-03-04T00:00:00Z"))
        .await
        .ok();
    api.look().await;
    assert_eq!(api.told().await, ["fired"]);
    api.sql("delete from delivery; delete from alert").await;

    let key = json!({"key": "root-login-off"});
    let made = api
        .post("/api/v1/silences", silence(key, "2026-03-03T15:00:00Z"))
        .await
        .ok();
    api.look().await;
    api.look().await;
    assert_eq!(api.told().await, [""; 0]);
    let finding = api.finding().await;
    assert_eq!(finding["state"], "active");
    assert!(finding["silenced_at"].is_string(), "{finding}");
    let whats = |alert: &Value| {
        let history = alert["history"].as_array().unwrap();
        let whats = history
            .iter()
            .map(|entry| entry["what"].as_str().unwrap().to_owned());
        whats.collect::<Vec<_>>()
    };
    assert_eq!(whats(&finding), ["opened", "silenced"]);

    // What becomes more meanwhile is told at the end too, once.
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:04Z')")
        .await;
    api.look().await;
    assert_eq!(api.told().await, [""; 0]);
    api.clock.advance(TimeDelta::minutes(61));
    api.look().await;
    api.look().await;
    assert_eq!(api.told().await, ["fired"]);
    let finding = api.finding().await;
    assert_eq!(finding["silenced_at"], Value::Null);
    assert_eq!(
        whats(&finding),
        ["opened", "silenced", "grown", "unsilenced"]
    );
    let all = api.get("/api/v1/silences?ended=true").await.ok();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/silences/{}", made["id"].as_str().unwrap());
    assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        api.delete(&path).await.problem(),
        (404, "silence_not_found")
    );
}

#[tokio::test]
async fn an_alert_that_grows_and_grows_is_told_again_once_in_a_while() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.sql("select comes('host-2', 'pass', '2026-03-02T00:00Z')")
        .await;
    api.look().await;
    assert_eq!(api.told().await, ["fired"]);
    for comes in [
        "select comes('host-2', 'fail', '2026-03-03T14:01Z')",
        "select comes('host-3', 'fail', '2026-03-03T14:01Z')",
    ] {
        api.sql(comes).await;
        api.look().await;
    }
    assert_eq!(api.told().await, ["fired"]);
    assert_eq!(
        hosts(&api.finding().await),
        ["host-1", "host-2", "host-3"],
        "it is shown at once"
    );
    api.clock.advance(TimeDelta::minutes(5));
    api.look().await;
    api.look().await;
    assert_eq!(api.told().await, ["fired", "fired"]);
    api.clock.advance(TimeDelta::minutes(6));
    api.look().await;
    assert_eq!(api.told().await, ["fired", "fired"]);
}

#[tokio::test]
async fn a_host_that_is_looked_at_alone_comes_to_the_alert_of_the_others() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.sql("insert into derive_due (host_no, recorded_at) select host_no, now() from host where hostname = 'host-1'").await;
    api.deriver().look().await.unwrap();
    assert_eq!(hosts(&api.finding().await), ["host-1"]);
    api.sql("insert into derive_due (host_no, recorded_at) select host_no, now() from host where hostname = 'host-2'").await;
    api.deriver().look().await.unwrap();
    assert_eq!(hosts(&api.finding().await), ["host-1", "host-2"]);
    // What ends on one of them goes on on the other.
    api.sql("select comes('host-1', 'pass', '2026-03-03T14:01Z')")
        .await;
    api.sql("insert into derive_due (host_no, recorded_at) select host_no, now() from host where hostname = 'host-1'").await;
    api.deriver().look().await.unwrap();
    let alert = api.finding().await;
    assert_eq!(
        (hosts(&alert), &alert["state"]),
        (vec!["host-2"], &json!("active"))
    );
}

#[tokio::test]
async fn what_fails_on_most_hosts_is_counted_and_a_revoked_host_fails_nothing() {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.post("/api/v1/groups", json!({"name": "all"}))
        .await
        .ok();
    api.sql(
        "insert into group_host_period (group_no, host_no, valid_from, valid_to)
         select group_no, host_no, '2026-01-01Z', 'infinity' from host_group, host",
    )
    .await;
    let count = async || {
        api.sql("insert into derive_due (host_no, recorded_at) select host_no, now() from host")
            .await;
        counted(&api).await
    };
    assert_eq!(count().await, 2);
    // The same again, and the same as every result says.
    assert_eq!(count().await, 2);
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:01Z'), comes('host-1', 'pass', '2026-03-03T14:01Z')").await;
    assert_eq!(count().await, 2);
    api.sql("update host set revoked_at = '2026-03-03T14:02Z' where hostname = 'host-2'")
        .await;
    assert_eq!(counted(&api).await, 1);
    api.sql("select comes('host-3', 'pass', '2026-03-03T14:03Z')")
        .await;
    assert_eq!(count().await, 0);
}

/// On how many hosts the rule fails, once they were looked at; as every result of them says.
async fn counted(api: &Api) -> i64 {
    api.deriver().look().await.unwrap();
    let failing = async |query: &str| {
        let path = format!("/api/v1/posture/failing{query}");
        let body = api.get(&path).await.ok();
        body["items"][0]["hosts"].as_i64().unwrap_or_default()
    };
    let counted = failing("").await;
    assert_eq!(counted, failing("?at=2026-03-03T14:04:00Z").await);
    let groups = api.get("/api/v1/groups").await.ok();
    let all = groups["items"][0]["id"].as_str().expect("a group");
    assert_eq!(counted, failing(&format!("?group={all}")).await);
    counted
}
