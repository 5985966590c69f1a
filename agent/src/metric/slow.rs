//! What is read once a minute, on a thread of its own, because it can make the reader wait: a
//! filesystem for its disk, a sensor for its firmware.

/// Filesystems.
mod filesystem;

/// Temperatures.
mod temperature;

use crate::host::Host;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    pub(super) family: &'static str,
    /// What tells it apart from others of its family.
    pub(super) label: Option<(&'static str, String)>,
    pub(super) value: f64,
}

impl Gauge {
    /// Whether its label has this value.
    fn is_of(&self, value: &str) -> bool {
        self.label.as_ref().is_some_and(|(_, own)| own == value)
    }
}

/// All of them. What cannot be read is missing.
pub fn gauges(host: &Host) -> Vec<Gauge> {
    let mut gauges = filesystem::gauges(host);
    gauges.extend(temperature::gauges(host));
    gauges
}

#[cfg(test)]
mod tests;
