//! apt's lists, what repositories say of themselves, and preferences.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    agent::probe::update::apt::release::parse(&text);
    agent::probe::update::apt::preference::parse(&text);
    let _ = agent::probe::package::dpkg::stanza::each(bytes, |_| Ok(()));
});
