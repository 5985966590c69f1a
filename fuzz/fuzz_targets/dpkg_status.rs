//! The database of dpkg.
#![no_main]

use agent::probe::package::dpkg::stanza;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = stanza::each(bytes, |stanza| {
        stanza.state();
        stanza.key();
        stanza.source();
        Ok(())
    });
});
