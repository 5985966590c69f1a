//! Lists as files, and questions that are kept: what the list itself answers who asks.

use std::{io::Cursor, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method},
};
use calamine::{Reader as _, Xlsx};
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::clock::Clock as _;
use tower::ServiceExt as _;

use super::{
    Api,
    account::{planted_token, records, tell},
    alert::PLANT,
    permit::{PASSWORD, somebody},
    request,
    scope::{Person, group},
    session::{ask, cookie, sign_in},
};
use crate::{
    access::Permission as P,
    export::List,
    job::Outcome,
    jobs::{Jobs, Work},
    retention::Kind,
    store::job::schedule,
};

const PATH: &str = "/api/v1/export";
const QUERIES: &str = "/api/v1/saved-queries";

/// A host whose name a spreadsheet would run, and something in every list.
const EVIL: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    values ('00000000-0000-7000-8000-000000000009', '=cmd|'' /C calc''!A0', 'default', '', '1',
            '2026-01-01Z', '2026-01-01Z');
    insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
    select host_no, 'port.opened', 3, '+1-1', 'it \"listens\", on' || chr(10) || 'two lines',
           '2026-03-03T14:00Z', '2026-03-03T14:00Z', false from host;
    insert into posture_lens (sort, key) values ('all', '') on conflict do nothing;
    insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
        not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
    select host_no, l.id, '2026-03-01Z', 'infinity', 3, 1, 0, 0, 0, 0, 3, 1, 0, 1 from host, posture_lens l";

impl Person {
    /// A file, with its headers.
    async fn take(&self, query: &str) -> (u16, HeaderMap, Vec<u8>) {
        let request = request(Method::GET, &format!("{PATH}?{query}"))
            .header("authorization", format!("Bearer {}", self.token));
        let request = request.body(Body::empty()).unwrap();
        let answer = self.https.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap();
        (head.status.as_u16(), head.headers, body.to_vec())
    }

    async fn text(&self, query: &str) -> String {
        let (status, _, body) = self.take(query).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{query}: {text}");
        text
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let page = self.ask(Method::GET, path, None).await.ok();
        assert_eq!(page["next"], Value::Null);
        page["items"].as_array().unwrap().clone()
    }
}

/// The rows of a table after RFC 4180, without the lines before it.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let text: String = text
        .split_inclusive("\r\n")
        .skip_while(|line| line.starts_with('#'))
        .collect();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

/// What the table of a list has to say, by its own answer.
fn expected(list: List, items: &[Value]) -> Vec<Vec<String>> {
    let head: Vec<String> = list
        .columns()
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let rows = items.iter().map(|item| crate::export::cells(list, item));
    std::iter::once(head).chain(rows).collect()
}

fn neutral(rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let cell = |text: String| match text.chars().next() {
        Some('=' | '+' | '@') => format!("'{text}"),
        _ => text,
    };
    let rows = rows.into_iter();
    rows.map(|row| row.into_iter().map(cell).collect())
        .collect()
}

/// A list, and what has to be asked of it.
fn asked(list: List) -> &'static str {
    match list {
        List::Facts => "kind=result",
        List::Alerts => "state=active",
        _ => "",
    }
}

async fn plant() -> Api {
    let api = Api::new().await;
    api.sql(PLANT).await;
    api.sql(EVIL).await;
    api.look().await;
    api
}

