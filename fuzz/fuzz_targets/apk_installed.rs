//! apk's database.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = agent::probe::package::apk::each(bytes, |_| ());
});
