//! Network interfaces of the agent's network namespace, as `ip link` lists them. No counters.

use std::collections::BTreeMap;

use netlink_sys::protocols::NETLINK_ROUTE;
use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{
        self, Probe, Wake,
        netlink::{self, NetlinkError, Question, Row},
    },
};

/// Reads kind `interface`.
#[derive(Debug, Clone, Copy)]
pub struct Interfaces;

const KIND: &str = "interface";

const RTM_GETLINK: u16 = 18;
/// Bytes of `struct ifinfomsg`.
pub const HEADER: usize = 16;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_EXT_MASK: u16 = 29;

/// `RTEXT_FILTER_SKIP_STATS`: the counters would be most of the answer.
const SKIP_STATS: u32 = 1 << 3;

const IFF_UP: u32 = 1;

/// What `/sys/class/net/*/operstate` calls the states, by their number.
const STATES: [&str; 7] = [
    "unknown",
    "notpresent",
    "down",
    "lowerlayerdown",
    "testing",
    "dormant",
    "up",
];

/// The value of one fact. The key is the name.
#[derive(Debug, Serialize)]
struct Value {
    /// The kernel's number; an interface that is made again has another.
    ifindex: u32,
    /// Link-layer address, `52:54:00:12:34:56`. `None` where the interface has none.
    mac: Option<String>,
    /// Largest packet, bytes.
    mtu: Option<u32>,
    /// Whether an administrator switched it on.
    up: bool,
    /// Whether it works: `up`, `down`, `unknown` (the driver does not say), `lowerlayerdown`, …
    operstate: Option<&'static str>,
    /// What software makes it: `bridge`, `veth`, `vlan`, `wireguard`, … `None` of hardware and of
    /// the loopback interface.
    kind: Option<String>,
    /// `ether`, `loopback`, `none`, or the number that `linux/if_arp.h` gives the type.
    link_type: String,
    /// The bridge or bond that it is part of, by name.
    master: Option<String>,
}

impl Probe for Interfaces {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &["rtnetlink(7) RTM_GETLINK"]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Links]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        probe::running(host)?;
        facts(&dump()?)
    }
}

/// One fact for each row of the kernel's answer. Pure.
///
/// # Errors
/// When an interface is too large for a fact.
pub fn facts(links: &[Row]) -> Result<Vec<Fact>, Stale> {
    let names = named(links);
    let facts = links.iter().map(|row| {
        let fact = probe::fact(KIND, &name(row), &value(row, &names))?;
        Ok(fact)
    });
    facts.collect()
}

/// The names of all interfaces by their index.
pub(super) fn names() -> Result<BTreeMap<u32, String>, NetlinkError> {
    Ok(named(&dump()?))
}

fn named(links: &[Row]) -> BTreeMap<u32, String> {
    links.iter().map(|row| (index(row), name(row))).collect()
}

fn dump() -> Result<Vec<Row>, NetlinkError> {
    let mut body = vec![0; HEADER];
    body.extend(8_u16.to_ne_bytes());
    body.extend(IFLA_EXT_MASK.to_ne_bytes());
    body.extend(SKIP_STATS.to_ne_bytes());
    let question = Question {
        what: "interfaces",
        family: NETLINK_ROUTE,
        message_type: RTM_GETLINK,
        body: &body,
    };
    question.ask(HEADER)
}

fn index(row: &Row) -> u32 {
    u32::from_ne_bytes(row.bytes(4))
}

fn name(row: &Row) -> String {
    let found = row.attributes().find(|(kind, _)| *kind == IFLA_IFNAME);
    found.map_or_else(
        || index(row).to_string(),
        |(_, value)| netlink::text(&value),
    )
}

fn value(row: &Row, names: &BTreeMap<u32, String>) -> Value {
    let mut value = Value {
        ifindex: index(row),
        mac: None,
        mtu: None,
        up: u32::from_ne_bytes(row.bytes(8)) & IFF_UP != 0,
        operstate: None,
        kind: None,
        link_type: link_type(u16::from_ne_bytes(row.bytes(2))),
        master: None,
    };
    for (kind, bytes) in row.attributes() {
        match kind {
            IFLA_ADDRESS if !bytes.is_empty() => value.mac = Some(mac(&bytes)),
            IFLA_MTU => value.mtu = netlink::number(&bytes),
            IFLA_MASTER => {
                value.master = netlink::number(&bytes).and_then(|index| names.get(&index).cloned());
            }
            IFLA_OPERSTATE => {
                let state = bytes.first().map(|state| usize::from(*state));
                value.operstate = state.and_then(|state| STATES.get(state).copied());
            }
            IFLA_LINKINFO => {
                value.kind = netlink::attributes(&bytes)
                    .find(|(kind, _)| *kind == IFLA_INFO_KIND)
                    .map(|(_, name)| netlink::text(&name));
            }
            _ => {}
        }
    }
    value
}

fn mac(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

fn link_type(number: u16) -> String {
    match number {
        1 => "ether".into(),
        772 => "loopback".into(),
        0xfffe => "none".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
