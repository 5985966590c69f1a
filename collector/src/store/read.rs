//! What the API asks: the present and the past, page by page.
//!
//! A page is asked for by the last row of the page before it, not by an offset: deep pages cost
//! what the first one costs, and rows that come and go move nothing. The list of hosts knows both: who
//! drags a list of a hundred thousand to its middle has no page before it.

use sqlx::{PgPool, Postgres, Transaction};

/// Transitions of one host.
pub mod change;

/// Facts of one host.
pub mod fact;

/// Hosts.
pub mod host;

/// How one host was heard of.
pub mod liveness;

/// Metrics of one host.
pub mod metric;

/// The chain over what came of rules.
pub mod chain;

/// What came of rules.
pub mod result;

/// Facts of the whole fleet.
pub mod search;

/// Enrolment tokens.
pub mod token;

/// A transaction in which every query sees the same instant, and none runs for more than 9 s.
///
/// Each is planned for its parameters: most of them are filters that may be null, and a plan that
/// is good for all of them is good for none.
///
/// # Errors
/// The database's.
pub async fn snapshot(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    // The HTTP request is given up after 30 s; its three queries at most must not outlive it.
    sqlx::raw_sql(
        "set local statement_timeout = 9000; set local plan_cache_mode = force_custom_plan",
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx)
}
