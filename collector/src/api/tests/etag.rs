//! Tags of what can be edited: every thing of the document has one, and of two editors one wins.

use axum::{
    body::Body,
    http::{HeaderMap, Method, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Answer, Api, request, send};

/// What is changed and has no tag, or is not asked for it here, and why.
const WITHOUT: [(&str, &str); 22] = [
    ("/api/v1/host-archives/{id}", "deleted, never edited"),
    ("/api/v1/export-schedules/{id}", "deleted, never edited"),
    (
        "/api/v1/account/notification-preferences",
        "an account's own: `preference` asks for its tag",
    ),
    (
        "/api/v1/account/passkeys/{id}",
        "one's own; only its name is changed",
    ),
    (
        "/api/v1/account/password",
        "never shown; the present one is asked for",
    ),
    ("/api/v1/account/sessions", "ended, never edited"),
    ("/api/v1/account/sessions/{id}", "ended, never edited"),
    ("/api/v1/account/tokens/{id}", "revoked, never edited"),
    (
        "/api/v1/account/totp",
        "one's own; the present one is asked for",
    ),
    (
        "/api/v1/accounts/{name}/bindings/{id}",
        "made and deleted, never edited",
    ),
    ("/api/v1/accounts/{name}/factors", "cleared, never edited"),
    ("/api/v1/accounts/{name}/sessions", "ended, never edited"),
    ("/api/v1/enrollment-tokens/{id}", "revoked, never edited"),
    (
        "/api/v1/alerts/{id}/assignee",
        "shown with the alert, which changes all the time",
    ),
    (
        "/api/v1/baselines/{id}",
        "promoted, never edited: its tag is for who deletes it",
    ),
    (
        "/api/v1/hosts/{id}/labels",
        "shown with the host, which changes all the time",
    ),
    (
        "/api/v1/identity-providers/{name}/links/{id}",
        "made and deleted, never edited",
    ),
    (
        "/api/v1/personal-mail",
        "never deleted: `preference` asks for its tag",
    ),
    (
        "/api/v1/saved-queries/{id}",
        "an account's own: `export` asks for its tag",
    ),
    ("/api/v1/session", "ended, never edited"),
    ("/api/v1/silences/{id}", "made and deleted, never edited"),
    ("/api/v1/tokens/{id}", "revoked, never edited"),
];

/// A thing that is edited.
struct Thing {
    /// In the document.
    route: &'static str,
    path: String,
    /// What an editor makes of it, each another.
    edit: Box<dyn Fn(usize) -> Value>,
}

async fn things(api: &Api) -> Vec<Thing> {
    api.sql(
        "insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
         values ('00000000-0000-7000-8000-000000000001', 'web-1', '', '', '', now(), now())",
    )
    .await;
    let made = async |path: &str, body: Value| api.post(path, body).await.ok();
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let group = id(&made("/api/v1/groups", json!({"name": "web"})).await);
    let host = "00000000-0000-7000-8000-000000000001";
    let window = json!({"group": group, "reason": "it moves"});
    let window = id(&made("/api/v1/maintenance", window).await);
    let role = json!({"name": "on-call", "permissions": ["hosts.read"]});
    made("/api/v1/roles", role).await;
    made(
        "/api/v1/accounts",
        json!({"name": "alice", "role": "viewer"}),
    )
    .await;
    let provider = |secret: usize| {
        json!({"name": "corp", "title": "Corp", "issuer": "https://127.0.0.1:1/",
               "client_id": "openwatch", "client_secret": format!("secret {secret}")})
    };
    made("/api/v1/identity-providers", provider(0)).await;
    let rule = |n: usize| {
        json!({"name": format!("Low {n}"), "enabled": true,
               "condition": {"sort": "score_below", "percent": 50}})
    };
    let rule = (id(&made("/api/v1/alert-rules", rule(0)).await), rule);
    let channel = |secret: usize| {
        let secret = format!("whsec_{}", STANDARD.encode(format!("{secret:024}")));
        json!({"name": "hook", "secret": secret,
               "settings": {"kind": "webhook", "url": "https://hook.example/in"}})
    };
    let channel = (id(&made("/api/v1/channels", channel(0)).await), channel);
    let route = {
        let channel = channel.0.clone();
        move |n: usize| json!({"name": format!("all {n}"), "channel": channel})
    };
    let route = (
        id(&made("/api/v1/notification-routes", route(0)).await),
        route,
    );
    let thing = |route: &'static str, id: &str, edit: Box<dyn Fn(usize) -> Value>| Thing {
        route,
        path: route.replace("{id}", id).replace("{name}", id),
        edit,
    };
    let layer = || Box::new(|n| json!({"reconcile_s": 600 + n}));
    let window = (
        window,
        Box::new({
            let group = group.clone();
            move |n| json!({"group": group, "reason": format!("reason {n}")})
        }),
    );
    vec![
        thing("/api/v1/settings", "", layer()),
        thing(
            "/api/v1/retention/{id}",
            "alerts",
            Box::new(|n| json!({"keep": 20 + n})),
        ),
        thing("/api/v1/groups/{id}/settings", &group, layer()),
        thing("/api/v1/hosts/{id}/settings", host, layer()),
        thing("/api/v1/maintenance/{id}", &window.0, window.1),
        thing(
            "/api/v1/groups/{id}",
            &group,
            Box::new(|n| json!({"name": format!("web {n}")})),
        ),
        thing(
            "/api/v1/accounts/{name}",
            "alice",
            Box::new(|n| json!({"display_name": format!("Alice {n}")})),
        ),
        thing(
            "/api/v1/roles/{name}",
            "on-call",
            Box::new(|n| json!({"description": format!("{n}"), "permissions": ["hosts.read"]})),
        ),
        thing("/api/v1/alert-rules/{id}", &rule.0, Box::new(rule.1)),
        thing(
            "/api/v1/notification-routes/{id}",
            &route.0,
            Box::new(route.1),
        ),
        // A secret is not shown, and another one is another state.
        thing("/api/v1/channels/{id}", &channel.0, Box::new(channel.1)),
        thing(
            "/api/v1/identity-providers/{name}",
            "corp",
            Box::new(provider),
        ),
    ]
}

