//! Which content hosts have, and which agents they are.

use chrono::TimeDelta;
use serde_json::json;

use super::Api;

/// Five hosts: the first has bundle 2, which is newest; the second an old one that has expired; the third
/// the same bundle 1 in time, the fourth what was installed, and both refuse 2. The agent of the fifth
/// takes no bundles.
const HOSTS: &str = "
    insert into root values (1, '', '', '2030-01-01', now(), 'test');
    insert into bundle
    select sha256(convert_to(n::text, 'utf8')), n, '2026-01-01', '2030-01-01', 1, '', '', 0, '', now(),
        'test'
    from generate_series(1, 2) as n;
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'host-' || n, 'default', '', '0.1.0',
        '2026-01-01', '2026-03-03'
    from generate_series(1, 5) as n;
    insert into host_content (host_no, takes, serial, expires, offer_refusal, offer_serial) values
        (1, true, 2, '2030-01-01', null, 2), (2, true, 1, '2026-03-03', null, null),
        (3, true, 1, '2030-01-01', 'storage', 2), (4, true, null, null, 'storage', 2),
        (5, false, null, null, null, null);
    insert into host_offer
    select host_no, sha256('2'), false, gen_random_uuid(), '2026-03-03T14:05:00Z' from host";

#[tokio::test]
async fn the_fleet_tells_which_bundles_it_has_and_who_is_stale() {
    let api = Api::new().await;
    api.sql(HOSTS).await;
    let stale = async |path: &str| api.get(path).await.items("content_stale");
    let none = json!(null);
    let fresh = [&none, &json!("expired"), &none, &none, &none].map(Clone::clone);
    assert_eq!(
        stale("/api/v1/hosts").await,
        fresh,
        "they have just been offered it"
    );
    api.clock
        .advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    let behind = json!("behind");
    let after = [&none, &json!("expired"), &behind, &behind, &none].map(Clone::clone);
    assert_eq!(stale("/api/v1/hosts").await, after);
    let names = async |path: &str| api.get(path).await.items("hostname");
    assert_eq!(names("/api/v1/hosts?content=expired").await, ["host-2"]);
    let found = names("/api/v1/hosts?content=behind").await;
    assert_eq!(found, ["host-2", "host-3", "host-4"]);
    let serials = api.get("/api/v1/hosts").await.items("content_serial");
    assert_eq!(
        serials,
        [json!(2), json!(1), json!(1), none.clone(), none.clone()]
    );

    let content = api.get("/api/v1/content").await.ok();
    let expires = |day: &str| json!(format!("{day}T00:00:00.000000Z"));
    let bundle = |serial, expires, expired, behind| json!({"serial": serial, "expires": expires, "expired": expired, "hosts": 1, "behind": behind});
    assert_eq!(content["standing"], none);
    assert_eq!(content["unable"], 1);
    assert_eq!(
        content["bundles"],
        json!([
            bundle(json!(2), expires("2030-01-01"), false, 0),
            bundle(json!(1), expires("2026-03-03"), true, 1),
            bundle(json!(1), expires("2030-01-01"), false, 1),
            bundle(none.clone(), none, false, 1),
        ])
    );
    let refused = json!([{"serial": 2, "reason": "storage", "hosts": 2}]);
    assert_eq!(content["refused"], refused);
}
