//! Profiles and variables of hosts.

use serde_json::{Value, json};

use super::{
    Api,
    control::{HOSTS, host},
};

fn compliance(profiles: Value, variables: Value) -> Value {
    json!({"compliance": {"profiles": profiles, "variables": variables}})
}

#[tokio::test]
async fn profiles_add_up_and_each_variable_says_which_layer_it_is_of() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let group = format!("/api/v1/groups/{}", group["id"].as_str().unwrap());
    let add = json!({"add": [host(1)]});
    api.post(&format!("{group}/members"), add).await.ok();
    let fleet = compliance(
        json!(["cis-debian12-l1"]),
        json!({"tries": 5, "few-tries.tries": 6, "ciphers": ["aes", "chacha"]}),
    );
    let set = api.put("/api/v1/settings", fleet.clone()).await.ok();
    assert_eq!(set["settings"], fleet, "it is kept as it came");
    let path = format!("{group}/settings");
    let said = compliance(json!(["strict", "cis-debian12-l1"]), json!({"tries": 3}));
    api.put(&path, said).await.ok();
    let own = format!("/api/v1/hosts/{}/settings", host(1));
    api.put(&own, compliance(json!([]), json!({"mode": "1"})))
        .await
        .ok();

    let found = api.get(&format!("{own}/effective")).await.ok();
    let web = json!({"layer": "group", "name": "web"});
    let said = &found["compliance"];
    assert_eq!(
        said["profiles"],
        json!([{"key": "strict", "from": web}, {"key": "cis-debian12-l1", "from": web}])
    );
    assert_eq!(
        said["variables"],
        json!({"ciphers": {"value": ["aes", "chacha"], "from": {"layer": "fleet"}},
               "mode": {"value": 1, "from": {"layer": "host"}},
               "tries": {"value": 3, "from": web}}),
        "what the group sets for all hides what the fleet sets for one"
    );
    assert_eq!(said["on_host"]["state"], "never_reported");
    let other = format!("/api/v1/hosts/{}/settings/effective", host(2));
    let other = api.get(&other).await.ok();
    assert_eq!(
        other["compliance"]["variables"]["few-tries.tries"]["value"],
        6
    );
    assert_ne!(other["compliance"]["version"], said["version"]);
    assert_eq!(
        other["version"], found["version"],
        "settings are by themselves"
    );

    for (row, state) in [
        (
            "insert into host_assigned (host_no, takes) values (1, false)",
            "unsupported",
        ),
        (
            "update host_assigned set takes = true, sent = '\\x00'",
            "pending",
        ),
    ] {
        api.sql(row).await;
        let found = api.get(&format!("{own}/effective")).await.ok();
        assert_eq!(found["compliance"]["on_host"]["state"], state);
    }
}

#[tokio::test]
async fn what_no_rule_takes_is_refused_with_name_value_range_and_mend() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let paths = [
        "/api/v1/settings".to_owned(),
        format!("/api/v1/groups/{}/settings", group["id"].as_str().unwrap()),
        format!("/api/v1/hosts/{}/settings", host(1)),
    ];
    let none = json!({});
    for (profiles, variables, told) in [
        (
            json!(["unheard"]),
            none.clone(),
            "no profile `unheard`; GET /api/v1/profiles",
        ),
        (
            json!(["strict", "strict"]),
            none.clone(),
            "\"strict\" is named twice",
        ),
        (json!(["../strict"]), none, "not the key of a profile"),
        (
            json!([]),
            json!({"unheard": 1}),
            "`unheard`: no rule has this variable",
        ),
        (
            json!([]),
            json!({"few-tries.seconds": 60}),
            "no rule has this variable",
        ),
        (
            json!([]),
            json!({"tries": 7}),
            "`tries`: rule `few-tries`: 7 is not within 1 to 6",
        ),
        (
            json!([]),
            json!({"tries": "many"}),
            "`many` is no whole number",
        ),
        (
            json!([]),
            json!({"tries": [1]}),
            "one value is wanted, not a list: 1",
        ),
        (
            json!([]),
            json!({"ciphers": "aes"}),
            "a list is wanted, and not `aes`",
        ),
        (
            json!([]),
            json!({"seconds": 300}),
            "`short-grace`: 300 is not within 10 to 120; `short-grace.seconds` sets",
        ),
        (
            json!([]),
            json!({"seconds": 30}),
            "`long-silence`: 30 is less than 60",
        ),
        (
            json!([]),
            json!({"mode": "strict"}),
            "rule `number-mode`: `strict` is no whole number",
        ),
        (
            json!([]),
            json!({"mode": 2}),
            "rule `some-mode`: `2` is not one of: 1, strict",
        ),
        (
            json!([]),
            json!({"ciphers": ["a\u{0}"]}),
            "`ciphers` is set to what is not",
        ),
    ] {
        for path in &paths {
            let answer = api
                .put(path, compliance(profiles.clone(), variables.clone()))
                .await;
            assert_eq!(answer.problem(), (400, "bad_setting"), "{told}");
            let detail = answer.body["detail"].as_str().unwrap();
            assert!(detail.contains(told), "{detail}");
            assert_eq!(api.get(path).await.ok()["settings"], json!({}));
        }
    }
    for (body, told) in [
        (compliance(json!([]), json!({"tries": true})), "quotes"),
        (
            compliance(json!([]), json!({"tries": 1.5})),
            "a whole number, or a list",
        ),
        (
            compliance(json!([]), json!({"tries": null})),
            "compliance.variables.tries",
        ),
        (json!({"compliance": {"rules": []}}), "rules"),
    ] {
        let answer = api.put("/api/v1/settings", body).await;
        assert_eq!(answer.problem(), (422, "bad_body"));
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{detail}");
    }
    for variables in [
        json!({"mode": 1}),
        json!({"seconds": 60}),
        json!({"seconds": "90"}),
    ] {
        api.put(&paths[0], compliance(json!(["strict"]), variables))
            .await
            .ok();
    }
}
