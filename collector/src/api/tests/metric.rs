//! Metrics of a host.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Api, start};
use crate::retention::Keep;
use crate::store::{
    metric::rollup::{self, Step},
    partition,
};

const PATH: &str = "/api/v1/hosts/00000000-0000-7000-8000-000000000001/metrics";

/// An hour of minutes before 14:05, of one host of two: `cpu.user` counts the minutes, the disks
/// stand still, and one of them was put in half an hour ago.
const MINUTES: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'h' || n, 'g', '', '1', now(), now()
    from generate_series(1, 2) n;
    insert into metric_series (name) values
        ('cpu.user'), ('disk.busy{device=sda}'), ('disk.busy{device=sdb}'), ('load.avg1');
    insert into metric_raw (host_no, at, series, mins, means, maxs, lasts)
    select h.host_no, '2026-03-03T13:05Z'::timestamptz + n * interval '1 minute',
           case when n < 30 then array[1, 2, 4] else array[1, 2, 3, 4] end,
           (array[n, 1, 1, 0]::real[])[1:3 + (n >= 30)::int],
           (array[n + 1, 1, 1, 0.5]::real[])[1:3 + (n >= 30)::int],
           (array[n + 2, 1, 1, 1]::real[])[1:3 + (n >= 30)::int],
           (array[n, 1, 1, 1]::real[])[1:3 + (n >= 30)::int]
    from generate_series(0, 59) n, host h where h.hostname = 'h1';
";

async fn api() -> Api {
    let api = Api::new().await;
    let mut db = api.db.acquire().await.unwrap();
    partition::maintain(&mut db, start(), Keep::default())
        .await
        .unwrap();
    api.sql(MINUTES).await;
    api
}

fn names(answer: &Value) -> Vec<&str> {
    let series = answer["series"].as_array().unwrap().iter();
    series
        .map(|series| series["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn minutes_are_answered_by_name_family_and_beginning() {
    let api = api().await;
    let answer = api.get(&format!("{PATH}?name=cpu.user")).await.ok();
    assert_eq!(
        (&answer["step_s"], &answer["resolution"], &answer["names"]),
        (&json!(60), &json!("minute"), &Value::Null)
    );
    assert_eq!(answer["from"], "2026-03-03T13:05:00.000000Z");
    let points = answer["series"][0]["points"].as_array().unwrap();
    assert_eq!(points.len(), 60);
    assert_eq!(
        points[7],
        json!({"at": "2026-03-03T13:12:00.000000Z", "min": 7.0, "mean": 8.0, "max": 9.0,
               "last": 7.0})
    );
    for (query, found) in [
        (
            "name=disk.busy",
            &["disk.busy{device=sda}", "disk.busy{device=sdb}"][..],
        ),
        ("name=disk.busy%7Bdevice=sdb%7D", &["disk.busy{device=sdb}"]),
        ("name=cpu.*,load.avg1", &["cpu.user", "load.avg1"]),
        ("name=cpu.user&name=load.*", &["cpu.user", "load.avg1"]),
        ("name=nothing", &[]),
        (
            "name=disk.*&to=2026-03-03T13:20:00Z",
            &["disk.busy{device=sda}"],
        ),
    ] {
        let answer = api.get(&format!("{PATH}?{query}")).await.ok();
        assert_eq!(names(&answer), found, "{query}");
    }
    let listed = api.get(PATH).await.ok();
    let all = [
        "cpu.user",
        "disk.busy{device=sda}",
        "disk.busy{device=sdb}",
        "load.avg1",
    ];
    assert_eq!(
        (&listed["names"], &listed["series"]),
        (&json!(all), &json!([]))
    );
    // The other host has none.
    let other = PATH.replace("0001/", "0002/");
    assert_eq!(api.get(&other).await.ok()["names"], json!([]));
}

#[tokio::test]
async fn longer_steps_come_from_coarser_tables_and_say_so() {
    let api = api().await;
    let ten = api
        .get(&format!("{PATH}?name=cpu.user&step=240"))
        .await
        .ok();
    assert_eq!(
        (&ten["step_s"], &ten["resolution"]),
        (&json!(240), &json!("minute"))
    );
    // 13:04 to 13:08 begins before the first minute.
    assert_eq!(
        ten["series"][0]["points"][0],
        json!({"at": "2026-03-03T13:04:00.000000Z", "min": 0.0, "mean": 2.0, "max": 4.0,
               "last": 2.0})
    );
    for (step, path) in [(Step::FiveMinutes, "step=300"), (Step::Hour, "step=3600")] {
        let none = api.get(&format!("{PATH}?name=cpu.user&{path}")).await.ok();
        assert_eq!(names(&none), [""; 0], "not rolled up");
        rollup::run(&api.db, step).await.unwrap().unwrap();
    }
    let five = api
        .get(&format!("{PATH}?name=cpu.user&step=300"))
        .await
        .ok();
    assert_eq!(
        (&five["step_s"], &five["resolution"]),
        (&json!(300), &json!("5m"))
    );
    assert_eq!(
        five["series"][0]["points"][1],
        json!({"at": "2026-03-03T13:10:00.000000Z", "min": 5.0, "mean": 8.0, "max": 11.0,
               "last": null})
    );
    let from = "from=2026-03-03T13:00:00Z";
    let hour = api
        .get(&format!("{PATH}?name=cpu.user&step=3600&{from}"))
        .await
        .ok();
    assert_eq!(hour["resolution"], "1h");
    assert_eq!(hour["series"][0]["points"][0]["max"], 56.0);

    // Minutes are dropped after two days: what is left is five minutes, and later hours.
    for (later, step_s, resolution) in [(49, 300, "5m"), (31 * 24, 3600, "1h")] {
        api.clock
            .advance(start() + TimeDelta::hours(later) - shared::clock::Clock::now(&*api.clock));
        let query = format!("{from}&to=2026-03-03T14:05:00Z&name=cpu.user&step=60");
        let answer = api.get(&format!("{PATH}?{query}")).await.ok();
        assert_eq!(
            (&answer["step_s"], &answer["resolution"]),
            (&json!(step_s), &json!(resolution))
        );
        assert_eq!(names(&answer), ["cpu.user"]);
    }
}

#[tokio::test]
async fn too_much_and_nonsense_are_refused_by_name() {
    let api = api().await;
    let many = vec!["a"; 101].join(",");
    for (query, code, word) in [
        ("nam=cpu.user", "unknown_parameter", "nam"),
        ("name=*x", "bad_parameter", "name"),
        ("name=", "bad_parameter", "name"),
        (&format!("name={many}"), "bad_parameter", "101"),
        ("step=59", "bad_parameter", "step"),
        ("step=soon", "bad_parameter", "step"),
        ("from=yesterday", "bad_parameter", "from"),
        ("from=2026-03-03T14:05:00Z", "bad_parameter", "from"),
        ("from=1900-01-01T00:00:00Z", "bad_parameter", "from"),
        (
            "name=*&step=60&from=2026-03-02T14:05:00Z",
            "bad_parameter",
            "5000",
        ),
    ] {
        let answer = api.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.problem(), (400, code), "{query}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{query}: {detail}");
    }
    // Without a step it is one with which the answer is small enough.
    let day = api
        .get(&format!("{PATH}?name=*&from=2026-03-02T14:05:00Z"))
        .await
        .ok();
    assert_eq!(day["step_s"], 300);
    let nobody = PATH.replace("0001/", "000f/");
    assert_eq!(api.get(&nobody).await.problem(), (404, "host_not_found"));
}
