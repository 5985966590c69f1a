//! What docker writes of a container, which holds what its user chose.
#![no_main]

use agent::probe::container::docker::value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = value(bytes, b"{}");
    let _ = value(b"{}", bytes);
});
