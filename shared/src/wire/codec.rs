//! bincode behind two functions. It is unmaintained (RUSTSEC-2025-0141) and required; should it
//! have to go, this file is what changes.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use serde::{Serialize, de::DeserializeOwned};

use super::{MAX_PAYLOAD, WireError};

/// bincode's limit counts decoded widths, not bytes on the wire: a one-byte variable-length
/// number counts as 8. With eight times the payload nothing that was encoded can fail to decode.
const DECODE_LIMIT: usize = 8 * MAX_PAYLOAD;

const CONFIG: Configuration<LittleEndian, Varint, Limit<DECODE_LIMIT>> =
    config::standard().with_limit::<DECODE_LIMIT>();

/// The bytes of `message`.
///
/// # Errors
/// [`WireError::TooLarge`] above [`MAX_PAYLOAD`], because the other side would refuse it.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let bytes = bincode::serde::encode_to_vec(message, CONFIG).map_err(WireError::Encode)?;
    if bytes.len() > MAX_PAYLOAD {
        Err(WireError::TooLarge(bytes.len()))
    } else {
        Ok(bytes)
    }
}

/// The message in `bytes`, all of them.
///
/// # Errors
/// [`WireError`] when they are too many, are no `M`, or hold more than one.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, WireError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(WireError::TooLarge(bytes.len()));
    }
    let (message, used) =
        bincode::serde::decode_from_slice(bytes, CONFIG).map_err(WireError::Decode)?;
    if used == bytes.len() {
        Ok(message)
    } else {
        Err(WireError::Trailing(bytes.len() - used))
    }
}
