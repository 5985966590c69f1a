//! How long each kind of history is kept, and what was let go.

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    api::{Keeping, error::ApiError, etag::Editable, input, time::Time, trail::Act},
    retention::{Keep, Kind},
    store::{partition::Weight, retention as rows},
};

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod replace;
pub(crate) mod runs;

/// A kind of history, and how long it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retention {
    /// Such as `facts`, `events`, `minute_metrics`.
    kind: String,
    /// What it is, for people.
    about: String,
    /// In what `keep` is counted: `hours`, `days` or `months`. Of months the one that goes on is kept beside the whole ones.
    unit: String,
    /// How long it is kept; null: for ever.
    #[schema(required)]
    keep: Option<u16>,
    /// How long it is kept where nobody has set anything: the collector's configuration.
    #[schema(required)]
    default: Option<u16>,
    least: u16,
    most: u16,
    /// Whether it can be kept for ever.
    may_be_endless: bool,
    /// Null when nobody has set it.
    #[schema(required)]
    set_by: Option<String>,
    #[schema(required)]
    set_at: Option<Time>,
    /// What ended before this is let go now; null when nothing is.
    #[schema(required)]
    before: Option<Time>,
    /// Rows that are past. Of large tables as the database counted them last.
    rows: i64,
    /// What those take.
    bytes: i64,
}

impl Editable for Retention {
    const SEEN: &'static [&'static str] = &["before", "rows", "bytes"];
}

impl Retention {
    fn new(
        kind: Kind,
        (defaults, keep): (Keep, Keep),
        set: Option<&rows::Set>,
        of: (DateTime<Utc>, Weight),
    ) -> Self {
        let (least, most) = kind.bounds();
        let (now, Weight { rows, bytes }) = of;
        Self {
            kind: kind.to_string(),
            about: kind.says().into(),
            unit: kind.unit().name().into(),
            keep: keep.of(kind),
            default: defaults.of(kind),
            least,
            most,
            may_be_endless: kind.may_be_endless(),
            set_by: set.map(|set| set.set_by.clone()),
            set_at: set.map(|set| set.set_at.into()),
            before: keep.before(kind, now).map(Time),
            rows,
            bytes,
        }
    }

    /// One kind, as it is now.
    async fn of(
        conn: &mut PgConnection,
        kind: Kind,
        keeping: Keeping,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Self> {
        let keep = keeping.now(conn).await?;
        let set = rows::all(conn).await?;
        let set = set.iter().find(|set| set.kind == kind.code());
        let weight = rows::weigh(conn, kind, now).await?;
        Ok(Self::new(kind, (keeping.0, keep), set, (now, weight)))
    }
}

/// The `{kind}` of a kind of history in the path.
#[derive(Debug)]
pub(crate) struct KindPath(pub(crate) Kind);

impl<S: Send + Sync> FromRequestParts<S> for KindPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::RetentionKindNotFound(text))
    }
}

/// What is done to a setting, as it is called.
fn act(action: &'static str, kind: Kind) -> Act {
    Act::change(action).on("retention", kind, kind.says())
}
