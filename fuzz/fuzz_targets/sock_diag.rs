//! Answers of the socket monitor.
#![no_main]

use std::collections::BTreeMap;

use agent::probe::{
    listener::{self, Protocol, diag},
    netlink::Answer,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut answer = Answer::new("sockets", diag::HEADER);
    if answer.take(bytes).is_ok() {
        let rows = answer.rows().unwrap_or_default();
        let sockets: Vec<_> = diag::listed(&rows, Protocol::Tcp).collect();
        let _ = listener::facts(&sockets, &BTreeMap::new(), &BTreeMap::new());
    }
});