#[tokio::test]
async fn a_file_has_what_the_list_has_in_every_form() {
    let api = plant().await;
    let root = Person::new(&api, "root", &[(P::ALL, None)]).await;
    for list in List::ALL {
        let (name, filters) = (list.name(), asked(list));
        let encoded: String = url::form_urlencoded::byte_serialize(filters.as_bytes()).collect();
        let of = |format: &str| format!("list={name}&filters={encoded}&format={format}");
        // Each file is a record of the log itself: it is compared with the log as it was after that.
        let csv = root.text(&of("csv")).await;
        let items = root
            .all(&format!("{}?{filters}&limit=500", list.path()))
            .await;
        let items: Vec<Value> = match list {
            List::Audit => items.into_iter().skip(1).collect(),
            _ => items,
        };
        assert!(!items.is_empty(), "{name}");
        let table = expected(list, &items);
        let read = rows(&csv);
        let read: Vec<_> = match list {
            List::Audit => read.into_iter().take(table.len()).collect(),
            _ => read,
        };
        assert_eq!(read, neutral(table.clone()), "{name}");
        assert!(
            csv.starts_with(&format!(
                "# list: {name}\r\n# at: 2026-03-03T14:05:00.000000Z\r\n# by: root\r\n"
            )),
            "{csv}"
        );
        if list == List::Audit {
            continue;
        }
        let whole: Value = serde_json::from_str(&root.text(&of("json")).await).unwrap();
        assert_eq!(whole["items"], json!(items), "{name}");
        assert_eq!(
            (&whole["meta"]["list"], &whole["meta"]["by"]),
            (&json!(name), &json!("root"))
        );
        let lines = root.text(&of("ndjson")).await;
        let mut lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert_eq!(lines.next().unwrap()["meta"]["list"], name);
        assert_eq!(lines.collect::<Vec<_>>(), items, "{name}");

        let (status, headers, file) = root.take(&of("xlsx")).await;
        assert_eq!(status, 200);
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert_eq!(
            disposition,
            format!("attachment; filename=\"{name}-20260303T140500Z.xlsx\"")
        );
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
        let sheet = book.worksheet_range("Items").unwrap();
        let cells = |row: &[calamine::Data]| -> Vec<String> {
            let mut row: Vec<String> = row.iter().map(ToString::to_string).collect();
            row.resize(list.columns().len(), String::new());
            row
        };
        let read: Vec<Vec<String>> = sheet.rows().map(cells).collect();
        assert_eq!(
            read, table,
            "{name}: texts are texts, whatever they begin with"
        );
        assert!(
            book.worksheet_formula("Items").unwrap().is_empty(),
            "{name}"
        );
        let about = book.worksheet_range("About").unwrap();
        assert_eq!(about.get_value((2, 1)).unwrap().to_string(), "root");
    }
}

#[tokio::test]
async fn a_file_is_read_page_by_page_and_has_every_row_once() {
    let api = Api::new().await;
    api.sql(
        "insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
         select gen_random_uuid(), 'h' || n, 'default', '', '1', '2026-01-01Z', '2026-01-01Z'
         from generate_series(1, 1203) n",
    )
    .await;
    let root = Person::new(&api, "root", &[(&[P::HostsRead], None)]).await;
    for format in ["csv", "json", "ndjson", "xlsx"] {
        let (_, _, file) = root.take(&format!("list=hosts&format={format}")).await;
        let names: Vec<String> = match format {
            "csv" => {
                let rows = rows(&String::from_utf8(file).unwrap());
                rows.iter().skip(1).map(|row| row[1].clone()).collect()
            }
            "json" => {
                let whole: Value = serde_json::from_slice(&file).unwrap();
                let items = whole["items"].as_array().unwrap().iter();
                items
                    .map(|one| one["hostname"].as_str().unwrap().to_owned())
                    .collect()
            }
            "ndjson" => {
                let text = String::from_utf8(file).unwrap();
                let lines = text
                    .lines()
                    .skip(1)
                    .map(|line| serde_json::from_str::<Value>(line).unwrap());
                lines
                    .map(|one| one["hostname"].as_str().unwrap().to_owned())
                    .collect()
            }
            _ => {
                let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
                let sheet = book.worksheet_range("Items").unwrap();
                sheet.rows().skip(1).map(|row| row[1].to_string()).collect()
            }
        };
        let once: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!((names.len(), once.len()), (1203, 1203), "{format}");
    }
}

