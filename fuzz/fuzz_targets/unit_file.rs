//! Unit files of systemd.
#![no_main]

use agent::probe::timer::unit::Timer;

libfuzzer_sys::fuzz_target!(|text: &str| Timer::default().take_in(text));
