//! The blocks of a tar. A header is read by writing the one that should be there and comparing the two:
//! so nothing that a header can say beyond a name and a size has any effect.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
};

use tar::{EntryType, Header};

use super::ArchiveError;

/// What headers and contents are filled up to, bytes.
const BLOCK: usize = 512;
/// Of every file: who unpacks one by hand can read it.
const MODE: u32 = 0o644;

/// Reads files one after the other.
pub(super) struct Reader<R> {
    input: R,
    /// The header that comes next, once it was looked at; zeros at the end.
    ahead: Option<[u8; BLOCK]>,
    seen: BTreeSet<String>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            ahead: None,
            seen: BTreeSet::new(),
        }
    }

    /// The name of the file that comes next; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<String>, ArchiveError> {
        let block = self.look()?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
        if let Some(what) = special(header.entry_type()) {
            return Err(ArchiveError::NotAFile { name, what });
        }
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Err(ArchiveError::Escapes(name));
        }
        if self.seen.contains(&name) {
            return Err(ArchiveError::Twice(name));
        }
        Ok(Some(name))
    }

    /// The file that comes next, if it has this name and at most so many bytes.
    pub(super) fn file(&mut self, name: &str, most: u64) -> Result<Vec<u8>, ArchiveError> {
        if self.next()?.as_deref() != Some(name) {
            return Err(ArchiveError::Missing(name.to_owned()));
        }
        let block = self.look()?;
        let told = || ArchiveError::Header(name.to_owned());
        let size = Header::from_byte_slice(&block).entry_size();
        let size = size.map_err(|_| told())?;
        if size > most {
            let name = name.to_owned();
            return Err(ArchiveError::Large { name, size, most });
        }
        let due = header(name, size).map_err(|_| told())?;
        if due.as_bytes() != &block {
            return Err(told());
        }
        self.ahead = None;
        self.seen.insert(name.to_owned());
        let mut bytes = vec![0; size as usize];
        self.fill(&mut bytes)?;
        let mut rest = vec![0; padding(size)];
        self.fill(&mut rest)?;
        match rest.iter().all(|byte| *byte == 0) {
            true => Ok(bytes),
            false => Err(told()),
        }
    }

    /// What must come behind the last file: two blocks of zeros, and nothing.
    pub(super) fn end(mut self) -> Result<(), ArchiveError> {
        let mut block = self.look()?;
        let mut second = [0; BLOCK];
        self.fill(&mut second)?;
        let is_zero = block.iter().chain(&second).all(|byte| *byte == 0);
        let more = self.input.read(&mut block).map_err(unreadable)?;
        match is_zero && more == 0 {
            true => Ok(()),
            false => Err(ArchiveError::Trailing),
        }
    }

    fn look(&mut self) -> Result<[u8; BLOCK], ArchiveError> {
        if let Some(block) = self.ahead {
            return Ok(block);
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        self.ahead = Some(block);
        Ok(block)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ArchiveError> {
        self.input.read_exact(bytes).map_err(unreadable)
    }
}

/// Adds a file.
pub(super) fn add(to: &mut impl Write, name: &str, bytes: &[u8]) -> io::Result<()> {
    let size = bytes.len() as u64;
    to.write_all(header(name, size)?.as_bytes())?;
    to.write_all(bytes)?;
    to.write_all(&vec![0; padding(size)])
}

/// Ends the tar.
pub(super) fn end(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&[0; 2 * BLOCK])
}

/// The one header of a file: nobody's, and of no time.
fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(MODE);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// How many zeros follow a file of so many bytes.
fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

/// What it is that is no file; `None` for a file.
fn special(kind: EntryType) -> Option<&'static str> {
    Some(match kind {
        EntryType::Regular => return None,
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Directory => "a folder",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a file with holes",
        EntryType::GNULongName | EntryType::GNULongLink => "a long name",
        EntryType::XHeader | EntryType::XGlobalHeader => "a header with extensions",
        _ => "something unknown",
    })
}

fn unreadable(error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ => ArchiveError::Unpack(error),
    }
}
