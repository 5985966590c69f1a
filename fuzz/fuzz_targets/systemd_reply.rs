//! Bodies of what systemd replies over D-Bus.
#![no_main]

use agent::probe::service::{self, manager};
use zbus::{
    Signature,
    wire::{
        Endian,
        serialized::{Context, Data},
    },
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let body = Data::new(bytes, Context::new(Endian::Little, 0));
    let signature = |text: &str| Signature::try_from(text).expect("a signature");
    let units = manager::units(&body, &signature("a(ssssssouso)"));
    let files = manager::files(&body, &signature("a(ss)"));
    if units.is_ok() || files.is_ok() {
        let (units, files) = (units.unwrap_or_default(), files.unwrap_or_default());
        let _ = service::facts(manager::Answer { units, files }, |path| {
            Some(path.to_owned())
        });
    }
});
