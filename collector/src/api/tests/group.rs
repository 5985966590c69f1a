//! Groups by expressions and of groups.

use std::collections::BTreeSet;

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Api,
    control::{HOSTS, host},
    scope::Person,
    session::{ask, cookie, sign_in},
};
use crate::{
    access::Permission as P,
    fleet::Fleet,
    live::{Event, Message},
    registrar::{Heard, Registrar},
};

const PATH: &str = "/api/v1/groups";

/// A host tells a fact: the only one of its kind.
const TELLS: &str = "
    create function tells(host integer, sort text, fact text, said jsonb) returns void
    language sql as $$
        insert into fact_kind (name) values (sort) on conflict do nothing;
        insert into fact_key (kind, key) select id, fact from fact_kind where name = sort
            on conflict do nothing;
        insert into fact_value (key_id, hash, value)
            select k.id, sha256(convert_to(sort || fact || said::text, 'UTF8')), said
            from fact_key k join fact_kind n on n.id = k.kind where n.name = sort and k.key = fact
            on conflict do nothing;
        delete from host_fact f using fact_kind n
            where n.name = sort and f.kind = n.id and f.host_no = host;
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
            select host, k.kind, k.id, v.id, '2026-03-01Z', 'infinity'
            from fact_kind n join fact_key k on k.kind = n.id join fact_value v on v.key_id = k.id
            where n.name = sort and k.key = fact and v.value = said;
        insert into host_kind (host_no, kind, digest, row_count, reported_at)
            select host, id, substr(sha256(convert_to(fact || said::text, 'UTF8')), 1, 16), 1, now()
            from fact_kind where name = sort
            on conflict (host_no, kind) do update set digest = excluded.digest
    $$;
    select tells(1, 'os', 'os', '{\"id\": \"debian\"}'), tells(2, 'os', 'os', '{\"id\": \"rhel\"}')";

impl Api {
    async fn group(&self, body: Value) -> Value {
        self.post(PATH, body).await.ok()
    }

    /// The names of its hosts.
    async fn belonging(&self, group: &Value) -> Vec<Value> {
        self.get(&format!("{}/members", path(group)))
            .await
            .items("hostname")
    }

    async fn label(&self, n: u32, labels: Value) {
        self.put(&format!("/api/v1/hosts/{}/labels", host(n)), labels)
            .await
            .ok();
    }

    fn registrar(&self) -> Registrar {
        let fleet = Fleet::new(TimeDelta::zero());
        Registrar::new(
            self.db.clone(),
            fleet,
            self.feed.clone(),
            self.metrics.clone(),
        )
    }
}

fn path(group: &Value) -> String {
    format!("{PATH}/{}", group["id"].as_str().unwrap())
}

async fn fleet() -> Api {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    api.sql(TELLS).await;
    api
}

