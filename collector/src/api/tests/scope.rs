//! That nobody gives themselves more.

use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Answer, Api,
    control::{HOSTS, host},
    request, send, start, with_json,
};
use crate::access::Permission as P;

/// Somebody with an API token for all that they may.
pub(super) struct Person {
    pub(super) https: Router,
    pub(super) token: String,
}

impl Person {
    /// Who has these permissions, each list for the hosts of a group, or everywhere.
    pub(super) async fn new(api: &Api, name: &str, bindings: &[(&[P], Option<&str>)]) -> Self {
        let account = Uuid::now_v7();
        let made = "insert into account (id, name, created_at) values ($1, $2, $3)";
        let made = sqlx::query(made).bind(account).bind(name).bind(start());
        made.execute(&api.db).await.unwrap();
        for (n, (permissions, group)) in bindings.iter().enumerate() {
            let role = format!("{name}-{n}");
            let codes: Vec<_> = permissions.iter().map(|one| one.code()).collect();
            sqlx::query(
                "with made as (insert into role (name, description, permissions, created_at, created_by)
                     values ($1, '', $2, $5, 'test'))
                 insert into role_binding (id, account_id, role, group_no, created_at, created_by)
                 select gen_random_uuid(), $3, $1,
                     (select group_no from host_group where name = $4), $5, 'test'",
            )
            .bind(role)
            .bind(codes)
            .bind(account)
            .bind(*group)
            .bind(start())
            .execute(&api.db)
            .await
            .unwrap();
        }
        let token = Self::token(api, account, P::ALL).await;
        let https = api.https.clone();
        Self { https, token }
    }

    pub(super) async fn token(api: &Api, account: Uuid, permissions: &[P]) -> String {
        let secret: [u8; 32] = Sha256::digest(Uuid::new_v4()).into();
        let codes: Vec<_> = permissions.iter().map(|one| one.code()).collect();
        sqlx::query(
            "insert into api_token (id, hash, account_id, name, permissions, created_at, expires_at)
             values (gen_random_uuid(), $1, $2, 'test', $3, $4, $4 + interval '1 day')",
        )
        .bind(&Sha256::digest(secret)[..])
        .bind(account)
        .bind(codes)
        .bind(start())
        .execute(&api.db)
        .await
        .unwrap();
        format!("owt_{}", URL_SAFE_NO_PAD.encode(secret))
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = request(method, path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = match body {
            Some(body) => with_json(request, &body),
            None => request.body(Body::empty()).unwrap(),
        };
        send(&self.https, request).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body)).await
    }
}

/// Makes a group of these hosts; returns its path.
pub(super) async fn group(api: &Api, body: Value, hosts: &[u32]) -> String {
    let made = api.post("/api/v1/groups", body).await.ok();
    let path = format!("/api/v1/groups/{}", made["id"].as_str().unwrap());
    let hosts: Vec<_> = hosts.iter().map(|n| host(*n)).collect();
    let named = api
        .post(&format!("{path}/members"), json!({"add": hosts}))
        .await;
    assert_eq!(named.status, StatusCode::NO_CONTENT);
    path
}

/// `h1` is of `a`, `h2` of `b`, `h3` of neither.
pub(super) async fn two_groups() -> (Api, String, String) {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let a = group(&api, json!({"name": "a"}), &[1]).await;
    let b = group(&api, json!({"name": "b", "match": {"role": "b"}}), &[2]).await;
    (api, a, b)
}

