//! The sockets, from the kernel's socket monitor (sock_diag(7)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::{Protocol, Socket};
use crate::probe::netlink::{NetlinkError, Question, Row};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Bytes of `struct inet_diag_req_v2`.
const REQUEST: usize = 56;
/// Bytes of `struct inet_diag_msg`.
pub const HEADER: usize = 72;

const INET_DIAG_SKV6ONLY: u16 = 11;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// States by their number; a UDP socket that is not connected counts as closed.
const CLOSE: u32 = 7;
const LISTEN: u32 = 10;

/// The sockets of both families.
pub(super) fn sockets(protocol: Protocol) -> Result<Vec<Socket>, NetlinkError> {
    let mut sockets = Vec::new();
    for family in [AF_INET, AF_INET6] {
        let body = request(family, protocol);
        let question = Question {
            what: "sockets",
            family: NETLINK_SOCK_DIAG,
            message_type: SOCK_DIAG_BY_FAMILY,
            body: &body,
        };
        sockets.extend(listed(&question.ask(HEADER)?, protocol));
    }
    Ok(sockets)
}

/// The sockets in an answer, all of which are of this protocol. Pure.
pub fn listed(rows: &[Row], protocol: Protocol) -> impl Iterator<Item = Socket> {
    rows.iter().filter_map(move |row| socket(row, protocol))
}

fn request(family: u8, protocol: Protocol) -> [u8; REQUEST] {
    let (number, state) = match protocol {
        Protocol::Tcp => (6, LISTEN),
        Protocol::Udp => (17, CLOSE),
    };
    let mut body = [0; REQUEST];
    body[0] = family;
    body[1] = number;
    body[4..8].copy_from_slice(&(1_u32 << state).to_ne_bytes());
    body
}

fn socket(row: &Row, protocol: Protocol) -> Option<Socket> {
    let ip = match row.byte(0) {
        AF_INET => IpAddr::from(Ipv4Addr::from(row.bytes::<4>(8))),
        AF_INET6 => IpAddr::from(Ipv6Addr::from(row.bytes::<16>(8))),
        _ => return None,
    };
    let ifindex = u32::from_ne_bytes(row.bytes(40));
    Some(Socket {
        protocol,
        ip,
        port: u16::from_be_bytes(row.bytes(4)),
        ifindex: (ifindex != 0).then_some(ifindex),
        v6_only: row
            .attributes()
            .find(|(kind, _)| *kind == INET_DIAG_SKV6ONLY)
            .and_then(|(_, value)| Some(*value.first()? != 0))
            .filter(|_| ip.is_ipv6()),
        uid: u32::from_ne_bytes(row.bytes(64)),
        inode: u32::from_ne_bytes(row.bytes(68)).into(),
    })
}
