//! Memory, from `/proc/meminfo` (proc_meminfo(5)). Pure.
//!
//! Not by the `procfs` crate, which multiplies whatever number the file holds.

/// Bytes that the line of this name tells. `None` where there is no such line, or no such memory.
pub(super) fn bytes(meminfo: &str, name: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let told = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = told.split_ascii_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_whole_name_and_their_numbers_are_kib() {
        let text = "MemTotal:        8139520 kB\nSwapCached:  1 kB\nSwapTotal: 0 kB\n";
        assert_eq!(bytes(text, "MemTotal"), Some(8_139_520 << 10));
        assert_eq!(bytes(text, "SwapTotal"), Some(0));
        assert_eq!(bytes(text, "Swap"), None);
        assert_eq!(bytes("MemTotal: 18446744073709551615 kB", "MemTotal"), None);
    }
}
