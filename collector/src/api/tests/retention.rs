//! How long history is kept: set, previewed, done and written down; and hosts that are no more.

use axum::{
    body::{Body, to_bytes},
    http::Method,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{Api, request, scope::Person, send, walk::World};
use crate::access::Permission as P;

const PATH: &str = "/api/v1/retention";

/// A host that was away twice: two years ago and this year. And two months of events.
const PAST: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    values ('00000000-0000-7000-8000-000000000001', 'web-1', '', '', '1', '2024-01-01Z', '2026-03-03Z');
    insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
    select host_no, 'link_lost', '', '2024-01-01Z', '2024-02-01Z', false from host;
    insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
    select host_no, 'link_lost', '', '2026-01-01Z', '2026-01-02Z', false from host;
    insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
    select host_no, 'online', '', '2026-01-02Z', 'infinity', false from host;
    create table event_2025_12 partition of event for values from ('2025-12-01Z') to ('2026-01-01Z');
    insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
    select host_no, 'port.opened', 0, '22', 'listens', day, day, false
    from host, (values ('2025-12-05Z'::timestamptz), ('2025-12-06Z'), ('2026-02-01Z'), ('2020-01-01Z')) as v (day);
";

impl Api {
    /// One number of the database.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        let one = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        one.fetch_one(&self.db).await.unwrap()
    }

    /// What was let go, the newest first.
    async fn runs(&self) -> Vec<(String, i64)> {
        let body = self.get("/api/v1/retention-runs").await.ok();
        let items = body["items"].as_array().unwrap().iter();
        items
            .map(|run| {
                let kind = run["kind"].as_str().unwrap().to_owned();
                (kind, run["rows"].as_i64().unwrap())
            })
            .collect()
    }

    /// What the audit log says was done, the oldest first, of some act.
    async fn acts(&self, action: &str) -> Vec<Value> {
        let path = format!("/api/v1/audit?action={action}");
        let mut records = Vec::new();
        for one in self.get(&path).await.ok()["items"].as_array().unwrap() {
            let (stream, seq) = (one["stream"].as_str().unwrap(), &one["seq"]);
            let record = self.get(&format!("/api/v1/audit/{stream}/{seq}")).await;
            records.insert(0, record.ok());
        }
        records
    }
}

#[tokio::test]
async fn what_a_preview_says_is_let_go_when_it_is_set_and_written_down() {
    let api = Api::new().await;
    api.sql(PAST).await;
    let of = |kind: &str| format!("{PATH}/{kind}");
    let all = api.get(PATH).await.ok();
    let kinds = all["items"].as_array().unwrap();
    assert_eq!(kinds.len(), crate::retention::Kind::ALL.len());
    let liveness = kinds.iter().find(|one| one["kind"] == "liveness").unwrap();
    let shown = json!([
        liveness["keep"],
        liveness["default"],
        liveness["rows"],
        liveness["set_by"]
    ]);
    assert_eq!(shown, json!([13, 13, 2, null]));

    // Nothing goes by being looked at.
    for (kind, keep, rows) in [
        ("liveness", "", 1),
        ("liveness", "?keep=1", 2),
        ("events", "?keep=2", 3),
        ("events", "?keep=4", 1),
    ] {
        let preview = api.get(&format!("{}/preview{keep}", of(kind))).await.ok();
        assert_eq!(preview["rows"], rows, "{kind}{keep}: {preview}");
        assert!(preview["bytes"].as_i64().unwrap() > 0, "{preview}");
    }
    assert_eq!(api.number("select count(*) from event").await, 4);

    // With another collector's configuration everything would be as it was: what is set counts.
    for (kind, keep) in [("liveness", json!(1)), ("events", json!(2))] {
        let set = api.put(&of(kind), json!({"keep": keep})).await.ok();
        assert_eq!((&set["keep"], &set["default"]), (&keep, &json!(13)));
        assert_eq!(set["set_by"], "local administrator");
    }
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.number("select count(*) from liveness").await, 1);
    assert_eq!(
        api.number("select count(*) from event where recorded_at = '2026-02-01Z'")
            .await,
        1
    );
    assert_eq!(api.number("select count(*) from event").await, 1);
    assert_eq!(
        api.number("select count(*) from pg_class where relname = 'event_2025_12'")
            .await,
        0,
        "a month goes as a whole"
    );
    let runs = [("liveness".to_owned(), 2), ("events".to_owned(), 3)];
    assert_eq!(api.runs().await, runs);
    // Again there is nothing to do, and nothing to say.
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.runs().await, runs);

    let set = api.acts("retention.set").await;
    assert_eq!(set.len(), 2);
    assert_eq!(
        (&set[0]["before"]["keep"], &set[0]["after"]["keep"]),
        (&json!(13), &json!(1))
    );
    let done = api.acts("retention.run").await;
    let told: Vec<_> = done
        .iter()
        .map(|one| {
            (
                one["actor"].as_str().unwrap(),
                &one["target"]["id"],
                &one["after"]["rows"],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("housekeeping", &json!("events"), &json!(3)),
            ("housekeeping", &json!("liveness"), &json!(2))
        ]
    );

    // For ever: what is a hundred years old stays.
    api.put(&of("liveness"), json!({"keep": null})).await.ok();
    api.sql("insert into liveness select host_no, 'online', '', '1920-01-01Z', '1920-01-02Z', false from host")
        .await;
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.number("select count(*) from liveness").await, 2);
    // As configured again.
    assert_eq!(api.delete(&of("liveness")).await.status, 204);
    assert_eq!(api.get(&of("liveness")).await.ok()["set_by"], Value::Null);
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.number("select count(*) from liveness").await, 1);
}

