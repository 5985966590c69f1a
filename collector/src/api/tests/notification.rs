//! Channels, the ways to them, and what went through them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Api;
use crate::{
    job::{Next, State},
    notice::{Phase, tests::notice},
    notify::tests::receiver::Receiver,
    store,
};

const CHANNELS: &str = "/api/v1/channels";
const ROUTES: &str = "/api/v1/notification-routes";
/// 32 bytes.
const SECRET: &str = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISE=";
const OTHER: &str = "whsec_b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXI=";

fn webhook(url: &str) -> Value {
    json!({"name": "hook", "settings": {"kind": "webhook", "url": url}, "secret": SECRET})
}

fn with(mut fields: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        fields[key] = value.clone();
    }
    fields
}

fn at(base: &str, made: &Value) -> String {
    format!("{base}/{}", made["id"].as_str().unwrap())
}

async fn kept(api: &Api) -> Vec<u8> {
    sqlx::query_scalar("select secret from channel")
        .fetch_one(&api.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_secret_is_written_sealed_and_never_shown() {
    let api = Api::new().await;
    let made = api
        .post(CHANNELS, webhook("https://hook.example/in"))
        .await
        .ok();
    assert_eq!(made["secret_set"], true);
    let path = at(CHANNELS, &made);
    let shown = api.get(&path).await.ok();
    assert_eq!(shown, made);
    assert_eq!(api.get(CHANNELS).await.ok()["items"], json!([made]));
    let before = kept(&api).await;
    let sealed = |kept: &[u8]| !kept.windows(8).any(|part| part == &SECRET.as_bytes()[..8]);
    assert!(sealed(&before));

    // What is left out stays; another one takes its place.
    let fields = json!({"name": "other", "settings": made["settings"], "enabled": false});
    let changed = api.put(&path, fields.clone()).await.ok();
    let said = (
        &changed["name"],
        &changed["enabled"],
        &changed["secret_set"],
    );
    assert_eq!(said, (&json!("other"), &json!(false), &json!(true)));
    assert_eq!(kept(&api).await, before);
    api.put(&path, with(fields, json!({"secret": OTHER})))
        .await
        .ok();
    assert_ne!(kept(&api).await, before);
    assert!(sealed(&kept(&api).await));
    let log = api.log("change").await;
    let told = Value::from(log.clone()).to_string();
    assert!(!told.contains("whsec_") && !changed.to_string().contains("whsec_"));
    let actions: Vec<_> = log.iter().map(|record| record["action"].clone()).collect();
    assert_eq!(
        actions,
        ["channel.create", "channel.replace", "channel.replace"]
    );

    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.get(&path).await.problem(), (404, "channel_not_found"));
    assert_eq!(
        api.delete(&path).await.problem(),
        (404, "channel_not_found")
    );
}

#[tokio::test]
async fn a_secret_does_not_go_to_another_server() {
    let api = Api::new().await;
    let email = json!({"kind": "email", "host": "smtp.corp.example", "port": 587,
        "security": "starttls", "user": "ow", "from": "ow@corp.example", "to": ["a@corp.example"]});
    let fields = json!({"name": "mail", "settings": email, "secret": "hunter2"});
    let made = api.post(CHANNELS, fields).await.ok();
    let path = at(CHANNELS, &made);
    let put = async |change: Value| {
        let settings = with(email.clone(), change);
        api.put(&path, json!({"name": "mail", "settings": settings}))
            .await
    };
    put(json!({"to": ["b@corp.example"]})).await.ok();
    for change in [
        json!({"host": "smtp.evil.example"}),
        json!({"port": 25}),
        json!({"security": "tls"}),
        json!({"user": "other"}),
    ] {
        let refused = put(change.clone()).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{change}");
        assert!(
            refused.body["detail"]
                .as_str()
                .unwrap()
                .starts_with("secret")
        );
    }
    // Without a user there is none to be sent.
    let bare = put(json!({"user": null})).await.ok();
    assert_eq!(bare["secret_set"], false);
}

#[tokio::test]
async fn what_cannot_be_a_channel_is_refused() {
    let api = Api::new().await;
    let email = json!({"kind": "email", "host": "smtp.example", "port": 587, "security": "starttls",
        "from": "ow@corp.example", "to": ["a@corp.example"]});
    let syslog = json!({"kind": "syslog", "host": "log.example", "port": 601, "tls": true});
    let cases = [
        (
            json!({"kind": "webhook", "url": "http://hook.example"}),
            SECRET,
        ),
        (
            json!({"kind": "webhook", "url": "https://10.1.2.3/"}),
            SECRET,
        ),
        (json!({"kind": "webhook", "url": "https://[::1]/"}), SECRET),
        (
            json!({"kind": "webhook", "url": "https://169.254.169.254/latest"}),
            SECRET,
        ),
        (
            json!({"kind": "webhook", "url": "https://user:pw@hook.example/"}),
            SECRET,
        ),
        (json!({"kind": "webhook", "url": "hook"}), SECRET),
        (
            json!({"kind": "webhook", "url": "https://hook.example"}),
            "",
        ),
        (
            json!({"kind": "webhook", "url": "https://hook.example"}),
            "whsec_AAAA",
        ),
        (json!({"kind": "slack"}), "http://hooks.slack.example/x"),
        (json!({"kind": "slack"}), "https://192.168.0.1/x"),
        (json!({"kind": "teams"}), "nothing"),
        (json!({"kind": "pagerduty"}), "two words"),
        (
            json!({"kind": "pagerduty", "url": "https://127.0.0.2/"}),
            "key",
        ),
        (with(email.clone(), json!({"host": "10.0.0.1"})), ""),
        (with(email.clone(), json!({"host": "::1"})), ""),
        (with(email.clone(), json!({"host": "a host"})), ""),
        (with(email.clone(), json!({"port": 0})), ""),
        (with(email.clone(), json!({"to": []})), ""),
        (with(email.clone(), json!({"to": ["nobody"]})), ""),
        (with(email.clone(), json!({"from": "nobody"})), ""),
        (
            with(email.clone(), json!({"user": "ow", "security": "none"})),
            "hunter2",
        ),
        (email.clone(), "hunter2"),
        (with(email, json!({"ca_pem": "none"})), ""),
        (with(syslog.clone(), json!({"facility": 24})), ""),
        (with(syslog, json!({"host": "169.254.169.254"})), ""),
    ];
    for (settings, secret) in cases {
        let mut fields = json!({"name": "x", "settings": settings});
        if !secret.is_empty() {
            fields["secret"] = json!(secret);
        }
        let refused = api.post(CHANNELS, fields).await;
        assert_eq!(
            refused.problem(),
            (400, "bad_parameter"),
            "{settings} {secret}"
        );
        assert!(
            !refused.body.to_string().contains("hooks.slack"),
            "{refused:?}"
        );
    }
    let unknown = json!({"name": "x", "settings": {"kind": "pigeon"}});
    assert_eq!(
        api.post(CHANNELS, unknown).await.problem(),
        (422, "bad_body")
    );
    api.post(CHANNELS, webhook("https://hook.example"))
        .await
        .ok();
    let taken = api.post(CHANNELS, webhook("https://hook.example")).await;
    assert_eq!(taken.problem(), (409, "channel_exists"));
}

#[tokio::test]
async fn a_test_tells_what_the_receiver_said() {
    let api = Api::new().await;
    let receiver = Receiver::start().await;
    let settings = json!({"kind": "webhook", "url": receiver.url(), "ca_pem": receiver.ca_pem});
    let fields = with(webhook(""), json!({"settings": settings}));
    let made = api.post(CHANNELS, fields).await.ok();
    let test = format!("{}/test", at(CHANNELS, &made));
    let tested = api.post(&test, json!({})).await.ok();
    assert_eq!(
        (&tested["delivered"], &tested["status"], &tested["answer"]),
        (&json!(true), &json!(200), &json!("so it is"))
    );
    receiver.say(&[(404, None)]);
    let tested = api.post(&test, json!({})).await.ok();
    assert_eq!(
        (&tested["delivered"], &tested["status"]),
        (&json!(false), &json!(404))
    );
    let sent: Value = serde_json::from_str(&receiver.sent()[0].body).unwrap();
    assert_eq!(
        (&sent["type"], &sent["data"]["phase"]),
        (&json!("alert.test"), &json!("test"))
    );

    // It is in the log, and nothing more comes of it.
    let listed = api.get("/api/v1/deliveries").await.items("state");
    assert_eq!(listed, ["dead", "delivered"]);
    let record = api.log("change").await.pop().unwrap();
    assert_eq!(
        (&record["action"], &record["after"]["status"]),
        (&json!("channel.test"), &json!(404))
    );
    let nowhere = format!("{CHANNELS}/{}/test", Uuid::nil());
    assert_eq!(
        api.post(&nowhere, json!({})).await.problem(),
        (404, "channel_not_found")
    );
}

#[tokio::test]
async fn routes_lead_to_channels_and_go_with_them() {
    let api = Api::new().await;
    let channel = api
        .post(CHANNELS, webhook("https://hook.example"))
        .await
        .ok();
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let hours = json!({"time_zone": "Europe/Vienna", "weekdays": [1, 2], "from_minute": 540,
        "to_minute": 1020});
    let fields = json!({"name": "bad", "channel": channel["id"], "severity": "high",
        "alert_types": ["host_away"], "group": group["id"], "hours": hours});
    let made = api.post(ROUTES, fields.clone()).await.ok();
    let path = at(ROUTES, &made);
    for key in [
        "name",
        "channel",
        "severity",
        "alert_types",
        "group",
        "hours",
    ] {
        assert_eq!(made[key], fields[key], "{key}");
    }
    assert_eq!(made["enabled"], true);
    let simple = json!({"name": "all", "channel": channel["id"], "enabled": false});
    let changed = api.put(&path, simple.clone()).await.ok();
    assert_eq!(
        (&changed["severity"], &changed["group"]),
        (&json!("info"), &Value::Null)
    );
    assert_eq!(api.get(&path).await.ok(), changed);
    let log = api.log("change").await;
    let record = log.last().unwrap();
    assert_eq!(record["action"], "notification_route.replace");
    assert_eq!(
        (&record["before"]["name"], &record["after"]["name"]),
        (&json!("bad"), &json!("all"))
    );

    let nobody = Uuid::from_u128(5);
    for (change, problem) in [
        (json!({"channel": nobody}), (404, "channel_not_found")),
        (json!({"group": nobody}), (404, "group_not_found")),
        (json!({"name": ""}), (400, "bad_parameter")),
        (json!({"alert_types": [""]}), (400, "bad_parameter")),
        (
            json!({"hours": with(hours.clone(), json!({"time_zone": "Mars"}))}),
            (400, "bad_parameter"),
        ),
        (
            json!({"hours": with(hours.clone(), json!({"weekdays": [8]}))}),
            (400, "bad_parameter"),
        ),
        (json!({"severity": "urgent"}), (422, "bad_body")),
    ] {
        let refused = api.post(ROUTES, with(simple.clone(), change.clone())).await;
        assert_eq!(refused.problem(), problem, "{change}");
    }
    api.delete(&at(CHANNELS, &channel)).await.ok();
    assert_eq!(api.get(&path).await.problem(), (404, "route_not_found"));
    assert_eq!(api.get(ROUTES).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn what_was_told_is_listed_and_can_be_told_again() {
    let api = Api::new().await;
    let channel = api
        .post(CHANNELS, webhook("https://hook.example"))
        .await
        .ok();
    let route = json!({"name": "all", "channel": channel["id"]});
    let mut tx = api.db.begin().await.unwrap();
    for number in 1..=3 {
        let mut notice = notice(Phase::Fired);
        notice.id = Uuid::from_u128(number);
        store::notice::announce(&mut tx, &notice, super::start())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    api.post(ROUTES, route).await.ok();
    let mut tx = api.db.begin().await.unwrap();
    for number in 4..=6 {
        let mut notice = notice(Phase::Fired);
        notice.id = Uuid::from_u128(number);
        store::notice::announce(&mut tx, &notice, super::start())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();

    let deliveries = "/api/v1/deliveries";
    assert_eq!(api.pages(deliveries, 2, "id").await.len(), 6);
    let told = |query: &str| format!("{deliveries}?{query}");
    let of_channel = told(&format!("channel={}", channel["id"].as_str().unwrap()));
    assert_eq!(api.get(&of_channel).await.items("state"), ["waiting"; 3]);
    assert_eq!(
        api.get(&told("state=unrouted")).await.items("channel"),
        [(); 3].map(|()| Value::Null)
    );
    assert_eq!(
        api.get(&told("since=2026-03-03T14:05:01Z"))
            .await
            .items("id")
            .len(),
        0
    );
    assert_eq!(
        api.get(&told("state=lost")).await.problem(),
        (400, "bad_parameter")
    );

    let first = api.get(&of_channel).await.items("id").pop().unwrap();
    let retry = format!("{deliveries}/{}/retry", first.as_str().unwrap());
    assert_eq!(
        api.post(&retry, json!({})).await.problem(),
        (409, "delivery_not_ended")
    );
    let unrouted = api
        .get(&told("state=unrouted"))
        .await
        .items("id")
        .pop()
        .unwrap();
    let nowhere = format!("{deliveries}/{}/retry", unrouted.as_str().unwrap());
    assert_eq!(
        api.post(&nowhere, json!({})).await.problem(),
        (409, "delivery_not_ended")
    );

    // Given up, it is in both lists, and begun anew from either.
    give_up(&api, &first).await;
    let dead = api.get("/api/v1/jobs?state=dead").await;
    assert_eq!(dead.items("error"), ["404: gone"]);
    let again = api.post(&retry, json!({})).await.ok();
    assert_eq!(again["state"], "waiting");
    assert_eq!(
        api.get("/api/v1/jobs?state=dead").await.items("id").len(),
        0
    );
    assert_eq!(api.get("/api/v1/jobs").await.items("id").len(), 3);
    give_up(&api, &first).await;
    let dead = api
        .get("/api/v1/jobs?state=dead")
        .await
        .items("id")
        .remove(0);
    let revive = format!("/api/v1/jobs/{}/retry", dead.as_str().unwrap());
    assert_eq!(api.post(&revive, json!({})).await.ok()["state"], "dead");
    assert_eq!(
        api.post(&revive, json!({})).await.problem(),
        (404, "job_not_found")
    );
    let record = api.log("change").await.pop().unwrap();
    assert_eq!(record["action"], "job.retry");
    let shown = api
        .get(&format!("{deliveries}/{}", first.as_str().unwrap()))
        .await
        .ok();
    assert_eq!(shown["attempts"], json!([]));
    assert_eq!(shown["delivery"]["alert_type"], "rule_regression");
}

/// As whoever makes deliveries does it.
async fn give_up(api: &Api, delivery: &Value) {
    let mut tx = api.db.begin().await.unwrap();
    let (queue, now) = (store::notice::DELIVERIES, super::start());
    // One at a time runs; all of them are in one lane.
    loop {
        let run = store::job::claim(&mut tx, &queue, now, now).await.unwrap();
        let run = run.expect("it is there");
        let mine = run.payload["delivery"] == *delivery;
        let next = if mine {
            let error = "404: gone".into();
            Next::Dead { error }
        } else {
            Next::Again {
                // Behind the one that is looked for.
                due_at: now + chrono::TimeDelta::seconds(1),
                attempts: 0,
                error: None,
            }
        };
        store::job::settle(&mut tx, (run.id, run.lease), &next, now)
            .await
            .unwrap();
        if mine {
            break;
        }
    }
    let id: Uuid = delivery.as_str().unwrap().parse().unwrap();
    store::delivery::end(&mut tx, id, false, now).await.unwrap();
    let dead = store::job::list(&mut tx, Some(State::Dead), None, 10)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    tx.commit().await.unwrap();
}

/// Who reads may not write, and who writes has shown lately who they are.
#[tokio::test]
async fn an_operator_sees_channels_and_changes_none() {
    use super::{request, send, with_json};
    let api = Api::new().await;
    let cookie = api.somebody("olga", "operator").await;
    let ask = |method: axum::http::Method, body: Value| {
        let request = request(method, CHANNELS).header("cookie", &cookie);
        send(&api.https, with_json(request, &body))
    };
    ask(axum::http::Method::GET, json!({})).await.ok();
    let refused = ask(axum::http::Method::POST, webhook("https://hook.example")).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let cookie = api.somebody("sec", "security_admin").await;
    let ask = || {
        let request = request(axum::http::Method::POST, CHANNELS).header("cookie", &cookie);
        send(
            &api.https,
            with_json(request, &webhook("https://hook.example")),
        )
    };
    api.clock.advance(chrono::TimeDelta::minutes(15));
    assert_eq!(ask().await.problem(), (403, "proof_needed"));
}
