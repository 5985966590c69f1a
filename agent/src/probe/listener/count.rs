//! How many sockets are in use, as the kernel counts them (proc_net(5), `sockstat`): a few bytes,
//! where a list of the sockets makes it walk its tables.

use crate::host::Host;

/// `sockstat` is a screen of lines.
const MAX_FILE: u64 = 64 << 10;

/// The sockets of TCP and UDP in use, both families, as one text; `None` where it is not told.
pub(super) fn in_use(host: &Host) -> Option<String> {
    let mut counts = counts(&host.read_text("/proc/net/sockstat", MAX_FILE).ok()?);
    // A kernel without IPv6 has none.
    if let Ok(six) = host.read_text("/proc/net/sockstat6", MAX_FILE) {
        counts += &self::counts(&six);
    }
    (!counts.is_empty()).then_some(counts)
}

/// `TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1` becomes `TCP: 5;`. What follows moves all the time.
pub fn counts(text: &str) -> String {
    let count = |line: &str| {
        let (protocol, rest) = line.split_once(' ')?;
        let known = ["TCP:", "UDP:", "TCP6:", "UDP6:"].contains(&protocol);
        let count = rest.strip_prefix("inuse ")?.split(' ').next()?;
        known.then(|| format!("{protocol} {count};"))
    };
    text.lines().filter_map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::live;

    #[test]
    fn of_each_line_only_what_is_in_use_counts() {
        let text = "sockets: used 24\nTCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1\n\
                    UDP: inuse 3 mem 2\nUDPLITE: inuse 9\nFRAG: inuse 0 memory 0\n";
        assert_eq!(counts(text), "TCP: 5;UDP: 3;");
        assert_eq!(counts("TCP6: inuse 1\nUDP6: inuse"), "TCP6: 1;");
        assert_eq!(counts("\u{fffd}\n: inuse\n"), "");
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("proc-net-table", |bytes| {
            counts(&String::from_utf8_lossy(bytes));
        });
    }
}