#[tokio::test]
async fn what_many_rows_are_goes_some_at_a_time_and_is_told_once() {
    let api = Api::new().await;
    api.sql(PAST).await;
    api.sql(
        "insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
         select host_no, 'online', '', t, t + interval '1 second', false
         from host, generate_series('2023-01-01Z'::timestamptz, '2023-01-01Z'::timestamptz + interval '12000 s', '1 s') t",
    )
    .await;
    api.housekeeper.tidy().await.unwrap();
    let runs = api.runs().await;
    assert!(runs.contains(&("liveness".into(), 12_002)), "{runs:?}");
    assert_eq!(api.acts("retention.run").await.len(), runs.len());
    assert_eq!(api.number("select count(*) from liveness").await, 2);
}

#[tokio::test]
async fn what_cannot_be_set_says_why_and_who_may_not_does_not() {
    let api = Api::new().await;
    for (kind, keep, says) in [
        ("facts", json!(121), "is not within 1 to 120 months"),
        ("minute_metrics", json!(47), "is not within 48 to 720 hours"),
        ("exports", Value::Null, "cannot be kept for ever"),
    ] {
        let refused = api
            .put(&format!("{PATH}/{kind}"), json!({"keep": keep}))
            .await;
        assert_eq!(refused.problem(), (400, "bad_parameter"));
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(says) && detail.contains("keep"), "{detail}");
    }
    let unknown = api.put(&format!("{PATH}/audit"), json!({"keep": 1})).await;
    assert_eq!(unknown.problem(), (404, "retention_kind_not_found"));
    assert_eq!(
        api.put(&format!("{PATH}/facts"), json!({})).await.status,
        422,
        "nothing said is not for ever"
    );

    // Two who look at the same.
    let shown = api.get(&format!("{PATH}/facts")).await;
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    api.put(&format!("{PATH}/facts"), json!({"keep": 14}))
        .await
        .ok();
    let late = request(Method::PUT, &format!("{PATH}/facts")).header("if-match", tag);
    let late = send(&api.local, super::with_json(late, &json!({"keep": 15}))).await;
    assert_eq!(late.problem(), (412, "precondition_failed"));

    let reader = Person::new(&api, "reader", &[(&[P::RetentionRead], None)]).await;
    let ask = async |method: Method, path: &str| {
        let body = (method == Method::PUT).then(|| json!({"keep": 12}));
        reader.ask(method, path, body).await
    };
    assert_eq!(ask(Method::GET, PATH).await.status, 200);
    let path = format!("{PATH}/facts");
    assert_eq!(ask(Method::PUT, &path).await.problem(), (403, "forbidden"));
    assert_eq!(
        ask(Method::DELETE, &path).await.problem(),
        (403, "forbidden")
    );
    assert_eq!(
        ask(Method::GET, "/api/v1/host-archives").await.problem(),
        (403, "forbidden")
    );
}

/// Tables that have a row of a host.
async fn tables_with(api: &Api, host_no: i32) -> Vec<String> {
    let names: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'host_no'
         where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1",
    )
    .fetch_all(&api.db)
    .await
    .unwrap();
    let mut found = Vec::new();
    for name in names {
        let sql = format!("select count(*) from {name} where host_no = {host_no}");
        if api.number(&sql).await > 0 {
            found.push(name);
        }
    }
    found
}

