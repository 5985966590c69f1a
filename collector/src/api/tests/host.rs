//! Hosts.

use serde_json::{Value, json};

use super::Api;
use crate::live::{Event, Message};

/// Five hosts; `web-2` and `web-3` were last seen at the same instant.
const HOSTS: &str = "
    insert into host (id, hostname, os_name, group_name, machine, agent_version, enrolled_at,
                      last_seen_at, revoked_at, quarantine)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, name, os, grp, '', '0.1.0',
           '2026-01-01Z'::timestamptz + n * interval '1 day', seen::timestamptz, revoked, quarantine
    from (values
        (1, 'web-1', 'Debian GNU/Linux 12', 'default', '2026-03-01Z', null::timestamptz, null),
        (2, 'web-2', 'Rocky Linux 9.6', 'default', '2026-03-02Z', null, null),
        (3, 'web-3', null, 'Lab', '2026-03-02Z', null, 'machine-id differs'),
        (4, 'db-1', 'Debian GNU/Linux 13', 'default', '2026-02-01Z', '2026-02-02Z', null),
        (5, 'db-2', 'Debian GNU/Linux 13', 'default', '2026-02-02Z', null, null)
    ) as h (n, name, os, grp, seen, revoked, quarantine);
    insert into fact_kind (name) values ('package'), ('user');
    insert into host_kind (host_no, kind, digest, row_count, reported_at, stale_reason,
                           stale_detail, stale_since)
    select host_no, k.id, '\\x00ff', 7, '2026-03-01Z',
           case when name = 'user' then 'denied' end,
           case when name = 'user' then '/etc/shadow' end,
           case when name = 'user' then '2026-02-28Z'::timestamptz end
    from host, fact_kind k where hostname = 'web-1';
    insert into stream (host_no, epoch, applied_seq, last_at)
    select host_no, 9223372036854775807, 42, '2026-03-01Z' from host where hostname = 'web-1';
    insert into stream_gap (host_no, from_at, to_at, records, recorded_at)
    select host_no, '2026-02-01Z', '2026-02-02Z', 9, '2026-03-01Z' from host
    where hostname = 'web-1';
";

#[tokio::test]
async fn hosts_are_listed_sorted_and_searched_page_by_page() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let names = async |query: &str| {
        api.pages(&format!("/api/v1/hosts?{query}"), 2, "hostname")
            .await
    };
    let by_name = ["db-1", "db-2", "web-1", "web-2", "web-3"];
    let by_seen = ["db-1", "db-2", "web-1", "web-2", "web-3"];
    let by_enrolment = ["web-1", "web-2", "web-3", "db-1", "db-2"];
    for (sort, order) in [
        ("hostname", by_name),
        ("last_seen_at", by_seen),
        ("enrolled_at", by_enrolment),
    ] {
        assert_eq!(names(&format!("sort={sort}")).await, order, "{sort}");
        let reverse: Vec<_> = order.iter().rev().copied().collect();
        assert_eq!(names(&format!("sort=-{sort}")).await, reverse, "-{sort}");
    }
    assert_eq!(names("").await, by_name);
    assert_eq!(names("q=WEB").await, ["web-1", "web-2", "web-3"]);
    assert_eq!(
        names("q=debian&sort=-hostname").await,
        ["web-1", "db-2", "db-1"]
    );
    assert_eq!(names("q=lab").await, ["web-3"]);
    assert_eq!(
        names("q=00000000-0000-7000-8000-000000000005").await,
        ["db-2"]
    );
    assert_eq!(names("q=%25").await, [""; 0]);

    let page = api.get("/api/v1/hosts?limit=2&q=debian").await.ok();
    assert_eq!(
        (&page["total"], page["items"].as_array().unwrap().len()),
        (&json!(3), 2)
    );
    let cursor = page["next"].as_str().unwrap();
    for query in [
        format!("sort=-hostname&cursor={cursor}"),
        "cursor=abc".into(),
    ] {
        let answer = api.get(&format!("/api/v1/hosts?{query}")).await;
        assert_eq!(answer.problem(), (400, "bad_cursor"), "{query}");
    }
    let states = api.get("/api/v1/hosts").await.items("state");
    assert_eq!(
        states,
        [
            "revoked",
            "never_seen",
            "never_seen",
            "never_seen",
            "quarantined"
        ]
    );
    assert_eq!(
        api.get("/api/v1/hosts?sort=os_name").await.problem(),
        (400, "bad_parameter")
    );
}

