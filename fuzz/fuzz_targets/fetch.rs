//! What agents ask for on streams of their own.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::frame::<shared::wire::Fetch>(bytes));
