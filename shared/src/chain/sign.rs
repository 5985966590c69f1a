//! What a seal signs, and with what: the P-256 key of the host's certificate, through the one
//! cryptographic provider. TLS signs with the same key, and never a text that begins as ours does.

use std::sync::Arc;

use rustls::{
    Error, SignatureScheme,
    sign::{Signer, SigningKey},
};
use rustls_pki_types::PrivateKeyDer;

use super::Stand;
use crate::{
    id::HostId,
    tls::provider,
    wire::{Opening, Seal},
};

/// Separates this use of a host's key from every other.
const DOMAIN: &[u8] = b"openwatch result seal v1\0";
/// The only scheme: hosts' keys are P-256.
const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;
/// Length of a P-256 key as certificates hold it, an uncompressed point.
const POINT: usize = 65;

/// The right to sign for a host.
#[derive(Debug)]
pub struct Signing {
    host: HostId,
    key: Arc<dyn SigningKey>,
}

impl Signing {
    /// Signs as `host`, with the key of its certificate.
    ///
    /// # Errors
    /// rustls' own, when the key is not usable.
    pub fn new(host: HostId, key: PrivateKeyDer<'static>) -> Result<Self, Error> {
        let key = provider().key_provider.load_private_key(key)?;
        Ok(Self { host, key })
    }

    /// A seal under where the results stand.
    ///
    /// # Errors
    /// rustls' own, when the key is not P-256 or no randomness is to be had.
    pub fn seal(&self, stand: Stand, opening: Option<Opening>) -> Result<Seal, Error> {
        let signer: Box<dyn Signer> = self
            .key
            .choose_scheme(&[SCHEME])
            .ok_or_else(|| Error::General("the host's key is not P-256".into()))?;
        let Stand { epoch, seq, head } = stand;
        Ok(Seal {
            epoch,
            seq,
            head: head.0,
            opening,
            signature: signer.sign(&statement(self.host, &stand, opening))?,
        })
    }
}

/// Where the results stand of which `seal` speaks, if the holder of this key signed that for `host`.
/// The key is what a certificate holds as its subject's public key.
pub fn verify(public_key: &[u8], host: HostId, seal: &Seal) -> Option<Stand> {
    let stand = Stand::of(seal);
    let statement = statement(host, &stand, seal.opening);
    let provider = provider();
    let mapping = provider.signature_verification_algorithms.mapping;
    // The scheme of TLS 1.2 may be used with other curves; their points have other lengths.
    let mut algorithms = mapping
        .iter()
        .filter(|(scheme, _)| *scheme == SCHEME && public_key.len() == POINT)
        .flat_map(|(_, algorithms)| algorithms.iter());
    let signed = |algorithm: &&dyn rustls_pki_types::SignatureVerificationAlgorithm| {
        let verified = algorithm.verify_signature(public_key, &statement, &seal.signature);
        verified.is_ok()
    };
    algorithms.any(signed).then_some(stand)
}

/// Every field has a fixed width.
fn statement(host: HostId, stand: &Stand, opening: Option<Opening>) -> Vec<u8> {
    let opening = match opening {
        None => 0_u8,
        Some(Opening::Continues) => 1,
        Some(Opening::New) => 2,
        Some(Opening::Folded) => 3,
    };
    [
        DOMAIN,
        host.0.as_bytes(),
        &stand.epoch.0.to_le_bytes(),
        &stand.seq.to_le_bytes(),
        &stand.head.0,
        &[opening],
    ]
    .concat()
}
