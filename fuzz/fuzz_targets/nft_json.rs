//! What `nft -j list ruleset` prints.
#![no_main]

use agent::probe::firewall_rule::{nft::read, ruleset::Ruleset};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = read(bytes, &mut Ruleset::default());
});
