use shared::metric::Reading;

use super::{
    rollup::{Rolled, Step},
    *,
};
use crate::retention::Keep;
use crate::store::{
    partition,
    test_db::{Server, test_pool},
};

/// 2026-03-03T14:00:00Z, in minutes.
const TWO: i64 = 29_542_440;

async fn tables() -> (PgPool, Series, Server) {
    let (pool, server) = test_pool().await;
    let keep = Keep::default();
    let mut db = pool.acquire().await.unwrap();
    partition::maintain(&mut db, begin(TWO).unwrap(), keep)
        .await
        .unwrap();
    let series = Series::new(pool.clone());
    (pool, series, server)
}

fn minute(at: i64, rows: &[(&str, [f32; 4])]) -> Minute<Arc<str>> {
    let reading = |[min, mean, max, last]: [f32; 4]| Reading {
        min,
        mean,
        max,
        last,
    };
    let rows = rows
        .iter()
        .map(|(name, row)| ((*name).into(), reading(*row)));
    Minute {
        at,
        rows: rows.collect(),
    }
}

async fn add(pool: &PgPool, series: &Series, minutes: &[(i32, Minute<Arc<str>>)]) -> u64 {
    let rows = minutes.iter().map(|(host_no, minute)| HostMinute {
        host_no: *host_no,
        minute,
    });
    let rows: Vec<_> = rows.collect();
    let numbers = series.resolve(&rows).await.unwrap();
    let mut db = pool.acquire().await.unwrap();
    insert(&mut db, &rows, &numbers).await.unwrap()
}

