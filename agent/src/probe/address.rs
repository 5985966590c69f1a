//! Addresses of the interfaces, as `ip addr` lists them. No lifetimes: they count down.

use std::{collections::BTreeMap, net::IpAddr};

use netlink_sys::protocols::NETLINK_ROUTE;
use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{
        self, Probe, Wake, interface,
        netlink::{self, Question, Row},
    },
};

/// Reads kind `address`.
#[derive(Debug, Clone, Copy)]
pub struct Addresses;

const KIND: &str = "address";

const RTM_GETADDR: u16 = 22;
/// Bytes of `struct ifaddrmsg`.
pub const HEADER: usize = 8;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_BROADCAST: u16 = 4;
const IFA_FLAGS: u16 = 8;

const IFA_F_SECONDARY: u32 = 0x01;
const IFA_F_PERMANENT: u32 = 0x80;

const AF_INET6: u8 = 10;

/// The value of one fact. The key is `eth0 192.0.2.7/24`, with ` peer ADDRESS` where the other end
/// of a point-to-point link has an address of its own.
#[derive(Debug, Serialize)]
struct Value {
    interface: String,
    /// `inet` or `inet6`.
    family: &'static str,
    ip: IpAddr,
    /// Length of the prefix, bits.
    prefix: u8,
    /// `global`, `site`, `link`, `host`, `nowhere`, or the number of one that the administrator
    /// named.
    scope: String,
    /// IPv4 only.
    broadcast: Option<IpAddr>,
    /// Address of the other end of a point-to-point link.
    peer: Option<IpAddr>,
    /// Whether it stays until it is removed, as opposed to one that DHCP or a router lent.
    permanent: bool,
    /// Of IPv6: a privacy address that is replaced from time to time. Of IPv4: one beside the
    /// first of its network.
    secondary: bool,
}

impl Probe for Addresses {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &["rtnetlink(7) RTM_GETADDR", "rtnetlink(7) RTM_GETLINK"]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Addresses, Wake::Links]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        probe::running(host)?;
        let question = Question {
            what: "addresses",
            family: NETLINK_ROUTE,
            message_type: RTM_GETADDR,
            body: &[0; HEADER],
        };
        let rows = question.ask(HEADER)?;
        facts(&rows, &interface::names()?)
    }
}

/// One fact for each row of the kernel's answer; `names` are those of the interfaces by their
/// index. Pure.
///
/// # Errors
/// When an address is too large for a fact.
pub fn facts(rows: &[Row], names: &BTreeMap<u32, String>) -> Result<Vec<Fact>, Stale> {
    let values = rows.iter().filter_map(|row| {
        let index = u32::from_ne_bytes(row.bytes(4));
        // An interface that came after the names were read is in the next pass.
        value(row, names.get(&index)?)
    });
    values
        .map(|value| {
            let peer = value.peer.map(|peer| format!(" peer {peer}"));
            let peer = peer.unwrap_or_default();
            let key = format!("{} {}/{}{peer}", value.interface, value.ip, value.prefix);
            probe::fact(KIND, &key, &value)
        })
        .collect()
}

/// `None` of families other than IP.
fn value(row: &Row, interface: &str) -> Option<Value> {
    let (mut local, mut address, mut broadcast) = (None, None, None);
    let mut flags = u32::from(row.byte(2));
    for (kind, bytes) in row.attributes() {
        match kind {
            IFA_LOCAL => local = netlink::address(&bytes),
            IFA_ADDRESS => address = netlink::address(&bytes),
            IFA_BROADCAST => broadcast = netlink::address(&bytes),
            IFA_FLAGS => flags = netlink::number(&bytes).unwrap_or(flags),
            _ => {}
        }
    }
    // With a local address, the other one is the peer's, or the same again.
    let ip = local.or(address)?;
    Some(Value {
        interface: interface.to_owned(),
        family: if row.byte(0) == AF_INET6 {
            "inet6"
        } else {
            "inet"
        },
        ip,
        prefix: row.byte(1),
        scope: scope(row.byte(3)),
        broadcast,
        peer: address.filter(|address| *address != ip),
        permanent: flags & IFA_F_PERMANENT != 0,
        secondary: flags & IFA_F_SECONDARY != 0,
    })
}

/// The names that iproute2 gives the scopes of addresses and routes.
pub(super) fn scope(number: u8) -> String {
    match number {
        0 => "global".into(),
        200 => "site".into(),
        253 => "link".into(),
        254 => "host".into(),
        255 => "nowhere".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
