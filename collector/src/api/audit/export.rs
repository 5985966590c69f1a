use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;
use utoipa::ToSchema;

use super::ExportQuery;
use crate::{
    api::{
        bundle::hex,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        trail::{Act, Trail},
    },
    audit::{line::Line, verify::Row},
    store::{
        self,
        audit::{Filter, Found},
    },
};

/// Records that are read at once.
const BATCH: i64 = 500;
/// The columns of a table, in which a record has its texts as they are and the rest as JSON.
const COLUMNS: [(&str, &str); 12] = [
    ("at", "/at"),
    ("actor", "/actor"),
    ("how", "/how"),
    ("action", "/action"),
    ("outcome", "/outcome"),
    ("target_kind", "/target/kind"),
    ("target_id", "/target/id"),
    ("target_name", "/target/name"),
    ("address", "/address"),
    ("request", "/request"),
    ("before", "/before"),
    ("after", "/after"),
];

/// What a file of records is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// A record a line, as JSON: what `owadm audit verify --export` reads.
    #[default]
    Jsonl,
    /// For spreadsheets.
    Csv,
}

/// Take records away as a file, in the order of their streams. Only an export of all of them can be verified.
/// That they were taken away is a record as well.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(ExportQuery),
    responses((status = 200, content((String = "application/x-ndjson"), (String = "text/csv"))),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn export_audit(
    _: Identity,
    State(db): State<PgPool>,
    trail: Trail,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let format = query.format.unwrap_or_default();
    let filter = query.filter()?;
    let mut tx = db.begin().await?;
    let act = Act::change("audit.export").on("audit_log", "audit", "audit log");
    let taken = json!({"format": format, "filter": filter});
    trail.note(&mut tx, act.after(&taken)?).await?;
    tx.commit().await?;
    let export = Export {
        db,
        filter,
        format,
        after: None,
    };
    let (kind, name, head) = match format {
        Format::Jsonl => ("application/x-ndjson", "audit.jsonl", String::new()),
        Format::Csv => ("text/csv; charset=utf-8", "audit.csv", first_line()),
    };
    let head = stream::iter([Ok(Bytes::from(head))]);
    let body = head.chain(stream::try_unfold(export, Export::step));
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

struct Export {
    db: PgPool,
    filter: Filter,
    format: Format,
    /// The last record that was taken.
    after: Option<(String, i64)>,
}

impl Export {
    /// The next lines. An answer that fails half way is cut off, which its reader sees.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, ApiError> {
        let mut conn = self.db.acquire().await?;
        let after = self
            .after
            .as_ref()
            .map(|(stream, seq)| (stream.as_str(), *seq));
        let rows = store::audit::export(&mut conn, &self.filter, after, BATCH).await?;
        drop(conn);
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        self.after = Some((last.stream.clone(), last.seq));
        let mut text = String::new();
        for row in rows {
            text.push_str(&match self.format {
                Format::Jsonl => json_line(row)?,
                Format::Csv => csv_line(&row),
            });
        }
        Ok(Some((text.into(), self)))
    }
}

fn json_line(found: Found) -> Result<String, ApiError> {
    let row = Row {
        seq: found.seq,
        hash: found.hash,
        body: found.body,
        columns: None,
    };
    let mut line = serde_json::to_string(&Line::new(&found.stream, &row)?)?;
    line.push('\n');
    Ok(line)
}

fn first_line() -> String {
    let names = COLUMNS.map(|(name, _)| name);
    format!("stream,seq,{},hash\r\n", names.join(","))
}

fn csv_line(found: &Found) -> String {
    let body: Value = serde_json::from_str(&found.body).unwrap_or_default();
    let mut cells = vec![cell(&found.stream), found.seq.to_string()];
    cells.extend(COLUMNS.map(|(_, place)| match body.pointer(place) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => cell(text),
        Some(other) => cell(&other.to_string()),
    }));
    cells.push(hex(&found.hash));
    cells.join(",") + "\r\n"
}

/// A cell after RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = text.replace('"', "\"\"");
    format!("\"{}{text}\"", if formula { "'" } else { "" })
}
