//! What a page of the console and a look of a program take: fifty people at once, each over a connection of
//! their own, against the same statements asked of the same Postgres by as many at once, over as many
//! connections as a collector has.

/// A fleet to ask about.
mod fleet;

/// What a route asks of the database.
mod statement;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use reqwest::{Certificate, Client, header::HeaderMap};
use shared::clock::SystemClock;
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions, Postgres},
};
use support::{TestCollector, content};
use tokio::task::JoinSet;

use self::{fleet::Fleet, statement::Statement};
use crate::{
    report::{Table, ratio, say, time},
    timing::quantile,
};

/// People who ask at once.
const USERS: usize = 50;
/// How often each asks for each route.
const ASKED: usize = 20;
/// Connections of a collector's pool.
const CONNECTIONS: u32 = 20;

/// Measures each route.
///
/// # Errors
/// When a route does not answer, or a statement cannot be run again.
pub(crate) fn run() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut flags = vec![("content.dir", content().display().to_string())];
        flags.push(("database.options", statement::options()?));
        // They ask as fast as they are answered.
        flags.push(("api.identity.requests_per_minute", "0".into()));
        let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
        let measured = measure(&collector).await;
        collector.stop().await;
        measured
    })
}

async fn measure(collector: &TestCollector) -> anyhow::Result<()> {
    let socket = collector.folder().join("postgres/socket");
    let options = PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .username("openwatch")
        .database("openwatch");
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(60));
    let db = pool.connect_with(options).await?;
    let fleet = Fleet::settle(&db, &collector.api).await?;
    let users = users(collector, &fleet.tokens)?;
    let base = format!("https://localhost:{}", collector.server().https().port());
    let columns = [
        "ratio",
        "route",
        "p50",
        "p99",
        "SQL p50",
        "SQL p99",
        "statements",
    ];
    let mut table = Table::new(&columns);
    let mut log = statement::Log::of(collector.folder());
    for route in fleet.routes() {
        let url = format!("{base}{route}");
        let ask = async |user: usize| ask(&users[user], &url).await;
        // For caches, of which each connection has some.
        for user in 0..USERS {
            ask(user).await?;
        }
        let statements = log.statements(&db, async || ask(0).await).await?;
        let (mut took, mut floor) = (
            all(&users, &url).await?,
            again(&db, &statements)
                .await
                .with_context(|| route.clone())?,
        );
        let (p50, floor_p50) = (quantile(&mut took, 0.5), quantile(&mut floor, 0.5));
        table.row(&[
            &ratio(p50.as_secs_f64(), floor_p50.as_secs_f64()),
            &fleet.nameless(&route),
            &time(p50),
            &time(quantile(&mut took, 0.99)),
            &time(floor_p50),
            &time(quantile(&mut floor, 0.99)),
            &statements.len(),
        ]);
    }
    db.close().await;
    table.print(&format!(
        "{USERS} people at once, a fleet of {} hosts",
        fleet::HOSTS
    ));
    say(&format!(
        "Each asks {ASKED} times, the next when an answer is there whole."
    ));
    Ok(())
}

/// Each with a connection and a token of their own.
fn users(collector: &TestCollector, tokens: &[String]) -> anyhow::Result<Vec<Client>> {
    let server = collector.server();
    let authority = Certificate::from_pem(server.authority().certificate_pem().as_bytes())?;
    let user = |token: &String| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse()?);
        let client = Client::builder()
            .tls_certs_only([authority.clone()])
            .resolve("localhost", server.https())
            .default_headers(headers);
        anyhow::Ok(client.build()?)
    };
    tokens.iter().map(user).collect()
}

async fn ask(user: &Client, url: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let answer = user.get(url).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    let took = started.elapsed();
    ensure!(
        status.is_success(),
        "{url}: {status} {}",
        String::from_utf8_lossy(&body)
    );
    Ok(took)
}

/// Everybody asks.
async fn all(users: &[Client], url: &str) -> anyhow::Result<Vec<Duration>> {
    let users = users.iter().cloned();
    at_once(users.map(|user| {
        let url = url.to_owned();
        async move {
            let mut times = Vec::with_capacity(ASKED);
            for _ in 0..ASKED {
                times.push(ask(&user, &url).await?);
            }
            Ok(times)
        }
    }))
    .await
}

/// As many run the statements, each set on one connection of the pool.
async fn again(db: &PgPool, statements: &[Statement]) -> anyhow::Result<Vec<Duration>> {
    prepare(db, statements).await?;
    let statements: Vec<String> = statements.iter().map(Statement::again).collect();
    at_once((0..USERS).map(|_| {
        let (db, statements) = (db.clone(), statements.clone());
        async move {
            let mut times = Vec::with_capacity(ASKED);
            for _ in 0..ASKED {
                let started = Instant::now();
                let mut connection = db.acquire().await?;
                for statement in &statements {
                    run_one(&mut connection, statement).await?;
                }
                times.push(started.elapsed());
            }
            Ok(times)
        }
    }))
    .await
}

/// On every connection, as the collector's are after their first request.
async fn prepare(db: &PgPool, statements: &[Statement]) -> anyhow::Result<()> {
    let mut connections: Vec<PoolConnection<Postgres>> = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(db.acquire().await?);
    }
    for connection in &mut connections {
        run_one(connection, "deallocate all").await?;
        for prepare in statements.iter().filter_map(Statement::prepare) {
            run_one(connection, &prepare).await?;
        }
    }
    Ok(())
}

async fn run_one(db: &mut PgConnection, sql: &str) -> anyhow::Result<()> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .fetch_all(db)
        .await;
    done.map(drop).with_context(|| sql.to_owned())
}

async fn at_once<F>(jobs: impl Iterator<Item = F>) -> anyhow::Result<Vec<Duration>>
where
    F: Future<Output = anyhow::Result<Vec<Duration>>> + Send + 'static,
{
    let mut running: JoinSet<_> = jobs.collect();
    let mut times = Vec::new();
    while let Some(ended) = running.join_next().await {
        times.extend(ended??);
    }
    Ok(times)
}
