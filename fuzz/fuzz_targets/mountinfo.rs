//! Lines of `/proc/self/mountinfo`: who mounts chooses what they say.
#![no_main]

use agent::probe::mount::info::line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for mount in String::from_utf8_lossy(bytes).lines().filter_map(line) {
        mount.options();
    }
});
