//! The rows as they were last seen.

use redb::{ReadableTable, Table};
use shared::wire::Row;

use super::JournalError;
use crate::diff::Change;

/// The rows, while they are being changed.
pub(super) struct Rows<'t>(pub(super) Table<'t, (&'static str, &'static str), &'static str>);

impl Rows<'_> {
    pub(super) fn apply(&mut self, kind: &str, changes: &[Change<'_>]) -> Result<(), JournalError> {
        for change in changes {
            let key = (kind, &*change.key);
            match change.after {
                Some(value) => self.0.insert(key, value).map(drop),
                None => self.0.remove(key).map(drop),
            }
            .map_err(JournalError::write)?;
        }
        Ok(())
    }

    /// The rows of one kind, sorted by key.
    pub(super) fn of<'a>(
        &'a self,
        kind: &'a str,
    ) -> Result<impl Iterator<Item = Result<Row, JournalError>> + 'a, JournalError> {
        of(&self.0, kind)
    }
}

/// The rows of one kind, sorted by key.
pub(super) fn of<'a>(
    table: &'a impl ReadableTable<(&'static str, &'static str), &'static str>,
    kind: &'a str,
) -> Result<impl Iterator<Item = Result<Row, JournalError>> + 'a, JournalError> {
    let range = table.range((kind, "")..).map_err(JournalError::read)?;
    Ok(range
        .map(|row| row.map_err(JournalError::read))
        .take_while(move |row| row.as_ref().map_or(true, |(key, _)| key.value().0 == kind))
        .map(|row| {
            row.map(|(key, value)| Row {
                key: key.value().1.to_owned(),
                value: value.value().to_owned(),
            })
        }))
}
