//! Tables of sockets in `/proc/net`, and how many sockets there are.
#![no_main]

use std::collections::BTreeMap;

use agent::probe::listener::{self, Protocol, count, table};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        if let Ok(sockets) = table::parse(bytes, protocol) {
            let _ = listener::facts(&sockets, &BTreeMap::new(), &BTreeMap::new());
        }
    }
    count::counts(&String::from_utf8_lossy(bytes));
});
