use rust_xlsxwriter::{Format as Look, Workbook as Book, XlsxError};
use serde_json::Value;

use super::{Meta, cells};

/// Rows that a sheet has at most, without its first.
const ROWS: u32 = 1_048_575;
/// Characters that a cell has at most.
const CELL: usize = 32_767;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    #[error("a sheet has no more than {ROWS} rows: ask for less, or for another format")]
    TooMany,
    #[error("writing the workbook")]
    Write(#[from] XlsxError),
}

/// A workbook that is being written: rows go to disk as they come.
pub struct Workbook {
    book: Book,
    meta: Meta,
    rows: u32,
}

impl Workbook {
    /// One with no items yet.
    ///
    /// # Errors
    /// [`WorkbookError::Write`].
    pub fn new(meta: Meta) -> Result<Self, WorkbookError> {
        let mut book = Book::new();
        let bold = Look::new().set_bold();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Items")?;
        for (place, (name, _)) in (0..).zip(meta.list.columns()) {
            sheet.write_string_with_format(0, place, *name, &bold)?;
        }
        Ok(Self {
            book,
            meta,
            rows: 0,
        })
    }

    /// Adds an item. Texts stay texts, whatever they begin with.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn add(&mut self, item: &Value) -> Result<(), WorkbookError> {
        if self.rows == ROWS {
            return Err(WorkbookError::TooMany);
        }
        self.rows += 1;
        let sheet = self.book.worksheet_from_index(0)?;
        for (place, text) in (0..).zip(cells(self.meta.list, item)) {
            let text: String = text.chars().take(CELL).collect();
            sheet.write_string(self.rows, place, text)?;
        }
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// [`WorkbookError::Write`].
    pub fn finish(mut self) -> Result<Vec<u8>, WorkbookError> {
        let about = self.book.add_worksheet();
        about.set_name("About")?;
        for (row, (name, value)) in (0..).zip(self.meta.lines()) {
            about.write_string(row, 0, name)?;
            about.write_string(row, 1, value)?;
        }
        Ok(self.book.save_to_buffer()?)
    }
}

impl std::fmt::Debug for Workbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbook")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
