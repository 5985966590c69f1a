//! Enrolment tokens: `ow1_` and 120 bytes in URL-safe base64.
//!
//! `pin [32] | id [16] | expires [8] | signature [64]`. The pin is the SHA-256 of the collector's
//! authority certificate, so that the agent trusts nothing on first use. The signature is made
//! with the collector's token key, so that the enrolment door, which anybody may knock at, refuses
//! a forged or an expired token from memory; the database is asked only about tokens that this
//! installation has issued. It holds the token's hash, never the token.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    clock::{from_micros, to_micros},
    hex,
};

const PREFIX: &str = "ow1_";
/// Separates this use of the key from every other.
const DOMAIN: &[u8] = b"openwatch enrolment token v1\0";
const BODY: usize = 32 + 16 + 8;

/// SHA-256 of a certificate's DER bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The right to enrol hosts at one collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Which authority the collector must prove to descend from.
    pub pin: Fingerprint,
    /// Which token it is, in the collector's list.
    pub id: Uuid,
    /// From when on it is refused.
    pub expires: DateTime<Utc>,
}

/// Why a text is not a usable token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    #[error("this is no enrolment token: tokens begin with {PREFIX} and have 164 characters")]
    Form,
    #[error("the token was not issued by this collector")]
    Signature,
}

impl Token {
    /// The text of the token, signed.
    pub fn sign(&self, key: &SigningKey) -> String {
        let mut bytes = self.body().to_vec();
        bytes.extend_from_slice(&key.sign(&[DOMAIN, &bytes].concat()).to_bytes());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What `text` says, without a look at who signed it: an agent cannot check that, and need not.
    ///
    /// # Errors
    /// [`TokenError::Form`].
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        split(text).map(|(token, _)| token)
    }

    /// What `text` says, if `key` signed it. The caller compares `expires` with its clock.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(text: &str, key: &VerifyingKey) -> Result<Self, TokenError> {
        let (token, signature) = split(text)?;
        key.verify_strict(&[DOMAIN, &token.body()].concat(), &signature)
            .map_err(|_| TokenError::Signature)?;
        Ok(token)
    }

    fn body(&self) -> [u8; BODY] {
        let mut body = [0; BODY];
        body[..32].copy_from_slice(&self.pin.0);
        body[32..48].copy_from_slice(self.id.as_bytes());
        body[48..].copy_from_slice(&to_micros(self.expires).to_le_bytes());
        body
    }
}

/// What the database keeps of a token.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.trim()).into()
}

fn split(text: &str) -> Result<(Token, Signature), TokenError> {
    let bytes = text
        .trim()
        .strip_prefix(PREFIX)
        .and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok())
        .ok_or(TokenError::Form)?;
    let bytes: [u8; BODY + 64] = bytes.try_into().map_err(|_| TokenError::Form)?;
    let part = |from: usize, to: usize| &bytes[from..to];
    let form = |_| TokenError::Form;
    let micros = i64::from_le_bytes(part(48, BODY).try_into().map_err(form)?);
    let token = Token {
        pin: Fingerprint(part(0, 32).try_into().map_err(form)?),
        id: Uuid::from_bytes(part(32, 48).try_into().map_err(form)?),
        expires: from_micros(micros).ok_or(TokenError::Form)?,
    };
    Ok((
        token,
        Signature::from_bytes(part(BODY, BODY + 64).try_into().map_err(form)?),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        let expires = from_micros(1_700_000_000_000_000).unwrap();
        Token {
            pin: Fingerprint([1; 32]),
            id: Uuid::from_u128(2),
            expires,
        }
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn a_token_survives_its_text_and_a_copied_newline() {
        let text = format!("{}\n", token().sign(&key(1)));
        assert_eq!(text.trim().len(), 164);
        assert_eq!(Token::parse(&text).unwrap(), token());
        assert_eq!(
            Token::verify(&text, &key(1).verifying_key()).unwrap(),
            token()
        );
    }

    #[test]
    fn a_token_of_another_collector_is_refused() {
        let text = token().sign(&key(2));
        let error = Token::verify(&text, &key(1).verifying_key()).unwrap_err();
        assert_eq!(error, TokenError::Signature);
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let text = token().sign(&key(1));
        for at in PREFIX.len()..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                Token::verify(&changed, &key(1).verifying_key()).is_err(),
                "{at}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "ow1_", "ow1_AAAA", "ow2_x", "hunter2"] {
            assert_eq!(Token::parse(text), Err(TokenError::Form), "{text}");
        }
    }
}
