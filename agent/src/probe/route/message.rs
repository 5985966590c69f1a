//! The decoder of route messages (rtnetlink(7)).

use std::{collections::BTreeMap, net::IpAddr};

use super::{NextHop, Value, network};
use crate::probe::{
    address,
    netlink::{self, Row},
};

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;

/// `RTM_F_CLONED`: an entry of the cache.
const CLONED: u32 = 0x200;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Bytes of `struct rtnexthop`.
const HOP: usize = 8;

/// Whether it is an entry of the cache rather than a route.
pub(super) fn is_cached(row: &Row) -> bool {
    u32::from_ne_bytes(row.bytes(8)) & CLONED != 0
}

/// The number of the table; the header has room only for small ones.
pub(super) fn table(row: &Row) -> u32 {
    row.attributes()
        .find(|(kind, _)| *kind == RTA_TABLE)
        .and_then(|(_, bytes)| netlink::number(&bytes))
        .unwrap_or_else(|| row.byte(4).into())
}

/// The route; `None` of families other than IP.
pub(super) fn value(row: &Row, names: &BTreeMap<u32, String>) -> Option<Value> {
    let is_v6 = match row.byte(0) {
        AF_INET => false,
        AF_INET6 => true,
        _ => return None,
    };
    let (mut destination, mut source) = (None, None);
    let mut value = Value {
        family: if is_v6 { "inet6" } else { "inet" },
        kind: route_type(row.byte(7)),
        table: table_name(table(row)),
        protocol: protocol(row.byte(5)),
        scope: address::scope(row.byte(6)),
        tos: row.byte(3),
        ..Value::default()
    };
    for (kind, bytes) in row.attributes() {
        match kind {
            RTA_DST => destination = netlink::address(&bytes),
            RTA_SRC => source = netlink::address(&bytes),
            RTA_GATEWAY | RTA_VIA => value.gateway = gateway(kind, &bytes),
            RTA_OIF => value.interface = interface(&bytes, names),
            RTA_PRIORITY => value.metric = netlink::number(&bytes),
            RTA_PREFSRC => value.preferred_source = netlink::address(&bytes),
            RTA_MULTIPATH => value.next_hops = next_hops(&bytes, names),
            _ => {}
        }
    }
    value.destination = network(destination, row.byte(1), is_v6);
    value.source = source.map(|ip| network(Some(ip), row.byte(2), is_v6));
    Some(value)
}

/// A gateway of the other family comes as `struct rtvia`: the family, then the address.
fn gateway(kind: u16, bytes: &[u8]) -> Option<IpAddr> {
    let bytes = if kind == RTA_VIA {
        bytes.get(2..)?
    } else {
        bytes
    };
    netlink::address(bytes)
}

fn interface(bytes: &[u8], names: &BTreeMap<u32, String>) -> Option<String> {
    let index = netlink::number(bytes)?;
    Some(
        names
            .get(&index)
            .cloned()
            .unwrap_or_else(|| index.to_string()),
    )
}

fn next_hops(mut bytes: &[u8], names: &BTreeMap<u32, String>) -> Vec<NextHop> {
    let mut hops = Vec::new();
    while let Some(length) = bytes
        .first_chunk()
        .map(|two| usize::from(u16::from_ne_bytes(*two)))
        && let Some(hop) = bytes.get(..length)
        && let Some((header, attributes)) = hop.split_at_checked(HOP)
    {
        let gateway = netlink::attributes(attributes)
            .find(|(kind, _)| matches!(*kind, RTA_GATEWAY | RTA_VIA))
            .and_then(|(kind, bytes)| gateway(kind, &bytes));
        hops.push(NextHop {
            gateway,
            interface: interface(&header[4..], names),
            // The kernel counts from nought.
            weight: u32::from(header[3]) + 1,
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops.sort();
    hops
}

fn table_name(number: u32) -> String {
    match number {
        253 => "default".into(),
        254 => "main".into(),
        255 => "local".into(),
        other => other.to_string(),
    }
}

fn route_type(number: u8) -> String {
    const NAMES: [&str; 12] = [
        "unspec",
        "unicast",
        "local",
        "broadcast",
        "anycast",
        "multicast",
        "blackhole",
        "unreachable",
        "prohibit",
        "throw",
        "nat",
        "xresolve",
    ];
    let name = NAMES.get(usize::from(number));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// The names of iproute2's `rt_protos`.
fn protocol(number: u8) -> String {
    let name = match number {
        0 => "unspec",
        1 => "redirect",
        2 => "kernel",
        3 => "boot",
        4 => "static",
        8 => "gated",
        9 => "ra",
        10 => "mrt",
        11 => "zebra",
        12 => "bird",
        13 => "dnrouted",
        14 => "xorp",
        15 => "ntk",
        16 => "dhcp",
        18 => "keepalived",
        42 => "babel",
        186 => "bgp",
        187 => "isis",
        188 => "ospf",
        189 => "rip",
        192 => "eigrp",
        other => return other.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_next_hops_are_read_with_their_weights() {
        let hop = |index: u32, weight: u8, gateway: [u8; 4]| {
            let mut bytes = 16_u16.to_ne_bytes().to_vec();
            bytes.extend([0, weight]);
            bytes.extend(index.to_ne_bytes());
            bytes.extend(8_u16.to_ne_bytes());
            bytes.extend(RTA_GATEWAY.to_ne_bytes());
            bytes.extend(gateway);
            bytes
        };
        let bytes = [hop(3, 4, [10, 0, 0, 2]), hop(2, 0, [10, 0, 0, 1])].concat();
        let names = BTreeMap::from([(2, "eth0".to_owned())]);
        let hops = next_hops(&bytes, &names);
        let read: Vec<_> = hops
            .iter()
            .map(|hop| (hop.interface.as_deref().unwrap(), hop.weight))
            .collect();
        assert_eq!(read, [("eth0", 1), ("3", 5)]);
    }

    proptest! {
        #[test]
        fn any_next_hops_are_read_without_panic(bytes: Vec<u8>) {
            next_hops(&bytes, &BTreeMap::new());
        }
    }
}
