//! The sockets, from the tables in /proc (proc_pid_net(5)): for kernels without the socket monitor.
//! They do not tell the interface that a socket is bound to, nor whether it takes no IPv4.

use std::net::SocketAddr;

use procfs::{
    FromReadSI, ProcError, current_system_info,
    net::{TcpNetEntries, TcpState, UdpNetEntries, UdpState},
};
use shared::wire::{Stale, StaleReason};

use super::{Protocol, Socket};
use crate::host::Host;

/// Half a million sockets: the tables also hold the connected ones.
const MAX_FILE: u64 = 128 << 20;

/// The sockets of both families.
pub(super) fn sockets(host: &Host, protocol: Protocol) -> Result<Vec<Socket>, Stale> {
    let (v4, v6) = match protocol {
        Protocol::Tcp => ("/proc/net/tcp", "/proc/net/tcp6"),
        Protocol::Udp => ("/proc/net/udp", "/proc/net/udp6"),
    };
    let mut sockets = parse(&host.read(v4, MAX_FILE)?, protocol)?;
    match host.read(v6, MAX_FILE) {
        // A kernel without IPv6.
        Err(error) if error.is_absent() => {}
        read => sockets.append(&mut parse(&read?, protocol)?),
    }
    Ok(sockets)
}

/// The sockets in one table that wait for others. A UDP socket that is not connected counts as
/// closed. Pure.
///
/// # Errors
/// When it is no such table.
pub fn parse(table: &[u8], protocol: Protocol) -> Result<Vec<Socket>, Stale> {
    let socket = |address: SocketAddr, uid, inode| Socket {
        protocol,
        ip: address.ip(),
        port: address.port(),
        ifindex: None,
        v6_only: None,
        uid,
        inode,
    };
    Ok(match protocol {
        Protocol::Tcp => entries::<TcpNetEntries>(table)?
            .0
            .into_iter()
            .filter(|entry| entry.state == TcpState::Listen)
            .map(|entry| socket(entry.local_address, entry.uid, entry.inode))
            .collect(),
        Protocol::Udp => entries::<UdpNetEntries>(table)?
            .0
            .into_iter()
            .filter(|entry| entry.state == UdpState::Close)
            .map(|entry| socket(entry.local_address, entry.uid, entry.inode))
            .collect(),
    })
}

fn entries<T: FromReadSI>(table: &[u8]) -> Result<T, Stale> {
    T::from_read(table, current_system_info()).map_err(|error: ProcError| Stale {
        reason: StaleReason::Malformed,
        detail: format!("a table of sockets cannot be read: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        \x20  0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   112        0 4711 1 0000000000000000 100 0 0 10 0\n\
        \x20  1: 0100007F:1538 0100007F:9999 01 00000000:00000000 00:00000000 00000000   112        0 4712 1 0000000000000000 100 0 0 10 0\n";

    #[test]
    #[cfg(target_endian = "little")]
    fn listening_sockets_are_read_and_connected_ones_are_not() {
        let expected = Socket {
            protocol: Protocol::Tcp,
            ip: "127.0.0.1".parse().unwrap(),
            port: 5432,
            ifindex: None,
            v6_only: None,
            uid: 112,
            inode: 4711,
        };
        assert_eq!(parse(TCP.as_bytes(), Protocol::Tcp).unwrap(), [expected]);
        let v6 = TCP.replace("0100007F:1538", "000080FE00000000FF005450EFBEADDE:1538");
        let found = parse(v6.as_bytes(), Protocol::Tcp).unwrap();
        assert_eq!(found[0].ip.to_string(), "fe80::5054:ff:dead:beef");
    }

    #[test]
    fn the_tables_have_the_sockets_that_the_monitor_has() {
        let plain = |sockets: Vec<Socket>| -> Vec<Socket> {
            let without = |socket| Socket {
                ifindex: None,
                v6_only: None,
                ..socket
            };
            sockets.into_iter().map(without).collect()
        };
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            live::agree(
                || plain(sockets(&live::host(), protocol).unwrap()),
                || Some(plain(super::super::diag::sockets(protocol).unwrap())),
            );
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line: String) {
            let table = format!("head\n{line}\n");
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                let _ = parse(table.as_bytes(), protocol);
            }
        }

        #[test]
        fn anything_that_looks_like_a_line_is_read_without_panic(
            address in "[0-9A-Fé]{0,40}:?[0-9A-F]{0,5}"
        ) {
            let table = format!("head\n0: {address} {address} 07 0:0 x x 0 0 1\n");
            let _ = parse(table.as_bytes(), Protocol::Udp);
        }
    }
}
