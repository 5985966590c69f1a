//! `"OW" | format u8 | flags u8 | length u32 (little endian) | payload`.
//!
//! The header is read before anything of the payload is believed. Flag 0x01: the payload is a
//! zstd frame. Length counts the bytes that follow the header.

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{WireError, decode, encode};

/// Most bytes of a payload, before and after decompression.
pub const MAX_PAYLOAD: usize = 1 << 20;
/// Bytes of a frame's header.
pub const HEADER: usize = 8;

const MAGIC: [u8; 2] = *b"OW";
const FORMAT: u8 = 1;
const ZSTD: u8 = 0x01;
/// Below this, zstd's own header eats what it saves.
const COMPRESS_FROM: usize = 512;
/// zstd's fast default. Facts shrink to about a sixth; higher levels gain under a tenth more.
const LEVEL: i32 = 3;

/// The frame of `message`.
///
/// # Errors
/// [`WireError`] when the message is too large.
pub fn seal(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let plain = encode(message)?;
    let packed = (plain.len() >= COMPRESS_FROM)
        .then(|| zstd::bulk::compress(&plain, LEVEL).map_err(WireError::Compression))
        .transpose()?
        .filter(|packed| packed.len() < plain.len());
    let (flags, payload) = match packed {
        Some(packed) => (ZSTD, packed),
        None => (0, plain),
    };
    let length = u32::try_from(payload.len()).map_err(|_| WireError::TooLarge(payload.len()))?;
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(&MAGIC);
    frame.extend_from_slice(&[FORMAT, flags]);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&payload);
    Ok(frame)
}

/// The message of a whole frame, header included.
///
/// # Errors
/// [`WireError`] for anything but exactly one frame with exactly one message.
pub fn open<M: DeserializeOwned>(frame: &[u8]) -> Result<M, WireError> {
    let (header, payload) = frame
        .split_first_chunk::<HEADER>()
        .ok_or(WireError::Truncated)?;
    let header = Header::parse(*header)?;
    match payload.len() {
        len if len < header.length => Err(WireError::Truncated),
        len if len > header.length => Err(WireError::Trailing(len - header.length)),
        _ => header.message(payload),
    }
}

/// Reads one message. `None` when the stream ends before a frame begins.
///
/// # Errors
/// [`WireError`]; the stream is not usable afterwards.
pub async fn read<M: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<M>, WireError> {
    let mut header = [0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match stream
            .read(&mut header[filled..])
            .await
            .map_err(WireError::Io)?
        {
            0 if filled == 0 => return Ok(None),
            0 => return Err(WireError::Truncated),
            n => filled += n,
        }
    }
    let header = Header::parse(header)?;
    // Grown as bytes arrive: a peer that announces a mebibyte and sends nothing costs nothing.
    let mut payload = Vec::new();
    let got = stream
        .take(header.length as u64)
        .read_to_end(&mut payload)
        .await
        .map_err(WireError::Io)?;
    if got < header.length {
        Err(WireError::Truncated)
    } else {
        header.message(&payload).map(Some)
    }
}

/// Writes one message.
///
/// # Errors
/// [`WireError`] when it is too large or the stream is gone.
pub async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> Result<(), WireError> {
    stream
        .write_all(&seal(message)?)
        .await
        .map_err(WireError::Io)
}

struct Header {
    compressed: bool,
    length: usize,
}

impl Header {
    fn parse(bytes: [u8; HEADER]) -> Result<Self, WireError> {
        let [m0, m1, format, flags, length @ ..] = bytes;
        if [m0, m1] != MAGIC {
            return Err(WireError::Magic);
        }
        if format != FORMAT {
            return Err(WireError::Format(format));
        }
        if flags & !ZSTD != 0 {
            return Err(WireError::Flags(flags));
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_PAYLOAD {
            return Err(WireError::TooLarge(length));
        }
        Ok(Self {
            compressed: flags & ZSTD != 0,
            length,
        })
    }

    fn message<M: DeserializeOwned>(&self, payload: &[u8]) -> Result<M, WireError> {
        if self.compressed {
            let plain =
                zstd::bulk::decompress(payload, MAX_PAYLOAD).map_err(WireError::Compression)?;
            decode(&plain)
        } else {
            decode(payload)
        }
    }
}
