//! An authenticator for tests: WebAuthn's data with real signatures, and whatever lies a test wants of it.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Somebody was there; they were known; a new key comes with it.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One credential on it.
pub(super) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// Where its browser says that it is.
    pub(super) origin: String,
    /// For whom it signs.
    pub(super) rp: String,
    /// Whether it makes sure who holds it.
    pub(super) verifies: bool,
    /// How often it has signed; 0 and it does not count.
    pub(super) counter: u32,
    /// Whose it says that it is.
    pub(super) user: Value,
}

impl Authenticator {
    pub(super) fn new() -> Self {
        let mut id = vec![0; 32];
        getrandom::fill(&mut id).unwrap();
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id,
            origin: super::ORIGIN.into(),
            rp: "localhost".into(),
            verifies: true,
            counter: 0,
            user: Value::Null,
        }
    }

    /// Makes its credential for whom `asked` is about.
    pub(super) fn make(&mut self, asked: &Value) -> Value {
        let options = &asked["options"]["publicKey"];
        self.user = options["user"]["id"].clone();
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let cose = [
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20",
            x,
            b"\x22\x58\x20",
            y,
        ]
        .concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&self.data(ATTESTED), &[0; 16][..], &length, &self.id, &cose].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let attestation = [
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".as_slice(),
            &length,
            &data,
        ];
        let response = json!({
            "attestationObject": encode(&attestation.concat()),
            "clientDataJSON": encode(self.said("webauthn.create", options).as_bytes()),
            "transports": ["internal"],
        });
        self.credential(response)
    }

    /// Shows it to who asks.
    pub(super) fn show(&mut self, asked: &Value) -> Value {
        if self.counter > 0 {
            self.counter += 1;
        }
        self.sign("webauthn.get", asked)
    }

    /// Signs that `asked` is of this type, and counts nothing.
    pub(super) fn sign(&self, r#type: &str, asked: &Value) -> Value {
        let said = self.said(r#type, &asked["options"]["publicKey"]);
        let data = self.data(0);
        let text = [&data[..], &Sha256::digest(said.as_bytes())].concat();
        let signature = self.key.sign(&SystemRandom::new(), &text).unwrap();
        self.credential(json!({
            "authenticatorData": encode(&data),
            "clientDataJSON": encode(said.as_bytes()),
            "signature": encode(signature.as_ref()),
            "userHandle": self.user,
        }))
    }

    fn said(&self, r#type: &str, options: &Value) -> String {
        let said = json!({
            "type": r#type,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        said.to_string()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(self.rp.as_bytes()).to_vec();
        data.push(PRESENT | verified | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn credential(&self, response: Value) -> Value {
        let id = encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "clientExtensionResults": {},
        })
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
