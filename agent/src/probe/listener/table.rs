//! The sockets, from the tables in /proc (proc_pid_net(5)): for kernels without the socket monitor.
//! They do not tell the interface that a socket is bound to, nor whether it takes no IPv4.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str,
};

use super::{Protocol, Socket};
use crate::host::{Host, HostError};

/// Half a million sockets: the tables also hold the connected ones.
const MAX_FILE: u64 = 128 << 20;

/// The sockets of both families.
pub(super) fn sockets(host: &Host, protocol: Protocol) -> Result<Vec<Socket>, HostError> {
    let (v4, v6) = match protocol {
        Protocol::Tcp => ("/proc/net/tcp", "/proc/net/tcp6"),
        Protocol::Udp => ("/proc/net/udp", "/proc/net/udp6"),
    };
    let mut sockets = parse(&host.read_text(v4, MAX_FILE)?, protocol);
    match host.read_text(v6, MAX_FILE) {
        // A kernel without IPv6.
        Err(error) if error.is_absent() => {}
        read => sockets.append(&mut parse(&read?, protocol)),
    }
    Ok(sockets)
}

fn parse(text: &str, protocol: Protocol) -> Vec<Socket> {
    text.lines()
        .filter_map(|line| socket(line, protocol))
        .collect()
}

/// `sl local_address rem_address st tx:rx tr:tm->when retrnsmt uid timeout inode …`
fn socket(line: &str, protocol: Protocol) -> Option<Socket> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let wanted = match protocol {
        Protocol::Tcp => "0A",
        Protocol::Udp => "07",
    };
    let (address, port) = fields.get(1)?.split_once(':')?;
    if *fields.get(3)? != wanted {
        return None;
    }
    Some(Socket {
        protocol,
        ip: ip(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        ifindex: None,
        v6_only: None,
        uid: fields.get(7)?.parse().ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// Words of 32 bits, each as the machine would print it in hexadecimal.
fn ip(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for word in hex.as_bytes().chunks(8) {
        let word = u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    match hex.len() {
        8 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        32 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
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
        assert_eq!(parse(TCP, Protocol::Tcp), [expected]);
        assert_eq!(
            ip("000080FE00000000FF005450EFBEADDE"),
            Some("fe80::5054:ff:dead:beef".parse().unwrap())
        );
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
            socket(&line, Protocol::Tcp);
        }

        #[test]
        fn anything_that_looks_like_a_line_is_read_without_panic(
            address in "[0-9A-Fé]{0,40}:?[0-9A-F]{0,5}"
        ) {
            socket(&format!("0: {address} x 07 x x x 0 0 1"), Protocol::Udp);
        }
    }
}
