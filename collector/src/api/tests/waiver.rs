//! Waivers: who asks and who decides, when they count, and what they make of how hosts stand.

/// What people are told of them.
mod alert;

/// Both scores, held against going over everything.
mod naive;

/// When they count.
mod time;

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    control::{HOSTS, host},
    request,
    scope::{Person, group, two_groups},
    send, with_json,
};
use crate::access::Permission as P;

const WHY: &str = "the machine is replaced next month";

/// With a token that outlives the waivers.
async fn person(api: &Api, name: &str, bindings: &[(&[P], Option<&str>)]) -> Person {
    let person = Person::new(api, name, bindings).await;
    api.sql("update api_token set expires_at = '2030-01-01Z'")
        .await;
    person
}

/// What asks for a rule on a host for 30 days.
fn asked(n: u32, rule: &str) -> Value {
    json!({"host": host(n), "rule": rule, "reason": WHY, "days": 30})
}

/// Somebody asks for it; returns its path.
async fn requested(who: &Person, body: Value) -> String {
    let made = who.post("/api/v1/waivers", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    format!("/api/v1/waivers/{}", made.ok()["id"].as_str().unwrap())
}

async fn deed(who: &Person, path: &str, deed: &str) -> Answer {
    who.post(&format!("{path}/{deed}"), json!({"note": "seen"}))
        .await
}

/// Two who may do everything.
async fn two() -> (Api, Person, Person) {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let alice = person(&api, "alice", &[(P::ALL, None)]).await;
    let bob = person(&api, "bob", &[(P::ALL, None)]).await;
    (api, alice, bob)
}

fn renewal(days: u32) -> Value {
    json!({"reason": "the machine is replaced a month later", "days": days})
}

#[tokio::test]
async fn who_asked_for_it_does_not_decide_it_with_whatever_rights_and_tokens() {
    let (api, alice, bob) = two().await;
    let path = requested(&alice, asked(1, "root-login-off")).await;
    let before = alice.get(&path).await.ok();
    for act in ["approve", "reject"] {
        let own = deed(&alice, &path, act).await;
        assert_eq!(own.problem(), (403, "own_waiver"), "{act}");
    }
    // Another token of the same person, for that alone.
    let id = "select id from account where name = 'alice'";
    let id = sqlx::query_scalar(id).fetch_one(&api.db).await.unwrap();
    let token = Person::token(&api, id, &[P::WaiversApprove]).await;
    for act in ["approve", "reject"] {
        let by_token = request(Method::POST, &format!("{path}/{act}"));
        let by_token = by_token.header("authorization", format!("Bearer {token}"));
        let own = send(&api.https, with_json(by_token, &json!({}))).await;
        assert_eq!(own.problem(), (403, "own_waiver"), "{act}");
    }
    // Nobody knows who is at the machine.
    for (path, body) in [
        ("/api/v1/waivers".to_owned(), asked(2, "root-login-off")),
        (format!("{path}/approve"), json!({})),
        (format!("{path}/reject"), json!({})),
        (format!("{path}/withdraw"), json!({})),
    ] {
        assert_eq!(
            api.post(&path, body).await.problem(),
            (403, "no_account"),
            "{path}"
        );
    }
    assert_eq!(alice.get(&path).await.ok(), before, "nothing came of it");
    let withdrawn = deed(&bob, &path, "withdraw").await;
    assert_eq!(withdrawn.problem(), (403, "not_own_waiver"));
    let approved = deed(&bob, &path, "approve").await.ok();
    assert_eq!(
        (
            &approved["state"],
            &approved["approved_by"],
            &approved["requested_by"]
        ),
        (&json!("approved"), &json!("bob"), &json!("alice"))
    );
    for act in ["approve", "reject", "withdraw"] {
        let again = deed(&bob, &path, act).await;
        assert_eq!(again.problem(), (409, "waiver_stands_so"), "{act}");
    }
}

#[tokio::test]
async fn an_administrator_who_signs_in_decides_nothing_of_their_own_either() {
    let (api, _, bob) = two().await;
    let carol = super::permit::somebody(&api, "carol", "admin").await;
    let tell = async |path: &str, body: Value| {
        super::account::tell(&api, Method::POST, path, &carol, body).await
    };
    let made = tell("/api/v1/waivers", asked(1, "root-login-off"))
        .await
        .ok();
    let path = format!("/api/v1/waivers/{}", made["id"].as_str().unwrap());
    let own = tell(&format!("{path}/approve"), json!({})).await;
    assert_eq!(own.problem(), (403, "own_waiver"));
    assert_eq!(deed(&bob, &path, "approve").await.ok()["state"], "approved");
    // Who approved it and asks that it go on does not approve that.
    let more = bob.post(&format!("{path}/renew"), renewal(60)).await.ok();
    let more = format!("/api/v1/waivers/{}", more["id"].as_str().unwrap());
    assert_eq!(
        deed(&bob, &more, "approve").await.problem(),
        (403, "own_waiver")
    );
    assert_eq!(
        tell(&format!("{more}/approve"), json!({})).await.ok()["state"],
        "approved"
    );
}

#[tokio::test]
async fn each_role_does_what_it_is_for() {
    let (api, alice, _) = two().await;
    let path = requested(&alice, asked(1, "root-login-off")).await;
    for (role, may) in [
        ("viewer", (true, false, false)),
        ("auditor", (true, false, false)),
        ("operator", (true, true, false)),
        ("security_admin", (true, true, true)),
    ] {
        let who = super::permit::somebody(&api, role, role).await;
        let tell = async |method, path: &str, body| {
            super::account::tell(&api, method, path, &who, body).await
        };
        let ask = async |path: &str| super::session::ask(&api, Method::GET, path, &who).await;
        assert_eq!(ask(&path).await.status == 200, may.0, "{role}");
        let asked = tell(Method::POST, "/api/v1/waivers", asked(2, "no-such-rule")).await;
        assert_eq!(asked.problem().0 != 403, may.1, "{role}");
        let text = tell(
            Method::POST,
            &format!("{path}/comment"),
            json!({"text": role}),
        )
        .await;
        assert_eq!(text.status == 204, may.1, "{role}");
        let decided = tell(Method::POST, &format!("{path}/approve"), json!({})).await;
        assert_eq!(decided.status == 200, may.2, "{role}");
    }
}

#[tokio::test]
async fn one_is_open_for_the_same_and_the_next_names_it() {
    let (api, alice, bob) = two().await;
    let path = requested(&alice, asked(1, "root-login-off")).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let refused = async |who: &Person| {
        let other = who
            .post("/api/v1/waivers", asked(1, "root-login-off"))
            .await;
        assert_eq!(other.problem(), (409, "waiver_exists"));
        assert!(
            other.body["detail"].as_str().unwrap().contains(&id),
            "{other:?}"
        );
    };
    refused(&bob).await;
    deed(&bob, &path, "approve").await.ok();
    refused(&alice).await;
    // Another host, another rule, a control that means the same rule: none of them is the same.
    requested(&alice, asked(2, "root-login-off")).await;
    requested(&alice, asked(1, "few-tries")).await;
    let control = json!({"host": host(1), "framework": "cis_debian12", "control": "5.1.20",
                         "reason": WHY, "days": 1});
    let control = requested(&alice, control).await;
    assert_eq!(
        alice.get(&control).await.ok()["rules"],
        json!(["root-login-off"])
    );
    // It goes on with itself alone, once.
    bob.post(&format!("{path}/renew"), renewal(1)).await.ok();
    let twice = alice.post(&format!("{path}/renew"), renewal(1)).await;
    assert_eq!(twice.problem(), (409, "waiver_exists"));
    // What is over is in nobody's way.
    deed(&bob, &control, "reject").await.ok();
    assert_eq!(deed(&bob, &control, "renew").await.status, 422);
    let gone = bob.post(&format!("{control}/renew"), renewal(1)).await;
    assert_eq!(gone.problem(), (409, "waiver_stands_so"));
    let own = requested(&alice, asked(3, "few-tries")).await;
    assert_eq!(
        deed(&alice, &own, "withdraw").await.ok()["state"],
        "withdrawn"
    );
    let own = requested(&bob, asked(3, "few-tries")).await;
    deed(&alice, &own, "approve").await.ok();
    api.clock.advance(chrono::TimeDelta::days(30));
    assert_eq!(bob.get(&own).await.ok()["state"], "expired");
    requested(&alice, asked(3, "few-tries")).await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_says_why() {
    let (_api, alice, _) = two().await;
    let with = |field: &str, value: Value| {
        let mut body = asked(1, "root-login-off");
        body[field] = value;
        body
    };
    let without_host = |more: Value| {
        let mut body = with("host", Value::Null);
        body.as_object_mut().unwrap().remove("host");
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let control = |framework: &str, control: &str| {
        let mut body = with("framework", json!(framework));
        body["control"] = json!(control);
        body["rule"] = Value::Null;
        body
    };
    for (body, problem) in [
        (
            with("reason", json!("because I say so")),
            (400, "bad_parameter"),
        ),
        (
            with("reason", json!(format!("  {}  ", "x".repeat(19)))),
            (400, "bad_parameter"),
        ),
        (
            with("reason", json!("x".repeat(2001))),
            (400, "bad_parameter"),
        ),
        (with("days", json!(0)), (400, "bad_parameter")),
        (with("days", json!(366)), (400, "bad_parameter")),
        (with("fleet", json!(true)), (400, "bad_parameter")),
        (without_host(json!({})), (400, "bad_parameter")),
        (with("framework", json!("nist")), (400, "bad_parameter")),
        (with("rule", Value::Null), (400, "bad_parameter")),
        (with("rule", json!("no-such-rule")), (404, "rule_not_found")),
        (control("nothing", "1"), (404, "framework_not_found")),
        (control("cis_debian12", "9.9"), (400, "bad_parameter")),
        // There is no rule for it.
        (control("cis_debian12", "5.1.21"), (400, "bad_parameter")),
        (with("host", json!(host(9))), (404, "host_not_found")),
        (
            without_host(json!({"group": host(9)})),
            (404, "group_not_found"),
        ),
    ] {
        let refused = alice.post("/api/v1/waivers", body.clone()).await;
        assert_eq!(refused.problem(), problem, "{body}");
    }
    let nowhere = format!("/api/v1/waivers/{}", host(9));
    assert_eq!(
        alice.get(&nowhere).await.problem(),
        (404, "waiver_not_found")
    );
    for act in ["approve", "reject", "withdraw", "revoke"] {
        assert_eq!(
            deed(&alice, &nowhere, act).await.problem(),
            (404, "waiver_not_found")
        );
    }
}

#[tokio::test]
async fn one_asks_and_decides_where_ones_scope_has_all_of_it() {
    let (api, a, b) = two_groups().await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let alice = person(&api, "alice", &[(P::ALL, Some("a"))]).await;
    let andrew = person(&api, "andrew", &[(P::ALL, Some("a"))]).await;
    let root = person(&api, "root", &[(P::ALL, None)]).await;
    let body = |more: Value| {
        let mut body = json!({"rule": "root-login-off", "reason": WHY, "days": 30});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let ask = async |who: &Person, more: Value| who.post("/api/v1/waivers", body(more)).await;
    assert_eq!(
        ask(&alice, json!({"host": host(2)})).await.problem(),
        (404, "host_not_found")
    );
    let other = ask(&alice, json!({"group": id(&b)})).await;
    assert_eq!(other.problem(), (404, "group_not_found"));
    assert_eq!(
        ask(&alice, json!({"fleet": true})).await.problem(),
        (403, "fleet_needed")
    );
    let own = requested(&alice, body(json!({"host": host(1)}))).await;
    let group_wide = requested(&alice, body(json!({"group": id(&a)}))).await;
    let outside = requested(&root, body(json!({"host": host(2)}))).await;
    let outside_too = requested(&root, body(json!({"group": id(&b)}))).await;
    let fleet = requested(&root, body(json!({"fleet": true}))).await;
    for path in [&outside, &outside_too] {
        assert_eq!(andrew.get(path).await.problem(), (404, "waiver_not_found"));
        for act in ["approve", "reject", "withdraw", "revoke"] {
            assert_eq!(
                deed(&andrew, path, act).await.problem(),
                (404, "waiver_not_found")
            );
        }
        let text = andrew
            .post(&format!("{path}/comment"), json!({"text": "?"}))
            .await;
        assert_eq!(text.problem(), (404, "waiver_not_found"));
    }
    // What is for the whole fleet is for their hosts too: they see it, and it is not theirs to decide.
    let seen = andrew.get(&fleet).await.ok();
    assert_eq!(seen["affects"]["hosts"], 1, "of their hosts alone");
    for act in ["approve", "reject", "withdraw", "revoke"] {
        assert_eq!(
            deed(&andrew, &fleet, act).await.problem(),
            (403, "fleet_needed")
        );
    }
    let text = andrew
        .post(&format!("{fleet}/comment"), json!({"text": "not on mine"}))
        .await;
    assert_eq!(text.status, 204);
    let listed = andrew.get("/api/v1/waivers").await.items("id");
    let paths: Vec<_> = listed
        .iter()
        .map(|id| format!("/api/v1/waivers/{}", id.as_str().unwrap()))
        .collect();
    assert_eq!(paths, [fleet.clone(), group_wide.clone(), own.clone()]);
    let of_other = andrew
        .get(&format!("/api/v1/waivers?host={}", host(2)))
        .await;
    assert_eq!(of_other.items("scope"), [json!("fleet")]);
    assert_eq!(
        deed(&andrew, &own, "approve").await.ok()["state"],
        "approved"
    );
    assert_eq!(
        deed(&andrew, &group_wide, "approve").await.ok()["state"],
        "approved"
    );
    assert_eq!(root.get("/api/v1/waivers").await.items("id").len(), 5);
    // A group that is deleted is nobody, and what was for it is for nobody.
    api.delete(&a).await.ok();
    let left = root.get(&group_wide).await.ok();
    assert_eq!(
        (&left["scope"], &left["scope_name"]),
        (&json!("group"), &json!("a"))
    );
    assert_eq!(left["affects"]["hosts"], 0);
}

#[tokio::test]
async fn lists_are_by_what_is_asked_and_all_of_it_is_kept() {
    let (api, alice, bob) = two().await;
    let path = group(&api, json!({"name": "web"}), &[1, 2]).await;
    let web = path.rsplit('/').next().unwrap().to_owned();
    let one = requested(&alice, asked(1, "root-login-off")).await;
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let two = json!({"group": web, "framework": "nist", "control": "AC-6(2)", "reason": WHY, "days": 5,
                     "compensating_control": "a bastion", "risk_acceptance": "the CISO", "evidence": "https://t.example/1"});
    let two = requested(&alice, two).await;
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let three = json!({"fleet": true, "rule": "few-tries", "reason": WHY, "days": 365});
    let three = requested(&alice, three).await;
    deed(&bob, &two, "approve").await.ok();
    deed(&bob, &three, "approve").await.ok();
    let listed = async |query: &str| {
        let ids = api
            .pages(&format!("/api/v1/waivers?{query}"), 1, "id")
            .await;
        let paths = ids
            .iter()
            .map(|id| format!("/api/v1/waivers/{}", id.as_str().unwrap()));
        paths.collect::<Vec<_>>()
    };
    let of = |all: &[&String]| all.iter().map(|path| (*path).clone()).collect::<Vec<_>>();
    assert_eq!(listed("").await, of(&[&three, &two, &one]));
    assert_eq!(listed("state=requested").await, of(&[&one]));
    assert_eq!(listed("state=approved").await, of(&[&three, &two]));
    assert_eq!(
        listed(&format!("host={}", host(1))).await,
        of(&[&three, &two, &one])
    );
    assert_eq!(
        listed(&format!("host={}", host(2))).await,
        of(&[&three, &two])
    );
    assert_eq!(listed(&format!("host={}", host(3))).await, of(&[&three]));
    assert_eq!(listed(&format!("group={web}")).await, of(&[&two]));
    assert_eq!(listed("rule=root-login-off").await, of(&[&two, &one]));
    assert_eq!(listed("framework=nist").await, of(&[&two]));
    assert_eq!(
        listed("expires_before=2026-03-20T00:00:00Z").await,
        of(&[&two])
    );
    assert_eq!(listed("state=expired").await, [""; 0]);

    bob.post(
        &format!("{two}/comment"),
        json!({"text": "until the bastion is there"}),
    )
    .await;
    let record = api.last().await;
    assert_eq!(record["action"], "waiver.comment");
    let whole = alice.get(&two).await.ok();
    assert_eq!(
        (
            &whole["compensating_control"],
            &whole["risk_acceptance"],
            &whole["evidence"]
        ),
        (
            &json!("a bastion"),
            &json!("the CISO"),
            &json!("https://t.example/1")
        )
    );
    let told = |list: &str| {
        let entries = whole[list].as_array().unwrap().iter();
        let told = entries.map(|one| {
            ["what", "who", "detail"].map(|field| one[field].as_str().unwrap().to_owned())
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        told("history"),
        [["requested", "alice", ""], ["approved", "bob", "seen"]]
    );
    assert_eq!(
        told("comments"),
        [["commented", "bob", "until the bastion is there"]]
    );
    deed(&alice, &two, "revoke").await.ok();
    let record = api.last().await;
    assert_eq!(
        (
            &record["action"],
            &record["before"]["state"],
            &record["after"]["waiver"]["state"]
        ),
        (
            &json!("waiver.revoke"),
            &json!("approved"),
            &json!("revoked")
        )
    );
    api.clock.advance(chrono::TimeDelta::days(365));
    assert_eq!(listed("state=expired").await, of(&[&three]));
    let history = alice.get(&three).await.ok()["history"].clone();
    assert_eq!(
        (&history[2]["what"], &history[2]["who"]),
        (&json!("expired"), &json!("collector"))
    );
}
