//! Records of lastlog.
#![no_main]

use agent::probe::login::record::{self, NATIVE};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for chunk in bytes.chunks(NATIVE.lastlog) {
        record::last(NATIVE, chunk);
    }
});
