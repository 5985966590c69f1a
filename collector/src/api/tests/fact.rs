//! Facts and changes, now and then.

use serde_json::{Value, json};

use super::Api;

/// Three hosts with packages. `a` had openssl 1 until 2 March, `c` is revoked since 2 March.
const FACTS: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at,
                      revoked_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, name, 'default', '', '0.1.0',
           '2026-01-01Z', '2026-01-01Z', revoked
    from (values (1, 'a', null::timestamptz), (2, 'b', null), (3, 'c', '2026-03-02Z'))
        as h (n, name, revoked);
    insert into fact_kind (name) values ('package'), ('os');
    insert into fact_key (kind, key)
    select id, key from fact_kind, unnest(array['openssl:amd64', 'openssl_doc', 'zsh']) as k (key)
    where name = 'package';
    insert into fact_key (kind, key) select id, 'os' from fact_kind where name = 'os';
    insert into fact_value (key_id, hash, value)
    select k.id, sha256((k.key || v.value::text)::bytea), v.value
    from fact_key k join (values
        ('openssl:amd64', '{\"version\": \"1\", \"source\": {\"name\": \"openssl\"}}'::jsonb),
        ('openssl:amd64', '{\"version\": \"2\", \"source\": {\"name\": \"openssl\"}}'),
        ('openssl_doc', '{\"version\": \"2\", \"size\": 5}'),
        ('zsh', '{\"version\": \"5\"}'),
        ('os', '{\"name\": \"Debian\"}')) as v (key, value) on v.key = k.key;
    create function has(host text, fact text, version text, since timestamptz, until timestamptz)
    returns void language sql as $$
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
        select h.host_no, k.kind, k.id, v.id, since, until
        from host h, fact_key k join fact_value v on v.key_id = k.id
        where h.hostname = host and k.key = fact
          and v.value ->> 'version' is not distinct from version
    $$;
    select has('a', 'openssl:amd64', '1', '2026-03-01Z', '2026-03-02Z'),
           has('a', 'openssl:amd64', '2', '2026-03-02Z', 'infinity'),
           has('a', 'openssl_doc', '2', '2026-03-01Z', 'infinity'),
           has('a', 'zsh', '5', '2026-03-01Z', '2026-03-02T12:00Z'),
           has('a', 'os', null, '2026-03-01Z', 'infinity'),
           has('b', 'openssl:amd64', '1', '2026-03-01Z', 'infinity'),
           has('c', 'openssl:amd64', '1', '2026-03-01Z', 'infinity');
    insert into change (host_no, kind, key_id, before_id, after_id, occurred_at, recorded_at)
    select h.host_no, k.kind, k.id, b.id, a.id, t.at, t.at + interval '1 second'
    from (values ('openssl:amd64', '1', '2', '2026-03-02Z'::timestamptz),
                 ('zsh', '5', null, '2026-03-02T12:00Z'),
                 ('openssl_doc', null, '2', '2026-03-01Z'),
                 ('openssl:amd64', null, '1', '2026-03-01Z')) as t (key, was, is_, at)
    join host h on h.hostname = 'a'
    join fact_key k on k.key = t.key
    left join fact_value b on b.key_id = k.id and b.value ->> 'version' = t.was
    left join fact_value a on a.key_id = k.id and a.value ->> 'version' = t.is_
    order by t.at;
";

const HOST: &str = "/api/v1/hosts/00000000-0000-7000-8000-000000000001";

