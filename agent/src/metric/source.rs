//! Files that are read again and again: opened once, read from the beginning into one buffer.
//!
//! The `procfs` crate opens each file for each reading and makes a map of strings of what it holds:
//! for `/proc/meminfo` alone some sixty allocations, every ten seconds, for ever. So the few numbers
//! that are wanted are picked from the text here.

use std::{borrow::Cow, fs::File, io, os::unix::fs::FileExt as _, path::PathBuf};

use crate::host::{Host, HostError};

/// More than `/proc/stat` of a machine with thousands of processors and interrupts.
const MAX: usize = 4 << 20;
/// What is read at once, at first.
const PAGE: usize = 16 << 10;

/// What samplers read with.
pub(super) struct Input<'a> {
    pub(super) host: &'a Host,
    pub(super) buffer: &'a mut Vec<u8>,
}

/// A file of the host.
#[derive(Debug)]
pub(super) struct Source {
    path: Cow<'static, str>,
    file: Option<File>,
}

impl Source {
    pub(super) const fn new(path: &'static str) -> Self {
        Self {
            path: Cow::Borrowed(path),
            file: None,
        }
    }

    /// What the file says now.
    ///
    /// # Errors
    /// [`HostError`]; the next call opens it anew.
    pub(super) fn read<'a>(&mut self, input: &'a mut Input<'_>) -> Result<Cow<'a, str>, HostError> {
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(input.host.open(&*self.path)?),
        };
        match whole(file, input.buffer) {
            Ok(length) => Ok(String::from_utf8_lossy(&input.buffer[..length])),
            Err(source) => {
                self.file = None;
                let path = PathBuf::from(&*self.path);
                Err(HostError::Read { path, source })
            }
        }
    }
}

/// Fills `buffer` with the file; how much of it is filled.
fn whole(file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            if filled >= MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            buffer.resize((filled * 2).max(PAGE), 0);
        }
        match file.read_at(&mut buffer[filled..], filled as u64) {
            Ok(0) => return Ok(filled),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The number at place `at` among the words of `line`.
pub(super) fn number(line: &str, at: usize) -> Option<u64> {
    line.split_ascii_whitespace().nth(at)?.parse().ok()
}
