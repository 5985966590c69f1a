use std::cmp::Ordering;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{clock::SharedClock, version};
use sqlx::{PgConnection, PgPool};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        cursor::Pages,
        error::{ApiError, Problem},
        fact::FactValue,
        identity::Within,
        input::Query,
        time::Time,
    },
    retention::Kind,
    store::read::{
        self,
        search::{Position, Search},
    },
};

/// The most fields of a value that are compared.
const MAX_FIELDS: usize = 8;

/// The kind whose values have versions.
const PACKAGE: &str = "package";
/// The longest version, characters.
const MAX_VERSION: usize = 256;
/// The most versions that are compared with the one that is asked for.
const MAX_VERSIONS: usize = 10_000;

/// Besides these, each `value.FIELD=TEXT` asks that the value's field is that text; `value.a.b`
/// goes deeper.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters; `parse` reads them")]
pub(crate) struct FactQuery {
    /// The kind, such as `package`.
    kind: String,
    /// Exactly this key, or with a `*` at its end, the keys that begin so.
    key: Option<String>,
    /// Only packages of a version that comes before this one in the order of the manager that installed them (`dpkg`,
    /// `rpm`), such as `3.0.14-1~deb12u2`. Needs the kind `package`.
    #[param(min_length = 1, max_length = 256)]
    version_below: Option<String>,
    /// The instant; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// Which host a fact is of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostRef {
    pub(crate) id: Uuid,
    pub(crate) hostname: String,
}

/// A host that has what was looked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetFact {
    host: HostRef,
    key: String,
    value: FactValue,
    /// By the host's clock.
    valid_from: Time,
}

/// One of the values that were found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetValue {
    key: String,
    value: FactValue,
    /// How many hosts have it.
    hosts: i64,
}

/// One page of hosts, and with the first one a summary of all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetFacts {
    /// By host name.
    items: Vec<FleetFact>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
    /// The values that were found on all pages, most hosts first, at most 100; null with a cursor.
    #[schema(required)]
    values: Option<Vec<FleetValue>>,
    /// How many hosts were found on all pages; null with a cursor.
    #[schema(required)]
    hosts: Option<i64>,
}

