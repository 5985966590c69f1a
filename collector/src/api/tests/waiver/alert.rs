use std::{slice, sync::Arc};

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{WHY, asked, deed, host, person, renewal, requested};
use crate::{
    access::Permission as P,
    alerter::Alerter,
    api::tests::{Api, result::catalogue, scope::Person},
};

/// Two hosts on which a rule of high severity fails, which began as the tests do.
const PLANT: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'h' || n, 'default', '', '1',
           '2026-01-01Z', '2026-03-03T14:00Z' from generate_series(1, 2) n;
    insert into fact_kind (name) values ('result');
    insert into fact_key (kind, key) select id, 'root-login-off' from fact_kind;
    insert into fact_value (key_id, hash, value)
    select id, sha256('fail'), '{\"verdict\": \"fail\", \"because\": \"it is so\"}' from fact_key;
    insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
    select h.host_no, k.kind, k.id, v.id, '2026-03-01Z', 'infinity' from host h, fact_key k, fact_value v;
    insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
    select host_no, 'result.failed', 3, 'root-login-off', 'it fails', '2026-03-03T14:00Z', '2026-03-03T14:00Z', false
    from host;
    update alert_rule set condition = '{\"sort\": \"mass\", \"hosts\": 2, \"minutes\": 525600}' where name = 'Mass drift';
";

async fn planted() -> (Api, Person, Person) {
    let api = Api::new().await;
    api.sql(PLANT).await;
    let alice = person(&api, "alice", &[(P::ALL, None)]).await;
    let bob = person(&api, "bob", &[(P::ALL, None)]).await;
    (api, alice, bob)
}

/// Looks, and says which alerts are open of these sorts: sort, title, severity and the names of hosts, in order.
async fn open(api: &Api, sorts: &[&str]) -> Vec<(String, String, String, Vec<String>)> {
    api.alerter.look().await.unwrap();
    let mut open = Vec::new();
    for alert in api.get("/api/v1/alerts?limit=500").await.ok()["items"]
        .as_array()
        .unwrap()
    {
        let field = |name: &str| alert[name].as_str().unwrap().to_owned();
        if sorts.contains(&field("alert_type").as_str()) {
            let whole = api
                .get(&format!("/api/v1/alerts/{}", field("id")))
                .await
                .ok();
            let about = whole["about"].as_array().unwrap().iter();
            let about = about.filter(|one| one["until"].is_null());
            let mut hosts: Vec<String> = about
                .filter_map(|one| one["host"]["hostname"].as_str().map(str::to_owned))
                .collect();
            hosts.sort();
            open.push((
                field("alert_type"),
                field("title"),
                field("severity"),
                hosts,
            ));
        }
    }
    open.sort();
    open
}

fn alert(
    sort: &str,
    title: &str,
    severity: &str,
    hosts: &[&str],
) -> (String, String, String, Vec<String>) {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    (sort.into(), title.into(), severity.into(), hosts)
}

const SORTS: [&str; 3] = [
    "exception_requested",
    "exception_expiring",
    "exception_expired",
];

