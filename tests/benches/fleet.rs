//! What people ask of a fleet of 20,000 hosts, each with 600 packages and 450 results: the budget is 50 ms at p99
//! in the server.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;
use shared::clock::{Clock as _, SystemClock};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use support::{TestCollector, content};

use crate::{
    report::{Table, ratio, say, time},
    timing::quantile,
};

const TABLES: &str = include_str!("fleet/tables.sql");
/// Results of a host.
const RULES: usize = 450;
/// Frameworks and profiles that a host stands through, beside all.
const LENSES: usize = 20;
/// How often each question is asked, one after the other.
const ASKED: usize = 200;
const BUDGET: Duration = Duration::from_millis(50);
/// How long everything that follows from a fleet may take to be derived.
const SETTLED: Duration = Duration::from_secs(900);

/// Measures each question.
///
/// # Errors
/// When the fleet cannot be written.
pub(crate) fn run() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        // As a server of this size is set; a flush is the disk's matter.
        let options = json!([
            "fsync=off",
            "shared_buffers=2GB",
            "work_mem=32MB",
            "max_wal_size=8GB"
        ]);
        let flags = [
            ("content.dir", content().display().to_string()),
            ("database.options", options.to_string()),
            ("api.identity.requests_per_minute", "0".into()),
            // No agent is connected: soon every host would be away, and with that change at once.
            ("agents.reconnect_grace_s", "3600".into()),
        ];
        let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
        let measured = measure(&collector).await;
        collector.stop().await;
        measured
    })
}

async fn measure(collector: &TestCollector) -> anyhow::Result<()> {
    let began = Instant::now();
    let group = settle(collector).await?;
    say(&format!(
        "\nA fleet written in {} s.",
        began.elapsed().as_secs()
    ));
    let mut table = Table::new(&["of 50 ms", "question", "p50", "p99"]);
    for (question, path) in questions(&group) {
        let mut times = Vec::with_capacity(ASKED);
        for _ in 0..5 {
            collector.api.get(&path).await;
        }
        for _ in 0..ASKED {
            let asked = Instant::now();
            collector.api.get(&path).await;
            times.push(asked.elapsed());
        }
        let p99 = quantile(&mut times, 0.99);
        table.row(&[
            &ratio(p99.as_secs_f64(), BUDGET.as_secs_f64()),
            &question,
            &time(quantile(&mut times, 0.5)),
            &time(p99),
        ]);
    }
    table.print(&format!("20,000 hosts, {RULES} rules, 600 packages"));
    say(&format!(
        "Each is asked {ASKED} times, one after the other, answers read whole."
    ));
    Ok(())
}

/// Puts the fleet into the tables, and a twentieth of it into a group, whose identity it returns.
async fn settle(collector: &TestCollector) -> anyhow::Result<String> {
    let api = &collector.api;
    let mut db = connect(collector).await?;
    let names = async |path: &str, field: &str| -> Vec<String> {
        let all = api.all(path).await;
        all.iter()
            .filter_map(|one| one[field].as_str().map(str::to_owned))
            .collect()
    };
    let rules = names("/api/v1/rules", "id").await;
    let mut keys = names("/api/v1/frameworks", "key").await;
    keys.truncate(LENSES);
    sqlx::raw_sql("create temporary table rule (rule text); create temporary table lens (sort text, key text)")
        .execute(&mut db)
        .await?;
    sqlx::query("insert into rule select unnest($1::text[])")
        .bind(&rules[..RULES])
        .execute(&mut db)
        .await?;
    sqlx::query(
        "insert into lens select 'framework', unnest($1::text[]) union all select 'all', ''",
    )
    .bind(&keys)
    .execute(&mut db)
    .await?;
    sqlx::raw_sql(TABLES).execute(&mut db).await?;
    sqlx::raw_sql("vacuum analyze").execute(&mut db).await?;
    let group = json!({"name": "r1", "match": {"role": "r1"}});
    let group = api.post("/api/v1/groups", &group).await;
    rest(&mut db).await?;
    group["id"].as_str().map(str::to_owned).context("no group")
}

/// Waits until nothing follows any more from what was written: a fleet of which every host changes at once is another
/// question.
async fn rest(db: &mut PgConnection) -> anyhow::Result<()> {
    let began = Instant::now();
    while began.elapsed() < SETTLED {
        let due: i64 = sqlx::query_scalar("select count(distinct host_no) from derive_due")
            .fetch_one(&mut *db)
            .await?;
        if due == 0 {
            let took = began.elapsed().as_secs();
            say(&format!("\nWhat follows from it was derived in {took} s."));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    anyhow::bail!("the fleet is not derived after {} s", SETTLED.as_secs())
}

async fn connect(collector: &TestCollector) -> anyhow::Result<PgConnection> {
    let socket = collector.folder().join("postgres/socket");
    let options = PgConnectOptions::new_without_pgpass().socket(socket);
    let options = options.username("openwatch").database("openwatch");
    Ok(options.connect().await?)
}

/// What is asked, and how.
fn questions(group: &str) -> Vec<(&'static str, String)> {
    let ago = |days: i64| {
        let at = SystemClock.now() - chrono::TimeDelta::days(days);
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let posture = "/api/v1/posture";
    vec![
        ("fleet posture", posture.into()),
        (
            "fleet posture 100 days ago",
            format!("{posture}?at={}", ago(100)),
        ),
        (
            "a framework's posture 30 days ago",
            format!("{posture}?framework=cis_debian12&at={}", ago(30)),
        ),
        ("a group's posture", format!("{posture}?group={group}")),
        ("every lens", format!("{posture}/lenses")),
        ("worst hosts", format!("{posture}/hosts?limit=50")),
        ("top failing rules", format!("{posture}/failing?limit=20")),
        (
            "a group's top failing rules",
            format!("{posture}/failing?limit=20&group={group}"),
        ),
        (
            "package search",
            "/api/v1/facts?kind=package&key=package-7:amd64&limit=100".into(),
        ),
        (
            "package search, beginnings",
            "/api/v1/facts?kind=package&key=package-7*&limit=100".into(),
        ),
        ("host list", "/api/v1/hosts?limit=100".into()),
        (
            "host list, text",
            "/api/v1/hosts?q=host-12&limit=100".into(),
        ),
        (
            "host list, label",
            "/api/v1/hosts?label=role=r1&limit=100".into(),
        ),
        (
            "host list, by last seen",
            "/api/v1/hosts?sort=-last_seen_at&limit=100".into(),
        ),
        ("activity", "/api/v1/activity?limit=100".into()),
        (
            "activity of a group",
            format!("/api/v1/activity?group={group}&limit=100"),
        ),
        ("events", "/api/v1/events?limit=100".into()),
        (
            "events, severe",
            "/api/v1/events?severity=high&limit=100".into(),
        ),
        ("alerts", "/api/v1/alerts?limit=100".into()),
    ]
}
