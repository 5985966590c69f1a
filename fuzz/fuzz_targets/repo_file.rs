//! What the administrator says of repositories: lists, settings, locks.
#![no_main]

use agent::probe::{
    package::rpm::origin,
    update::{
        apt,
        rpm::{exclude, repository},
    },
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    repository::parse(text, "dnf");
    exclude::names(text);
    exclude::version_locks(text).for_each(drop);
    exclude::zypper_locks(text).for_each(drop);
    apt::default_release(text);
    text.lines().filter_map(origin::entry).for_each(drop);
});
