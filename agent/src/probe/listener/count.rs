//! How many sockets are in use, as the kernel counts them (proc_net(5), `sockstat`): a few bytes,
//! where a list of the sockets makes it walk its tables.

use std::{fs::File, os::unix::fs::FileExt as _};

use crate::host::Host;

/// `sockstat` is a screen of lines.
const MAX_FILE: usize = 4096;

/// The kernel's counts, kept open: they are read at each peek, for as long as the agent lives.
#[derive(Debug)]
pub(super) struct Counts {
    /// One for each family; a kernel without IPv6 has one.
    files: Vec<File>,
}

impl Counts {
    /// `None` where the kernel does not tell.
    pub(super) fn open(host: &Host) -> Option<Self> {
        let mut files = vec![host.open("/proc/net/sockstat").ok()?];
        files.extend(host.open("/proc/net/sockstat6").ok());
        Some(Self { files })
    }

    /// The sockets of TCP and UDP in use, both families, as one text; `None` where it is not told.
    pub(super) fn in_use(&self) -> Option<String> {
        let mut buffer = [0; MAX_FILE];
        let mut all = String::new();
        for file in &self.files {
            let length = file.read_at(&mut buffer, 0).ok()?;
            all += &counts(std::str::from_utf8(&buffer[..length]).ok()?);
        }
        (!all.is_empty()).then_some(all)
    }
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
    use shared::clock::SystemClock;

    use super::*;
    use crate::probe::live;

    #[test]
    fn what_is_kept_open_tells_of_a_socket_that_came_later() {
        let counts = Counts::open(&Host::live(SystemClock::shared())).unwrap();
        let before = counts.in_use().unwrap();
        let sockets: Vec<_> = (0..200)
            .map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap())
            .collect();
        assert_ne!(counts.in_use().unwrap(), before);
        drop(sockets);
    }

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