#[tokio::test]
async fn everybody_takes_away_what_they_may_see_and_the_log_says_so() {
    let api = plant().await;
    group(&api, json!({"name": "web"}), &[1]).await;
    let web = Person::new(
        &api,
        "web",
        &[(&[P::HostsRead, P::AlertsRead], Some("web"))],
    )
    .await;
    let hosts = rows(&web.text("list=hosts").await);
    let names: Vec<&str> = hosts.iter().skip(1).map(|row| &*row[1]).collect();
    assert_eq!(names, ["host-1"]);
    let alerts = rows(&web.text("list=alerts").await);
    assert_eq!(alerts[1][5], "1", "of two subjects they see one");
    let taken = records(&api, "change").await;
    let taken = taken
        .iter()
        .rfind(|one| one["action"] == "export.take")
        .unwrap();
    assert_eq!(
        (&taken["actor"], &taken["target"]["id"]),
        (&json!("web"), &json!("alerts"))
    );

    // What the list refuses is refused, and is no record.
    let before = records(&api, "change").await.len();
    for (query, refused) in [
        ("list=audit", (403, "forbidden")),
        ("list=facts", (403, "forbidden")),
        ("list=hosts&filters=colour%3Dred", (400, "bad_parameter")),
        ("list=hosts&filters=limit%3D1", (400, "bad_parameter")),
        ("list=hosts&filters=q%3D1%26q%3D2", (400, "bad_parameter")),
        ("list=sessions", (400, "bad_parameter")),
        ("format=csv", (400, "bad_parameter")),
        (
            "query=00000000-0000-7000-8000-000000000001",
            (404, "saved_query_not_found"),
        ),
    ] {
        let answer = web.ask(Method::GET, &format!("{PATH}?{query}"), None).await;
        assert_eq!(answer.problem(), refused, "{query}");
    }
    assert_eq!(records(&api, "change").await.len(), before);
}