#[tokio::test]
async fn a_host_is_what_it_is_and_was_what_it_was() {
    let api = Api::new().await;
    api.sql(FACTS).await;
    let facts = format!("{HOST}/facts");
    let present = api.get(&facts).await.ok();
    assert_eq!(
        present["items"][1],
        json!({"kind": "package", "key": "openssl:amd64",
               "value": {"version": "2", "source": {"name": "openssl"}},
               "valid_from": "2026-03-02T00:00:00.000000Z", "valid_to": null})
    );
    let keys = async |query: &str| api.get(&format!("{facts}?{query}")).await.items("key");
    assert_eq!(keys("").await, ["os", "openssl:amd64", "openssl_doc"]);
    assert_eq!(keys("kind=os").await, ["os"]);
    assert_eq!(keys("kind=unheard").await, [""; 0]);
    let before = "at=2026-03-01T23:59:59.999999Z";
    assert_eq!(
        keys(before).await,
        ["os", "openssl:amd64", "openssl_doc", "zsh"]
    );
    let openssl = api
        .get(&format!("{facts}?{before}&kind=package&limit=1"))
        .await
        .ok();
    assert_eq!(openssl["items"][0]["value"]["version"], "1");
    assert_eq!(
        openssl["items"][0]["valid_to"],
        "2026-03-02T00:00:00.000000Z"
    );
    let after = api
        .get(&format!("{facts}?at=2026-03-02T00:00:00Z&kind=package"))
        .await
        .ok();
    assert_eq!(
        after["items"][0]["value"]["version"], "2",
        "the first instant belongs to it"
    );
    assert_eq!(
        keys("at=2026-03-02T00:00:00Z").await.len(),
        4,
        "and to no other"
    );
    assert_eq!(keys("at=2026-02-28T00:00:00Z").await, [""; 0]);
    assert_eq!(keys("at=2030-01-01T00:00:00Z").await.len(), 3);

    let paged = api.pages(&format!("{facts}?{before}"), 3, "key").await;
    assert_eq!(paged, ["os", "openssl:amd64", "openssl_doc", "zsh"]);
    assert_eq!(
        api.get(&format!("{facts}?at=noon")).await.problem(),
        (400, "bad_parameter")
    );
    assert_eq!(
        api.get(&format!("{facts}?cursor=e30")).await.problem(),
        (400, "bad_cursor")
    );
}

