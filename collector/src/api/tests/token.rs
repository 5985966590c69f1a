//! Enrolment tokens.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::Api;

const PATH: &str = "/api/v1/enrollment-tokens";

#[tokio::test]
async fn a_token_is_issued_listed_and_withdrawn() {
    let api = Api::new().await;
    let made = api.post(PATH, json!({"name": " web servers "})).await;
    assert_eq!(made.status, 201);
    let made = made.body;
    let text = made["token"].as_str().unwrap();
    let token = shared::token::Token::parse(text).unwrap();
    assert_eq!(made["id"], token.id.to_string());
    assert_eq!(
        made["command"],
        format!("openwatch-agent enroll --collector collector.example:7443 --token {text}")
    );
    let kept: Vec<u8> = sqlx::query_scalar("select hash from enrollment_token where id = $1")
        .bind(token.id)
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert_eq!(kept, shared::token::hash(text));

    let mut about = made.clone();
    about
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "token" && key != "command");
    assert_eq!(
        about,
        json!({
            "id": made["id"], "name": "web servers", "group": "default", "max_uses": 1, "uses": 0,
            "created_at": "2026-03-03T14:05:00.000000Z", "created_by": "local administrator",
            "expires_at": "2026-03-03T15:05:00.000000Z", "revoked_at": null, "state": "active",
        })
    );
    assert_eq!(
        api.get(PATH).await.ok(),
        json!({"items": [about], "next": null})
    );

    let path = format!("{PATH}/{}", token.id);
    assert_eq!(api.delete(&path).await.status, 204);
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(api.delete(&path).await.status, 204);
    let listed = api.get(PATH).await.ok();
    assert_eq!(listed["items"][0]["state"], "revoked");
    assert_eq!(
        listed["items"][0]["revoked_at"],
        "2026-03-03T14:05:00.000000Z"
    );
    for unknown in [Uuid::nil().to_string(), "nonsense".into()] {
        let answer = api.delete(&format!("{PATH}/{unknown}")).await;
        assert_eq!(answer.problem(), (404, "token_not_found"));
    }

    for (field, value) in [
        ("name", json!(" ")),
        ("group", json!("a\nb")),
        ("max_uses", json!(0)),
        ("max_uses", json!(100_001)),
        ("expires_in_s", json!(59)),
        ("expires_in_s", json!(2_592_001)),
    ] {
        let mut body = json!({"name": "a"});
        body[field] = value;
        let answer = api.post(PATH, body).await;
        assert_eq!(answer.problem(), (400, "bad_parameter"));
        assert!(
            answer.body["detail"].as_str().unwrap().starts_with(field),
            "{answer:?}"
        );
    }

    for name in ["b", "c", "d"] {
        api.clock.advance(TimeDelta::seconds(1));
        api.post(PATH, json!({"name": name})).await.ok();
    }
    assert_eq!(
        api.pages(PATH, 3, "name").await,
        ["d", "c", "b", "web servers"]
    );
}
