//! The XML of repositories of rpm.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use agent::probe::update::rpm::metadata;

    let _ = metadata::index(bytes);
    let _ = metadata::packages(bytes, |_| ());
    let _ = metadata::advisories(bytes, |_, _| ());
});
