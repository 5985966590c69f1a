//! Roots and files of signatures, as anybody may send them. No root follows itself, and nothing follows
//! that nobody signed.
#![no_main]

use shared::trust::{Root, Signed};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let signed = Signed::read(bytes.to_vec(), bytes);
    let signed = signed.unwrap_or_else(|_| Signed {
        document: bytes.to_vec(),
        signatures: Vec::new(),
    });
    if let Ok(root) = Root::pinned(bytes) {
        assert!(root.followed_by(&signed).is_err());
    }
});
