//! The SQLite databases that took the place of lastlog and wtmp where times must outlast 2038:
//! lastlog2 (pam_lastlog2) and wtmpdb (pam_wtmpdb).

use std::{io, path::Path};

use rusqlite::{Connection, ErrorCode};
use shared::wire::{Stale, StaleReason};

use super::Login;
use crate::{host::Host, probe::sqlite};

/// The latest login of each user, by name.
type Latest = Vec<(Vec<u8>, Login)>;

/// One database.
#[derive(Debug, Clone, Copy)]
pub struct Database {
    pub path: &'static str,
    /// The table; a view of that name would run what it says.
    table: &'static str,
    /// The latest login of each user: name, seconds, line, host.
    sql: &'static str,
}

pub const LASTLOG2: Database = Database {
    path: "/var/lib/lastlog/lastlog2.db",
    table: "Lastlog2",
    sql: "SELECT Name, Time, TTY, RemoteHost FROM Lastlog2 WHERE Time > 0",
};

/// Type 3 is a user's session. Times are microseconds there. Of the other columns SQLite gives
/// those of the row that has the greatest time.
pub const WTMPDB: Database = Database {
    path: "/var/lib/wtmpdb/wtmp.db",
    table: "wtmp",
    sql: "SELECT User, max(Login) / 1000000, TTY, RemoteHost FROM wtmp WHERE Type = 3 GROUP BY User",
};

/// A million logins are a tenth of it.
const MAX_FILE: u64 = 1 << 30;

/// How many users one database may know.
const MAX_USERS: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("cannot be found again: {0}")]
    Metadata(#[from] io::Error),
    #[error("has no table {0}")]
    Table(&'static str),
    #[error("knows more than {MAX_USERS} users")]
    Users,
}

impl Database {
    /// The latest login of each user; `None` where there is no such database.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn read(self, host: &Host) -> Result<Option<Latest>, Stale> {
        let file = match host.open(self.path) {
            Err(error) if error.is_absent() => return Ok(None),
            file => file?,
        };
        if file
            .metadata()
            .is_ok_and(|metadata| metadata.len() > MAX_FILE)
        {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("{} is larger than {MAX_FILE} bytes", self.path),
            });
        }
        let found = host.resolve(self.path)?;
        let logins = self.logins(&found).map_err(|error| self.stale(&error))?;
        Ok(Some(logins))
    }

    fn logins(self, path: &Path) -> Result<Latest, Error> {
        sqlite::read(path, |connection: &Connection| {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let tables: i64 = connection.query_row(sql, [self.table], |row| row.get(0))?;
            if tables == 0 {
                return Err(Error::Table(self.table));
            }
            let mut statement = connection.prepare(self.sql)?;
            let mut rows = statement.query([])?;
            let mut logins = Vec::new();
            while let Some(row) = rows.next()? {
                if logins.len() == MAX_USERS {
                    return Err(Error::Users);
                }
                let text = |column| -> rusqlite::Result<Vec<u8>> {
                    let value = row.get_ref(column)?;
                    Ok(value.as_bytes_or_null()?.unwrap_or_default().to_vec())
                };
                let at: Option<i64> = row.get(1)?;
                let login = Login::new(at.unwrap_or_default(), &text(3)?, &text(2)?);
                logins.push((text(0)?, login));
            }
            Ok(logins)
        })
    }

    fn stale(self, error: &Error) -> Stale {
        let reason = match error {
            Error::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::PermissionDenied) => StaleReason::Denied,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StaleReason::TimedOut,
                Some(_) => StaleReason::Malformed,
                None => StaleReason::Failed,
            },
            Error::Metadata(_) => StaleReason::Failed,
            Error::Table(_) => StaleReason::Malformed,
            Error::Users => StaleReason::TooLarge,
        };
        Stale {
            reason,
            detail: format!("{}: {error}", self.path),
        }
    }
}
