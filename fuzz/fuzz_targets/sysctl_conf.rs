//! Files of `sysctl.d`, and whether their patterns end.
#![no_main]

use agent::probe::sysctl::setting::lines;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for setting in lines(text) {
        setting.is_about("net/ipv4/conf/all/rp_filter");
    }
});
