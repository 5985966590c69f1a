//! A fleet of any size that is in the database and nowhere else.

use crate::TestCollector;

/// What is written; see there.
const HOSTS: &str = include_str!("../benches/console/crowd.sql");

/// Settings of a collector over such a fleet.
pub fn settings() -> Vec<(&'static str, String)> {
    vec![
        // Who waits for the browser asks as well, by an address that both know.
        ("https.listen", "127.0.0.1:0".into()),
        ("api.identity.requests_per_minute", "0".into()),
        // No agent is connected: soon every host would be away, and with that change at once.
        ("agents.reconnect_grace_s", "3600".into()),
    ]
}

/// Writes `hosts` hosts, `node-000001` and on, into the tables of a collector.
///
/// # Panics
/// When they cannot be written.
pub async fn gather(collector: &TestCollector, hosts: i32) {
    let db = collector.database().await;
    sqlx::raw_sql("create temporary table crowd (hosts integer)")
        .execute(&db)
        .await
        .expect("a table");
    sqlx::query("insert into crowd values ($1)")
        .bind(hosts)
        .execute(&db)
        .await
        .expect("a number");
    for statements in [HOSTS, "vacuum analyze"] {
        sqlx::raw_sql(statements)
            .execute(&db)
            .await
            .expect("the hosts");
    }
    db.close().await;
}
