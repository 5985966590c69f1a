//! Zones of firewalld.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = agent::probe::firewall_rule::firewalld::zone(text);
});
