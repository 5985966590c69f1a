//! Checkpoints: what a collector has seen of a chain, signed with a key that is not in the database. Who owns
//! the database can make a chain anew that fits itself; a checkpoint of the chain before does not fit it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use shared::bundle::Hash;

use super::Stream;

/// The head of a chain at an instant, signed. A line of JSON in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    stream: String,
    /// Of the newest record.
    seq: i64,
    /// Of that record.
    hash: Hash,
    at: DateTime<Utc>,
    /// Ed25519, base64.
    signature: String,
}

/// Why a line is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("is no checkpoint")]
    Malformed(#[source] serde_json::Error),
    #[error("is not signed with the key")]
    Unsigned,
    #[error("is of no chain that there is")]
    Unknown,
}

impl Checkpoint {
    /// Signs that the record `seq` of a chain had this hash.
    pub fn sign(
        stream: Stream,
        seq: i64,
        hash: &[u8; 32],
        at: DateTime<Utc>,
        key: &SigningKey,
    ) -> Self {
        let mut checkpoint = Self {
            stream: stream.name().into(),
            seq,
            hash: Hash(*hash),
            at: at.trunc_subsecs(6),
            signature: String::new(),
        };
        let signature = key.sign(&checkpoint.signed());
        checkpoint.signature = STANDARD.encode(signature.to_bytes());
        checkpoint
    }

    /// The checkpoint of a line, if one of the keys signed it.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(line: &str, keys: &[VerifyingKey]) -> Result<Self, CheckpointError> {
        let read: Self = serde_json::from_str(line).map_err(CheckpointError::Malformed)?;
        let signature = STANDARD.decode(&read.signature).unwrap_or_default();
        let signature = Signature::from_slice(&signature).map_err(|_| CheckpointError::Unsigned)?;
        let signed = read.signed();
        if !keys
            .iter()
            .any(|key| key.verify_strict(&signed, &signature).is_ok())
        {
            return Err(CheckpointError::Unsigned);
        }
        if read.stream().is_none() {
            return Err(CheckpointError::Unknown);
        }
        Ok(read)
    }

    /// As a line of the file, with its end.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("texts and a number");
        line.push('\n');
        line
    }

    /// Which chain it is of; of one that was read, there is one.
    pub fn stream(&self) -> Option<Stream> {
        Stream::ALL
            .into_iter()
            .find(|stream| stream.name() == self.stream)
    }

    /// The record that was the newest.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// That record's hash.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash.0
    }

    /// By the collector's clock.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    fn signed(&self) -> Vec<u8> {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let Self {
            stream, seq, hash, ..
        } = self;
        format!("openwatch-audit-checkpoint/1\0{stream} {seq} {hash} {at}").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_good_as_it_was_signed_and_not_otherwise() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let keys = [
            SigningKey::from_bytes(&[8; 32]).verifying_key(),
            key.verifying_key(),
        ];
        let at = DateTime::UNIX_EPOCH;
        let made = Checkpoint::sign(Stream::Change, 12, &[1; 32], at, &key);
        let line = made.line();
        assert_eq!(Checkpoint::read(&line, &keys).unwrap(), made);
        for (from, to) in [
            ("change", "access"),
            ("12", "13"),
            ("0101", "0102"),
            ("1970", "1971"),
            ("\"seq\"", "\"sec\""),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_ne!(changed, line);
            assert!(Checkpoint::read(&changed, &keys).is_err(), "{changed}");
        }
        assert!(Checkpoint::read(&line, &keys[..1]).is_err());
    }
}
