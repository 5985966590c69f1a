//! Specifications that a runtime was handed.
#![no_main]

use agent::probe::container::oci::Spec;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(spec) = Spec::parse(bytes) {
        spec.user();
        spec.network_mode();
        spec.annotation("io.kubernetes.cri.container-name");
    }
});