#[tokio::test]
async fn hosts_are_counted_by_what_they_have_in_common() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let counts = async |query: &str| {
        let body = api.get(&format!("/api/v1/host-counts?{query}")).await.ok();
        let items = body["items"].as_array().unwrap().iter();
        let pair = |item: &Value| {
            let value = item["value"].as_str().unwrap_or("none").to_owned();
            (value, item["hosts"].as_i64().unwrap())
        };
        (
            items.map(pair).collect::<Vec<_>>(),
            body["total"].as_i64().unwrap(),
        )
    };
    let of = |pairs: &[(&str, i64)], total: i64| {
        let pairs = pairs
            .iter()
            .map(|(value, hosts)| ((*value).to_owned(), *hosts));
        (pairs.collect::<Vec<_>>(), total)
    };
    let states = of(&[("never_seen", 3), ("quarantined", 1), ("revoked", 1)], 5);
    assert_eq!(counts("by=state").await, states);
    let (systems, total) = counts("by=os").await;
    assert_eq!(systems.iter().map(|(_, hosts)| hosts).sum::<i64>(), total);
    // What is counted is what the list then has.
    for (os, hosts) in systems.iter().filter(|(os, _)| os != "none") {
        let os = os.replace(' ', "%20").replace('/', "%2F");
        let listed = api.get(&format!("/api/v1/hosts?os={os}")).await.ok();
        assert_eq!(listed["total"], *hosts, "{os}");
    }
    let (groups, _) = counts("by=group&q=web").await;
    for (group, hosts) in &groups {
        let listed = api
            .get(&format!("/api/v1/hosts?q=web&group={group}"))
            .await
            .ok();
        assert_eq!(listed["total"], *hosts, "{group}");
    }
    assert_eq!(counts("by=state&q=web").await.1, 3);
    let wrong = api.get("/api/v1/host-counts?by=colour").await;
    assert_eq!(wrong.problem(), (400, "bad_parameter"));
    assert_eq!(api.get("/api/v1/host-counts").await.problem().0, 400);
}

#[tokio::test]
async fn a_list_of_hosts_can_be_entered_anywhere_and_goes_on_from_there() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let get = async |query: &str| api.get(&format!("/api/v1/hosts?{query}")).await;
    let from = async |query: &str| get(query).await.items("hostname");
    assert_eq!(from("offset=3").await, ["web-2", "web-3"]);
    assert_eq!(from("offset=1&q=debian").await, ["db-2", "web-1"]);
    assert_eq!(
        from("offset=1&limit=2&sort=-hostname").await,
        ["web-2", "web-1"]
    );
    assert_eq!(from("offset=5").await, [""; 0]);
    let page = get("offset=1&limit=2").await.ok();
    assert_eq!(page["total"], 5);
    let cursor = page["next"].as_str().unwrap();
    assert_eq!(
        from(&format!("limit=2&cursor={cursor}")).await,
        ["web-2", "web-3"]
    );
    for query in [
        format!("offset=1&cursor={cursor}"),
        "offset=10000001".into(),
        "offset=-1".into(),
    ] {
        let refused = get(&query).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{query}");
    }
}

