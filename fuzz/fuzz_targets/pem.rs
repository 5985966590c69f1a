//! A file of certificates.
#![no_main]

use agent::probe::certificate::{pem, x509};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for der in pem::certificates(bytes).into_iter().flatten() {
        x509::certificate(&der);
    }
});
