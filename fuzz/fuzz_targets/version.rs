//! The order of versions, which must be one: of apt and of rpm, each of two lines.
#![no_main]

use agent::probe::update::{apt, rpm};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (a, b) = text.split_once('\n').unwrap_or((text, text));
    for compare in [apt::version::compare, rpm::version::compare] {
        assert_eq!(compare(a, b), compare(b, a).reverse());
        assert!(compare(a, a).is_eq());
    }
});
