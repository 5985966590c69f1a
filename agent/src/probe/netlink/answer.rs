//! What an answer holds: its parts as the socket gives them, each some messages, become rows. Pure.

use std::io;

use netlink_packet_core::NetlinkBuffer;

use super::{NetlinkError, attributes};

/// More rows than this are a router's table, not a host's.
pub(super) const MAX_ROWS: usize = 50_000;

/// `NLM_F_DUMP_INTR`: what was listed changed, rows may be missing or there twice.
const INTERRUPTED: u16 = 0x10;

const ERROR: u16 = 2;
const DONE: u16 = 3;

/// The answer to one question, while its parts come.
#[derive(Debug)]
pub struct Answer {
    what: &'static str,
    header: usize,
    rows: Vec<Row>,
    whole: bool,
}

/// One message of an answer, split into the header of its own and its attributes.
#[derive(Debug)]
pub struct Row {
    bytes: Vec<u8>,
    header: usize,
}

impl Answer {
    /// One that lists `what`, each row with `header` bytes before its attributes. Nothing has come.
    pub fn new(what: &'static str, header: usize) -> Self {
        Self {
            what,
            header,
            rows: Vec::new(),
            whole: true,
        }
    }

    /// Takes in one part. Whether it was the last.
    ///
    /// # Errors
    /// What the kernel refuses, and what it would not have sent.
    pub fn take(&mut self, part: &[u8]) -> Result<bool, NetlinkError> {
        let what = self.what;
        if part.is_empty() {
            return Err(NetlinkError::Answer { what });
        }
        let mut rest = part;
        while !rest.is_empty() {
            let message = NetlinkBuffer::new_checked(rest);
            let message = message.map_err(|_| NetlinkError::Answer { what })?;
            self.whole &= message.flags() & INTERRUPTED == 0;
            match message.message_type() {
                DONE => return Ok(true),
                ERROR => return Err(refusal(what, message.payload())),
                _ if self.rows.len() == MAX_ROWS => return Err(NetlinkError::TooMany { what }),
                _ => {
                    let bytes = message.payload().to_vec();
                    let header = self.header;
                    if bytes.len() < header {
                        return Err(NetlinkError::Answer { what });
                    }
                    self.rows.push(Row { bytes, header });
                }
            }
            let next = (message.length() as usize).next_multiple_of(4);
            rest = rest.get(next..).unwrap_or_default();
        }
        Ok(false)
    }

    /// All rows; `None` when the answer was interrupted by a change.
    pub fn rows(self) -> Option<Vec<Row>> {
        self.whole.then_some(self.rows)
    }
}

fn refusal(what: &'static str, payload: &[u8]) -> NetlinkError {
    let code = payload.first_chunk().map(|code| i32::from_ne_bytes(*code));
    // The lowest of all numbers has no counterpart, and is no error of any kernel's.
    match code.and_then(i32::checked_neg) {
        Some(code) if code > 0 => NetlinkError::Refused {
            what,
            source: io::Error::from_raw_os_error(code),
        },
        _ => NetlinkError::Answer { what },
    }
}

impl Row {
    /// A row as the kernel would send it: for tests of what it cannot be made to send.
    #[cfg(test)]
    pub(in crate::probe) fn of(header: &[u8], attributes: &[(u16, &[u8])]) -> Self {
        let mut bytes = header.to_vec();
        for (kind, value) in attributes {
            bytes.extend((value.len() as u16 + 4).to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let header = header.len();
        Self { bytes, header }
    }

    /// The byte of the header at this offset.
    pub(in crate::probe) fn byte(&self, at: usize) -> u8 {
        self.bytes[..self.header].get(at).copied().unwrap_or(0)
    }

    /// The bytes of the header from this offset on.
    pub(in crate::probe) fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let header = self.bytes[..self.header].get(at..);
        header
            .and_then(|b| b.first_chunk())
            .copied()
            .unwrap_or([0; N])
    }

    /// The attributes, each with its number.
    pub(in crate::probe) fn attributes(&self) -> impl Iterator<Item = (u16, Vec<u8>)> + '_ {
        attributes(&self.bytes[self.header..])
    }
}
