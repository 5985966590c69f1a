//! Answers of rtnetlink, each taken for one about interfaces, addresses and routes.
#![no_main]

use std::collections::BTreeMap;

use agent::probe::{address, interface, netlink::Answer, netlink::Row, route};

fn rows(bytes: &[u8], header: usize) -> Vec<Row> {
    let mut answer = Answer::new("anything", header);
    match answer.take(bytes) {
        Ok(_) => answer.rows().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let names: BTreeMap<_, _> = (0..8).map(|index| (index, format!("eth{index}"))).collect();
    let _ = interface::facts(&rows(bytes, interface::HEADER));
    let _ = address::facts(&rows(bytes, address::HEADER), &names);
    let _ = route::facts(&rows(bytes, route::HEADER), &names);
});
