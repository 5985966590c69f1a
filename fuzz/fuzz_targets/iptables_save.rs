//! What `iptables-save` prints.
#![no_main]

use agent::probe::firewall_rule::{iptables::read, ruleset::Ruleset};

libfuzzer_sys::fuzz_target!(|text: &str| {
    read(text, "iptables-legacy", "ip", &mut Ruleset::default());
});
