//! What anybody may send to the enrolment door.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::frame::<shared::wire::EnrolRequest>(bytes));
