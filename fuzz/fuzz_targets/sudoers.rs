//! A sudoers file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    agent::probe::sudo_rule::parse::file(&String::from_utf8_lossy(bytes));
});
