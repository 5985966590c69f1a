//! Lines of `/etc/passwd`.
#![no_main]

use agent::probe::user::passwd::line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n');
    for account in lines.filter_map(line) {
        account.own_password();
    }
});
