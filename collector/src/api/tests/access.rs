//! Why somebody may what they may.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    control::host,
    scope::{Person, two_groups},
};
use crate::access::Permission as P;

/// What is said of one permission.
fn explained(answer: &Value, permission: &str) -> (bool, Value) {
    let permissions = answer["permissions"].as_array().unwrap();
    let one = permissions
        .iter()
        .find(|one| one["permission"] == permission)
        .unwrap();
    let reasons = one["because"].as_array().unwrap().iter();
    let reasons =
        reasons.map(|reason| json!([reason["role"], reason["group"]["name"], reason["why"]]));
    (one["allowed"] == true, reasons.collect())
}

#[tokio::test]
async fn what_somebody_may_do_to_a_host_is_explained() {
    let (api, ..) = two_groups().await;
    let bindings: [(&[P], _); 3] = [
        (&[P::HostsRead, P::RulesRead, P::RolloutsRead], Some("a")),
        (&[P::HostsRevoke, P::HostsRead], Some("b")),
        (&[P::FactsRead], None),
    ];
    Person::new(&api, "alice", &bindings).await;
    let at_all = api.get("/api/v1/access?account=alice").await.ok();
    assert_eq!(
        (&at_all["host"], &at_all["locked"]),
        (&Value::Null, &json!(false))
    );
    let for_group = json!([["alice-1", "b", "group"]]);
    assert_eq!(explained(&at_all, "hosts.revoke"), (true, for_group));
    let path = format!("/api/v1/access?account=alice&host={}", host(1));
    let answer = api.get(&path).await.ok();
    assert_eq!(answer["host"]["hostname"], "h1");
    for (permission, allowed, because) in [
        (
            "hosts.read",
            true,
            json!([
                ["alice-0", "a", "member_by_hand"],
                ["alice-1", "b", "no_member"]
            ]),
        ),
        (
            "hosts.revoke",
            false,
            json!([["alice-1", "b", "no_member"]]),
        ),
        ("facts.read", true, json!([["alice-2", null, "everything"]])),
        ("rules.read", true, json!([["alice-0", "a", "no_host"]])),
        (
            "rollouts.read",
            false,
            json!([["alice-0", "a", "only_everywhere"]]),
        ),
        ("audit.read", false, json!([])),
    ] {
        let told = explained(&answer, permission);
        assert_eq!(told, (allowed, because), "{permission}");
    }
    let labels = format!("/api/v1/hosts/{}/labels", host(1));
    assert_eq!(api.put(&labels, json!({"role": "b"})).await.status, 204);
    let labelled = json!([["alice-1", "b", "member_by_labels"]]);
    assert_eq!(
        explained(&api.get(&path).await.ok(), "hosts.revoke"),
        (true, labelled)
    );
    api.sql("update account set disabled_at = now()").await;
    let locked = api.get(&path).await.ok();
    assert_eq!(locked["locked"], true);
    assert!(!explained(&locked, "facts.read").0);
    let nobody = api.get("/api/v1/access?account=eve").await;
    assert_eq!(nobody.problem(), (404, "account_not_found"));
    let nowhere = api
        .get(&format!(
            "/api/v1/access?account=alice&host={}",
            Uuid::nil()
        ))
        .await;
    assert_eq!(nowhere.problem(), (404, "host_not_found"));
}
