//! What people want to be told: each says it for themselves, and it is kept to.

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    account::{planted_token, records, tell},
    alert::PLANT,
    permit::somebody,
    session::ask,
};

const PATH: &str = "/api/v1/account/notification-preferences";
const MAIL: &str = "/api/v1/personal-mail";

fn wanted() -> Value {
    json!({
        "address": "alice@corp.example", "time_zone": "Europe/Vienna",
        "choices": [{"alert_type": "high_finding", "severity": "high", "in_app": false, "email": "digest"}],
        "digest": {"weekday": 1, "hour": 7}, "quiet": {"from_minute": 1320, "to_minute": 420},
    })
}

/// Somebody who is signed in, where there is a way for mail.
async fn alice() -> (Api, String) {
    let api = Api::new().await;
    let channel = json!({"name": "mail", "settings": {
        "kind": "email", "host": "mail.corp.example", "port": 587, "security": "starttls",
        "from": "openwatch@corp.example", "to": ["on-call@corp.example"]}});
    let channel = api.post("/api/v1/channels", channel).await.ok()["id"].clone();
    let set = json!({"channel": channel, "domains": ["corp.example"]});
    api.put(MAIL, set).await.ok();
    let alice = somebody(&api, "alice", "viewer").await;
    (api, alice)
}

async fn put(api: &Api, who: &str, body: Value) -> Answer {
    tell(api, Method::PUT, PATH, who, body).await
}

