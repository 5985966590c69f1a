//! Roles and the registry of permissions.

use serde_json::json;

use super::{Api, account::records};
use crate::access::{Permission, Role};

const ROLES: &str = "/api/v1/roles";

#[tokio::test]
async fn a_role_is_made_changed_and_deleted() {
    let api = Api::new().await;
    let new = json!({
        "name": "on-call", "description": "Looks at night",
        "permissions": ["results.read", "hosts.read", "hosts.read"],
    });
    let made = api.post(ROLES, new.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        json!({
            "name": "on-call", "description": "Looks at night",
            "permissions": ["hosts.read", "results.read"], "built_in": false,
            "created_at": "2026-03-03T14:05:00.000000Z", "created_by": "local administrator",
        })
    );
    let path = format!("{ROLES}/on-call");
    assert_eq!(api.get(&path).await.ok(), made.body);
    assert_eq!(api.post(ROLES, new).await.problem(), (409, "role_exists"));

    let fields = json!({"permissions": ["facts.read"]});
    let changed = api.put(&path, fields.clone()).await.ok();
    assert_eq!(
        (&changed["permissions"], &changed["description"]),
        (&json!(["facts.read"]), &json!(""))
    );
    api.post(
        "/api/v1/accounts",
        json!({"name": "alice", "role": "on-call"}),
    )
    .await
    .ok();
    assert_eq!(api.delete(&path).await.problem(), (409, "role_in_use"));
    api.delete("/api/v1/accounts/alice").await.ok();
    assert_eq!(api.delete(&path).await.status, 204);
    for answer in [
        api.get(&path).await,
        api.put(&path, fields).await,
        api.delete(&path).await,
    ] {
        assert_eq!(answer.problem(), (404, "role_not_found"));
    }
    let records = records(&api, "change").await;
    let of_roles = records
        .iter()
        .filter(|record| record["target"]["kind"] == "role");
    let acts: Vec<_> = of_roles
        .map(|record| record["action"].as_str().unwrap())
        .collect();
    assert_eq!(acts, ["role.create", "role.replace", "role.delete"]);
    assert_eq!(
        records[1]["before"]["permissions"],
        json!(["hosts.read", "results.read"])
    );
    assert_eq!(records[1]["after"]["permissions"], json!(["facts.read"]));
}

#[tokio::test]
async fn what_is_no_role_is_refused_and_what_every_installation_has_stays() {
    let api = Api::new().await;
    for (name, permissions) in [
        ("", json!(["hosts.read"])),
        ("Admin", json!(["hosts.read"])),
        ("1st", json!(["hosts.read"])),
        ("a b", json!(["hosts.read"])),
        ("nothing", json!([])),
        ("unknown", json!(["hosts.read", "hosts.write"])),
    ] {
        let refused = api
            .post(ROLES, json!({"name": name, "permissions": permissions}))
            .await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{name}");
    }
    for role in Role::ALL {
        let path = format!("{ROLES}/{}", role.name());
        let fields = json!({"permissions": ["hosts.read"]});
        assert_eq!(
            api.put(&path, fields).await.problem(),
            (409, "built_in_role")
        );
        assert_eq!(api.delete(&path).await.problem(), (409, "built_in_role"));
        let same = json!({"name": role.name(), "permissions": ["hosts.read"]});
        assert_eq!(api.post(ROLES, same).await.problem(), (409, "role_exists"));
        assert_eq!(api.get(&path).await.ok()["built_in"], true);
    }
    let roles = api.get(ROLES).await.items("name");
    assert_eq!(roles, Role::ALL.map(Role::name));
}

#[tokio::test]
async fn the_registry_of_permissions_is_told() {
    let api = Api::without_database();
    let told = api.get("/api/v1/permissions").await.items("code");
    let codes: Vec<_> = Permission::ALL
        .iter()
        .map(|permission| permission.code())
        .collect();
    assert_eq!(told, codes);
}