impl Thing {
    async fn ask(&self, api: &Api, method: Method, when: (&str, &str), edit: usize) -> Answer {
        let asked = request(method.clone(), &self.path).header(when.0, when.1);
        let body = if method == Method::PUT {
            Body::from((self.edit)(edit).to_string())
        } else {
            Body::empty()
        };
        let asked = asked.header(header::CONTENT_TYPE, "application/json");
        send(&api.local, asked.body(body).unwrap()).await
    }

    async fn get(&self, api: &Api) -> Answer {
        api.get(&self.path).await
    }
}

fn tag(headers: &HeaderMap) -> String {
    headers[header::ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn everything_that_is_edited_has_a_tag() {
    let api = Api::new().await;
    let things = things(&api).await;
    let document = serde_json::to_value(crate::api::openapi()).unwrap();
    for (route, item) in document["paths"].as_object().unwrap() {
        let is_changed = ["put", "patch", "delete"]
            .iter()
            .any(|how| !item[how].is_null());
        let excused = WITHOUT.iter().any(|(without, _)| without == route);
        let thing = things.iter().find(|thing| thing.route == route);
        assert_eq!(
            is_changed,
            excused || thing.is_some(),
            "{route}: has it a tag?"
        );
        let Some(thing) = thing else { continue };
        let shown = thing.get(&api).await;
        assert_eq!(shown.status, 200, "{route}: {shown:?}");
        let tag = tag(&shown.headers);
        let same = thing
            .ask(&api, Method::GET, ("if-none-match", &tag), 0)
            .await;
        assert_eq!(same.status, StatusCode::NOT_MODIFIED, "{route}");
        assert_eq!(self::tag(&same.headers), tag, "{route}");
        for (how, name, status) in [
            ("get", "If-None-Match", "304"),
            ("put", "If-Match", "412"),
            ("delete", "If-Match", "412"),
        ] {
            let parameters = item[how]["parameters"].as_array().unwrap();
            let said = parameters
                .iter()
                .any(|one| one["name"] == name && one["in"] == "header");
            assert!(
                said && !item[how]["responses"][status].is_null(),
                "{how} {route}"
            );
        }
    }
}

#[tokio::test]
async fn who_looked_before_somebody_else_changed_it_is_told_and_changes_nothing() {
    let api = Api::new().await;
    for thing in things(&api).await {
        let route = thing.route;
        let old = tag(&thing.get(&api).await.headers);
        let changed = thing.ask(&api, Method::PUT, ("if-match", &old), 1).await;
        assert_eq!(changed.status, 200, "{route}: {changed:?}");
        let new = tag(&changed.headers);
        assert_ne!(old, new, "{route}");
        let shown = thing.get(&api).await;
        assert_eq!(
            tag(&shown.headers),
            new,
            "{route}: the answer of a change has its tag"
        );
        for method in [Method::PUT, Method::DELETE] {
            let late = thing.ask(&api, method, ("if-match", &old), 2).await;
            assert_eq!(late.problem(), (412, "precondition_failed"), "{route}");
        }
        assert_eq!(thing.get(&api).await.body, shown.body, "{route}");
        let stale = thing
            .ask(&api, Method::GET, ("if-none-match", &old), 0)
            .await;
        assert_eq!(stale.status, 200, "{route}");
        // Who says nothing is asked nothing.
        api.put(&thing.path, (thing.edit)(3)).await.ok();
    }
}

#[tokio::test]
async fn who_has_the_tag_of_what_there_is_may_delete_it() {
    let api = Api::new().await;
    for thing in things(&api).await {
        let tag = tag(&thing.get(&api).await.headers);
        let gone = thing.ask(&api, Method::DELETE, ("if-match", &tag), 0).await;
        assert_eq!(
            gone.status,
            StatusCode::NO_CONTENT,
            "{}: {gone:?}",
            thing.route
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_looked_at_the_same_one_wins() {
    let api = Api::new().await;
    for thing in things(&api).await {
        for round in 1..=5 {
            let tag = tag(&thing.get(&api).await.headers);
            let when = ("if-match", tag.as_str());
            let editors = (0..8).map(|n| thing.ask(&api, Method::PUT, when, 8 * round + n));
            let all = futures_util::future::join_all(editors).await;
            let count = |status: u16| all.iter().filter(|one| one.status == status).count();
            assert_eq!((count(200), count(412)), (1, 7), "{}: {all:?}", thing.route);
        }
    }
}