#[tokio::test]
async fn people_say_it_for_themselves_and_read_what_they_said() {
    let (api, alice) = alice().await;
    let before = ask(&api, Method::GET, PATH, &alice).await.ok();
    let nothing = json!({"weekday": null, "hour": 7});
    assert_eq!(
        (&before["choices"], &before["digest"]),
        (&json!([]), &nothing)
    );
    let said = put(&api, &alice, wanted()).await.ok();
    assert_eq!(said, ask(&api, Method::GET, PATH, &alice).await.ok());
    for (field, value) in wanted().as_object().unwrap() {
        assert_eq!(&said[field], value, "{field}");
    }
    assert_eq!(
        said["mail"],
        json!({"available": true, "why": null, "domains": ["corp.example"], "last": null})
    );
    // Digests come by a schedule while somebody wants one.
    let schedules = async || -> Vec<(String, String)> {
        let all = sqlx::query_as("select pattern, zone from job_schedule");
        all.fetch_all(&api.db).await.unwrap()
    };
    assert_eq!(
        schedules().await,
        [("0 7 * * 1".to_owned(), "Europe/Vienna".to_owned())]
    );
    let mut none = wanted();
    none["choices"] = json!([]);
    put(&api, &alice, none).await.ok();
    assert_eq!(schedules().await, []);
    // The log says what was chosen, and not where somebody gets their mail.
    let log = records(&api, "change").await;
    let log: Vec<&Value> = log
        .iter()
        .filter(|one| one["action"] == "account.notifications")
        .collect();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0]["after"]["address_set"], true);
    assert!(!format!("{log:?}").contains("alice@"), "{log:?}");

    let token = planted_token(&api, "alice", &["alerts.read"]).await;
    let by_token = super::permit::with_token(&api, Method::GET, PATH, &token).await;
    assert_eq!(by_token.problem(), (403, "not_by_token"));
    assert_eq!(api.get(PATH).await.problem(), (403, "no_account"));
    assert_eq!(api.put(PATH, wanted()).await.problem(), (403, "no_account"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_its_field() {
    let (api, alice) = alice().await;
    let choice = |alert_type: &str| json!({"alert_type": alert_type, "severity": "high", "in_app": true, "email": "off"});
    for (field, value) in [
        ("address", json!("alice@evil.example")),
        ("address", json!("alice@corp.example@evil.example")),
        ("address", json!("Alice <alice@corp.example>")),
        (
            "address",
            json!("alice@corp.example\r\nBcc: x@evil.example"),
        ),
        ("address", json!("corp.example")),
        ("address", Value::Null),
        ("time_zone", json!("Mars/Olympus")),
        ("digest", json!({"weekday": 8, "hour": 7})),
        ("digest", json!({"hour": 24})),
        ("quiet", json!({"from_minute": 60, "to_minute": 60})),
        ("choices", json!([choice("no_such_type")])),
        ("choices", json!([choice("event"), choice("event")])),
    ] {
        let mut wrong = wanted();
        wrong[field] = value.clone();
        let refused = put(&api, &alice, wrong).await;
        assert_eq!(
            refused.problem(),
            (400, "bad_parameter"),
            "{field}: {value}"
        );
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{field}: ")), "{detail}");
    }
    assert_eq!(
        ask(&api, Method::GET, PATH, &alice).await.ok()["address"],
        Value::Null
    );

    let hook = json!({"name": "hook", "settings": {"kind": "webhook", "url": "https://hook.corp.example"},
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    let hook = api.post("/api/v1/channels", hook).await.ok()["id"].clone();
    let nowhere = "00000000-0000-7000-8000-000000000001";
    for (set, refused) in [
        (
            json!({"channel": hook, "domains": []}),
            (400, "bad_parameter"),
        ),
        (
            json!({"channel": nowhere, "domains": []}),
            (404, "channel_not_found"),
        ),
        (
            json!({"channel": null, "domains": ["not a domain"]}),
            (400, "bad_parameter"),
        ),
    ] {
        assert_eq!(api.put(MAIL, set.clone()).await.problem(), refused, "{set}");
    }
}

#[tokio::test]
async fn of_two_pages_of_one_person_the_later_hears_that_the_other_was_first() {
    let (api, alice) = alice().await;
    let tag = ask(&api, Method::GET, PATH, &alice).await.headers["etag"].clone();
    put(&api, &alice, wanted()).await.ok();
    let request = super::request(Method::PUT, PATH)
        .header("cookie", &alice)
        .header("if-match", tag);
    let late = super::send(&api.https, super::with_json(request, &wanted())).await;
    assert_eq!(late.problem(), (412, "precondition_failed"));

    let tag = api.get(MAIL).await.headers["etag"].clone();
    let none = json!({"channel": null, "domains": []});
    api.put(MAIL, none.clone()).await.ok();
    let request = super::request(Method::PUT, MAIL).header("if-match", tag);
    let late = super::send(&api.local, super::with_json(request, &none)).await;
    assert_eq!(late.problem(), (412, "precondition_failed"));
}

#[tokio::test]
async fn what_somebody_does_not_want_in_the_console_is_not_there_and_mail_goes_by_jobs() {
    let (api, alice) = alice().await;
    let bob = somebody(&api, "bob", "viewer").await;
    let mut now = wanted();
    now["choices"][0]["email"] = json!("now");
    put(&api, &alice, now).await.ok();
    api.sql(PLANT).await;
    api.look().await;
    let unread = async |who: &str| {
        let answer = ask(&api, Method::GET, "/api/v1/notifications", who)
            .await
            .ok();
        (
            answer["items"].as_array().unwrap().len(),
            answer["unread"].clone(),
        )
    };
    assert_eq!(unread(&alice).await, (0, json!(0)));
    assert_eq!(unread(&bob).await, (1, json!(1)));
    let jobs = async || -> Vec<(String, String)> {
        let all = "select a.name, j.queue from job j join account a on a.id::text = j.payload ->> 'account'";
        sqlx::query_as(all).fetch_all(&api.db).await.unwrap()
    };
    let one = [("alice".to_owned(), "personal_mail".to_owned())];
    assert_eq!(jobs().await, one);
    // What happens until it is sent is in the same message.
    api.clock.advance(chrono::TimeDelta::seconds(1));
    api.sql("select comes('host-3', 'fail', '2026-03-03T14:05Z')")
        .await;
    api.look().await;
    assert_eq!(jobs().await, one);

    // Where there is no way for mail, nothing waits for one, and the answer says so.
    api.sql("delete from job").await;
    let set = json!({"channel": null, "domains": ["corp.example"]});
    api.put(MAIL, set).await.ok();
    let mail = ask(&api, Method::GET, PATH, &alice).await.ok()["mail"].clone();
    assert_eq!(
        (&mail["available"], mail["why"].is_string()),
        (&json!(false), true)
    );
    api.sql("select comes('host-1', 'pass', '2026-03-03T14:06Z'), comes('host-2', 'pass', '2026-03-03T14:06Z'),
                    comes('host-3', 'pass', '2026-03-03T14:06Z')").await;
    api.look().await;
    assert_eq!(jobs().await, []);
}
