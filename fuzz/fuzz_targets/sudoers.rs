//! A sudoers file, and what it allows.
#![no_main]

use agent::probe::{
    sudo_rule::{
        load::{Policy, Sudoers},
        parse,
    },
    user::sudo::{Grants, Person},
};

const ALICE: Person<'_> = Person {
    name: "alice",
    uid: 1000,
    gid: 50,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut policy = Policy::default();
    let entries = parse::file(&String::from_utf8_lossy(bytes)).into_iter();
    policy.entries = entries.map(|entry| (0, entry)).collect();
    let sudoers = Sudoers {
        policies: vec![policy],
        elsewhere: Vec::new(),
    };
    if let Some(grants) = Grants::new(&sudoers, b"wheel:x:10:alice\n", Some("web1")) {
        grants.of(ALICE);
    }
});