#[tokio::test]
async fn a_host_comes_into_no_scope_by_naming_it_a_member() {
    let (api, a, b) = two_groups().await;
    let names = (&[P::GroupsMembers, P::GroupsRead][..], Some("a"));
    let also = (&[P::GroupsMembers, P::GroupsRead][..], Some("b"));
    let revokes = (&[P::HostsRevoke][..], Some("b"));
    let alice = Person::new(&api, "alice", &[names, also, revokes]).await;
    let add = |n| json!({"add": [host(n)]});
    let members = format!("{b}/members");
    // Of the whole fleet, and of another group in which she has no more than over `b`.
    let stranger = alice.post(&members, add(3)).await;
    assert_eq!(stranger.problem(), (404, "host_not_found"));
    let own = alice.post(&members, add(1)).await;
    assert_eq!(own.problem(), (403, "own_scope"));
    assert!(
        own.body["detail"]
            .as_str()
            .unwrap()
            .contains("hosts.revoke")
    );
    assert_eq!(alice.get(&members).await.items("hostname"), ["h2"]);
    let revoke = format!("/api/v1/hosts/{}/revoke", host(1));
    assert_eq!(
        alice.post(&revoke, json!({})).await.problem(),
        (404, "host_not_found")
    );
    // The other way nothing comes of it, and what leaves a scope is no gain.
    let change = json!({"add": [host(2)]});
    assert_eq!(
        alice.post(&format!("{a}/members"), change).await.status,
        204
    );
    assert_eq!(
        alice
            .post(&members, json!({"remove": [host(2)]}))
            .await
            .status,
        204
    );
    // A group outside is none.
    let c = group(&api, json!({"name": "c"}), &[]).await;
    let outside = alice.post(&format!("{c}/members"), add(1)).await;
    assert_eq!(outside.problem(), (404, "group_not_found"));
    // Who has the same over both may.
    let bob = Person::new(&api, "bob", &[(P::ALL, Some("a")), (P::ALL, Some("b"))]).await;
    assert_eq!(bob.post(&members, add(1)).await.status, 204);
}

#[tokio::test]
async fn a_token_that_gives_less_moves_no_host_into_its_makers_scope() {
    let (api, _, b) = two_groups().await;
    let names = &[P::GroupsMembers, P::GroupsRead][..];
    let bindings = [
        (names, Some("a")),
        (names, Some("b")),
        (&[P::HostsRevoke][..], Some("b")),
    ];
    let mut alice = Person::new(&api, "alice", &bindings).await;
    let id = "select id from account where name = 'alice'";
    let id: Uuid = sqlx::query_scalar(id).fetch_one(&api.db).await.unwrap();
    alice.token = Person::token(&api, id, names).await;
    let own = alice
        .post(&format!("{b}/members"), json!({"add": [host(1)]}))
        .await;
    assert_eq!(own.problem(), (403, "own_scope"));
}

#[tokio::test]
async fn a_host_comes_into_no_scope_by_its_labels() {
    let (api, _, b) = two_groups().await;
    let label = (&[P::HostsLabel][..], Some("a"));
    let alice = Person::new(&api, "alice", &[label, (&[P::HostsRevoke], Some("b"))]).await;
    let labels = |n| format!("/api/v1/hosts/{}/labels", host(n));
    let own = alice.put(&labels(1), json!({"role": "b"})).await;
    assert_eq!(own.problem(), (403, "own_scope"));
    assert_eq!(
        alice.put(&labels(1), json!({"role": "a"})).await.status,
        204
    );
    assert_eq!(
        alice.put(&labels(2), json!({})).await.problem(),
        (404, "host_not_found")
    );
    assert_eq!(api.get(&b).await.ok()["hosts"], 1);
    let bob = Person::new(&api, "bob", &[label]).await;
    assert_eq!(bob.put(&labels(1), json!({"role": "b"})).await.status, 204);
    assert_eq!(api.get(&b).await.ok()["hosts"], 2);
}

#[tokio::test]
async fn a_host_comes_into_no_scope_by_defining_the_group_anew() {
    let (api, _, b) = two_groups().await;
    let labels = format!("/api/v1/hosts/{}/labels", host(3));
    assert_eq!(api.put(&labels, json!({"role": "db"})).await.status, 204);
    let defines = (&[P::GroupsWrite][..], None);
    let alice = Person::new(&api, "alice", &[defines, (&[P::HostsRevoke], Some("b"))]).await;
    let own = alice
        .put(&b, json!({"name": "b", "match": {"role": "db"}}))
        .await;
    assert_eq!(own.problem(), (403, "own_scope"));
    assert_eq!(api.get(&b).await.ok()["match"], json!({"role": "b"}));
    assert_eq!(
        alice
            .put(&b, json!({"name": "b", "precedence": 5}))
            .await
            .status,
        200
    );
    let bob = Person::new(&api, "bob", &[defines, (&[P::HostsRevoke], None)]).await;
    let wider = bob
        .put(&b, json!({"name": "b", "match": {"role": "db"}}))
        .await;
    assert_eq!(wider.ok()["hosts"], 2);
}

