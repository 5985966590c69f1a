//! The reader of rpm's Berkeley DB form, `Packages`: a hash table on pages, in the byte order of
//! the machine that made it.
//!
//! Page 0 tells page size and buckets. A bucket is a chain of pages with keys and values on them,
//! the values mostly being a page number from which a chain of overflow pages holds the bytes. The
//! key is the package's number; number 0 is rpm's counter. (`dbinc/db_page.h` of Berkeley DB 5.3;
//! versions 8 to 10 of its hash tables are alike here.) Pure but for the reading.

use std::io;

use shared::wire::StaleReason;

use super::{MAX_HEADER, file::Bytes};

/// The parts of a page.
mod page;

use page::{Meta, Page, Value};

/// Why bytes are not such a database.
#[derive(Debug, thiserror::Error)]
pub enum BdbError {
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("is no rpm database in Berkeley DB form: {0}")]
    NotBdb(&'static str),
    #[error("page {page}: {what}")]
    Page { page: u32, what: &'static str },
    #[error("package {0} has a header of more than {MAX_HEADER} bytes")]
    HeaderSize(u32),
}

impl BdbError {
    pub(super) fn reason(&self) -> StaleReason {
        match self {
            Self::Read(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                StaleReason::Failed
            }
            Self::HeaderSize(_) => StaleReason::TooLarge,
            _ => StaleReason::Malformed,
        }
    }
}

/// Calls `take` with number and header of each package, bucket by bucket.
///
/// # Errors
/// [`BdbError`], or the one that `take` returns.
pub fn each<E: From<BdbError>>(
    bytes: &(impl Bytes + ?Sized),
    mut take: impl FnMut(u32, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut table = Table::open(bytes)?;
    let mut value = Vec::new();
    for bucket in 0..=table.meta.last_bucket {
        let mut number = table.meta.page_of(bucket)?;
        while number != 0 {
            let page = table.page(number)?;
            for index in (0..page.items()).step_by(2) {
                let package = match page.item(index)? {
                    Value::Here(key) => page.key(key)?,
                    Value::Elsewhere { .. } => return Err(page.wrong("a key is no number").into()),
                };
                if package == 0 {
                    continue;
                }
                match page.item(index + 1)? {
                    Value::Here(bytes) => take(package, bytes)?,
                    Value::Elsewhere { page, length } => {
                        table.overflow(package, page, length, &mut value)?;
                        take(package, &value)?;
                    }
                }
            }
            number = page.next();
        }
    }
    Ok(())
}

/// An open table.
struct Table<'a, B: ?Sized> {
    bytes: &'a B,
    meta: Meta,
    /// A bit for each page that was read: none belongs to two chains, nor twice to one.
    seen: Vec<u64>,
}

impl<'a, B: Bytes + ?Sized> Table<'a, B> {
    fn open(bytes: &'a B) -> Result<Self, BdbError> {
        let mut first = [0; Meta::LENGTH];
        bytes.read_at(0, &mut first).map_err(BdbError::Read)?;
        let length = bytes.length().map_err(BdbError::Read)?;
        let meta = Meta::parse(&first, length)?;
        let seen = vec![0; meta.last_page as usize / 64 + 1];
        Ok(Self { bytes, meta, seen })
    }

    /// Page `number`, which must not have been read before.
    fn page(&mut self, number: u32) -> Result<Page, BdbError> {
        let wrong = |what| BdbError::Page { page: number, what };
        if number == 0 || number > self.meta.last_page {
            return Err(wrong("is not in the file"));
        }
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if self.seen[word] & bit != 0 {
            return Err(wrong("is in two places"));
        }
        self.seen[word] |= bit;
        let mut bytes = vec![0; self.meta.page_size as usize];
        let at = u64::from(number) * u64::from(self.meta.page_size);
        self.bytes.read_at(at, &mut bytes).map_err(BdbError::Read)?;
        Page::new(bytes, number, self.meta.order)
    }

    /// Puts the bytes of a chain of overflow pages into `value`.
    fn overflow(
        &mut self,
        package: u32,
        mut number: u32,
        length: u32,
        value: &mut Vec<u8>,
    ) -> Result<(), BdbError> {
        if length > MAX_HEADER {
            return Err(BdbError::HeaderSize(package));
        }
        value.clear();
        while value.len() < length as usize {
            let page = self.page(number)?;
            value.extend_from_slice(page.overflow()?);
            number = page.next();
        }
        if value.len() > length as usize {
            return Err(BdbError::Page {
                page: number,
                what: "a value is longer than it says",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
