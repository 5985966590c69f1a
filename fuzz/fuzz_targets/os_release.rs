//! `/etc/os-release`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    agent::probe::os::release::parse(&String::from_utf8_lossy(bytes));
});
