//! One result of a host, with all that proves who told it: the link that told it, what leads from
//! there to a seal, the seal, the certificate with whose key it was made, and the authority. Whoever
//! has it needs no collector to check it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    chain::{self, Head, LinkHash, Sort, Stand},
    clock::to_micros,
    fact::{RowHash, canonical},
    id::{Epoch, HostId},
    rule::result::KIND,
    token::Fingerprint,
    wire::{Opening, Seal},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::chain::{HostKey, KeyError};

/// The form of proofs.
pub const FORMAT: u32 = 1;

/// A result, and what proves it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The form of this document, 1.
    pub format: u32,
    pub host: Uuid,
    pub rule: String,
    /// The record as the host told it.
    #[schema(value_type = Object)]
    pub record: Value,
    /// SHA-256 over kind, rule and record, hexadecimal.
    pub hash: String,
    pub link: ProofLink,
    /// The links that follow, up to the one that is sealed: the hash of each, hexadecimal.
    pub following: Vec<String>,
    pub seal: ProofSeal,
    /// The host's certificate, with whose key the seal was made.
    pub certificate_pem: String,
    /// The authority that issued it. Compare it with one that you have from elsewhere.
    pub authority_pem: String,
}

/// The link that told the result.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofLink {
    /// A number of 63 bits, as text.
    pub epoch: String,
    pub seq: u64,
    /// When the host says that it was so, by its own clock.
    pub at: DateTime<Utc>,
    /// 1 a change, 2 a part of all results, 3 the last part.
    pub sort: u8,
    /// What the chain had come to before, hexadecimal.
    pub previous: String,
    /// The hash of each result that it tells, hexadecimal; one of them is the result's.
    pub leaves: Vec<String>,
}

/// The seal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofSeal {
    /// A number of 63 bits, as text.
    pub epoch: String,
    pub seq: u64,
    /// What the chain had come to, hexadecimal.
    pub head: String,
    /// Whether it was set at the beginning of a session: `continues`, `new` or `folded`.
    #[schema(value_type = Option<String>, required)]
    pub opening: Option<Opening>,
    /// ECDSA P-256 with SHA-256, DER, base64.
    pub signature: String,
    /// When the collector says that it came, by its own clock.
    pub received_at: DateTime<Utc>,
}

/// What a proof shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    pub host: HostId,
    pub rule: String,
    /// What the record says came of it.
    pub verdict: Option<String>,
    /// By the host's clock.
    pub at: DateTime<Utc>,
    pub certificate: Fingerprint,
    pub authority: Fingerprint,
    /// By the collector's clock, which nobody signed.
    pub received_at: DateTime<Utc>,
    /// Links between the result's own and the seal.
    pub following: usize,
}

/// Why a document proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    #[error("this is a proof of form {0}, and {FORMAT} is known")]
    Format(u32),
    #[error("{0} is not what it must be: hexadecimal, base64, PEM or a number")]
    Form(&'static str),
    #[error("the record is no value that a host can tell")]
    Record,
    #[error("the record does not give its hash: it was changed")]
    Hash,
    #[error("the link does not tell this record")]
    NotTold,
    #[error("the links do not lead to the head under the seal: one was changed, added or removed")]
    Head,
    #[error("the certificate belongs to host {0}")]
    OtherHost(HostId),
    #[error("the authority in the proof is not the one that is trusted")]
    OtherAuthority,
    #[error(transparent)]
    Key(KeyError),
    #[error("the signature under the seal is not the host's")]
    Signature,
}

