use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::clock::Clock as _;
use uuid::Uuid;

use super::{P, Person, WHY, deed, person, renewal, requested};
use crate::api::tests::posture::{Fleet, begin, group_id, host_id, text};

const ROOT: &str = "root-login-off";
const MICRO: TimeDelta = TimeDelta::microseconds(1);

/// Every row that says what hosts told, and what was counted of it.
const ROWS: &str = "
    select concat(
        (select json_agg(t order by host_no, kind, key_id, valid_to) from host_fact t),
        (select json_agg(t order by id) from fact_value t), (select json_agg(t order by id) from fact_key t),
        (select json_agg(t order by host_no, id) from change t), (select json_agg(t order by id) from event t),
        (select json_agg(t order by host_no, lens, valid_to) from posture t),
        (select json_agg(t order by host_no, kind) from host_kind t))
";

/// Two hosts on which a rule fails and one on which it passes; on all of them another passes.
async fn fleet() -> (Fleet, Person, Person) {
    let mut fleet = Fleet::new().await;
    fleet.hosts(3).await;
    for (host_no, verdict) in [(1, "fail"), (2, "fail"), (3, "pass")] {
        let told = [
            (ROOT.to_owned(), Some(verdict)),
            ("few-tries".to_owned(), Some("pass")),
        ];
        fleet.tell(host_no, begin(), &told).await;
    }
    fleet.look().await;
    let alice = person(&fleet.api, "alice", &[(P::ALL, None)]).await;
    let bob = person(&fleet.api, "bob", &[(P::ALL, None)]).await;
    (fleet, alice, bob)
}

