//! Connections that come back with a transaction open of which nobody knows.
//!
//! sqlx counts a transaction once the database has said that it has begun. Who is dropped between (a browser went
//! elsewhere, a time limit passed) leaves one that nobody ends: whoever has the connection next would read what was
//! then, and write what is never committed.

use sqlx::{Executor as _, PgConnection, Row as _, postgres::PgPoolOptions};
use tracing::debug;

/// In a statement sent by itself, the transaction began with it or before it.
const ASK: &str = "select now() < statement_timestamp()";

/// A pool of such connections closes them.
pub(super) fn closed(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_release(|connection, _| {
        Box::pin(async move {
            let good = !is_open(connection).await?;
            if !good {
                debug!("connection closed: a transaction was left open in it");
            }
            Ok(good)
        })
    })
}

async fn is_open(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match connection.fetch_one(sqlx::raw_sql(ASK)).await {
        Ok(row) => row.try_get(0),
        // One that has failed answers nothing more.
        Err(sqlx::Error::Database(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll, time::Duration};

    use super::*;
    use crate::store::test_db::test_pool;

    /// More than a transaction needs to begin.
    const POLLS: usize = 60;

    #[tokio::test]
    async fn whoever_gives_up_while_a_transaction_begins_leaves_none_to_the_next() {
        let (db, _server) = test_pool().await;
        let pool = closed(PgPoolOptions::new().max_connections(1));
        let pool = pool
            .connect_with((*db.connect_options()).clone())
            .await
            .unwrap();
        let mut given_up = 0;
        for polls in (0..POLLS).cycle().take(POLLS * 5) {
            let mut begin = Box::pin(pool.begin_with("begin isolation level repeatable read"));
            let mut begun = None;
            for _ in 0..polls {
                let polled = poll_fn(|context| Poll::Ready(begin.as_mut().poll(context))).await;
                if let Poll::Ready(tx) = polled {
                    begun = Some(tx.unwrap());
                    break;
                }
                tokio::time::sleep(Duration::from_micros(50)).await;
            }
            given_up += usize::from(begun.is_none());
            drop((begun, begin));
            let mut next = pool.acquire().await.unwrap();
            assert!(!is_open(&mut next).await.unwrap(), "after {polls} polls");
        }
        assert!(given_up > 0, "no transaction took so long to begin");
    }

    #[tokio::test]
    async fn what_has_failed_is_left_to_nobody() {
        let (db, _server) = test_pool().await;
        let pool = closed(PgPoolOptions::new().max_connections(1));
        let pool = pool
            .connect_with((*db.connect_options()).clone())
            .await
            .unwrap();
        let failed = pool.execute(sqlx::raw_sql("begin; select 1 / 0")).await;
        assert!(failed.is_err());
        let one: i32 = sqlx::query_scalar("select 1")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(one, 1);
    }
}
