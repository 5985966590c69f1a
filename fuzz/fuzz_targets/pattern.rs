//! Patterns of names: a pattern and a name, a line each.
#![no_main]

use agent::probe::{pattern::fits, update::glob::matches};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (pattern, name) = text.split_once('\n').unwrap_or((text, text));
    fits(pattern, name);
    matches(pattern, name);
});
