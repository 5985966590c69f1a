//! The rows as they were last seen, each under its kind and its key in one text.

use redb::{ReadableTable, Table};
use shared::wire::Row;

use super::JournalError;
use crate::diff::Change;

/// The rows, while they are being changed.
pub(super) struct Rows<'t>(pub(super) Table<'t, &'static str, &'static [u8]>);

impl Rows<'_> {
    pub(super) fn apply(&mut self, kind: &str, changes: &[Change<'_>]) -> Result<(), JournalError> {
        for change in changes {
            let place = place(kind, &change.key);
            match change.after {
                Some(value) => self.0.insert(&*place, value.as_bytes()).map(drop),
                None => self.0.remove(&*place).map(drop),
            }
            .map_err(JournalError::write)?;
        }
        Ok(())
    }

    /// What is remembered of one row.
    pub(super) fn value(&self, kind: &str, key: &str) -> Result<Option<String>, JournalError> {
        value(&self.0, kind, key)
    }

    /// The rows of one kind, sorted by key.
    pub(super) fn of<'a>(
        &'a self,
        kind: &'a str,
    ) -> Result<impl Iterator<Item = Result<Row, JournalError>> + 'a, JournalError> {
        of(&self.0, kind)
    }
}

/// Where a row lies: the rows of a kind follow each other, sorted by key. No kind holds a NUL.
fn place(kind: &str, key: &str) -> String {
    format!("{kind}\0{key}")
}

/// The rows of one kind, sorted by key.
pub(super) fn of<'a>(
    table: &'a impl ReadableTable<&'static str, &'static [u8]>,
    kind: &'a str,
) -> Result<impl Iterator<Item = Result<Row, JournalError>> + 'a, JournalError> {
    let first = place(kind, "");
    let range = table.range(&*first..).map_err(JournalError::read)?;
    Ok(range
        .map(|row| row.map_err(JournalError::read))
        .map_while(move |row| match row {
            Err(error) => Some(Err(error)),
            Ok((at, value)) => {
                let key = at.value().strip_prefix(&*first)?.to_owned();
                // It was written as text; one that no longer is changes the digest, and is found.
                let value = String::from_utf8_lossy(value.value()).into_owned();
                Some(Ok(Row { key, value }))
            }
        }))
}

/// What is remembered of one row.
pub(super) fn value(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    kind: &str,
    key: &str,
) -> Result<Option<String>, JournalError> {
    let value = table.get(&*place(kind, key)).map_err(JournalError::read)?;
    Ok(value.map(|value| String::from_utf8_lossy(value.value()).into_owned()))
}
