//! Streams of modules of a repository of rpm.
#![no_main]

use std::collections::BTreeSet;

use agent::probe::update::rpm::module::artifacts;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let streams = BTreeSet::from(["nodejs:18".to_owned()]);
    let _ = artifacts(bytes, &streams, |_| ());
});
