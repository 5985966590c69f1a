//! The intervals of one host's liveness, newest first.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A time in which a host was in one state.
#[derive(Debug, Clone)]
pub struct Interval {
    pub state: String,
    pub detail: String,
    pub from: DateTime<Utc>,
    /// `None` for the present one.
    pub to: Option<DateTime<Utc>>,
    pub maintenance: bool,
    pub cause: Option<String>,
    pub cause_detail: Option<String>,
}

/// Which intervals of one host.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    pub host_no: i32,
    /// Those that lasted beyond this instant.
    pub since: Option<DateTime<Utc>>,
    /// Those that began before this instant.
    pub until: Option<DateTime<Utc>>,
    /// The beginning of the last interval of the page before.
    pub after: Option<DateTime<Utc>>,
    pub limit: i64,
}

/// One page.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, listing: &Listing) -> sqlx::Result<Vec<Interval>> {
    sqlx::query_as!(
        Interval,
        r#"select state, detail, valid_from as "from", nullif(valid_to, 'infinity') as "to",
                  maintenance, cause, cause_detail
           from liveness where host_no = $1
             and ($2::timestamptz is null or valid_to > $2)
             and ($3::timestamptz is null or valid_from < $3)
             and ($4::timestamptz is null or valid_from < $4)
           order by valid_from desc limit $5"#,
        listing.host_no,
        listing.since,
        listing.until,
        listing.after,
        listing.limit,
    )
    .fetch_all(conn)
    .await
}