impl Proof {
    /// Checks all of it. `trusted` is the authority as it is known from elsewhere; without one the
    /// proof's own is believed, and the caller must look at its fingerprint.
    ///
    /// # Errors
    /// [`NoProof`]: the first thing that does not fit.
    pub fn verify(&self, trusted: Option<&CertificateDer<'_>>) -> Result<Proved, NoProof> {
        if self.format != FORMAT {
            return Err(NoProof::Format(self.format));
        }
        let host = HostId(self.host);
        let hash = self.told()?;
        if hash != bytes("hash", &self.hash)? {
            return Err(NoProof::Hash);
        }
        let (link, previous) = self.link.hash(hash)?;
        let mut head = previous.with(link);
        for next in &self.following {
            head = head.with(LinkHash(bytes("following", next)?));
        }
        let seal = self.seal.read()?;
        if head != Head(seal.head) {
            return Err(NoProof::Head);
        }
        let authority = pem("authority_pem", &self.authority_pem)?;
        if trusted.is_some_and(|trusted| *trusted != authority) {
            return Err(NoProof::OtherAuthority);
        }
        let certificate = pem("certificate_pem", &self.certificate_pem)?;
        let received_at = self.seal.received_at;
        let key = HostKey::vouched(&certificate, &authority, received_at).map_err(NoProof::Key)?;
        if key.host != host {
            return Err(NoProof::OtherHost(key.host));
        }
        key.verify(&seal).ok_or(NoProof::Signature)?;
        Ok(Proved {
            host,
            rule: self.rule.clone(),
            verdict: self.record["verdict"].as_str().map(str::to_owned),
            at: self.link.at,
            certificate: Fingerprint::of(&certificate),
            authority: Fingerprint::of(&authority),
            received_at,
            following: self.following.len(),
        })
    }

    /// The hash of the row that the record is.
    fn told(&self) -> Result<[u8; 32], NoProof> {
        let value = canonical(&self.record).map_err(|_| NoProof::Record)?;
        Ok(RowHash::of(KIND, &self.rule, &value).0)
    }
}

impl ProofLink {
    /// The link's hash, if it tells the row, and the head before it.
    fn hash(&self, row: [u8; 32]) -> Result<(LinkHash, Head), NoProof> {
        let leaves = self.leaves.iter().map(|leaf| bytes("leaves", leaf));
        let leaves = leaves.collect::<Result<Vec<_>, _>>()?;
        if !leaves.contains(&row) {
            return Err(NoProof::NotTold);
        }
        let sort = Sort::of(self.sort).ok_or(NoProof::Form("sort"))?;
        let epoch = epoch(&self.epoch)?;
        let hash = chain::hash(epoch, self.seq, to_micros(self.at), sort, &leaves);
        Ok((hash, Head(bytes("previous", &self.previous)?)))
    }
}

impl ProofSeal {
    /// The seal as a document shows it.
    pub fn new(seal: &Seal, received_at: DateTime<Utc>) -> Self {
        let Stand { epoch, seq, head } = Stand::of(seal);
        Self {
            epoch: epoch.0.to_string(),
            seq,
            head: head.to_string(),
            opening: seal.opening,
            signature: STANDARD.encode(&seal.signature),
            received_at,
        }
    }

    fn read(&self) -> Result<Seal, NoProof> {
        let signature = STANDARD.decode(&self.signature);
        Ok(Seal {
            epoch: epoch(&self.epoch)?,
            seq: self.seq,
            head: bytes("head", &self.head)?,
            opening: self.opening,
            signature: signature.map_err(|_| NoProof::Form("signature"))?,
        })
    }
}

/// A certificate as documents show it.
pub fn pem_of(certificate: &CertificateDer<'_>) -> String {
    let body = STANDARD.encode(certificate);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// 32 bytes as documents show them.
pub fn hex(bytes: &[u8; 32]) -> String {
    Head(*bytes).to_string()
}

fn bytes(name: &'static str, text: &str) -> Result<[u8; 32], NoProof> {
    let wrong = || NoProof::Form(name);
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

fn epoch(text: &str) -> Result<Epoch, NoProof> {
    let number = text.parse().map_err(|_| NoProof::Form("epoch"))?;
    Ok(Epoch(number))
}

fn pem(name: &'static str, text: &str) -> Result<CertificateDer<'static>, NoProof> {
    CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| NoProof::Form(name))
}

#[cfg(test)]
mod tests;
