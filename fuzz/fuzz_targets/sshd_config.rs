//! sshd's settings.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for line in String::from_utf8_lossy(bytes).lines() {
        agent::probe::sshd::words(line);
    }
});
