//! A document with signatures beside it: `NAME.json` is exactly what was signed, and `NAME.json.sig` a
//! list of who signed it. Signatures stand apart so that the document stays readable, and so that one of
//! the next version differs from it in as few bytes as it says.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::json;

use super::{KeyId, PublicKey};

/// Most signatures of a document: what more there are is no help to anybody who verifies.
pub const MAX_SIGNATURES: usize = 64;
/// Largest file of signatures, bytes: several times what that many take.
pub const MAX_SIGNATURES_FILE: usize = 64 << 10;

/// What a document is. A signature is for one sort alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Root,
    Bundle,
    Release,
}

/// A document and its signatures, none of them verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub document: Vec<u8>,
    pub signatures: Vec<Signature>,
}

/// A signature, and whose it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub key: KeyId,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub signature: [u8; 64],
}

/// Why a file of signatures is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignedError {
    #[error("the file of signatures is {0} bytes, and {MAX_SIGNATURES_FILE} are the most")]
    TooLarge(usize),
    #[error("the file of signatures is not one: {0}")]
    Malformed(String),
    #[error("{0} signatures, and {MAX_SIGNATURES} are the most")]
    TooMany(usize),
}

/// `NAME.json.sig`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signatures {
    signatures: Vec<Signature>,
}

impl Signed {
    /// A document, and the file of signatures beside it. Neither is believed yet.
    ///
    /// # Errors
    /// [`SignedError`], when that file is none.
    pub fn read(document: Vec<u8>, signatures: &[u8]) -> Result<Self, SignedError> {
        if signatures.len() > MAX_SIGNATURES_FILE {
            return Err(SignedError::TooLarge(signatures.len()));
        }
        let Signatures { signatures } = serde_json::from_slice(signatures)
            .map_err(|error| SignedError::Malformed(error.to_string()))?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(SignedError::TooMany(signatures.len()));
        }
        Ok(Self {
            document,
            signatures,
        })
    }

    /// The file of signatures, written in one way.
    pub fn signatures_file(&self) -> Vec<u8> {
        let file = json!({"signatures": self.signatures});
        format!("{file:#}\n").into_bytes()
    }

    /// Adds a signature, in the place of one by the same key. In the order of keys, so that it is all
    /// one who signed first.
    pub fn add(&mut self, signature: Signature) {
        self.signatures.retain(|one| one.key != signature.key);
        self.signatures.push(signature);
        self.signatures.sort_by_key(|one| one.key);
    }
}

impl Sort {
    /// What comes before the document in a statement. No text is the beginning of another's.
    fn domain(self) -> &'static [u8] {
        match self {
            Self::Root => b"openwatch root v1\0",
            Self::Bundle => b"openwatch bundle v1\0",
            Self::Release => b"openwatch release v1\0",
        }
    }

    /// What is signed: the sort, then the document as it is.
    pub fn statement(self, document: &[u8]) -> Vec<u8> {
        [self.domain(), document].concat()
    }
}

impl Signature {
    /// Signs with a key that is at hand.
    pub fn sign(key: &SigningKey, sort: Sort, document: &[u8]) -> Self {
        Self {
            key: PublicKey::from(key.verifying_key()).id(),
            signature: key.sign(&sort.statement(document)).to_bytes(),
        }
    }

    /// What somebody else says is the signature of this key; `None` when it is not.
    pub fn by(key: PublicKey, sort: Sort, document: &[u8], signature: [u8; 64]) -> Option<Self> {
        let holds = key.verifies(&sort.statement(document), &signature);
        holds.then(|| Self {
            key: key.id(),
            signature,
        })
    }
}

fn to_base64<S: Serializer>(bytes: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64.decode(text).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| de::Error::custom("not a signature: 64 bytes in Base64"))
}