/// Rows of a table as text, series by name.
async fn rows(pool: &PgPool, table: &str) -> Vec<String> {
    let lasts = if table == "metric_raw" {
        "m.lasts"
    } else {
        "m.means"
    };
    let sql = format!(
        "select m.host_no || ' ' || to_char(m.at at time zone 'UTC', 'HH24:MI') || ' ' ||
             string_agg(s.name || '=' || v.min || '/' || v.mean || '/' || v.max || '/' || v.last,
                 ' ' order by s.name)
         from {table} m cross join unnest(m.series, m.mins, m.means, m.maxs, {lasts})
              as v (series, min, mean, max, last)
         join metric_series s on s.id = v.series
         group by m.host_no, m.at order by m.host_no, m.at"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn minutes_of_many_hosts_are_one_statement_and_a_repeat_changes_nothing() {
    let (pool, series, _server) = tables().await;
    let one = [
        (
            1,
            minute(TWO, &[("b", [1.0, 2.0, 3.0, 2.5]), ("a", [4.0; 4])]),
        ),
        (2, minute(TWO, &[("a", [5.0; 4])])),
        (1, minute(TWO + 1, &[("c{d=e}", [6.0; 4])])),
    ];
    assert_eq!(add(&pool, &series, &one).await, 3);
    let again = [
        (1, minute(TWO, &[("a", [9.0; 4])])),
        (2, minute(TWO + 1, &[("a", [7.0; 4])])),
    ];
    // Another collector, which remembers nothing.
    let other = Series::new(pool.clone());
    assert_eq!(add(&pool, &other, &again).await, 1);
    assert_eq!(
        rows(&pool, "metric_raw").await,
        [
            "1 14:00 a=4/4/4/4 b=1/2/3/2.5",
            "1 14:01 c{d=e}=6/6/6/6",
            "2 14:00 a=5/5/5/5",
            "2 14:01 a=7/7/7/7",
        ]
    );
    let names: i64 = sqlx::query_scalar("select count(*) from metric_series")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(names, 3);
}

#[tokio::test]
async fn what_is_rolled_up_is_what_the_minutes_say_also_when_they_come_late() {
    let (pool, series, _server) = tables().await;
    // Two hosts, an hour and a half with holes, and a series that is not always there.
    let made = |at: i64| {
        let value = (at * 7919 % 101) as f32;
        let mut rows = vec![("a", [value, value + 1.0, value + 5.0, value])];
        if at % 3 == 0 {
            rows.push(("b{c=d}", [-value; 4]));
        }
        minute(at, &rows)
    };
    let (early, late): (Vec<i64>, Vec<i64>) = (TWO - 40..TWO + 50)
        .filter(|at| at % 11 != 0)
        .partition(|at| at % 7 != 0);
    let of = |minutes: &[i64], host: i32| -> Vec<_> {
        minutes.iter().map(|at| (host, made(*at))).collect()
    };
    add(&pool, &series, &of(&early, 1)).await;
    add(&pool, &series, &of(&early, 2)).await;
    let five = async || {
        rollup::run(&pool, Step::FiveMinutes)
            .await
            .unwrap()
            .unwrap()
    };
    let hour = async || rollup::run(&pool, Step::Hour).await.unwrap().unwrap();
    assert_eq!(five().await, Rolled { stretches: 36 });
    assert_eq!(hour().await, Rolled { stretches: 4 });
    agrees(&pool, "metric_5m", "5 minutes").await;

    // The run after looks only at what is new: older rows are dated before its reach.
    let past = "update metric_raw set recorded_at = now() - interval '1 hour'";
    sqlx::raw_sql(past).execute(&pool).await.unwrap();
    assert_eq!(five().await, Rolled { stretches: 0 });
    add(&pool, &series, &of(&late, 1)).await;
    let stretches = five().await.stretches;
    assert!(
        (1..=18).contains(&stretches),
        "of the one host: {stretches}"
    );
    hour().await;
    agrees(&pool, "metric_5m", "5 minutes").await;
    agrees(&pool, "metric_1h", "1 hour").await;
    let five_minutes = rows(&pool, "metric_5m").await;
    assert_eq!(five_minutes.len(), 36);
    assert!(
        five_minutes[0].starts_with("1 13:20 a="),
        "{five_minutes:?}"
    );
}

/// The table is what its rows would be if they were made anew.
async fn agrees(pool: &PgPool, table: &str, step: &str) {
    let sql = format!(
        "with one as (
             select host_no, date_bin('{step}', at, 'epoch') as at, series, min(min) as min,
                    avg(mean)::real as mean, max(max) as max
             from (select host_no, at, unnest(series) as series, unnest(mins) as min,
                   unnest(means) as mean, unnest(maxs) as max from metric_raw) m
             group by 1, 2, 3
         ), have as (
             select host_no, at, unnest(series) as series, unnest(mins) as min,
                    unnest(means) as mean, unnest(maxs) as max from {table}
         )
         select (select count(*) from (select * from one except select * from have) d),
                (select count(*) from (select * from have except select * from one) d),
                (select count(*) from have)"
    );
    let (missing, surplus, all): (i64, i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!((missing, surplus), (0, 0), "{table}");
    assert!(all > 0);
}

#[tokio::test]
async fn one_collector_rolls_up_at_a_time() {
    let (pool, series, _server) = tables().await;
    add(&pool, &series, &[(1, minute(TWO, &[("a", [1.0; 4])]))]).await;
    let mut other = pool.begin().await.unwrap();
    let lock = "select pg_advisory_xact_lock(hashtext('openwatch metric rollup'))";
    sqlx::raw_sql(lock).execute(&mut *other).await.unwrap();
    assert_eq!(rollup::run(&pool, Step::Hour).await.unwrap(), None);
    other.rollback().await.unwrap();
    let rolled = rollup::run(&pool, Step::Hour).await.unwrap();
    assert_eq!(rolled, Some(Rolled { stretches: 1 }));
}

#[test]
fn minutes_of_a_wrong_clock_are_not_let_in() {
    let now = begin(TWO).unwrap();
    for (at, good) in [
        (TWO, true),
        (TWO - 24 * 60, true),
        (TWO + 10, true),
        (TWO - 24 * 60 - 1, false),
        (TWO + 11, false),
        (0, false),
        (-1, false),
        (i64::MAX, false),
        (i64::MIN, false),
    ] {
        assert_eq!(is_timely(at, now), good, "{at}");
    }
}