/// The phases of what was announced of one sort, the oldest first.
async fn told(api: &Api, sort: &str) -> Vec<String> {
    let told =
        "select notice ->> 'phase' from delivery where notice ->> 'alert_type' = $1 order by id";
    sqlx::query_scalar(told)
        .bind(sort)
        .fetch_all(&api.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn people_hear_that_one_is_asked_for_ends_soon_and_has_ended_once_each() {
    let (api, alice, bob) = planted().await;
    let path = requested(&alice, asked(1, "root-login-off")).await;
    let title = |begin: &str| format!("{begin}: SSH refuses to log root in");
    let asked_for = alert(
        "exception_requested",
        &title("A waiver is asked for"),
        "low",
        &["h1"],
    );
    assert_eq!(open(&api, &SORTS).await, slice::from_ref(&asked_for));
    // Another process over the same tables.
    let again = Alerter::new(
        api.db.clone(),
        api.clock.clone(),
        api.feed.clone(),
        Arc::new(catalogue()),
        "https://localhost",
    );
    again.look().await.unwrap();
    assert_eq!(open(&api, &SORTS).await, [asked_for]);
    assert_eq!(told(&api, "exception_requested").await, ["fired"]);
    deed(&bob, &path, "approve").await.ok();
    assert_eq!(open(&api, &SORTS).await, []);
    assert_eq!(
        told(&api, "exception_requested").await,
        ["fired", "resolved"]
    );

    // It ends after 30 days: told 7 days and 72 hours before, to the second.
    let second = TimeDelta::seconds(1);
    api.clock.advance(TimeDelta::days(23) - second);
    assert_eq!(open(&api, &SORTS).await, []);
    api.clock.advance(second);
    let week = alert(
        "exception_expiring",
        &title("A waiver ends within 7 days"),
        "low",
        &["h1"],
    );
    assert_eq!(open(&api, &SORTS).await, slice::from_ref(&week));
    api.clock.advance(TimeDelta::days(4));
    let soon = alert(
        "exception_expiring",
        &title("A waiver ends within 3 days"),
        "medium",
        &["h1"],
    );
    assert_eq!(open(&api, &SORTS).await, [soon.clone(), week.clone()]);
    again.look().await.unwrap();
    assert_eq!(told(&api, "exception_expiring").await, ["fired", "fired"]);
    api.clock.advance(TimeDelta::days(3) - second);
    assert_eq!(open(&api, &SORTS).await, [soon, week]);
    api.clock.advance(second);
    let ended = alert(
        "exception_expired",
        &title("A waiver has ended"),
        "medium",
        &["h1"],
    );
    assert_eq!(open(&api, &SORTS).await, slice::from_ref(&ended));
    again.look().await.unwrap();
    api.clock.advance(TimeDelta::days(1) - second);
    assert_eq!(open(&api, &SORTS).await, [ended]);
    api.clock.advance(second);
    assert_eq!(open(&api, &SORTS).await, []);
    assert_eq!(told(&api, "exception_expired").await, ["fired", "resolved"]);
    assert_eq!(
        told(&api, "exception_expiring").await,
        ["fired", "fired", "resolved", "resolved"]
    );
}

#[tokio::test]
async fn what_is_renewed_neither_ends_soon_nor_has_ended() {
    let (api, alice, bob) = planted().await;
    let mut body =
        json!({"fleet": true, "framework": "nist", "control": "AC-6(2)", "reason": WHY, "days": 5});
    let path = requested(&alice, body.clone()).await;
    deed(&bob, &path, "approve").await.ok();
    let week = alert(
        "exception_expiring",
        "A waiver ends within 7 days: nist/AC-6(2)",
        "low",
        &[],
    );
    assert_eq!(open(&api, &SORTS).await, [week]);
    let more = alice
        .post(&format!("{path}/renew"), renewal(100))
        .await
        .ok();
    let more = format!("/api/v1/waivers/{}", more["id"].as_str().unwrap());
    deed(&bob, &more, "approve").await.ok();
    assert_eq!(open(&api, &SORTS).await, []);
    api.clock.advance(TimeDelta::days(5));
    assert_eq!(open(&api, &SORTS).await, []);
    // Also one that goes on with another that had ended already.
    body["control"] = Value::Null;
    body["framework"] = Value::Null;
    body["rule"] = json!("few-tries");
    body["days"] = json!(1);
    let path = requested(&alice, body).await;
    deed(&bob, &path, "approve").await.ok();
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(open(&api, &["exception_expired"]).await.len(), 1);
    let more = alice
        .post(&format!("{path}/renew"), renewal(100))
        .await
        .ok();
    let more = format!("/api/v1/waivers/{}", more["id"].as_str().unwrap());
    deed(&bob, &more, "approve").await.ok();
    assert_eq!(open(&api, &["exception_expired"]).await, []);
}

#[tokio::test]
async fn none_begins_on_a_host_in_maintenance_and_what_is_so_afterwards_does() {
    let (api, alice, _) = planted().await;
    let window = json!({"host": host(1), "reason": "work", "from": "2026-03-03T14:00:00Z", "to": "2026-03-03T15:05:00Z"});
    api.post("/api/v1/maintenance", window).await.ok();
    requested(&alice, asked(1, "root-login-off")).await;
    assert_eq!(open(&api, &SORTS).await, []);
    api.clock.advance(TimeDelta::hours(1));
    assert_eq!(open(&api, &SORTS).await.len(), 1);
}

#[tokio::test]
async fn what_is_waived_is_no_finding_and_no_mass_drift_while_it_is() {
    let (api, alice, bob) = planted().await;
    let sorts = ["high_finding", "mass_drift"];
    let finding = |hosts: &[&str]| {
        alert(
            "high_finding",
            "Fails: SSH refuses to log root in",
            "high",
            hosts,
        )
    };
    let mass = |hosts: &[&str]| {
        let title =
            "Began to fail on 2 hosts or more within 525600 min: SSH refuses to log root in";
        alert("mass_drift", title, "critical", hosts)
    };
    let both = [finding(&["h1", "h2"]), mass(&["h1", "h2"])];
    assert_eq!(open(&api, &sorts).await, both);
    let mut one = asked(1, "root-login-off");
    one["days"] = json!(1);
    let path = requested(&alice, one).await;
    assert_eq!(open(&api, &sorts).await, both, "nobody has approved it");
    deed(&bob, &path, "approve").await.ok();
    assert_eq!(open(&api, &sorts).await, [finding(&["h2"])]);
    let fleet = json!({"fleet": true, "rule": "root-login-off", "reason": WHY, "days": 2});
    let fleet = requested(&alice, fleet).await;
    deed(&bob, &fleet, "approve").await.ok();
    assert_eq!(open(&api, &sorts).await, []);
    deed(&bob, &fleet, "revoke").await.ok();
    assert_eq!(open(&api, &sorts).await, [finding(&["h2"])]);
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(open(&api, &sorts).await, both);
    // The event is there all along.
    let events = api.get("/api/v1/events?code=result.failed").await;
    assert_eq!(events.items("subject").len(), 2);
}

#[tokio::test]
async fn figures_of_the_conditions_are_held_to_what_can_be_meant() {
    let api = Api::new().await;
    let rules = api.get("/api/v1/alert-rules").await;
    assert_eq!(rules.items("name").len(), 22);
    for (condition, status) in [
        (json!({"sort": "waiver_requested"}), 201),
        (json!({"sort": "waiver_requested", "days": 3}), 422),
        (json!({"sort": "waiver_expiring", "days": 0}), 400),
        (json!({"sort": "waiver_expiring", "days": 366}), 400),
        (json!({"sort": "waiver_expiring", "days": 30}), 201),
        (json!({"sort": "waiver_expired", "minutes": 0}), 400),
        (json!({"sort": "waiver_expired", "minutes": 60}), 201),
    ] {
        let rule = json!({"name": condition.to_string(), "condition": condition, "enabled": true});
        let made = api.post("/api/v1/alert-rules", rule).await;
        assert_eq!(made.status, status, "{condition} {made:?}");
    }
}