#[tokio::test]
async fn an_expression_makes_hosts_belong_as_soon_as_they_are_what_it_says() {
    let api = fleet().await;
    let text = r#"os.id == "debian" || "web" in labels"#;
    let group = api.group(json!({"name": "web", "expression": text})).await;
    let counts = (&group["hosts"], &group["errors"], &group["unasked"]);
    assert_eq!(counts, (&json!(1), &json!(1), &json!(0)));
    assert_eq!(group["expression"], text);
    let members = api.get(&format!("{}/members", path(&group))).await.ok();
    assert_eq!(
        members["items"],
        json!([{"id": host(1), "hostname": "h1", "why": ["expression"], "through": []}])
    );
    // Nothing is known of the third host's system; its labels decide.
    let failing = api.get(&format!("{}/errors", path(&group))).await.ok();
    assert_eq!(failing["items"][0]["id"], json!(host(3)));
    let said = failing["items"][0]["error"].as_str().unwrap();
    assert!(said.contains("nothing is known of `os` yet"), "{said}");
    api.label(3, json!({"web": ""})).await;
    assert_eq!(api.belonging(&group).await, ["h1", "h3"]);
    assert_eq!(api.get(&path(&group)).await.ok()["errors"], 0);
    api.label(3, json!({})).await;
    assert_eq!(api.belonging(&group).await, ["h1"]);

    // Another expression, and what the old one came to counts for nothing.
    let body = json!({"name": "web", "expression": r#"os.id == "rhel""#});
    assert_eq!(api.put(&path(&group), body).await.ok()["hosts"], 1);
    assert_eq!(api.belonging(&group).await, ["h2"]);
    let none = api.put(&path(&group), json!({"name": "web"})).await.ok();
    let shown = (&none["hosts"], &none["errors"], &none["expression"]);
    assert_eq!(shown, (&json!(0), &json!(0), &Value::Null));
}

#[tokio::test]
async fn what_hosts_tell_is_asked_again_when_it_is_heard_of_or_at_the_latest_with_everything() {
    let api = fleet().await;
    let group = api
        .group(json!({"name": "a", "expression": r#"os.id == "debian""#}))
        .await;
    let registrar = api.registrar();
    let mut news = api.feed.subscribe(None);
    api.sql(r#"select tells(2, 'os', 'os', '{"id": "debian"}')"#)
        .await;
    assert_eq!(api.belonging(&group).await, ["h1"]);
    let heard = |n| Heard::Of(BTreeSet::from([host(n).parse().unwrap()]));
    registrar.look(&heard(1)).await.unwrap();
    assert_eq!(
        api.belonging(&group).await,
        ["h1"],
        "it heard of another host"
    );
    registrar.look(&heard(2)).await.unwrap();
    assert_eq!(api.belonging(&group).await, ["h1", "h2"]);
    let Message::Event(told) = news.next().await else {
        panic!("resync")
    };
    let id = host(2).parse().unwrap();
    assert_eq!(
        told.event,
        Event::HostChanged {
            host: id,
            kinds: Vec::new()
        }
    );
    // It stopped before it heard: another one finds it.
    api.sql(r#"select tells(1, 'os', 'os', '{"id": "rhel"}')"#)
        .await;
    drop(registrar);
    api.registrar().look(&Heard::Anything).await.unwrap();
    assert_eq!(api.belonging(&group).await, ["h2"]);
    let answers = api.get("/metrics").await.body.to_string();
    assert!(
        answers.contains("openwatch_group_answers_total 2"),
        "{answers}"
    );
}

#[tokio::test]
async fn the_registrar_hears_of_facts_by_itself() {
    let api = fleet().await;
    let group = api
        .group(json!({"name": "a", "expression": r#"os.id == "debian""#}))
        .await;
    let token = CancellationToken::new();
    let mut news = api.feed.subscribe(None);
    let mut tasks = JoinSet::new();
    tasks.spawn(api.registrar().run(token.clone()));
    api.sql(r#"select tells(2, 'os', 'os', '{"id": "debian"}')"#)
        .await;
    let id = host(2).parse().unwrap();
    api.feed.publish(Event::HostChanged {
        host: id,
        kinds: vec!["os".into()],
    });
    // What it says when the host has come to the group.
    loop {
        let Message::Event(told) = news.next().await else {
            panic!("resync")
        };
        if told.event
            == (Event::HostChanged {
                host: id,
                kinds: Vec::new(),
            })
        {
            break;
        }
    }
    assert_eq!(api.belonging(&group).await, ["h1", "h2"]);
    token.cancel();
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn the_hosts_of_a_group_in_another_belong_to_that_too() {
    let api = fleet().await;
    let labelled = api
        .group(json!({"name": "labelled", "match": {"role": "web"}}))
        .await;
    let debian = json!({"name": "debian", "expression": r#"os.id == "debian""#});
    let debian = api.group(debian).await;
    let inner = json!({"name": "inner", "groups": [debian["id"], labelled["id"]]});
    let inner = api.group(inner).await;
    assert_eq!(inner["groups"], json!([debian["id"], labelled["id"]]));
    let outer = api
        .group(json!({"name": "outer", "groups": [inner["id"]]}))
        .await;
    assert_eq!(api.belonging(&outer).await, ["h1"]);
    api.label(1, json!({"role": "web"})).await;
    api.label(2, json!({"role": "web"})).await;
    let add = json!({"add": [host(1), host(3)]});
    api.post(&format!("{}/members", path(&outer)), add)
        .await
        .ok();
    let members = api.get(&format!("{}/members", path(&outer))).await.ok();
    let why = |n: usize| {
        (
            members["items"][n]["why"].clone(),
            members["items"][n]["through"].clone(),
        )
    };
    assert_eq!(
        why(0),
        (json!(["hand", "nested"]), json!(["debian", "labelled"]))
    );
    assert_eq!(why(1), (json!(["nested"]), json!(["labelled"])));
    assert_eq!(why(2), (json!(["hand"]), json!([])));
    let shown = api.get(&format!("/api/v1/hosts/{}", host(2))).await.ok();
    assert_eq!(shown["groups"], json!(["inner", "labelled", "outer"]));

    // Its settings are theirs.
    api.put(
        &format!("{}/settings", path(&outer)),
        json!({"reconcile_s": 300}),
    )
    .await
    .ok();
    let effective = format!("/api/v1/hosts/{}/settings/effective", host(2));
    let found = api.get(&effective).await.ok();
    assert_eq!(
        found["reconcile_s"]["from"],
        json!({"layer": "group", "name": "outer"})
    );

    api.delete(&path(&labelled)).await.ok();
    assert_eq!(api.belonging(&outer).await, ["h1", "h3"]);
    assert_eq!(
        api.get(&path(&inner)).await.ok()["groups"],
        json!([debian["id"]])
    );
    assert_eq!(api.get(&effective).await.ok()["reconcile_s"], Value::Null);
}

#[tokio::test]
async fn a_group_is_never_in_itself() {
    let api = fleet().await;
    let a = api.group(json!({"name": "a"})).await;
    let b = api.group(json!({"name": "b", "groups": [a["id"]]})).await;
    let c = api.group(json!({"name": "c", "groups": [b["id"]]})).await;
    for (inner, name) in [(&c, "c"), (&b, "b"), (&a, "a")] {
        let refused = api
            .put(&path(&a), json!({"name": "a", "groups": [inner["id"]]}))
            .await;
        assert_eq!(refused.problem(), (409, "group_cycle"));
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(
            detail.contains("\"a\"") && detail.contains(&format!("{name:?}")),
            "{detail}"
        );
    }
    assert_eq!(api.get(&path(&a)).await.ok()["groups"], json!([]));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_place_and_changes_nothing() {
    let api = fleet().await;
    let group = json!({"name": "a", "expression": "true", "groups": []});
    let group = api.group(group).await;
    for (fields, problem, said) in [
        (
            json!({"expression": "os.id = 1"}),
            (400, "bad_expression"),
            "line 1, column 7",
        ),
        (
            json!({"expression": "true &&\n tape.size() > 1"}),
            (400, "bad_expression"),
            "line 2, column 2",
        ),
        (
            json!({"expression": "1 + 1"}),
            (400, "bad_expression"),
            "true or false is wanted",
        ),
        (json!({"expression": ""}), (400, "bad_expression"), "line 1"),
        (
            json!({"expression": "x".repeat(5000)}),
            (400, "bad_expression"),
            "bytes",
        ),
        (
            json!({"groups": [host(1)]}),
            (404, "group_not_found"),
            &host(1),
        ),
        (
            json!({"groups": vec![host(1); 101]}),
            (400, "bad_parameter"),
            "groups",
        ),
        (json!({"groups": ["x"]}), (422, "bad_body"), "groups"),
        (json!({"expression": 1}), (422, "bad_body"), "expression"),
        (json!({"reads": ["os"]}), (422, "bad_body"), "reads"),
    ] {
        let mut body = fields.clone();
        body["name"] = json!("b");
        for answer in [
            api.post(PATH, body.clone()).await,
            api.put(&path(&group), body).await,
        ] {
            assert_eq!(answer.problem(), problem, "{fields}");
            let detail = answer.body["detail"].as_str().unwrap();
            assert!(detail.contains(said), "{detail}");
        }
    }
    assert_eq!(api.get(PATH).await.items("name"), ["a"]);
    assert_eq!(api.belonging(&group).await, ["h1", "h2", "h3"]);
    let missing = format!("{PATH}/{}/errors", host(1));
    assert_eq!(api.get(&missing).await.problem(), (404, "group_not_found"));
    let other = api.get(&format!("{}/errors?cursor=x", path(&group))).await;
    assert_eq!(other.problem(), (400, "bad_cursor"));
}

#[tokio::test]
async fn an_expression_can_be_tried() {
    let api = fleet().await;
    let preview = async |text: &str| {
        api.post(&format!("{PATH}/preview"), json!({"expression": text}))
            .await
    };
    let came = preview(r#"os.id == "debian""#).await.ok();
    assert_eq!(
        came,
        json!({
            "hosts": 1, "first": [{"id": host(1), "hostname": "h1"}], "errors": 1,
            "first_errors": [{"id": host(3), "hostname": "h3",
                "error": "nothing is known of `os` yet (line 1, column 1)"}],
            "asked": 3, "complete": true,
        })
    );
    assert_eq!(preview("hostname != 'h2'").await.ok()["hosts"], 2);
    assert_eq!(preview("os.").await.problem(), (400, "bad_expression"));
    assert_eq!(api.get(PATH).await.items("name"), [""; 0]);
    let more = "insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
        select gen_random_uuid(), 'more', '', '', '1', now(), now() from generate_series(1, 60)";
    api.sql(more).await;
    let came = preview(r#"hostname == "more""#).await.ok();
    assert_eq!((&came["hosts"], &came["asked"]), (&json!(60), &json!(63)));
    assert_eq!(came["first"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn only_who_defines_groups_may_define_and_try_and_each_change_is_written_down() {
    let api = fleet().await;
    let body = json!({"name": "alice", "password": "correct horse battery", "role": "operator"});
    api.post("/api/v1/accounts", body).await.ok();
    let operator = cookie(&sign_in(&api, "alice", "correct horse battery", "192.0.2.1").await);
    let group = api.group(json!({"name": "a", "expression": "true"})).await;
    for (method, path) in [
        (Method::POST, PATH.to_owned()),
        (Method::POST, format!("{PATH}/preview")),
        (Method::PUT, path(&group)),
        (Method::DELETE, path(&group)),
    ] {
        let refused = ask(&api, method, &path, &operator).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{path}");
    }
    let seen = ask(
        &api,
        Method::GET,
        &format!("{}/errors", path(&group)),
        &operator,
    )
    .await;
    assert_eq!(seen.status, 200);

    api.put(&path(&group), json!({"name": "b"})).await.ok();
    api.post(
        &format!("{}/members", path(&group)),
        json!({"add": [host(1)]}),
    )
    .await
    .ok();
    api.delete(&path(&group)).await.ok();
    let bodies: Vec<String> = sqlx::query_scalar(
        "select body from audit_record where target_kind = 'group' order by seq",
    )
    .fetch_all(&api.db)
    .await
    .unwrap();
    let records: Vec<Value> = bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    let [create, replace, members, delete] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!(
        (&create["action"], &create["before"]),
        (&json!("group.create"), &Value::Null)
    );
    assert_eq!(create["after"]["expression"], "true");
    assert_eq!(replace["before"]["expression"], "true");
    assert_eq!(
        (&replace["after"]["name"], &replace["after"]["hosts"]),
        (&json!("b"), &json!(0))
    );
    assert_eq!(members["after"], json!({"add": [host(1)], "remove": []}));
    assert_eq!(
        (&delete["before"]["hosts"], &delete["after"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(
        delete["target"],
        json!({"kind": "group", "id": group["id"], "name": "b"})
    );
}

#[tokio::test]
async fn a_binding_for_a_group_holds_for_the_groups_in_it_and_counts_nothing_outside() {
    let api = fleet().await;
    let inner = json!({"name": "inner", "expression": r#"os.id == "debian""#});
    let inner = api.group(inner).await;
    let outer = api
        .group(json!({"name": "outer", "groups": [inner["id"]]}))
        .await;
    let other = api
        .group(json!({"name": "other", "expression": "os.id == 1 && true"}))
        .await;
    let reads = [P::GroupsRead, P::HostsRead, P::FactsRead];
    let alice = Person::new(&api, "alice", &[(&reads, Some("outer"))]).await;
    let get = async |path: &str| alice.ask(Method::GET, path, None).await;
    assert_eq!(get("/api/v1/hosts").await.items("hostname"), ["h1"]);
    assert_eq!(get(PATH).await.items("name"), ["inner", "outer"]);
    // On the third host it comes to nothing, which is not theirs to know.
    assert_eq!(api.get(&path(&inner)).await.ok()["errors"], 1);
    assert_eq!(get(&path(&inner)).await.ok()["errors"], 0);
    let errors = format!("{}/errors", path(&inner));
    assert_eq!(get(&errors).await.items("id"), [""; 0]);
    for hidden in [path(&other), format!("{}/errors", path(&other))] {
        assert_eq!(get(&hidden).await.problem(), (404, "group_not_found"));
    }
    let why = format!("/api/v1/access?account=alice&host={}", host(1));
    let told = api.get(&why).await.ok();
    let read = |one: &&Value| one["permission"] == "hosts.read";
    let read = told["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .find(read)
        .unwrap();
    assert_eq!(read["because"][0]["why"], "member_by_nesting");
    // By a group that is taken into theirs, they would come to more; who defines groups is asked too.
    let definer = [(&[P::GroupsWrite][..], None), (&reads[..], Some("outer"))];
    let bob = Person::new(&api, "bob", &definer).await;
    let more =
        json!({"name": "outer", "groups": [inner["id"]], "expression": r#"os.id == "rhel""#});
    let refused = bob.ask(Method::PUT, &path(&outer), Some(more)).await;
    assert_eq!(refused.problem(), (403, "own_scope"));
    let add = json!({"add": [host(2)]});
    api.post(&format!("{}/members", path(&other)), add)
        .await
        .ok();
    let more = json!({"name": "outer", "groups": [inner["id"], other["id"]]});
    let refused = bob.ask(Method::PUT, &path(&outer), Some(more)).await;
    assert_eq!(refused.problem(), (403, "own_scope"));
    assert_eq!(api.belonging(&outer).await, ["h1"]);
}
