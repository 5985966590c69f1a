//! rpm's database in Berkeley DB form.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = agent::probe::package::rpm::bdb::each(bytes, |_, _| {
        Ok::<_, agent::probe::package::rpm::bdb::BdbError>(())
    });
});
