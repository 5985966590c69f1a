//! The order of versions, which must be one: of dpkg and of rpm, each of two lines.
#![no_main]

use shared::version;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (a, b) = text.split_once('\n').unwrap_or((text, text));
    for manager in ["dpkg", "rpm"] {
        let order = version::compare(manager, a, b).expect("a manager that is known");
        assert_eq!(version::compare(manager, b, a), Some(order.reverse()));
        assert!(version::compare(manager, a, a).is_some_and(|order| order.is_eq()));
    }
});
