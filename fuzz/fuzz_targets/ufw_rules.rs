//! Rules of ufw, and files of its settings.
#![no_main]

use agent::probe::{firewall_rule::ufw::tuples, sysctl::setting::shell_value};

libfuzzer_sys::fuzz_target!(|text: &str| {
    tuples(text, "ip");
    shell_value(text, "ENABLED");
});
