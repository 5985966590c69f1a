//! TCP of both address families, from `/proc/net/snmp` (RFC 4022 says what each counts).

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source},
};
use crate::host::HostError;

#[derive(Debug)]
pub(super) struct Tcp(Source);

impl Default for Tcp {
    fn default() -> Self {
        Self(Source::new("/proc/self/net/snmp"))
    }
}

impl Sampler for Tcp {
    fn name(&self) -> &'static str {
        "TCP"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.0.read(input)?;
        // A line of names, then a line of numbers.
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp: "));
        let (Some(names), Some(values)) = (lines.next(), lines.next()) else {
            return Ok(());
        };
        for (name, value) in names.split(' ').zip(values.split(' ')) {
            let Ok(value) = value.parse::<u64>() else {
                continue;
            };
            match name {
                "CurrEstab" => record.gauge("tcp.established", None, value as f64),
                "InSegs" => record.count("tcp.received_segments", None, value, 1.0),
                "OutSegs" => record.count("tcp.sent_segments", None, value, 1.0),
                "RetransSegs" => record.count("tcp.retransmitted_segments", None, value, 1.0),
                _ => {}
            }
        }
        Ok(())
    }
}
