//! Public keys as RFC 4253 encodes them, and OpenSSH's certificates. Pure.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use sha2::{Digest as _, Sha256};

/// What the name of a certificate's algorithm has and that of its key has not.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// The largest key that is decoded, bytes in base64. RSA of 16384 bits, OpenSSH's own bound, is
/// 3 KiB; a certificate with a hundred names is 8.
const MAX_TEXT: usize = 64 * 1024;

/// RFC 4251: names of algorithms have at most 64 characters.
const MAX_NAME: usize = 64;

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, …, as it is written beside the key.
    pub algorithm: String,
    /// Strength in the way of the algorithm. `None` of an algorithm that is not known here.
    pub bits: Option<u32>,
    /// `SHA256:` and base64, as `ssh-keygen -l` prints; of a certificate that of its key.
    pub fingerprint: String,
    pub certificate: bool,
}

/// What a key consists of: how many strings, and which of them tells its size.
fn layout(algorithm: &str) -> Option<(usize, Size)> {
    Some(match algorithm {
        "ssh-rsa" => (2, Size::Number(1)),
        "ssh-dss" => (4, Size::Number(0)),
        "ssh-ed25519" => (1, Size::Bits(256)),
        "ecdsa-sha2-nistp256" => (2, Size::Bits(256)),
        "ecdsa-sha2-nistp384" => (2, Size::Bits(384)),
        "ecdsa-sha2-nistp521" => (2, Size::Bits(521)),
        "sk-ssh-ed25519@openssh.com" => (2, Size::Bits(256)),
        "sk-ecdsa-sha2-nistp256@openssh.com" => (3, Size::Bits(256)),
        _ => return None,
    })
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Bits(u32),
    /// As long as this string is as a number.
    Number(usize),
}

/// The key of this algorithm and base64. `None` when it is none: OpenSSH would not take it.
pub fn key(algorithm: &str, text: &str) -> Option<Key> {
    if text.len() > MAX_TEXT || algorithm.is_empty() || algorithm.len() > MAX_NAME {
        return None;
    }
    let blob = STANDARD.decode(text).ok()?;
    let mut reader = Reader(&blob);
    if reader.string()? != algorithm.as_bytes() {
        return None;
    }
    let plain = plain(algorithm);
    let certificate = plain.is_some();
    let plain = plain.as_deref().unwrap_or(algorithm);
    let Some((count, size)) = layout(plain) else {
        return (!certificate).then(|| Key {
            algorithm: algorithm.to_owned(),
            bits: None,
            fingerprint: fingerprint(&blob),
            certificate: false,
        });
    };
    if certificate {
        let _nonce = reader.string()?;
    }
    let begun = reader.0;
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        fields.push(reader.string()?);
    }
    let own = &begun[..begun.len() - reader.0.len()];
    if !certificate && !reader.0.is_empty() {
        return None;
    }
    let bits = match size {
        Size::Bits(bits) => bits,
        Size::Number(field) => bits(fields.get(field)?)?,
    };
    let mut encoded = u32::try_from(plain.len()).ok()?.to_be_bytes().to_vec();
    encoded.extend_from_slice(plain.as_bytes());
    encoded.extend_from_slice(own);
    Some(Key {
        algorithm: algorithm.to_owned(),
        bits: Some(bits),
        fingerprint: fingerprint(&encoded),
        certificate,
    })
}

/// The algorithm of a certificate's key; `None` when the name is not one of a certificate.
fn plain(algorithm: &str) -> Option<String> {
    let plain = algorithm.strip_suffix(CERTIFICATE)?;
    let suffix = if plain.starts_with("sk-") {
        "@openssh.com"
    } else {
        ""
    };
    Some(format!("{plain}{suffix}"))
}

fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

fn bits(number: &[u8]) -> Option<u32> {
    let begin = number.iter().position(|byte| *byte != 0)?;
    let number = &number[begin..];
    let bytes = u32::try_from(number.len()).ok()?;
    Some(bytes * 8 - number.first()?.leading_zeros())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A length of four bytes and as many bytes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (string, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}
