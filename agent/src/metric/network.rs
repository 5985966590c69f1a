//! Interfaces, from `/proc/net/dev` (proc_net(5)).
//!
//! Not `lo`, over which a host talks to itself, and not the host's ends of the cables of containers
//! and virtual machines, which come and go with them, are many, and count again what the bridge or
//! the card counts.

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source},
};
use crate::host::HostError;

/// Most interfaces of a host that are measured: the first ones of the kernel's list.
const MAX: usize = 32;
const NOT_MEASURED: [&str; 10] = [
    "veth",
    "cali",
    "lxc",
    "lxdbr",
    "tap",
    "vnet",
    "ifb",
    "dummy",
    "cilium",
    "nodelocaldns",
];

/// The columns that are taken.
const COLUMNS: [(&str, usize); 8] = [
    ("network.rx_bytes", 0),
    ("network.rx_packets", 1),
    ("network.rx_errors", 2),
    ("network.rx_drops", 3),
    ("network.tx_bytes", 8),
    ("network.tx_packets", 9),
    ("network.tx_errors", 10),
    ("network.tx_drops", 11),
];

#[derive(Debug)]
pub(super) struct Interfaces(Source);

impl Default for Interfaces {
    fn default() -> Self {
        // The link `/proc/net` would be that of the thread that reads.
        Self(Source::new("/proc/self/net/dev"))
    }
}

impl Sampler for Interfaces {
    fn name(&self) -> &'static str {
        "interfaces"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.0.read(input)?;
        // A name may hold a colon (an alias), its counters cannot.
        let lines = text.lines().filter_map(|line| line.rsplit_once(':'));
        let lines = lines.map(|(name, counters)| (name.trim(), counters));
        for (name, counters) in lines.filter(|(name, _)| is_measured(name)).take(MAX) {
            let mut columns = [0; 12];
            let words = counters.split_ascii_whitespace();
            for (column, word) in columns.iter_mut().zip(words) {
                *column = word.parse().unwrap_or(0);
            }
            for (family, column) in COLUMNS {
                let label = Some(("interface", name));
                record.count(family, label, columns[column], 1.0);
            }
        }
        Ok(())
    }
}

fn is_measured(name: &str) -> bool {
    name != "lo" && !NOT_MEASURED.iter().any(|prefix| name.starts_with(prefix))
}
