//! What agents send in a session.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::frame::<shared::wire::AgentMessage>(bytes));
