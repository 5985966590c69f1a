//! Questions to the kernel's netlink families, and their answers.
//!
//! Only dumps are asked for, and of an answer only what a probe wants is decoded: the typed
//! messages of the packet crates refuse a whole interface for one attribute that a newer kernel
//! fills otherwise than they know.

use std::{io, net::IpAddr, time::Duration};

use netlink_packet_core::NlasIterator;
use netlink_sys::{Socket, SocketAddr};
use nix::sys::{
    socket::{MsgFlags, setsockopt, sockopt},
    time::TimeVal,
};
use shared::wire::{Stale, StaleReason};

pub use answer::{Answer, Row};

/// What an answer holds.
mod answer;

/// How long the kernel may take for one part of an answer. It answers at once, always.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kernel sends at most 32 KiB at once to who does not ask for more.
const BUFFER: usize = 64 * 1024;

/// How often a dump is begun again because what it lists changed meanwhile.
const TRIES: usize = 8;

/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;

/// Bytes before the body of a message.
const HEADER: usize = 16;

/// Why the kernel could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    #[error("asking the kernel for {what}: {source}")]
    Ask {
        what: &'static str,
        source: io::Error,
    },
    #[error("the kernel refuses {what}: {source}")]
    Refused {
        what: &'static str,
        source: io::Error,
    },
    #[error("the kernel's answer for {what} makes no sense")]
    Answer { what: &'static str },
    #[error("more than {} rows of {what}", answer::MAX_ROWS)]
    TooMany { what: &'static str },
    #[error("{what} changed during each of {TRIES} attempts to list them")]
    Restless { what: &'static str },
}

/// One dump.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// For people.
    pub what: &'static str,
    /// `NETLINK_ROUTE`, `NETLINK_SOCK_DIAG`.
    pub family: isize,
    pub message_type: u16,
    pub body: &'a [u8],
}

impl Question<'_> {
    /// All rows of the answer, each with `header` bytes before its attributes.
    pub(super) fn ask(&self, header: usize) -> Result<Vec<Row>, NetlinkError> {
        for _ in 0..TRIES {
            if let Some(rows) = self.once(header)? {
                return Ok(rows);
            }
        }
        Err(NetlinkError::Restless { what: self.what })
    }

    /// `None` when the answer was interrupted by a change.
    fn once(&self, header: usize) -> Result<Option<Vec<Row>>, NetlinkError> {
        let what = self.what;
        let asking = |source| NetlinkError::Ask { what, source };
        let socket = self.send().map_err(asking)?;
        let mut answer = Answer::new(what, header);
        // Not zeroed: that would cost more than most answers.
        let mut buffer = Vec::with_capacity(BUFFER);
        loop {
            buffer.clear();
            let truncated = MsgFlags::MSG_TRUNC.bits();
            let length = socket.recv(&mut buffer, truncated);
            let length = length.map_err(asking)?;
            let part = buffer.get(..length).ok_or(NetlinkError::Answer { what })?;
            if answer.take(part)? {
                return Ok(answer.rows());
            }
        }
    }

    fn send(&self) -> io::Result<Socket> {
        let mut socket = Socket::new(self.family)?;
        let seconds = i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX);
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(seconds, 0))?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        let length = HEADER + self.body.len();
        let mut message = Vec::with_capacity(length);
        message.extend((length as u32).to_ne_bytes());
        message.extend(self.message_type.to_ne_bytes());
        message.extend(DUMP.to_ne_bytes());
        // Sequence number and port: there is one question on this socket.
        message.extend([0; 8]);
        message.extend(self.body);
        socket.send(&message, 0)?;
        Ok(socket)
    }
}

/// The attributes in these bytes, up to the first that is broken.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, Vec<u8>)> + '_ {
    NlasIterator::new(bytes)
        .map_while(Result::ok)
        .map(|attribute| (attribute.kind(), attribute.value().to_vec()))
}

/// A number of 32 bits in the machine's order; `None` where the attribute is shorter.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|four| u32::from_ne_bytes(*four))
}

/// A string, without the NUL that ends it.
pub(super) fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

/// An address of either family; `None` where the length is neither's.
pub(super) fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(IpAddr::from(*value.first_chunk::<4>()?)),
        16 => Some(IpAddr::from(*value.first_chunk::<16>()?)),
        _ => None,
    }
}

impl From<NetlinkError> for Stale {
    fn from(error: NetlinkError) -> Self {
        let reason = match &error {
            NetlinkError::Ask { source, .. } | NetlinkError::Refused { source, .. } => {
                match source.kind() {
                    io::ErrorKind::PermissionDenied => StaleReason::Denied,
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => StaleReason::TimedOut,
                    io::ErrorKind::NotFound => StaleReason::Unavailable,
                    _ => StaleReason::Failed,
                }
            }
            NetlinkError::Answer { .. } => StaleReason::Malformed,
            NetlinkError::TooMany { .. } => StaleReason::TooLarge,
            NetlinkError::Restless { .. } => StaleReason::TimedOut,
        };
        Self {
            reason,
            detail: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use netlink_sys::protocols::NETLINK_ROUTE;

    use super::*;

    #[test]
    fn what_the_kernel_does_not_know_it_refuses_in_words() {
        let question = Question {
            what: "nothing",
            family: NETLINK_ROUTE,
            message_type: 0x7ffe,
            body: &[0; 4],
        };
        let error = question.ask(4).unwrap_err();
        assert!(error.to_string().contains("refuses nothing"), "{error}");
        let NetlinkError::Refused { source, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn broken_attributes_end_the_list_and_do_not_panic() {
        assert_eq!(attributes(&[3, 0, 1, 0]).count(), 0);
        assert_eq!(attributes(&[8, 0, 1, 0, 1, 2, 3, 4, 9]).count(), 1);
        let odd = [number(&[1, 2]).is_none(), address(&[1; 5]).is_none()];
        assert_eq!((odd, text(b"lo\0x").as_str()), ([true; 2], "lo"));
    }
}
