//! What a host may send as a fact's value.
#![no_main]

use shared::fact::{canonical, parse_canonical};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(value) = parse_canonical(text) {
        assert_eq!(canonical(&value).as_deref(), Ok(text));
    }
});
