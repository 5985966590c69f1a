//! Of each kind what is old goes, as a preview says, and nothing else.

use sqlx::PgConnection;

use super::*;
use crate::store::test_db::test_pool;

/// Something old and something young of every kind that is deleted by the row; what is so now, and what never goes.
const PAST: &str = "
    insert into account (id, name, created_at) values ('00000000-0000-7000-8000-0000000000aa', 'alice', '2020-01-01Z');
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
    values ('00000000-0000-7000-8000-000000000001', 'web-1', '', '', '1', '2020-01-01Z', '2026-03-03Z');
    insert into host_group (id, name, description, precedence, created_at)
    values ('00000000-0000-7000-8000-000000000002', 'web', '', 0, '2020-01-01Z');
    create temporary table age as
        select n, ('2024-01-01Z'::timestamptz + n * interval '730 days') as at from (values (0), (1)) as v (n);
    insert into stream_gap select host_no, at, at, 1, at from host, age;
    insert into group_host_period select group_no, host_no, at - interval '1 day', at from host, host_group, age;
    insert into group_host_period select group_no, host_no, '2020-01-01Z', 'infinity' from host, host_group;
    insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
        select host_no, 'online', '', at - interval '1 day', at, false from host, age
        union all select host_no, 'online', '', '2026-01-02Z', 'infinity', false from host;
    insert into alert (id, rule_no, key, severity, title, state, opened_at, changed_at, resolved_at)
        select gen_random_uuid(), (select min(no) from alert_rule), 'k' || n, 3, 't', 'resolved', at, at, at from age
        union all select gen_random_uuid(), (select min(no) from alert_rule), 'open', 3, 't', 'active',
            '2020-01-01Z', '2020-01-01Z', null;
    insert into alert_subject (alert_no, host_no, item, text, since) select no, host_no, '', '', opened_at from alert, host;
    insert into drift (id, sort, direction, kind, code, subject, title, severity, many, first_at, last_at, level, unexplained)
        select gen_random_uuid(), 'fact', 'neutral', 'package', 'package.installed', 's', 't', 1, 10, at, at, 0, true from age;
    insert into drift_change (drift_no, host_no, change_id, key, text, fall, level, rule_changed, occurred_at, recorded_at)
        select no, host_no, no, 'k', '', 0, 0, false, last_at, last_at from drift, host;
    insert into maintenance (id, host_no, from_at, to_at, reason, created_at, created_by)
        select gen_random_uuid(), host_no, at - interval '1 day', at, 'r', at, 'alice' from age, host;
    insert into maintenance (id, host_no, from_at, to_at, reason, created_at, created_by)
        select gen_random_uuid(), host_no, '2020-01-01Z', 'infinity', 'r', '2020-01-01Z', 'alice' from host;
    insert into notification (id, account_id, group_key, sort, what, severity, title, count, first_at, told_at)
        select gen_random_uuid(), id, 'n' || n, 'event', 'began', 3, 't', 1, at, at from account, age;
    insert into enrollment_token (id, hash, name, group_name, max_uses, created_at, created_by, expires_at)
        select gen_random_uuid(), '', 't', 'g', 1, at, 'alice', at from age;
    insert into host_archive select gen_random_uuid(), 'gone', at, at, 'alice', '', at, 'alice', 1, '', '' from age;
";

async fn count(db: &mut PgConnection, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn of_each_kind_what_is_old_goes_and_what_is_young_or_so_now_stays() {
    let (pool, _server) = test_pool().await;
    let mut db = pool.acquire().await.unwrap();
    sqlx::raw_sql(PAST).execute(&mut *db).await.unwrap();
    let before: DateTime<Utc> = "2025-06-01T00:00:00Z".parse().unwrap();
    for (kind, left) in [
        (
            Kind::Facts,
            &[("stream_gap", 1), ("group_host_period", 2)][..],
        ),
        (Kind::Liveness, &[("liveness", 2)]),
        (Kind::Alerts, &[("alert", 2), ("alert_subject", 2)]),
        (Kind::Drift, &[("drift", 1), ("drift_change", 1)]),
        (Kind::Windows, &[("maintenance", 2)]),
        (Kind::Notifications, &[("notification", 1)]),
        (Kind::Tokens, &[("enrollment_token", 1)]),
        (Kind::Archives, &[("host_archive", 1)]),
    ] {
        let said = weigh(&mut db, kind, before).await.unwrap();
        let mut gone = Weight::default();
        while let Some(some) = delete_some(&mut db, kind, before).await.unwrap() {
            gone += some;
        }
        assert_eq!(said.rows, gone.rows, "{kind}: what the preview said");
        assert!(
            said.bytes > 0 && gone.bytes > 0,
            "{kind}: {said:?} {gone:?}"
        );
        assert_eq!(gone.rows, left.len() as i64, "{kind}: one of each table");
        for (table, rows) in left {
            assert_eq!(count(&mut db, table).await, *rows, "{table}");
        }
    }
    assert_eq!(count(&mut db, "host").await, 1);
}

#[tokio::test]
async fn every_statement_of_every_kind_is_one_that_the_database_understands() {
    let (pool, _server) = test_pool().await;
    let mut db = pool.acquire().await.unwrap();
    let before = "2025-06-01T00:00:00Z".parse().unwrap();
    for kind in Kind::ALL {
        let weight = weigh(&mut db, *kind, before).await.unwrap();
        assert_eq!(weight.rows, 0, "{kind}");
        assert!(delete_some(&mut db, *kind, before).await.unwrap().is_none());
    }
}
