//! rpm's database in its SQLite form.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};
use shared::wire::StaleReason;

use super::{MAX_HEADER, RpmError};
use crate::probe::sqlite;

/// The rows of one state of the database at `path`.
pub(super) fn collect<T>(
    path: &Path,
    add: impl Fn(&mut Vec<T>, i64, &[u8]) -> Result<(), RpmError>,
) -> Result<Vec<T>, RpmError> {
    sqlite::read(path, |connection| packages(connection, &add))
}

fn packages<T>(
    connection: &Connection,
    add: impl Fn(&mut Vec<T>, i64, &[u8]) -> Result<(), RpmError>,
) -> Result<Vec<T>, RpmError> {
    let sql = "SELECT hnum, CASE WHEN length(blob) <= ?1 THEN blob END FROM Packages ORDER BY hnum";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([MAX_HEADER])?;
    let mut made = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let blob = row
            .get_ref(1)?
            .as_blob_or_null()
            .map_err(rusqlite::Error::from)?;
        add(&mut made, number, blob.ok_or(RpmError::HeaderSize(number))?)?;
    }
    Ok(made)
}

/// What an error of SQLite means for the kind.
pub(super) fn reason(error: &rusqlite::Error) -> StaleReason {
    match error.sqlite_error_code() {
        Some(ErrorCode::PermissionDenied) => StaleReason::Denied,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StaleReason::TimedOut,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
            StaleReason::Malformed
        }
        // A log is pending, and its shared memory can neither be opened nor made.
        _ => StaleReason::Failed,
    }
}
