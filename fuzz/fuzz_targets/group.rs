//! Lines of `/etc/group`.
#![no_main]

use agent::probe::group::line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n');
    for group in lines.filter_map(line) {
        group.members().for_each(drop);
    }
});
