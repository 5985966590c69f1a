//! The feed of all that happens, as those see it who may see all or some of it.

use axum::http::Method;
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use shared::clock::Clock as _;

use super::{
    Api,
    fleet::{Fleet, host_id},
    scope::{Person, group},
};
use crate::access::Permission as P;

const PATH: &str = "/api/v1/activity";
const RULE: &str = "root-login-off";

impl Api {
    async fn activity(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("{PATH}?limit=500&{query}")).await.ok();
        assert_eq!(page["hidden"], json!([]));
        page["items"].as_array().unwrap().clone()
    }

    /// Source and text of each entry.
    async fn texts(&self, query: &str) -> Vec<(String, String)> {
        told(&self.activity(query).await)
    }
}

fn told(entries: &[Value]) -> Vec<(String, String)> {
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| (text(entry, "source"), text(entry, "text")))
        .collect()
}

fn sources(entries: &[Value]) -> Vec<&str> {
    let mut sources: Vec<&str> = entries
        .iter()
        .map(|entry| entry["source"].as_str().unwrap())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// Two hosts on which, at one instant, a rule began to fail and a package came; of each an alert and how it is heard of.
async fn fleet() -> Fleet {
    let mut fleet = Fleet::new(2).await;
    for host in 1..=2 {
        fleet.verdict(host, RULE, "pass").await;
        let bash = json!({"version": "5"});
        fleet.tell(host, "package", &[("bash", bash)]).await;
    }
    fleet.look().await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for host in 1..=2 {
        fleet.verdict(host, RULE, "fail").await;
        let nginx = json!({"version": "1"});
        fleet.tell(host, "package", &[("nginx", nginx)]).await;
    }
    fleet
        .api
        .sql(
            "insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
             select host_no, case host_no when 1 then 'link_lost' else 'online' end, 'as it is', '2026-03-03T14:06Z',
                    'infinity', false from host",
        )
        .await;
    fleet.look().await;
    fleet
}

#[tokio::test]
async fn what_happens_is_one_feed_of_which_pages_lose_nothing() {
    let fleet = fleet().await;
    let api = &fleet.api;
    group(api, json!({"name": "web"}), &[1]).await;
    let all = api.activity("").await;
    assert_eq!(
        sources(&all),
        ["alert", "audit", "drift", "event", "liveness", "verdict"]
    );
    let times: Vec<&str> = all
        .iter()
        .map(|entry| entry["at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let first = times[0];
    assert!(
        times.iter().filter(|at| **at == first).count() > 8,
        "most are of one instant: {times:?}"
    );
    for limit in [1, 2, 3, 7] {
        let paged = api.pages(PATH, limit, "about").await;
        let whole: Vec<_> = all.iter().map(|entry| entry["about"].clone()).collect();
        assert_eq!(paged, whole, "{limit}");
    }
    // Each leads to what it is about.
    for entry in &all {
        let id = entry["about"]["id"].as_str().unwrap();
        let path = match entry["about"]["kind"].as_str().unwrap() {
            "drift" => format!("/api/v1/drift/{id}"),
            "alert" => format!("/api/v1/alerts/{id}"),
            "audit" => format!("/api/v1/audit/{id}"),
            "host" => format!("/api/v1/hosts/{id}"),
            _ => continue,
        };
        api.get(&path).await.ok();
    }
    let of = |text: &str| {
        let found = all.iter().find(|entry| entry["text"] == text);
        found.unwrap_or_else(|| panic!("{text}: {:?}", told(&all)))
    };
    let both = of("Got worse: SSH refuses to log root in, on 2 hosts");
    assert_eq!(
        (&both["host"], &both["what"]),
        (&Value::Null, &json!("drift.verdict"))
    );
    let lost = of("link lost: as it is");
    assert_eq!(
        (&lost["host"]["hostname"], &lost["severity"], &lost["what"]),
        (
            &json!("host-1"),
            &json!("high"),
            &json!("liveness.link_lost")
        )
    );
    of("local administrator: group.create web");
    let wrong = api.get(&format!("{PATH}?source=none")).await;
    assert_eq!(wrong.problem(), (400, "bad_parameter"));
    for limit in [0, 501] {
        let wrong = api.get(&format!("{PATH}?limit={limit}")).await;
        assert_eq!(wrong.problem(), (400, "bad_parameter"), "{limit}");
    }
}

#[tokio::test]
async fn each_filter_leaves_what_it_says() {
    let fleet = fleet().await;
    let api = &fleet.api;
    let web = group(api, json!({"name": "web"}), &[1]).await;
    let web = web.rsplit('/').next().unwrap();
    for host in 1..=2 {
        let window = json!({"host": host_id(host), "reason": format!("work {host}")});
        api.post("/api/v1/maintenance", window).await.ok();
        let labels = format!("/api/v1/hosts/{}/labels", host_id(host));
        assert_eq!(api.put(&labels, json!({"n": "1"})).await.status, 204);
    }
    for source in ["alert", "audit", "drift", "event", "liveness", "verdict"] {
        let only = api.activity(&format!("source={source}")).await;
        assert_eq!(sources(&only), [source]);
    }
    let high = api.activity("severity=high").await;
    assert_eq!(sources(&high), ["alert", "drift", "liveness", "verdict"]);
    assert!(
        high.iter()
            .all(|entry| ["high", "critical"].contains(&entry["severity"].as_str().unwrap()))
    );
    // Of a host are also what is of several, and the records that name it.
    let two = format!("host={}", host_id(2));
    let of_two = api.activity(&two).await;
    assert_eq!(
        sources(&of_two),
        ["alert", "audit", "drift", "event", "liveness", "verdict"]
    );
    let hosts: Vec<&Value> = of_two
        .iter()
        .map(|entry| &entry["host"]["hostname"])
        .collect();
    assert!(
        hosts
            .iter()
            .all(|host| **host == "host-2" || host.is_null()),
        "{hosts:?}"
    );
    let audit = api.texts(&format!("{two}&source=audit")).await;
    let audit: Vec<&str> = audit.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        audit,
        [
            "local administrator: host.label host-2",
            "local administrator: maintenance.create work 2"
        ]
    );
    let of_web = api.activity(&format!("group={web}&source=audit")).await;
    let texts = told(&of_web);
    assert!(
        texts
            .iter()
            .any(|(_, text)| text.contains("group.create web")),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(|(_, text)| text.contains("work 1")),
        "{texts:?}"
    );
    assert!(
        !texts
            .iter()
            .any(|(_, text)| text.contains("work 2") || text.contains("host-2")),
        "{texts:?}"
    );
    let states = api.texts(&format!("group={web}&source=liveness")).await;
    assert_eq!(
        states,
        [("liveness".to_owned(), "link lost: as it is".to_owned())]
    );
    assert_eq!(
        api.activity(&format!("group={web}&source=event"))
            .await
            .len(),
        1
    );
    assert_eq!(api.activity("source=event").await.len(), 2);
    let stranger = api.activity(&format!("host={}", host_id(9))).await;
    assert_eq!(stranger, [] as [Value; 0]);

    let now = api.clock.now();
    let at = |by: TimeDelta| (now + by).to_rfc3339_opts(SecondsFormat::Micros, true);
    let (this, next) = (at(TimeDelta::zero()), at(TimeDelta::microseconds(1)));
    let all = api.activity("").await.len();
    assert_eq!(
        api.activity(&format!("since={this}")).await.len(),
        all,
        "all of it is of now"
    );
    assert_eq!(api.activity(&format!("since={next}")).await.len(), 0);
    assert_eq!(api.activity(&format!("until={this}")).await.len(), 0);
    assert_eq!(api.activity(&format!("until={next}")).await.len(), all);
    for (query, found) in [
        ("q=NGINX", &["drift", "event"][..]),
        ("q=ssh%20refuses", &["alert", "drift"]),
        ("q=work%202", &["audit"]),
        ("q=link%20lost", &["liveness"]),
        ("q=no%20such", &[]),
    ] {
        let entries = api.activity(query).await;
        assert_eq!(sources(&entries), found, "{query}");
    }
}

#[tokio::test]
async fn what_one_may_not_read_is_left_out_and_named_and_of_the_rest_only_the_scope() {
    let fleet = fleet().await;
    let api = &fleet.api;
    group(api, json!({"name": "web"}), &[1]).await;
    let of = async |person: &Person, query: &str| {
        person
            .ask(Method::GET, &format!("{PATH}?{query}"), None)
            .await
            .ok()
    };
    let reader = Person::new(api, "reader", &[(&[P::HostsRead], None)]).await;
    let seen = of(&reader, "").await;
    assert_eq!(
        seen["hidden"],
        json!(["verdict", "drift", "alert", "audit"])
    );
    assert_eq!(
        sources(seen["items"].as_array().unwrap()),
        ["event", "liveness"]
    );
    // What is not asked for is not hidden.
    assert_eq!(of(&reader, "source=event").await["hidden"], json!([]));
    let nothing = of(&reader, "source=audit").await;
    assert_eq!(
        (&nothing["hidden"], &nothing["items"]),
        (&json!(["audit"]), &json!([]))
    );

    let all = [
        P::HostsRead,
        P::ResultsRead,
        P::DriftRead,
        P::AlertsRead,
        P::AuditRead,
    ];
    let web = Person::new(api, "web", &[(&all, Some("web"))]).await;
    let seen = of(&web, "limit=500").await;
    assert_eq!(
        seen["hidden"],
        json!(["audit"]),
        "the audit log is of the whole fleet"
    );
    let items = seen["items"].as_array().unwrap();
    assert_eq!(
        sources(items),
        ["alert", "drift", "event", "liveness", "verdict"]
    );
    let others: Vec<_> = items
        .iter()
        .filter(|entry| entry["host"]["hostname"] != "host-1")
        .collect();
    assert_eq!(others, [] as [&Value; 0]);
    let texts = told(items);
    assert!(
        !texts
            .iter()
            .any(|(_, text)| text.contains("2 hosts") || text.contains("host-2")),
        "{texts:?}"
    );
    let hidden = of(&web, &format!("host={}", host_id(2))).await;
    assert_eq!(hidden["items"], json!([]));
    // Each source by its own scope.
    let mixed = [
        (&[P::HostsRead][..], Some("web")),
        (&[P::AlertsRead][..], None),
    ];
    let mixed = Person::new(api, "mixed", &mixed).await;
    let seen = of(&mixed, &format!("host={}", host_id(2))).await;
    assert_eq!(sources(seen["items"].as_array().unwrap()), ["alert"]);
    let refused = Person::new(api, "nobody", &[(&[P::AlertsRead], None)]).await;
    let refused = refused.ask(Method::GET, PATH, None).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
}
