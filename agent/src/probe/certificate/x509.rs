//! What a certificate (RFC 5280) says. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use x509_parser::{
    extensions::GeneralName,
    objects::{oid_registry, oid2sn},
    prelude::{FromDer as _, X509Certificate},
    public_key::PublicKey,
    x509::{SubjectPublicKeyInfo, X509Name},
};

/// How many names a certificate is told with. Some of shared hosting have hundreds.
const MAX_NAMES: usize = 200;

/// The longest text that is told, bytes.
const MAX_TEXT: usize = 2048;

/// Curves by the numbers of their names.
const CURVES: [(&str, &str, u32); 6] = [
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.3.132.0.10", "secp256k1", 256),
];

/// Keys whose algorithm is all that there is to say.
const OTHERS: [(&str, &str, u32); 3] = [
    ("1.3.101.112", "ed25519", 256),
    ("1.3.101.113", "ed448", 448),
    ("1.2.840.10040.4.1", "dsa", 0),
];

/// What is told of a certificate.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// Hexadecimal, without zeros before it.
    pub serial: String,
    /// `DNS:name`, `IP:address`, `email:address`, `URI:address`, `DN:name`, `other`.
    pub names: Vec<String>,
    /// How many names there are beyond those told.
    pub names_left_out: usize,
    /// From when to when it is good, both included, seconds since the Unix epoch.
    pub not_before: i64,
    pub not_after: i64,
    /// `rsa`, `ec`, `ed25519`, `ed448`, `dsa`, or the algorithm's number.
    pub key: String,
    /// Size of the key. `None` of an algorithm that is not known here.
    pub bits: Option<u32>,
    /// `P-256`, …, or the curve's number.
    pub curve: Option<String>,
    /// `sha256WithRSAEncryption`, `ecdsa-with-SHA256`, …, or the algorithm's number.
    pub signature: String,
    pub is_ca: bool,
    /// Whether issuer and subject are the same. The signature is not verified.
    pub self_signed: bool,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
}

/// Reads a certificate; `None` when it is none. What follows it is not looked at.
pub fn certificate(der: &[u8]) -> Option<Certificate> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    let own = &der[..der.len() - rest.len()];
    let key = key(certificate.public_key());
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names
        .map(|names| names.value.general_names.as_slice())
        .unwrap_or_default();
    let signature = &certificate.signature_algorithm.algorithm;
    let serial = hex(certificate.raw_serial());
    Some(Certificate {
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        serial: match serial.trim_start_matches('0') {
            "" => "0".to_owned(),
            serial => short(serial),
        },
        names: names.iter().take(MAX_NAMES).map(alternative).collect(),
        names_left_out: names.len().saturating_sub(MAX_NAMES),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        key: key.name,
        bits: key.bits,
        curve: key.curve,
        signature: oid2sn(signature, oid_registry())
            .map_or_else(|_| short(&signature.to_id_string()), str::to_owned),
        is_ca: certificate.is_ca(),
        self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        sha256: hex(&Sha256::digest(own)),
    })
}

struct Key {
    name: String,
    bits: Option<u32>,
    curve: Option<String>,
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let algorithm = info.algorithm.algorithm.to_id_string();
    let plain = |name: &str, bits| Key {
        name: name.to_owned(),
        bits,
        curve: None,
    };
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => plain("rsa", bits(rsa.modulus)),
        Ok(PublicKey::EC(_)) => {
            let parameters = info.algorithm.parameters.as_ref();
            let curve = parameters.and_then(|any| any.as_oid().ok());
            let curve = curve.map(|oid| oid.to_id_string()).unwrap_or_default();
            let known = CURVES.iter().find(|(number, ..)| *number == curve);
            Key {
                name: "ec".into(),
                bits: known.map(|(_, _, bits)| *bits),
                curve: Some(known.map_or_else(|| short(&curve), |(_, name, _)| (*name).to_owned())),
            }
        }
        _ => match OTHERS.iter().find(|(number, ..)| *number == algorithm) {
            Some((_, name, bits)) => plain(name, (*bits > 0).then_some(*bits)),
            None => plain(&short(&algorithm), None),
        },
    }
}

/// Length of a number.
fn bits(number: &[u8]) -> Option<u32> {
    let begin = number.iter().position(|byte| *byte != 0)?;
    let number = &number[begin..];
    let bytes = u32::try_from(number.len()).ok()?;
    Some(bytes.saturating_mul(8) - number.first()?.leading_zeros())
}

fn name(name: &X509Name<'_>) -> String {
    short(&name.to_string())
}

fn alternative(name: &GeneralName<'_>) -> String {
    let text = match name {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(address) => format!("URI:{address}"),
        GeneralName::DirectoryName(name) => format!("DN:{name}"),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(bytes) => format!("IP:{}", Ipv4Addr::from(bytes)),
            Err(_) => match <[u8; 16]>::try_from(*bytes) {
                Ok(bytes) => format!("IP:{}", Ipv6Addr::from(bytes)),
                Err(_) => "other".to_owned(),
            },
        },
        _ => "other".to_owned(),
    };
    // All names of a certificate are to fit into one value, whatever is in them.
    text[..text.floor_char_boundary(MAX_TEXT / 8)].to_owned()
}

fn short(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
