//! The certificates of a file in PEM (RFC 7468), and of nothing else in it. Pure.
//!
//! A file can hold a private key beside its certificate. What is between the marks of anything but
//! a certificate is stepped over, and neither decoded nor copied.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// The largest certificate that is decoded, bytes of base64.
const MAX_TEXT: usize = 256 * 1024;

/// What a certificate is called. A trusted one is a certificate and what OpenSSL trusts it with.
const LABELS: [&[u8]; 3] = [b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"];

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// As lenient about padding as OpenSSL.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The certificates of a file, in its order: DER, or `None` where it cannot be decoded. A file
/// that is DER itself has one.
pub fn certificates(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
    if is_der(bytes) {
        return vec![Some(bytes.to_vec())];
    }
    let mut found = Vec::new();
    let mut open = false;
    let mut text = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if let Some(label) = line.strip_prefix(BEGIN) {
            let label = label.strip_suffix(DASHES).unwrap_or_default();
            open = LABELS.contains(&label);
            text.clear();
        } else if line.starts_with(END) {
            if open {
                found.push(BASE64.decode(&text).ok().filter(|der| !der.is_empty()));
            }
            open = false;
        } else if open && text.len() < MAX_TEXT {
            text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    found
}

/// Whether the bytes are one sequence that is as long as they are.
fn is_der(bytes: &[u8]) -> bool {
    let length = match bytes {
        [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        [0x30, 0x81, length, ..] => 3 + usize::from(*length),
        _ => return false,
    };
    bytes.len() == length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn only_certificates_are_decoded() {
        let text = b"Subject: x\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\r\n\
            -----BEGIN CERTIFICATE-----\r\nMAM\r\nC AQE=\r\n-----END CERTIFICATE-----\r\n\
            -----BEGIN TRUSTED CERTIFICATE-----\nMAMC\n-----END TRUSTED CERTIFICATE-----\n\
            -----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n\
            -----BEGIN CERTIFICATE-----\nMAMC\n-----BEGIN EC PRIVATE KEY-----\nBBBB\n\
            -----END EC PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMAMC";
        assert_eq!(
            certificates(text),
            [Some(vec![0x30, 3, 2, 1, 1]), Some(vec![0x30, 3, 2]), None]
        );
        assert_eq!(
            certificates(&[0x30, 0x81, 1, 7]),
            [Some(vec![0x30, 0x81, 1, 7])]
        );
        assert_eq!(certificates(&[0x30, 0x81, 1]), []);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("pem", |bytes| {
            for der in certificates(bytes).into_iter().flatten() {
                super::super::x509::certificate(&der);
            }
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            certificates(&bytes);
        }

        #[test]
        fn a_certificate_that_is_damaged_is_read_without_panic(at in 0_usize..2000, to: u8) {
            let text = std::fs::read(live::recorded("x509/ec.pem")).unwrap();
            let mut der = certificates(&text)[0].clone().unwrap();
            let at = at % der.len();
            der[at] = to;
            super::super::x509::certificate(&der);
        }
    }
}
