//! Texts of YAML, as a value of any sort and as a rule.
#![no_main]

use shared::{rule::Rule, yaml};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = yaml::from_str::<serde_json::Value>(text);
    if let Ok(rule) = yaml::from_str::<Rule>(text) {
        let _ = rule.validate();
    }
});
