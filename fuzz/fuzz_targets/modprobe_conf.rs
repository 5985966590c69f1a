//! Files of `modprobe.d`.
#![no_main]

use agent::probe::kernel_module::directive::directives;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for said in directives(text) {
        said.does_nothing();
    }
});
