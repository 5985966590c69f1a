//! Lines of `/proc/modules`, of the indexes of depmod, and of `/proc/PID/maps`.
#![no_main]

use agent::probe::{
    kernel_module::table::{loaded, module_of},
    update::restart::replaced,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for line in String::from_utf8_lossy(bytes).lines() {
        loaded(line);
        module_of(line);
        replaced(line);
    }
});
