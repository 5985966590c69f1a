//! Which agents are genuine.

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use shared::{
    bundle::{Hash, Version},
    release::Release,
    trust::{Key, Part, PublicKey, Root, Signature, Signed, Sort},
};

use super::{Api, start};

/// A root whose one key may do everything.
fn root(key: &SigningKey) -> Vec<u8> {
    let public = PublicKey::from(key.verifying_key());
    let part = Part {
        threshold: 1,
        keys: [public.id()].into(),
    };
    let name = "release".into();
    let root = Root {
        format: 1,
        version: 1,
        created: start() - TimeDelta::days(1),
        expires: start() + TimeDelta::days(1),
        keys: [(public.id(), Key { name, public })].into(),
        root: part.clone(),
        publisher: part.clone(),
        release: Some(part),
        revoked: Vec::new(),
    };
    serde_json::to_vec(&root).unwrap()
}

/// The release of a version, of this program, as the API takes it.
fn release(version: [u32; 3], program: &[u8], key: &SigningKey, sort: Sort) -> Value {
    let mut release = Release::new(Version(version), start());
    release.add("x86_64-linux-gnu".into(), program);
    let document = release.write().unwrap();
    let signature = Signature::sign(key, sort, &document);
    let mut signed = Signed {
        document,
        signatures: Vec::new(),
    };
    signed.add(signature);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    json!({"signatures": text(signed.signatures_file()), "document": text(signed.document)})
}

#[tokio::test]
async fn an_agent_that_was_not_released_is_flagged() {
    const PATH: &str = "/api/v1/agent-releases";
    let api = Api::new().await;
    let key = SigningKey::from_bytes(&[1; 32]);
    let good = release([0, 1, 0], b"genuine", &key, Sort::Release);
    let refused = (409, "release_refused");
    assert_eq!(
        api.post(PATH, good.clone()).await.problem(),
        refused,
        "there is no root"
    );
    sqlx::query("insert into root values (1, $1, '', '2030-01-01', now(), 'test')")
        .bind(root(&key))
        .execute(&api.db)
        .await
        .unwrap();
    // Three of the version, and one of another; the third has not said.
    api.sql(
        "insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at,
             build)
         select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'host-' || n, 'default', '',
             version, '2026-01-01', '2026-03-03', sha256(convert_to(program, 'utf8'))
         from (values (1, '0.1.0', 'genuine'), (2, '0.1.0', 'other'), (3, '0.1.0', null),
                      (4, '0.2.0', 'other')) as agents (n, version, program)",
    )
    .await;
    let builds = async || api.get("/api/v1/hosts").await.items("build");
    assert_eq!(builds().await, vec![Value::Null; 4], "nothing is released");
    for (why, body) in [
        (
            "another's key",
            release(
                [0, 1, 0],
                b"other",
                &SigningKey::from_bytes(&[2; 32]),
                Sort::Release,
            ),
        ),
        (
            "signed as something else",
            release([0, 1, 0], b"other", &key, Sort::Bundle),
        ),
    ] {
        assert_eq!(api.post(PATH, body).await.problem(), refused, "{why}");
    }
    let made = api.post(PATH, good.clone()).await.ok();
    assert_eq!(made["version"], "0.1.0");
    api.post(PATH, good).await.ok();
    let other = release([0, 1, 0], b"other", &key, Sort::Release);
    assert_eq!(
        api.post(PATH, other).await.problem(),
        refused,
        "one of a version"
    );
    let said = [
        json!("published"),
        json!("unknown"),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(builds().await, said);
    let names = async |path: &str| api.get(path).await.items("hostname");
    assert_eq!(names("/api/v1/hosts?build=unknown").await, ["host-2"]);
    assert_eq!(names("/api/v1/hosts?build=published").await, ["host-1"]);
    let id = "00000000-0000-7000-8000-000000000002";
    assert_eq!(
        api.get(&format!("/api/v1/hosts/{id}")).await.ok()["build"],
        "unknown"
    );
    let hash = Hash::of(b"genuine").to_string();
    let listed = api.get(PATH).await.items("builds");
    assert_eq!(listed, [json!({"x86_64-linux-gnu": hash})]);
}
