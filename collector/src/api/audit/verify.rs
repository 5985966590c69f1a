use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use sqlx::{PgPool, Postgres, Transaction};
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
    },
    audit::{
        Stream,
        verify::{End, Fault, LogWalk, Summary},
    },
    notary::Notary,
    store,
};

/// The most faults that are told; the others are counted.
const MOST: u64 = 1000;

/// One line of the answer: what was found, how far it is, and at the end what it came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditVerification {
    /// The first line.
    Begun {
        /// Checkpoints of this collector that the log is held against.
        checkpoints: usize,
        /// The key that they are verified with, PEM.
        key: String,
    },
    /// Something does not fit.
    Fault(AuditFault),
    /// So many records were walked.
    Walked { records: u64 },
    /// The last line. Without it the log was not verified to its end.
    Done {
        records: u64,
        /// By stream, the newest record that a checkpoint vouches for; 0 for none.
        witnessed: BTreeMap<String, i64>,
        /// How much does not fit; at most 1000 are told.
        faults: u64,
    },
}

/// Something that does not fit, and which records it may be about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditFault {
    /// `access` or `change`, or `checkpoints`, whose numbers are lines of the file.
    stream: String,
    first: i64,
    last: i64,
    /// `changed`, `column`, `missing`, `misplaced`, `head` or `checkpoint`.
    what: String,
    /// In words.
    detail: String,
}

/// Verify the whole log: every record, every chain to its end, and every checkpoint of this collector.
///
/// The answer is a JSON document a line (`AuditVerification`).
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, body = AuditVerification, content_type = "application/x-ndjson"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn verify_audit(
    _: Identity,
    State(db): State<PgPool>,
    State(notary): State<Notary>,
) -> Result<Response, ApiError> {
    let kept = notary.checkpoints().await.map_err(ApiError::Checkpoints)?;
    let mut lines = Lines::default();
    lines.add(&AuditVerification::Begun {
        checkpoints: kept.checkpoints.len(),
        key: notary.key_pem().into(),
    })?;
    for (line, error) in &kept.strangers {
        let line = i64::try_from(*line).unwrap_or(i64::MAX);
        lines.fault(AuditFault {
            stream: "checkpoints".into(),
            first: line,
            last: line,
            what: "checkpoint".into(),
            detail: error.to_string(),
        })?;
    }
    let mut tx = db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let heads = store::audit::heads(&mut tx).await?;
    store::audit::open(&mut tx).await?;
    let walk = LogWalk::new(&kept.checkpoints);
    let walking = Walking {
        walk: Some((walk, tx)),
        heads,
        lines,
        records: 0,
    };
    let body = Body::from_stream(stream::try_unfold(walking, Walking::step));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Lines that are to be sent.
#[derive(Default)]
struct Lines {
    text: String,
    faults: u64,
}

impl Lines {
    fn add(&mut self, line: &AuditVerification) -> Result<(), ApiError> {
        self.text.push_str(&serde_json::to_string(line)?);
        self.text.push('\n');
        Ok(())
    }

    fn fault(&mut self, fault: AuditFault) -> Result<(), ApiError> {
        self.faults += 1;
        if self.faults > MOST {
            return Ok(());
        }
        self.add(&AuditVerification::Fault(fault))
    }
}

struct Walking {
    /// None at the end.
    walk: Option<(LogWalk, Transaction<'static, Postgres>)>,
    heads: BTreeMap<String, (i64, Vec<u8>)>,
    lines: Lines,
    records: u64,
}

impl Walking {
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, ApiError> {
        let Some((mut walk, mut tx)) = self.walk.take() else {
            return Ok(None);
        };
        let rows = store::audit::next(&mut tx).await?;
        for (stream, row) in &rows {
            for fault in walk.step(stream, row) {
                self.lines.fault(fault.into())?;
            }
        }
        self.records += rows.len() as u64;
        if rows.is_empty() {
            self.end(walk)?;
        } else {
            let records = self.records;
            self.lines.add(&AuditVerification::Walked { records })?;
            self.walk = Some((walk, tx));
        }
        let text = std::mem::take(&mut self.lines.text);
        Ok(Some((text.into(), self)))
    }

    fn end(&mut self, walk: LogWalk) -> Result<(), ApiError> {
        let heads = &self.heads;
        let (summaries, faults) = walk.end(|stream: Stream| match heads.get(stream.name()) {
            Some((seq, hash)) => End::At {
                seq: *seq,
                hash: hash.clone(),
            },
            None => End::Lost,
        });
        for fault in faults {
            self.lines.fault(fault.into())?;
        }
        let witnessed = |(stream, Summary { witnessed, .. }): (Stream, Summary)| {
            (stream.name().to_owned(), witnessed)
        };
        let done = AuditVerification::Done {
            records: self.records,
            witnessed: summaries.into_iter().map(witnessed).collect(),
            faults: self.lines.faults,
        };
        self.lines.add(&done)
    }
}

impl From<Fault> for AuditFault {
    fn from(fault: Fault) -> Self {
        Self {
            stream: fault.stream,
            first: fault.first,
            last: fault.last,
            what: fault.what.name().into(),
            detail: fault.detail,
        }
    }
}