#[tokio::test]
async fn a_retired_host_leaves_the_lists_and_goes_into_a_file_with_all_that_is_known() {
    let (api, _world) = World::plant().await;
    let (id, host_no): (Uuid, i32) = sqlx::query_as("select id, host_no from host")
        .fetch_one(&api.db)
        .await
        .unwrap();
    let path = format!("/api/v1/hosts/{id}");
    let name = json!({"hostname": "web-1"});
    for deed in ["archive", "forget"] {
        let refused = api.post(&format!("{path}/{deed}"), name.clone()).await;
        assert_eq!(refused.problem(), (409, "host_not_retired"), "{deed}");
    }
    let retire = format!("{path}/retire");
    assert_eq!(
        api.post(&retire, json!({"reason": " "})).await.problem().0,
        400
    );
    let reason = json!({"reason": "the rack is gone"});
    for _ in 0..2 {
        assert_eq!(api.post(&retire, reason.clone()).await.status, 204);
        api.clock.advance(TimeDelta::hours(1));
    }
    let hosts = async |query: &str| api.get(&format!("/api/v1/hosts{query}")).await.ok();
    assert_eq!(hosts("").await["total"], 0);
    let retired = hosts("?state=retired").await;
    assert_eq!(
        (&retired["total"], &retired["items"][0]["state"]),
        (&json!(1), &json!("retired"))
    );
    let shown = api.get(&path).await.ok();
    let said = json!({"at": "2026-03-03T14:05:00.000000Z", "by": "local administrator", "reason": "the rack is gone"});
    assert_eq!(shown["retired"], said);

    let before = tables_with(&api, host_no).await;
    assert!(before.len() > 15, "a host of all sorts of rows: {before:?}");
    let archive = format!("{path}/archive");
    let wrong = api.post(&archive, json!({"hostname": "web-2"})).await;
    assert_eq!(wrong.problem(), (400, "bad_parameter"));
    let archived = api.post(&archive, name.clone()).await.ok();
    assert_eq!(tables_with(&api, host_no).await, Vec::<String>::new());
    assert_eq!(api.get(&path).await.problem(), (404, "host_not_found"));

    // What is in the file.
    let list = api.get("/api/v1/host-archives").await.ok();
    assert_eq!(list["items"], json!([archived]));
    let file = format!("/api/v1/host-archives/{id}");
    let fetch = request(Method::GET, &file).body(Body::empty()).unwrap();
    let answer = api.local.clone().oneshot(fetch).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/zstd");
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body.len(), archived["bytes"].as_u64().unwrap() as usize);
    let hash: String = <sha2::Sha256 as sha2::Digest>::digest(&body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(archived["sha256"], hash);
    let text = String::from_utf8(zstd::decode_all(&*body).unwrap()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), archived["lines"].as_u64().unwrap() as usize);
    for table in &before {
        assert!(
            lines.iter().any(|line| line["table"] == **table),
            "nothing of {table}"
        );
    }
    let fact = lines
        .iter()
        .find(|line| line["table"] == "host_fact" && line["row"]["key"] == "web-package");
    assert_eq!(fact.unwrap()["row"]["value"]["color"], "web");

    // Who did what stays, and the log is whole.
    let acts = [
        api.acts("host.retire").await,
        api.acts("host.archive").await,
        api.acts("host_archive.fetch").await,
    ];
    assert_eq!(acts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(acts[1][0]["after"]["sha256"], archived["sha256"]);
    assert_eq!(api.runs().await[0].0, "retired_hosts");
    assert_eq!(api.delete(&file).await.status, 204);
    assert_eq!(
        api.delete(&file).await.problem(),
        (404, "host_archive_not_found")
    );
}

#[tokio::test]
async fn a_forgotten_host_leaves_no_row_and_the_count_of_what_fails_falls() {
    let (api, _world) = World::plant().await;
    let (id, host_no): (Uuid, i32) = sqlx::query_as("select id, host_no from host")
        .fetch_one(&api.db)
        .await
        .unwrap();
    api.sql(
        "insert into derived (host_no, change, failing) select host_no, 0, '{root-login-off}' from host
         on conflict (host_no) do update set failing = excluded.failing;
         insert into failing (rule, hosts) values ('root-login-off', 1)
         on conflict (rule) do update set hosts = 1",
    )
    .await;
    let path = format!("/api/v1/hosts/{id}");
    let reason = json!({"reason": "sold"});
    assert_eq!(
        api.post(&format!("{path}/retire"), reason).await.status,
        204
    );
    let forget = format!("{path}/forget");
    assert_eq!(
        api.post(&forget, json!({"hostname": "web-1"})).await.status,
        204
    );
    assert_eq!(tables_with(&api, host_no).await, Vec::<String>::new());
    assert_eq!(
        api.number("select sum(hosts)::bigint from failing").await,
        0
    );
    assert_eq!(
        api.get("/api/v1/host-archives").await.ok()["items"],
        json!([])
    );
}

