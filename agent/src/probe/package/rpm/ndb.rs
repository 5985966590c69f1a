//! The reader of rpm's NDB form, `Packages.db`: a header of 32 bytes, pages of slots, and blobs.
//!
//! A slot of 16 bytes says which package's header is in which blocks of 16 bytes; a blob there has
//! a head with magic, number, time and length, the header, zeros up to the block's end, and a tail
//! with a checksum. All little endian. (`lib/backend/ndb` of rpm.) Pure but for the reading.

use std::io;

use shared::wire::StaleReason;

use super::{MAX_HEADER, file::Bytes};

const MAGIC: &[u8; 4] = b"RpmP";
const SLOT_MAGIC: &[u8; 4] = b"Slot";
const HEAD_MAGIC: &[u8; 4] = b"BlbS";
const TAIL_MAGIC: &[u8; 4] = b"BlbE";

const PAGE: usize = 4096;
/// The header takes the place of the first slots.
const HEADER: usize = 32;
const SLOT: usize = 16;
const BLOCK: u64 = 16;
const HEAD: usize = 16;
const TAIL: usize = 12;

/// Most packages; a hundred times what the largest distribution has.
const MAX_PACKAGES: usize = 1 << 20;

/// Why bytes are not such a database.
#[derive(Debug, thiserror::Error)]
pub enum NdbError {
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("is no rpm database in NDB form: {0}")]
    NotNdb(&'static str),
    #[error("package {number}: {what}")]
    Blob { number: u32, what: &'static str },
    #[error("package {0} has a header of more than {MAX_HEADER} bytes")]
    HeaderSize(u32),
    #[error("has more than {MAX_PACKAGES} packages")]
    Packages,
}

impl NdbError {
    pub(super) fn reason(&self) -> StaleReason {
        match self {
            Self::Read(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                StaleReason::Failed
            }
            Self::HeaderSize(_) | Self::Packages => StaleReason::TooLarge,
            _ => StaleReason::Malformed,
        }
    }
}

/// Where one package's header is.
struct Slot {
    number: u32,
    /// In blocks.
    offset: u32,
    /// In blocks.
    length: u32,
}

/// Calls `take` with number and header of each package, in the order of the file.
///
/// # Errors
/// [`NdbError`], or the one that `take` returns.
pub fn each<E: From<NdbError>>(
    bytes: &(impl Bytes + ?Sized),
    mut take: impl FnMut(u32, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let slots = slots(bytes)?;
    let mut blob = Vec::new();
    for slot in slots {
        read(bytes, &slot, &mut blob)?;
        take(slot.number, &blob)?;
    }
    Ok(())
}

/// The slots that are in use, by offset. Those that overlap or tell two headers of one package are
/// refused, as rpm refuses them.
fn slots(bytes: &(impl Bytes + ?Sized)) -> Result<Vec<Slot>, NdbError> {
    let length = bytes.length().map_err(NdbError::Read)?;
    let mut page = [0; PAGE];
    let head = &mut page[..HEADER];
    bytes.read_at(0, head).map_err(NdbError::Read)?;
    if !head.starts_with(MAGIC) {
        return Err(NdbError::NotNdb("it begins otherwise"));
    }
    if number(head, 4) != 0 {
        return Err(NdbError::NotNdb("its version is not 0"));
    }
    let pages = u64::from(number(head, 12));
    if pages == 0 || pages.saturating_mul(PAGE as u64) > length {
        return Err(NdbError::NotNdb("it ends before its slots do"));
    }
    let mut slots = Vec::new();
    for number in 0..pages {
        let at = number * PAGE as u64;
        bytes.read_at(at, &mut page).map_err(NdbError::Read)?;
        let first = if number == 0 { HEADER } else { 0 };
        for slot in page[first..].chunks_exact(SLOT) {
            slots.extend(self::slot(slot, pages, length)?);
            if slots.len() > MAX_PACKAGES {
                return Err(NdbError::Packages);
            }
        }
    }
    slots.sort_unstable_by_key(|slot| slot.offset);
    let overlap = |pair: &[Slot]| pair[0].offset + pair[0].length > pair[1].offset;
    if slots.windows(2).any(overlap) {
        return Err(NdbError::NotNdb("two packages share a place"));
    }
    let mut numbers: Vec<_> = slots.iter().map(|slot| slot.number).collect();
    numbers.sort_unstable();
    if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(NdbError::NotNdb("a package has two places"));
    }
    Ok(slots)
}

/// Reads one slot; `None` where it is free.
fn slot(slot: &[u8], pages: u64, length: u64) -> Result<Option<Slot>, NdbError> {
    if !slot.starts_with(SLOT_MAGIC) {
        return Err(NdbError::NotNdb("a slot begins otherwise"));
    }
    let slot = Slot {
        number: number(slot, 4),
        offset: number(slot, 8),
        length: number(slot, 12),
    };
    if slot.offset == 0 {
        return Ok(None);
    }
    let end = u64::from(slot.offset) + u64::from(slot.length);
    let outside = end * BLOCK > length || end > u64::from(u32::MAX);
    if outside || u64::from(slot.offset) * BLOCK < pages * PAGE as u64 {
        return Err(NdbError::NotNdb("a slot points outside the file"));
    }
    if slot.number == 0 || slot.length == 0 {
        return Err(NdbError::NotNdb("a slot is half empty"));
    }
    Ok(Some(slot))
}

/// Puts the header of a package into `blob`.
fn read(bytes: &(impl Bytes + ?Sized), slot: &Slot, blob: &mut Vec<u8>) -> Result<(), NdbError> {
    let wrong = |what| NdbError::Blob {
        number: slot.number,
        what,
    };
    let at = u64::from(slot.offset) * BLOCK;
    let mut head = [0; HEAD];
    bytes.read_at(at, &mut head).map_err(NdbError::Read)?;
    if !head.starts_with(HEAD_MAGIC) || number(&head, 4) != slot.number {
        return Err(wrong("its place holds something else"));
    }
    let length = number(&head, 12);
    if length > MAX_HEADER {
        return Err(NdbError::HeaderSize(slot.number));
    }
    let needed = (HEAD as u64 + u64::from(length) + TAIL as u64).div_ceil(BLOCK);
    if needed != u64::from(slot.length) {
        return Err(wrong("its length is not that of its place"));
    }
    // The place was seen to lie within the file, so this is memory that there is data for.
    let rest = (needed * BLOCK) as usize - HEAD;
    blob.clear();
    blob.resize(rest, 0);
    bytes
        .read_at(at + HEAD as u64, blob)
        .map_err(NdbError::Read)?;
    let (content, tail) = blob.split_at(rest - TAIL);
    if number(tail, 4) != length || &tail[8..] != TAIL_MAGIC {
        return Err(wrong("its end is missing"));
    }
    if number(tail, 0) != adler32(adler32(1, &head), content) {
        return Err(wrong("its checksum is another"));
    }
    blob.truncate(length as usize);
    Ok(())
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk());
    four.map_or(0, |four| u32::from_le_bytes(*four))
}

/// Adler-32 (RFC 1950) of what came before, and of `bytes`.
fn adler32(before: u32, bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    // So many bytes cannot make the sums overflow.
    const CHUNK: usize = 5552;

    let (mut low, mut high) = (before & 0xffff, before >> 16);
    for chunk in bytes.chunks(CHUNK) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        low %= BASE;
        high %= BASE;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests;
