//! What goes over the wire: length-prefixed frames that each hold one message.
//!
//! **How it may change.** A message's fields never change once released. New information is a new
//! variant at the end of [`AgentMessage`], [`CollectorMessage`] or [`Body`], and is sent only when
//! `Welcome::protocol` says that the other side knows it. Golden files in `shared/testdata/wire`
//! hold the bytes of every released message; a test decodes them all.
//!
//! **How it is bounded.** A frame holds at most [`MAX_PAYLOAD`] bytes before and after
//! decompression, the decoder has a limit of its own, no type is recursive, and no type is empty,
//! so that no count of items can be claimed without bytes to back it.

/// bincode, and nothing else of it anywhere.
mod codec;

/// The frame: header, compression, reading and writing on a stream.
mod frame;

/// The messages of the three protocols.
mod message;

/// Messages beside the stream of records.
mod control;

/// What a host is held to.
mod assignment;

/// Content, signed by its publisher.
mod content;

pub use self::{
    assignment::*,
    codec::{decode, encode},
    content::*,
    control::*,
    frame::{HEADER, MAX_PAYLOAD, open, read, seal, write},
    message::*,
};

/// The protocol version that this build speaks. It rises with each release that has new variants.
///
/// | version | what it added |
/// |---|---|
/// | 1 | sessions, enrolment, renewal |
/// | 2 | metrics; [`Run`], [`Farewell`], [`Settings`], [`InForce`]; [`AgentMessage::Digests`] |
/// | 3 | [`Assignment`], [`Assigned`] |
/// | 4 | [`Seal`] |
/// | 5 | [`Offer`], [`ContentState`], streams of [`Fetch`] |
pub const PROTOCOL: u16 = 5;

/// The first version that knows [`AgentMessage::Metrics`].
pub const METRICS_SINCE: u16 = 2;

/// The first version that knows the messages of life and settings, and digests by themselves.
pub const CONTROL_SINCE: u16 = 2;

/// The first version that knows the messages of profiles and variables.
pub const ASSIGNMENT_SINCE: u16 = 3;

/// The first version that knows [`AgentMessage::Seal`].
pub const SEALS_SINCE: u16 = 4;

/// The first version that knows the messages of content.
pub const CONTENT_SINCE: u16 = 5;

/// Why a message could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the frame does not begin with OW: this is not an OpenWatch peer")]
    Magic,
    #[error("frame format {0} is not known")]
    Format(u8),
    #[error("frame flags {0:#04x} are not known")]
    Flags(u8),
    #[error("frame of {0} bytes is larger than {MAX_PAYLOAD}")]
    TooLarge(usize),
    #[error("the stream ended inside a frame")]
    Truncated,
    #[error("the payload cannot be decompressed")]
    Compression(#[source] std::io::Error),
    #[error("the payload is not a message")]
    Decode(#[source] bincode::error::DecodeError),
    #[error("the message cannot be encoded")]
    Encode(#[source] bincode::error::EncodeError),
    #[error("{0} bytes follow the message")]
    Trailing(usize),
    #[error("reading or writing the stream")]
    Io(#[source] std::io::Error),
}

#[cfg(test)]
pub(crate) mod tests;