#[tokio::test]
async fn hosts_that_were_retired_long_ago_go_into_the_archive_and_out_of_it_by_themselves() {
    let (api, _world) = World::plant().await;
    let id: Uuid = sqlx::query_scalar("select id from host")
        .fetch_one(&api.db)
        .await
        .unwrap();
    let path = format!("/api/v1/hosts/{id}");
    let reason = json!({"reason": "sold"});
    assert_eq!(
        api.post(&format!("{path}/retire"), reason).await.status,
        204
    );
    api.put(&format!("{PATH}/retired_hosts"), json!({"keep": 30}))
        .await
        .ok();
    api.put(&format!("{PATH}/archives"), json!({"keep": 1}))
        .await
        .ok();
    api.clock.advance(TimeDelta::days(30));
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.get(&path).await.status, 200, "not a moment too early");
    api.clock.advance(TimeDelta::seconds(1));
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(api.get(&path).await.status, 404);
    let archives = async || api.get("/api/v1/host-archives").await.ok()["items"].take();
    assert_eq!(archives().await[0]["archived_by"], "housekeeping");
    api.clock.advance(TimeDelta::days(65));
    api.housekeeper.tidy().await.unwrap();
    assert_eq!(archives().await, json!([]));
}

#[tokio::test]
async fn of_a_time_of_which_something_was_let_go_nothing_is_told() {
    let api = Api::new().await;
    api.sql(PAST).await;
    let host = "/api/v1/hosts/00000000-0000-7000-8000-000000000001";
    let told_from_liveness = [
        "/api/v1/posture?at=".to_owned(),
        "/api/v1/posture/lenses?at=".to_owned(),
        "/api/v1/posture/hosts?at=".to_owned(),
        format!("{host}/posture?at="),
    ];
    let others = [
        "/api/v1/posture/failing?at=".to_owned(),
        "/api/v1/posture/compare?from=".to_owned(),
        "/api/v1/facts?kind=package&at=".to_owned(),
        format!("{host}/facts?at="),
        format!("{host}/kinds?at="),
        format!("{host}/results?at="),
        format!("{host}/results/one?at="),
        format!("{host}/results/one/proof?at="),
    ];
    let told = async |paths: &[String], at: &str| {
        let mut told = Vec::new();
        for path in paths {
            let answer = api.get(&format!("{path}{at}")).await;
            let gone = answer.status.as_u16() == 410;
            assert_eq!(gone, answer.body["code"] == "past_gone", "{path}");
            told.push(!gone);
        }
        told
    };
    let (all, none) = (
        |of: &[String]| vec![true; of.len()],
        |of: &[String]| vec![false; of.len()],
    );
    for paths in [&told_from_liveness[..], &others] {
        assert_eq!(told(paths, "2025-02-01T00:00:00Z").await, all(paths));
        assert_eq!(told(paths, "2025-01-31T23:59:59Z").await, none(paths));
    }
    let refused = api.get("/api/v1/posture?at=2025-01-31T00:00:00Z").await;
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("from 2025-02-01"), "{detail}");
    let series =
        "/api/v1/posture/series?from=2025-01-30T00:00:00Z&to=2025-02-02T00:00:00Z&step=86400";
    let points = async || {
        let series = api.get(series).await.ok();
        let points = series["points"].as_array().unwrap().iter();
        points
            .map(|point| point["at"].as_str().unwrap()[..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(points().await, ["2025-02-01", "2025-02-02"]);

    // What went while less was kept stays gone, and takes with it only what is told from it.
    let liveness = format!("{PATH}/liveness");
    api.put(&liveness, json!({"keep": 1})).await.ok();
    api.housekeeper.tidy().await.unwrap();
    api.put(&liveness, json!({"keep": 13})).await.ok();
    assert_eq!(
        told(&told_from_liveness, "2026-01-31T23:59:59Z").await,
        none(&told_from_liveness)
    );
    assert_eq!(
        told(&told_from_liveness, "2026-02-01T00:00:00Z").await,
        all(&told_from_liveness)
    );
    assert_eq!(told(&others, "2026-01-31T23:59:59Z").await, all(&others));
    assert_eq!(points().await, [""; 0]);
}