#[tokio::test]
async fn an_enrolment_token_brings_hosts_into_ones_own_scope_alone() {
    let (api, ..) = two_groups().await;
    let issues = (&[P::EnrolmentWrite, P::EnrolmentRead][..], Some("a"));
    let alice = Person::new(&api, "alice", &[issues]).await;
    let path = "/api/v1/enrollment-tokens";
    let token = |group: &str| json!({"name": "t", "group": group});
    // The one outside, the one that nobody has made yet, and the one that is taken when none is named.
    for body in [token("b"), token("new"), json!({"name": "t"})] {
        let outside = alice.post(path, body).await;
        assert_eq!(outside.problem(), (404, "group_not_found"));
    }
    let issued = alice.post(path, token("a")).await.ok();
    let theirs = api.post(path, token("b")).await.ok();
    assert_eq!(alice.get(path).await.items("id"), [issued["id"].clone()]);
    let withdraw = |token: &Value| format!("{path}/{}", token["id"].as_str().unwrap());
    let outside = alice.ask(Method::DELETE, &withdraw(&theirs), None).await;
    assert_eq!(outside.problem(), (404, "token_not_found"));
    let own = alice.ask(Method::DELETE, &withdraw(&issued), None).await;
    assert_eq!(own.status, 204);
}

#[tokio::test]
async fn a_window_is_not_moved_out_of_ones_scope_nor_into_it() {
    let (api, ..) = two_groups().await;
    let plans = (&[P::MaintenanceWrite, P::MaintenanceRead][..], Some("a"));
    let alice = Person::new(&api, "alice", &[plans]).await;
    let window = |n| json!({"host": host(n), "reason": "r"});
    let path = "/api/v1/maintenance";
    let (mine, theirs) = (
        api.post(path, window(1)).await.ok(),
        api.post(path, window(2)).await.ok(),
    );
    let at = |window: &Value| format!("{path}/{}", window["id"].as_str().unwrap());
    let out = alice.put(&at(&mine), window(2)).await;
    assert_eq!(out.problem(), (404, "host_not_found"));
    let taken = alice.put(&at(&theirs), window(1)).await;
    assert_eq!(taken.problem(), (404, "maintenance_not_found"));
    assert_eq!(alice.get(path).await.items("host"), [json!(host(1))]);
}

#[tokio::test]
async fn what_a_binding_gave_ends_with_it() {
    let (api, ..) = two_groups().await;
    let alice = Person::new(&api, "alice", &[(&[P::HostsRead], Some("a"))]).await;
    assert_eq!(alice.get("/api/v1/hosts").await.items("hostname"), ["h1"]);
    api.sql(
        "update role_binding set group_no = (select group_no from host_group where name = 'b')",
    )
    .await;
    assert_eq!(alice.get("/api/v1/hosts").await.items("hostname"), ["h2"]);
    api.sql("delete from role_binding").await;
    assert_eq!(
        alice.get("/api/v1/hosts").await.problem(),
        (403, "forbidden")
    );
}

#[tokio::test]
async fn a_host_tells_only_of_groups_of_the_scope() {
    let (api, _, b) = two_groups().await;
    let both = api
        .post(&format!("{b}/members"), json!({"add": [host(1)]}))
        .await;
    assert_eq!(both.status, 204);
    let alice = Person::new(&api, "alice", &[(&[P::HostsRead], Some("a"))]).await;
    assert_eq!(
        alice.get("/api/v1/hosts").await.items("groups"),
        [json!(["a"])]
    );
    assert_eq!(alice.get("/api/v1/hosts?group=b").await.ok()["total"], 0);
    let one = alice.get(&format!("/api/v1/hosts/{}", host(1))).await.ok();
    assert_eq!(one["groups"], json!(["a"]));
}