/// Search the facts of the fleet: who has it, in which versions, now or then.
///
/// Each `value.FIELD=TEXT` asks that the value's field is that text; `value.a.b` goes deeper.
/// Revoked hosts are left out from the instant of their revocation on.
#[utoipa::path(get, path = "/api/v1/facts", tag = "facts", params(FactQuery),
    responses((status = 200, body = FleetFacts),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`unknown_parameter`, `bad_parameter`, `bad_cursor`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn search_facts(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    pages: Pages,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<FleetFacts>, ApiError> {
    let mut asked = Asked::parse(query)?;
    asked.search.within = within.groups();
    let (page, after) = pages.asked::<Position>(asked.limit, asked.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let now = clock.now();
    asked.search.at = keeping.asked(&mut tx, Kind::Facts, asked.at, now).await?;
    if let Some(bound) = &asked.version_below {
        asked.search.values = Some(below(&mut tx, &asked.search, bound).await?);
    }
    let most = page.one_more();
    let (mut rows, mut values, mut hosts) = (Vec::new(), None, None);
    if after.is_some() {
        rows = read::search::hits(&mut tx, &asked.search, after.as_ref(), most).await?;
    } else {
        let found = read::search::first(&mut tx, &asked.search, most).await?;
        rows.extend(found.hits);
        values = Some(found.variants.into_iter().map(FleetValue::from).collect());
        hosts = Some(found.hosts);
    }
    let next = page.cut(&mut rows, |row| Position {
        hostname: row.hostname.clone(),
        host: row.host,
        key: row.key.clone(),
    })?;
    Ok(Json(FleetFacts {
        items: rows.into_iter().map(FleetFact::from).collect(),
        next,
        values,
        hosts,
    }))
}

/// The values of what is searched whose versions come before `bound`.
///
/// # Errors
/// [`ApiError::Parameter`] when there are too many, and the database's.
async fn below(db: &mut PgConnection, search: &Search, bound: &str) -> Result<Vec<i64>, ApiError> {
    let most = i64::try_from(MAX_VERSIONS + 1).unwrap_or(i64::MAX);
    let versions = read::search::versions(db, search, most).await?;
    if versions.len() > MAX_VERSIONS {
        let detail =
            format!("there are more than {MAX_VERSIONS} versions: name the package in `key`");
        return Err(ApiError::parameter("version_below", detail));
    }
    let lower = |row: &read::search::Version| {
        version::compare(&row.manager, &row.version, bound).is_some_and(Ordering::is_lt)
    };
    Ok(versions
        .iter()
        .filter(|row| lower(row))
        .map(|row| row.value)
        .collect())
}

impl From<read::search::Hit> for FleetFact {
    fn from(row: read::search::Hit) -> Self {
        Self {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            key: row.key,
            value: FactValue(row.value),
            valid_from: row.valid_from.into(),
        }
    }
}

impl From<read::search::Variant> for FleetValue {
    fn from(row: read::search::Variant) -> Self {
        Self {
            key: row.key,
            value: FactValue(row.value),
            hosts: row.hosts,
        }
    }
}

/// The query, understood.
#[derive(Debug, Default)]
struct Asked {
    search: Search,
    version_below: Option<String>,
    at: Option<Time>,
    cursor: Option<String>,
    limit: Option<u16>,
}

impl Asked {
    fn parse(query: Vec<(String, String)>) -> Result<Self, ApiError> {
        let mut asked = Self::default();
        for (name, text) in query {
            match name.as_str() {
                "kind" => asked.search.kind = text,
                "key" => match text.strip_suffix('*') {
                    Some(prefix) => asked.search.key_like = Some(Search::prefix(prefix)),
                    None => asked.search.key = Some(text),
                },
                "version_below" => asked.version_below = Some(text),
                "at" => {
                    let at = text.parse().map_err(|why| ApiError::parameter("at", why))?;
                    asked.at = Some(at);
                }
                "cursor" => asked.cursor = Some(text),
                "limit" => {
                    let limit = text.parse().map_err(|_| {
                        ApiError::parameter("limit", format!("{text:?} is not a number"))
                    })?;
                    asked.limit = Some(limit);
                }
                _ => {
                    let path = name.strip_prefix("value.").filter(|path| !path.is_empty());
                    let path = path.ok_or_else(|| ApiError::UnknownParameter(name.clone()))?;
                    asked.search.paths.push(path.to_owned());
                    asked.search.wants.push(text);
                }
            }
        }
        if asked.search.kind.is_empty() {
            return Err(ApiError::parameter("kind", "is required"));
        }
        if let Some(bound) = &asked.version_below {
            if asked.search.kind != PACKAGE {
                let detail = format!("is for the kind {PACKAGE:?} alone");
                return Err(ApiError::parameter("version_below", detail));
            }
            if !(1..=MAX_VERSION).contains(&bound.chars().count()) {
                let detail = format!("is not 1 to {MAX_VERSION} characters");
                return Err(ApiError::parameter("version_below", detail));
            }
        }
        if asked.search.paths.len() > MAX_FIELDS {
            let detail = format!("more than {MAX_FIELDS} fields");
            return Err(ApiError::parameter("value", detail));
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<Asked, ApiError> {
        Asked::parse(
            query
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
        )
    }

    #[test]
    fn a_star_at_the_end_asks_for_a_prefix_in_which_nothing_else_is_special() {
        let asked = parse(&[("kind", "package"), ("key", r"100%_\*")]).unwrap();
        assert_eq!(asked.search.key_like.as_deref(), Some(r"100\%\_\\%"));
        assert_eq!(asked.search.key, None);
    }

    #[test]
    fn fields_of_the_value_are_paths_beside_texts() {
        let asked = parse(&[("kind", "package"), ("value.a.b", "1"), ("value.c", "")]).unwrap();
        assert_eq!(asked.search.paths, ["a.b", "c"]);
        assert_eq!(asked.search.wants, ["1", ""]);
    }

    #[test]
    fn versions_are_those_of_packages() {
        let asked = parse(&[("kind", "package"), ("version_below", "1.0-1")]).unwrap();
        assert_eq!(asked.version_below.as_deref(), Some("1.0-1"));
        let long = "1".repeat(MAX_VERSION + 1);
        for (kind, bound) in [("user", "1"), ("package", ""), ("package", &long)] {
            let error = parse(&[("kind", kind), ("version_below", bound)]).unwrap_err();
            assert!(error.to_string().starts_with("version_below: "), "{error}");
        }
    }

    #[test]
    fn what_is_not_known_or_missing_is_named() {
        for name in ["version", "value.", "value"] {
            let error = parse(&[("kind", "package"), (name, "1")]).unwrap_err();
            assert!(
                matches!(&error, ApiError::UnknownParameter(n) if n == name),
                "{error}"
            );
        }
        assert_eq!(parse(&[]).unwrap_err().to_string(), "kind: is required");
    }
}
