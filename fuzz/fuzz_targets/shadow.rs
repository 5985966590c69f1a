//! Lines of `/etc/shadow`.
#![no_main]

use agent::probe::user::shadow::line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(line).for_each(drop);
});
