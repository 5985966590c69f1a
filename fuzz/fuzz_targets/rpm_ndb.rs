//! rpm's database in NDB form.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = agent::probe::package::rpm::ndb::each(bytes, |_, _| {
        Ok::<_, agent::probe::package::rpm::ndb::NdbError>(())
    });
});
