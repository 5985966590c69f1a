//! What a route asks of the database, as Postgres writes it down: each statement with its parameters.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::time::{Instant, sleep};

/// How often a route is asked to see its statements: the collector's own tasks write some in between, and the
/// shortest list has none of them.
const TIMES: usize = 3;
/// Longest time until Postgres' log has what was asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// Settings of a Postgres that can write down what it is asked, as one value of `database.options`.
///
/// # Errors
/// None that a list of texts could have.
pub(super) fn options() -> anyhow::Result<String> {
    Ok(serde_json::to_string(&[
        "fsync=off",
        "logging_collector=on",
        "log_destination=jsonlog",
        "log_directory=log",
        "log_filename=statements",
        "log_rotation_age=0",
        "log_rotation_size=0",
    ])?)
}

/// One statement of a route.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    /// Its place among those of its route.
    number: usize,
    sql: String,
    /// As literals of SQL; `None` for one that takes none and is not prepared, such as `begin`.
    parameters: Option<Vec<String>>,
}

impl Statement {
    /// Prepares it, where the collector does.
    pub(super) fn prepare(&self) -> Option<String> {
        let Self { number, sql, .. } = self;
        self.parameters
            .as_ref()
            .map(|_| format!("prepare asked_{number} as {sql}"))
    }

    /// Asks it once more.
    pub(super) fn again(&self) -> String {
        match &self.parameters {
            None => self.sql.clone(),
            Some(none) if none.is_empty() => format!("execute asked_{}", self.number),
            Some(some) => format!("execute asked_{}({})", self.number, some.join(", ")),
        }
    }
}

/// Postgres' log.
pub(super) struct Log {
    file: PathBuf,
    marks: usize,
}

impl Log {
    /// That of a collector's private Postgres.
    pub(super) fn of(folder: &Path) -> Self {
        let file = folder.join("postgres/data/log/statements.json");
        Self { file, marks: 0 }
    }

    /// The statements of what `ask` asks, in order.
    ///
    /// # Errors
    /// When it fails, or nothing is written down.
    pub(super) async fn statements(
        &mut self,
        db: &PgPool,
        ask: impl AsyncFn() -> anyhow::Result<Duration>,
    ) -> anyhow::Result<Vec<Statement>> {
        log(db, "all").await?;
        let mut shortest: Option<Vec<Statement>> = None;
        for _ in 0..TIMES {
            let begin = self.mark(db).await?;
            ask().await?;
            let end = self.mark(db).await?;
            let found = self.between(&begin, &end).await?;
            if shortest
                .as_ref()
                .is_none_or(|best| found.len() < best.len())
            {
                shortest = Some(found);
            }
        }
        log(db, "none").await?;
        shortest.context("nothing was asked")
    }

    /// Writes a line that is found again.
    async fn mark(&mut self, db: &PgPool) -> anyhow::Result<String> {
        self.marks += 1;
        let mark = format!("select 'mark {}'", self.marks);
        sqlx::raw_sql(AssertSqlSafe(mark.clone()))
            .execute(db)
            .await?;
        Ok(mark)
    }

    async fn between(&self, begin: &str, end: &str) -> anyhow::Result<Vec<Statement>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&self.file).unwrap_or_default();
            let lines = text.lines().map(serde_json::from_str::<Value>);
            let lines: Vec<Value> = lines.filter_map(Result::ok).collect();
            let place = |mark: &str| {
                let mark = format!("statement: {mark}");
                lines.iter().position(|line| line["message"] == mark)
            };
            if let (Some(begin), Some(end)) = (place(begin), place(end)) {
                return statements(&lines[begin + 1..end]);
            }
            ensure!(
                Instant::now() < until,
                "{} has no line of it",
                self.file.display()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Whether each statement is written down.
async fn log(db: &PgPool, which: &'static str) -> anyhow::Result<()> {
    let set = format!("alter system set log_statement = '{which}'");
    sqlx::raw_sql(AssertSqlSafe(set)).execute(db).await?;
    sqlx::raw_sql("select pg_reload_conf()").execute(db).await?;
    // Each connection hears of it when it is asked the next time, or a moment later.
    sleep(Duration::from_millis(100)).await;
    Ok(())
}

fn statements(lines: &[Value]) -> anyhow::Result<Vec<Statement>> {
    let mut found = Vec::new();
    let mut is_open = false;
    for line in lines {
        let said = line["message"].as_str().unwrap_or_default();
        let plain = said.strip_prefix("statement: ");
        let prepared = said
            .strip_prefix("execute ")
            .and_then(|rest| rest.split_once(": "));
        let (sql, parameters) = match (plain, prepared) {
            (Some(sql), _) => (sql, None),
            (None, Some((_, sql))) => {
                let detail = line["detail"].as_str().unwrap_or_default();
                (sql, Some(literals(detail)?))
            }
            (None, None) => continue,
        };
        match sql
            .split_whitespace()
            .next()
            .map(str::to_lowercase)
            .as_deref()
        {
            Some("begin") => is_open = true,
            Some("commit") => is_open = false,
            // Of the request before, whose connection it came back with.
            Some("rollback") if !is_open => continue,
            Some("rollback") => is_open = false,
            _ => {}
        }
        found.push(Statement {
            number: found.len(),
            sql: sql.into(),
            parameters,
        });
    }
    if is_open {
        found.push(Statement {
            number: found.len(),
            sql: "rollback".into(),
            parameters: None,
        });
    }
    Ok(found)
}

/// `parameters: $1 = 'it''s', $2 = NULL`, as literals.
fn literals(detail: &str) -> anyhow::Result<Vec<String>> {
    let mut rest = detail.split_once(": ").map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (_, value) = rest.split_once(" = ").context("no parameter")?;
        let mut quoted = false;
        let end = value.find(|c: char| {
            quoted ^= c == '\'';
            c == ',' && !quoted
        });
        let (literal, more) = value.split_at(end.unwrap_or(value.len()));
        found.push(literal.to_owned());
        rest = more.trim_start_matches(", ");
    }
    Ok(found)
}