#[tokio::test]
async fn the_kinds_of_an_instant_are_those_that_had_facts_then() {
    let api = Api::new().await;
    api.sql(FACTS).await;
    for (at, kinds, rows) in [
        ("", vec!["os", "package"], vec![1, 2]),
        (
            "?at=2026-03-01T12:00:00Z",
            vec!["os", "package"],
            vec![1, 3],
        ),
        ("?at=2026-02-28T00:00:00Z", vec![], vec![]),
    ] {
        let path = format!("{HOST}/kinds{at}");
        assert_eq!(api.get(&path).await.items("kind"), kinds, "{at}");
        assert_eq!(api.get(&path).await.items("rows"), rows, "{at}");
    }
    let answer = api.get(&format!("{HOST}/kinds?at=noon")).await;
    assert_eq!(answer.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn changes_are_listed_newest_first_and_within_bounds() {
    let api = Api::new().await;
    api.sql(FACTS).await;
    let changes = format!("{HOST}/changes");
    let first = api.get(&changes).await.ok()["items"][1].clone();
    assert_eq!(first["before"]["version"], "1");
    assert_eq!(first["after"]["version"], "2");
    assert_eq!(first["occurred_at"], "2026-03-02T00:00:00.000000Z");
    assert_eq!(first["recorded_at"], "2026-03-02T00:00:01.000000Z");
    let gone = api.get(&changes).await.ok()["items"][0].clone();
    assert_eq!(
        (&gone["key"], &gone["after"]),
        (&json!("zsh"), &Value::Null)
    );

    let all = api.get(&changes).await.items("id");
    assert_eq!(all.len(), 4);
    for limit in 1..=4 {
        assert_eq!(api.pages(&changes, limit, "id").await, all, "{limit}");
    }
    let keys = async |query: &str| api.get(&format!("{changes}?{query}")).await.items("key");
    assert_eq!(
        keys("since=2026-03-02T00:00:00Z").await,
        ["zsh", "openssl:amd64"]
    );
    assert_eq!(keys("until=2026-03-02T00:00:00Z").await.len(), 2);
    assert_eq!(keys("kind=os").await, [""; 0]);
}

#[tokio::test]
async fn packages_below_a_version_are_found_in_the_order_of_their_manager() {
    let api = Api::new().await;
    api.sql(FACTS).await;
    // Neither as texts nor as numbers would 3.0.9 come before 3.0.11, and 3.0.11~rc1 before it.
    api.sql(
        "insert into fact_value (key_id, hash, value)
         select k.id, sha256(v::bytea), jsonb_build_object('manager', m, 'version', v)
         from fact_key k, (values ('dpkg', '3.0.9-1'), ('dpkg', '3.0.11~rc1-1'), ('dpkg', '3.0.11-1'),
                                  ('rpm', '3.0.7-9.el9'), ('apk', '1')) as p (m, v)
         where k.key = 'zsh';
         select has('a', 'zsh', '3.0.9-1', '2026-03-03Z', 'infinity'),
                has('b', 'zsh', '3.0.11~rc1-1', '2026-03-01Z', '2026-03-03Z'),
                has('b', 'zsh', '3.0.11-1', '2026-03-03Z', 'infinity')",
    )
    .await;
    let found = async |query: &str| {
        let path = format!("/api/v1/facts?kind=package&{query}");
        let body = api.get(&path).await.ok();
        let of = |item: &Value| item["value"]["version"].as_str().unwrap().to_owned();
        let versions: Vec<_> = body["items"].as_array().unwrap().iter().map(of).collect();
        assert_eq!(body["hosts"], versions.len(), "{query}");
        assert_eq!(body["values"].as_array().unwrap().len(), versions.len());
        versions
    };
    assert_eq!(found("key=zsh&version_below=3.0.11-1").await, ["3.0.9-1"]);
    assert_eq!(found("key=z*&version_below=3.0.11-1").await, ["3.0.9-1"]);
    assert_eq!(found("key=zsh&version_below=3.0.9-1").await, [""; 0]);
    assert_eq!(
        found("key=zsh&version_below=3.0.12").await,
        ["3.0.9-1", "3.0.11-1"]
    );
    let then = "key=zsh&version_below=3.0.11-1&at=2026-03-02T18:00:00Z";
    assert_eq!(found(then).await, ["3.0.11~rc1-1"]);
    let user = api.get("/api/v1/facts?kind=os&version_below=1").await;
    assert_eq!(user.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn the_fleet_is_searched_by_key_and_value_now_and_then() {
    let api = Api::new().await;
    api.sql(FACTS).await;
    let search = async |query: &str| api.get(&format!("/api/v1/facts?{query}")).await.ok();
    let hosts = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["host"]["hostname"].as_str().unwrap().to_owned())
            .collect()
    };

    let found = search("kind=package&key=openssl:amd64").await;
    assert_eq!(hosts(&found), ["a", "b"], "a revoked host does not count");
    assert_eq!(found["hosts"], 2);
    assert_eq!(
        found["items"][1],
        json!({"host": {"id": "00000000-0000-7000-8000-000000000002", "hostname": "b"},
               "key": "openssl:amd64", "value": {"version": "1", "source": {"name": "openssl"}},
               "valid_from": "2026-03-01T00:00:00.000000Z"})
    );
    let then = search("kind=package&key=openssl:amd64&at=2026-03-01T12:00:00Z").await;
    assert_eq!(hosts(&then), ["a", "b", "c"], "it did count before");
    assert_eq!(then["values"][0]["hosts"], 3);

    let old = search("kind=package&key=openssl:amd64&value.version=1").await;
    assert_eq!((hosts(&old), &old["hosts"]), (vec!["b".into()], &json!(1)));
    let nested = search("kind=package&value.source.name=openssl&value.version=2").await;
    assert_eq!(hosts(&nested), ["a"]);
    assert_eq!(hosts(&search("kind=package&value.size=5").await), ["a"]);
    assert_eq!(hosts(&search("kind=package&value.version=").await), [""; 0]);

    let prefix = search("kind=package&key=openssl*").await;
    assert_eq!((hosts(&prefix).len(), &prefix["hosts"]), (3, &json!(2)));
    assert_eq!(prefix["values"].as_array().unwrap().len(), 3);
    let literal = search("kind=package&key=openssl_*").await;
    assert_eq!(hosts(&literal), ["a"], "an underscore is an underscore");
    let paged = api
        .pages("/api/v1/facts?kind=package&key=openssl*", 1, "key")
        .await;
    assert_eq!(paged, ["openssl:amd64", "openssl_doc", "openssl:amd64"]);
    let first = search("kind=package&limit=1").await;
    assert_eq!(first["hosts"], 2);
    let cursor = first["next"].as_str().unwrap();
    let second = search(&format!("kind=package&limit=1&cursor={cursor}")).await;
    assert_eq!(
        (&second["hosts"], &second["values"]),
        (&Value::Null, &Value::Null),
        "the summary is the first page's"
    );

    for (query, code) in [
        ("key=a", "bad_parameter"),
        ("kind=package&version=1", "unknown_parameter"),
        ("kind=package&at=x", "bad_parameter"),
        ("kind=package&limit=0", "bad_parameter"),
        ("kind=package&cursor=x", "bad_cursor"),
    ] {
        let answer = api.get(&format!("/api/v1/facts?{query}")).await;
        assert_eq!(answer.problem(), (400, code), "{query}");
    }
}
