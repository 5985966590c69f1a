//! What collectors answer to it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::frame::<shared::wire::Fetched>(bytes));
