//! What anybody may show as a token. Nothing that this key did not sign may be accepted.
#![no_main]

use std::sync::LazyLock;

use ed25519_dalek::{SigningKey, VerifyingKey};
use shared::token::Token;

static KEY: LazyLock<VerifyingKey> =
    LazyLock::new(|| SigningKey::from_bytes(&[7; 32]).verifying_key());

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Token::parse(text);
    assert!(Token::verify(text, &KEY).is_err());
});