#[tokio::test]
async fn a_query_that_is_shared_is_answered_with_the_rights_of_who_asks() {
    let api = plant().await;
    group(&api, json!({"name": "web"}), &[1]).await;
    let alice = Person::new(&api, "alice", &[(&[P::HostsRead], None)]).await;
    let bob = Person::new(&api, "bob", &[(&[P::HostsRead], Some("web"))]).await;
    let keep = json!({"name": "Hosts by name", "list": "hosts", "filters": {"q": "host-", "sort": "-hostname"}});
    let made = alice
        .ask(Method::POST, QUERIES, Some(keep.clone()))
        .await
        .ok();
    let path = format!("{QUERIES}/{}", made["id"].as_str().unwrap());
    assert_eq!(
        (&made["owner"], &made["shared"]),
        (&json!("alice"), &json!(false))
    );
    // Private, it is nobody else's business.
    let names = async |person: &Person| person.ask(Method::GET, QUERIES, None).await.items("name");
    assert_eq!(names(&alice).await, ["Hosts by name"]);
    assert_eq!(names(&bob).await, [] as [Value; 0]);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::GET, format!("{path}/results")),
        (Method::DELETE, path.clone()),
        (Method::GET, format!("{QUERIES}/nonsense")),
    ] {
        let refused = bob.ask(method, &path, None).await;
        assert_eq!(refused.problem(), (404, "saved_query_not_found"), "{path}");
    }

    let mut shared = keep.clone();
    shared["shared"] = json!(true);
    alice
        .ask(Method::PUT, &path, Some(shared.clone()))
        .await
        .ok();
    let found = async |person: &Person| {
        let path = format!("{path}/results");
        person.ask(Method::GET, &path, None).await.items("hostname")
    };
    assert_eq!(found(&alice).await, ["host-3", "host-2", "host-1"]);
    assert_eq!(found(&bob).await, ["host-1"]);
    let first = alice
        .ask(Method::GET, &format!("{path}/results?limit=2"), None)
        .await
        .ok();
    let next = first["next"].as_str().unwrap();
    let second = alice
        .ask(
            Method::GET,
            &format!("{path}/results?limit=2&cursor={next}"),
            None,
        )
        .await;
    assert_eq!(second.items("hostname"), ["host-1"]);
    let refused = bob
        .ask(Method::GET, &format!("{path}/results?cursor={next}"), None)
        .await;
    assert_eq!(refused.problem(), (400, "bad_cursor"));
    let file = rows(
        &bob.text(&format!("query={}", made["id"].as_str().unwrap()))
            .await,
    );
    assert_eq!(file.len(), 2);

    // It is seen, and stays its owner's.
    for method in [Method::PUT, Method::DELETE] {
        let refused = bob.ask(method.clone(), &path, Some(shared.clone())).await;
        assert_eq!(refused.problem(), (403, "not_owner"), "{method}");
    }
    let again = alice.ask(Method::POST, QUERIES, Some(keep)).await;
    assert_eq!(again.problem(), (409, "saved_query_exists"));
    let wrong = json!({"name": "x", "list": "hosts", "filters": {"colour": "red"}});
    let refused = alice.ask(Method::POST, QUERIES, Some(wrong)).await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("filters: ") && detail.contains("colour"),
        "{detail}"
    );
    assert_eq!(alice.ask(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(names(&alice).await, [] as [Value; 0]);
    assert_eq!(api.get(QUERIES).await.problem(), (403, "no_account"));
}

#[tokio::test]
async fn of_two_who_change_a_query_one_hears_that_the_other_was_first() {
    let api = plant().await;
    let alice = Person::new(&api, "alice", &[(&[P::HostsRead], None)]).await;
    let keep = json!({"name": "one", "list": "hosts"});
    let made = alice.ask(Method::POST, QUERIES, Some(keep)).await.ok();
    let path = format!("{QUERIES}/{}", made["id"].as_str().unwrap());
    let tag = alice.ask(Method::GET, &path, None).await.headers["etag"].clone();
    let renamed = json!({"name": "two", "list": "hosts"});
    alice
        .ask(Method::PUT, &path, Some(renamed.clone()))
        .await
        .ok();
    let late = request(Method::DELETE, &path)
        .header("authorization", format!("Bearer {}", alice.token))
        .header("if-match", tag)
        .body(Body::empty())
        .unwrap();
    let late = super::send(&api.https, late).await;
    assert_eq!(late.problem(), (412, "precondition_failed"));
}

impl Api {
    /// Everything whose time has come is made.
    async fn made(&self) -> Vec<Outcome> {
        let mut tx = self.db.begin().await.unwrap();
        schedule::run_due(&mut tx, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let work: Arc<dyn Work> = self.exports.clone();
        let jobs = Jobs {
            db: self.db.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            work: Arc::new([work.clone()]),
        };
        let mut outcomes = Vec::new();
        while let Some(run) = jobs.claim(work.queue()).await.unwrap() {
            let outcome = work.run(&run).await;
            // A collector that died before it could say so: it is done again.
            assert_eq!(work.run(&run).await, outcome);
            jobs.settle(work.queue(), &run, outcome.clone())
                .await
                .unwrap();
            outcomes.push(outcome);
        }
        outcomes
    }
}

#[tokio::test]
async fn a_query_is_taken_away_by_its_schedule_once_and_with_the_rights_of_then() {
    let api = plant().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let bob = somebody(&api, "bob", "viewer").await;
    let post = async |path: &str, body: Value| tell(&api, Method::POST, path, &alice, body).await;
    let keep = json!({"name": "hosts", "list": "hosts", "filters": {"q": "host-"}});
    let query = post(QUERIES, keep).await.ok()["id"].clone();
    let plan = |pattern: &str| json!({"query": query, "format": "csv", "pattern": pattern, "time_zone": "Europe/Vienna"});
    const PLANS: &str = "/api/v1/export-schedules";
    for (pattern, field) in [
        ("* * * * *", "pattern"),
        ("0 25 * * *", "pattern"),
        ("0 0 30 2 *", "pattern"),
    ] {
        let refused = post(PLANS, plan(pattern)).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{pattern}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{field}: ")), "{detail}");
    }
    let elsewhere = json!({"query": query, "format": "csv", "pattern": "0 7 * * *", "time_zone": "Mars/Olympus"});
    assert_eq!(
        post(PLANS, elsewhere).await.problem(),
        (400, "bad_parameter")
    );
    let foreign = tell(&api, Method::POST, PLANS, &bob, plan("0 7 * * *")).await;
    assert_eq!(foreign.problem(), (404, "saved_query_not_found"));
    let token = planted_token(&api, "alice", &["hosts.read"]).await;
    let request = request(Method::POST, PLANS).header("authorization", format!("Bearer {token}"));
    let by_token = super::send(&api.https, super::with_json(request, &plan("0 7 * * *"))).await;
    assert_eq!(by_token.problem(), (403, "not_by_token"));
    let made = post(PLANS, plan("0 16 * * *")).await.ok();

    // Five past three in Vienna: an hour later.
    assert_eq!(api.made().await, []);
    api.clock.advance(TimeDelta::minutes(55));
    assert_eq!(api.made().await, [Outcome::Done]);
    assert_eq!(api.made().await, []);
    let alice = cookie(&sign_in(&api, "alice", PASSWORD, "192.0.2.1").await);
    let bob = cookie(&sign_in(&api, "bob", PASSWORD, "192.0.2.1").await);
    const FILES: &str = "/api/v1/export-files";
    let files = ask(&api, Method::GET, FILES, &alice).await.ok()["items"].clone();
    let files = files.as_array().unwrap();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(
        (&files[0]["items"], &files[0]["name"]),
        (&json!(3), &json!("hosts-20260303T150000Z.csv"))
    );
    let path = format!("{FILES}/{}", files[0]["id"].as_str().unwrap());
    let file = ask(&api, Method::GET, &path, &alice).await;
    let text = file.body.as_str().unwrap();
    assert!(
        text.contains("# by: alice\r\n# query: hosts\r\n# filter q: host-\r\n"),
        "{text}"
    );
    assert_eq!(rows(text).len(), 4);
    assert_eq!(
        ask(&api, Method::GET, &path, &bob).await.problem(),
        (404, "export_file_not_found")
    );
    let log = records(&api, "change").await;
    let took: Vec<&Value> = log
        .iter()
        .filter(|one| one["action"] == "export.take")
        .collect();
    assert_eq!(took.len(), 1);
    assert_eq!(took[0]["actor"], "alice");
    assert!(took[0]["how"].as_str().unwrap().starts_with("schedule:"));

    // With the rights of then, and not at all for who is locked.
    group(&api, json!({"name": "web"}), &[1]).await;
    api.sql(
        "update role_binding set group_no = (select group_no from host_group where name = 'web')",
    )
    .await;
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(api.made().await, [Outcome::Done]);
    let items: Vec<i64> = sqlx::query_scalar("select items from export_file order by made_at")
        .fetch_all(&api.db)
        .await
        .unwrap();
    assert_eq!(items, [3, 1]);
    api.sql("update account set disabled_at = '2026-03-01Z' where name = 'alice'")
        .await;
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(api.made().await, [Outcome::Done]);
    api.sql("update account set disabled_at = null; delete from role_binding")
        .await;
    api.clock.advance(TimeDelta::days(1));
    assert!(matches!(&api.made().await[..], [Outcome::Refused { .. }]));
    let count: i64 = sqlx::query_scalar("select count(*) from export_file")
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert_eq!(count, 2);

    let alice = cookie(&sign_in(&api, "alice", PASSWORD, "192.0.2.1").await);
    let path = format!("{PLANS}/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&api, Method::DELETE, &path, &alice).await.status, 204);
    assert_eq!(
        ask(&api, Method::DELETE, &path, &alice).await.problem(),
        (404, "export_schedule_not_found")
    );
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(api.made().await, []);
    // What nobody fetches goes.
    let before = api.clock.now() - TimeDelta::days(3);
    let mut conn = api.db.acquire().await.unwrap();
    let gone = crate::store::retention::delete_some(&mut conn, Kind::Exports, before);
    assert!(gone.await.unwrap().is_some());
    let count: i64 = sqlx::query_scalar("select count(*) from export_file")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(count, 1);
}