#[tokio::test]
async fn a_host_is_shown_with_how_its_reports_stand_and_can_be_revoked() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let path = "/api/v1/hosts/00000000-0000-7000-8000-000000000001";
    let host = api.get(path).await.ok();
    assert_eq!(
        host,
        json!({
            "id": "00000000-0000-7000-8000-000000000001", "hostname": "web-1",
            "os_name": "Debian GNU/Linux 12", "group": "default", "agent_version": "0.1.0",
            "state": "never_seen", "since": "2026-01-02T00:00:00.000000Z", "state_detail": "",
            "groups": [], "labels": {}, "skew_ms": null, "clock_wrong": false,
            "maintenance": null, "last_boot_at": null, "reboots": 0, "agent_started_at": null, "retired": null,
            "build": null, "content": null, "content_serial": null, "content_stale": null,
            "enrolled_at": "2026-01-02T00:00:00.000000Z",
            "last_seen_at": "2026-03-01T00:00:00.000000Z", "connected_since": null,
            "stale_kinds": ["user"], "quarantine": null, "revoked_at": null,
            "kinds": [
                {"kind": "package", "rows": 7, "digest": "00ff",
                 "reported_at": "2026-03-01T00:00:00.000000Z", "stale": null},
                {"kind": "user", "rows": 7, "digest": "00ff",
                 "reported_at": "2026-03-01T00:00:00.000000Z",
                 "stale": {"reason": "denied", "detail": "/etc/shadow",
                           "since": "2026-02-28T00:00:00.000000Z"}},
            ],
            "stream": {"epoch": "9223372036854775807", "applied_seq": 42},
            "gaps": [{"from": "2026-02-01T00:00:00.000000Z",
                      "to": "2026-02-02T00:00:00.000000Z", "records": 9}],
        })
    );
    let bare = api
        .get("/api/v1/hosts/00000000-0000-7000-8000-000000000003")
        .await
        .ok();
    assert_eq!(bare["quarantine"], "machine-id differs");
    assert_eq!(bare["stream"], Value::Null);

    let mut follower = api.feed.subscribe(None);
    for _ in 0..2 {
        assert_eq!(
            api.post(&format!("{path}/revoke"), json!({})).await.status,
            204
        );
    }
    let Message::Event(heard) = follower.next().await else {
        panic!("resync")
    };
    let id = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    assert_eq!(heard.event, Event::HostRevoked { host: id });
    assert_eq!(follower.id(), api.feed.subscribe(None).id(), "once");
    let host = api.get(path).await.ok();
    assert_eq!(host["state"], "revoked");
    assert_eq!(host["revoked_at"], "2026-03-03T14:05:00.000000Z");

    for id in ["00000000-0000-7000-8000-00000000000f", "web-1"] {
        for path in ["", "/facts", "/kinds", "/changes"] {
            let answer = api.get(&format!("/api/v1/hosts/{id}{path}")).await;
            assert_eq!(answer.problem(), (404, "host_not_found"), "{id}{path}");
        }
        for action in ["revoke", "release"] {
            let path = format!("/api/v1/hosts/{id}/{action}");
            let answer = api.post(&path, json!({})).await;
            assert_eq!(answer.problem(), (404, "host_not_found"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_host_is_released_from_quarantine_once_and_followers_hear_of_it() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let path = "/api/v1/hosts/00000000-0000-7000-8000-000000000003";
    assert_eq!(api.get(path).await.ok()["state"], "quarantined");
    let mut follower = api.feed.subscribe(None);
    for _ in 0..2 {
        let answer = api.post(&format!("{path}/release"), json!({})).await;
        assert_eq!(answer.status, 204);
    }
    let host = api.get(path).await.ok();
    assert_eq!(
        (&host["state"], &host["quarantine"]),
        (&json!("never_seen"), &Value::Null)
    );
    let Message::Event(heard) = follower.next().await else {
        panic!("resync")
    };
    let host = "00000000-0000-7000-8000-000000000003".parse().unwrap();
    let kinds = Vec::new();
    assert_eq!(heard.event, Event::HostChanged { host, kinds });
    assert_eq!(follower.id(), api.feed.subscribe(None).id(), "once");
}
