//! Columns of metrics: what is read of them is finite and in order.
#![no_main]

use shared::{
    metric::Decoder,
    wire::{self, AgentMessage},
};

libfuzzer_sys::fuzz_target!(|frame: &[u8]| {
    let Ok(AgentMessage::Metrics(message)) = wire::open(frame) else {
        return;
    };
    let read = Decoder::<String>::default().minutes(&message, str::to_owned);
    for (_, row) in read.iter().flatten().flat_map(|minute| &minute.rows) {
        assert!(row.min.is_finite() && row.max.is_finite());
        assert!(row.min <= row.mean && row.mean <= row.max);
        assert!(row.min <= row.last && row.last <= row.max);
    }
});
