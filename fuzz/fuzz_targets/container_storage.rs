//! The lists of containers of podman and CRI-O.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = agent::probe::container::storage::parse(bytes);
});
