//! A header of rpm's database, as root of the host may write it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = agent::probe::package::rpm::header::parse(bytes);
});