/// What is waived at an instant, of all and of each host, and by which waiver the rule on a host is.
async fn waived(fleet: &Fleet, at: DateTime<Utc>, host_no: i32) -> (i64, Value, Value) {
    let api = &fleet.api;
    let all = api
        .get(&format!("/api/v1/posture?at={}", text(at)))
        .await
        .ok();
    let path = format!("/api/v1/hosts/{}", host_id(host_no));
    let of_host = api
        .get(&format!("{path}/posture?at={}", text(at)))
        .await
        .ok();
    let results = api
        .get(&format!("{path}/results?at={}", text(at)))
        .await
        .ok();
    let results = results["items"].as_array().unwrap();
    let result = results.iter().find(|one| one["rule"] == ROOT).unwrap();
    let one = api
        .get(&format!("{path}/results/{ROOT}?at={}", text(at)))
        .await
        .ok();
    assert_eq!(one["waived"], result["waived"]);
    let count = all["waived"].as_i64().unwrap();
    (
        count,
        of_host["lenses"][0]["waived"].clone(),
        result["waived"].clone(),
    )
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

async fn rows(fleet: &Fleet) -> String {
    sqlx::query_scalar(ROWS)
        .fetch_one(&fleet.api.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn it_counts_from_its_approval_to_its_very_end_and_changes_nothing_that_hosts_told() {
    let (fleet, alice, bob) = fleet().await;
    let before = rows(&fleet).await;
    let asked = json!({"host": host_id(1), "rule": ROOT, "reason": WHY, "days": 1});
    let path = requested(&alice, asked).await;
    let id = path.rsplit('/').next().unwrap();
    let clock = fleet.api.clock.clone();
    assert_eq!(waived(&fleet, clock.now(), 1).await.0, 0);
    clock.advance(TimeDelta::minutes(1));
    let approved = deed(&bob, &path, "approve").await.ok();
    let (from, to) = (
        instant(&approved["approved_at"]),
        instant(&approved["expires_at"]),
    );
    assert_eq!((from, to), (clock.now(), from + TimeDelta::days(1)));
    let mark = json!({"waiver": id, "until": text(to)});
    for at in [from, to - MICRO] {
        assert_eq!(
            waived(&fleet, at, 1).await,
            (1, json!(1), mark.clone()),
            "{at}"
        );
        // Nobody else's.
        assert_eq!(
            waived(&fleet, at, 2).await,
            (1, json!(0), Value::Null),
            "{at}"
        );
    }
    for at in [from - MICRO, to] {
        assert_eq!(
            waived(&fleet, at, 1).await,
            (0, json!(0), Value::Null),
            "{at}"
        );
    }
    let all = fleet.api.get("/api/v1/posture").await.ok();
    // Of 6 results 4 pass: of a high one, which weighs 6, one; of a low one all.
    assert_eq!(
        (&all["passed"], &all["failed"], &all["waived"]),
        (&json!(4), &json!(2), &json!(1))
    );
    let scores = [
        "score",
        "score_with_waivers",
        "weighted_score",
        "weighted_score_with_waivers",
    ];
    let scores = scores.map(|field| all[field].as_f64().unwrap());
    assert_eq!(
        scores,
        [
            100.0 * 4.0 / 6.0,
            100.0 * 4.0 / 5.0,
            100.0 * 9.0 / 21.0,
            100.0 * 9.0 / 15.0
        ]
    );
    let effect = alice.get(&path).await.ok();
    assert_eq!(
        effect["effect"],
        json!({"score": 50.0, "score_without": 50.0, "score_with": 100.0})
    );
    assert_eq!(
        (
            &effect["affects"]["hosts"],
            &effect["affects"]["results"][0]["rule"]
        ),
        (&json!(1), &json!(ROOT))
    );

    // By the clock, with nobody doing anything.
    clock.advance(TimeDelta::days(1) - MICRO);
    assert_eq!(fleet.api.get("/api/v1/posture").await.ok()["waived"], 1);
    let fleet_wide = format!("/api/v1/results?rule={ROOT}&status=fail");
    assert_eq!(
        fleet.api.get(&fleet_wide).await.items("waived"),
        [mark, Value::Null]
    );
    assert_eq!(bob.get(&path).await.ok()["state"], "approved");
    clock.advance(MICRO);
    assert_eq!(fleet.api.get("/api/v1/posture").await.ok()["waived"], 0);
    assert_eq!(
        fleet.api.get(&fleet_wide).await.items("waived"),
        [Value::Null, Value::Null]
    );
    assert_eq!(bob.get(&path).await.ok()["state"], "expired");
    assert_eq!(rows(&fleet).await, before);
}

#[tokio::test]
async fn what_is_revoked_counts_no_more_from_then_on_and_did_before() {
    let (fleet, alice, bob) = fleet().await;
    let before = rows(&fleet).await;
    let asked = json!({"fleet": true, "framework": "nist", "control": "AC-6(2)", "reason": WHY, "days": 365});
    let path = requested(&alice, asked).await;
    deed(&bob, &path, "approve").await.ok();
    let clock = fleet.api.clock.clone();
    clock.advance(TimeDelta::hours(1));
    // Whoever sees a lens through which the rule counts sees it: by another control, through a crosswalk, in a profile.
    for query in [
        "",
        "framework=nist",
        "framework=cis_debian12",
        "framework=iso",
        "profile=strict",
    ] {
        let seen = fleet
            .api
            .get(&format!("/api/v1/posture?{query}"))
            .await
            .ok();
        assert_eq!(seen["waived"], 2, "{query}");
    }
    let lenses = fleet.api.get("/api/v1/posture/lenses").await.ok();
    for lens in lenses["lenses"].as_array().unwrap() {
        assert_eq!(
            (&lens["waived"], &lens["score_with_waivers"]),
            (&json!(2), &json!(100.0)),
            "{lens}"
        );
    }
    let hosts = fleet.api.get("/api/v1/posture/hosts").await;
    assert_eq!(hosts.items("waived"), [json!(1), json!(1), json!(0)]);
    let effect = alice.get(&path).await.ok();
    assert_eq!(
        (
            &effect["effect"]["score_with"],
            &effect["affects"]["failing_hosts"]
        ),
        (&json!(100.0), &json!(2))
    );
    let ended = deed(&alice, &path, "revoke").await.ok();
    let end = instant(&ended["ended_at"]);
    assert_eq!(end, clock.now());
    assert_eq!(waived(&fleet, end - MICRO, 1).await.0, 2);
    assert_eq!(waived(&fleet, end, 1).await, (0, json!(0), Value::Null));
    let series = format!(
        "/api/v1/posture/series?from={}&to={}&step=1",
        text(end - TimeDelta::seconds(2)),
        text(end + TimeDelta::seconds(1))
    );
    let series = fleet.api.get(&series).await.ok();
    let points = series["points"].as_array().unwrap().iter();
    let points: Vec<_> = points
        .map(|point| point["waived"].as_i64().unwrap())
        .collect();
    assert_eq!(points, [2, 2, 0, 0]);
    assert_eq!(rows(&fleet).await, before);
}

#[tokio::test]
async fn one_that_is_renewed_goes_on_without_a_gap_and_counts_once() {
    let (fleet, alice, bob) = fleet().await;
    let asked = json!({"host": host_id(1), "rule": ROOT, "reason": WHY, "days": 2});
    let first = requested(&alice, asked).await;
    deed(&bob, &first, "approve").await.ok();
    let clock = fleet.api.clock.clone();
    clock.advance(TimeDelta::days(1));
    let second = alice
        .post(&format!("{first}/renew"), renewal(10))
        .await
        .ok();
    assert_eq!(second["continues"], first.rsplit('/').next().unwrap());
    assert_eq!(second["days"], 10);
    let second = format!("/api/v1/waivers/{}", second["id"].as_str().unwrap());
    // Nobody has approved it: the first one stands as it stood.
    let before = alice.get(&first).await.ok();
    assert_eq!(
        (&before["state"], &before["ended_at"]),
        (&json!("approved"), &Value::Null)
    );
    assert_eq!(
        deed(&alice, &second, "approve").await.problem(),
        (403, "own_waiver")
    );
    let renewed = deed(&bob, &second, "approve").await.ok();
    let at = instant(&renewed["approved_at"]);
    assert_eq!(instant(&renewed["expires_at"]), at + TimeDelta::days(10));
    let left = alice.get(&first).await.ok();
    assert_eq!(
        (&left["state"], instant(&left["ended_at"])),
        (&json!("renewed"), at)
    );
    let by = async |at| waived(&fleet, at, 1).await;
    let (one, other) = (by(at - MICRO).await, by(at).await);
    assert_eq!((one.0, other.0), (1, 1));
    assert_eq!(one.2["waiver"], left["id"]);
    assert_eq!(other.2["waiver"], renewed["id"]);
    // Revoked, nothing of it counts: not the first one either.
    clock.advance(TimeDelta::minutes(1));
    deed(&bob, &second, "revoke").await.ok();
    assert_eq!(by(clock.now()).await.0, 0);
    let again = alice.post(&format!("{first}/renew"), renewal(1)).await;
    assert_eq!(again.problem(), (409, "waiver_stands_so"));
}

#[tokio::test]
async fn one_for_a_group_covers_who_belonged_to_it_at_each_instant() {
    let (fleet, alice, bob) = fleet().await;
    let api = &fleet.api;
    let now = api.clock.now();
    sqlx::query(
        "insert into host_group (group_no, id, name, description, precedence, created_at)
         overriding system value values (1, $1, 'web', '', 0, $2)",
    )
    .bind(group_id(1))
    .bind(begin())
    .execute(&api.db)
    .await
    .unwrap();
    // The first host until noon, the second from noon on.
    let noon = now + TimeDelta::hours(12);
    for (host_no, from, to) in [(1, begin(), Some(noon)), (2, noon, None::<DateTime<Utc>>)] {
        sqlx::query(
            "insert into group_host_period (group_no, host_no, valid_from, valid_to)
             values (1, $1, $2, coalesce($3, 'infinity'))",
        )
        .bind(host_no)
        .bind(from)
        .bind(to)
        .execute(&api.db)
        .await
        .unwrap();
    }
    let asked = json!({"group": group_id(1), "rule": ROOT, "reason": WHY, "days": 1});
    let path = requested(&alice, asked).await;
    deed(&bob, &path, "approve").await.ok();
    for (at, first, second) in [
        (now - MICRO, 0, 0),
        (now, 1, 0),
        (noon - MICRO, 1, 0),
        (noon, 0, 1),
        (now + TimeDelta::days(1) - MICRO, 0, 1),
        (now + TimeDelta::days(1), 0, 0),
    ] {
        let told = [waived(&fleet, at, 1).await, waived(&fleet, at, 2).await];
        assert_eq!(
            told.each_ref().map(|told| told.1.clone()),
            [json!(first), json!(second)],
            "{at}"
        );
        assert_eq!(told[0].0, first + second, "{at}");
        let group: Uuid = group_id(1);
        let of_group = format!("/api/v1/posture?group={group}&at={}", text(at));
        assert_eq!(
            api.get(&of_group).await.ok()["waived"],
            first + second,
            "{at}"
        );
    }
}
