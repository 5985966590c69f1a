//! A file of authorized keys, which any user can write.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for text in String::from_utf8_lossy(bytes).lines() {
        agent::probe::ssh_key::line::line(text);
    }
});
