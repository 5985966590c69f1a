//! Routes of every table but `local`, as `ip route show table all` lists them, without the cache.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use netlink_sys::protocols::NETLINK_ROUTE;
use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{
        self, Probe, Wake, interface,
        netlink::{Question, Row},
    },
};

/// The decoder of route messages.
mod message;

/// Reads kind `route`.
#[derive(Debug, Clone, Copy)]
pub struct Routes;

const KIND: &str = "route";

const RTM_GETROUTE: u16 = 26;
/// Bytes of `struct rtmsg`.
pub const HEADER: usize = 12;

const TABLE_LOCAL: u32 = 255;

/// The value of one fact. The key is made of what the kernel tells routes apart by:
/// `main 0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
struct Value {
    /// `inet` or `inet6`.
    family: &'static str,
    /// `unicast`, `blackhole`, `unreachable`, `prohibit`, `throw`, … or a number.
    #[serde(rename = "type")]
    kind: String,
    /// Network and prefix; the default route is `0.0.0.0/0` or `::/0`.
    destination: String,
    /// Network and prefix of the sources it is for; `None`: all.
    source: Option<String>,
    /// The next router; `None`: the network is on the link, or there are several next hops.
    gateway: Option<IpAddr>,
    /// Where it leads out, by name; `None` where there are several next hops.
    interface: Option<String>,
    /// `main`, `default`, or the table's number.
    table: String,
    /// Who made it: `kernel`, `boot` (by hand), `static`, `dhcp`, `ra`, … or a number.
    protocol: String,
    /// How far the destination is: `global`, `link`, `host`, …
    scope: String,
    /// The lower one wins. `None` of IPv4 means 0.
    metric: Option<u32>,
    /// The source address that packets get which have none.
    preferred_source: Option<IpAddr>,
    /// Type of service it is for; 0: every.
    tos: u8,
    /// The next hops among which packets are spread; empty where there is only one.
    next_hops: Vec<NextHop>,
}

/// One of several next hops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct NextHop {
    gateway: Option<IpAddr>,
    interface: Option<String>,
    /// Share of the packets, relative to the others'.
    weight: u32,
}

impl Probe for Routes {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &["rtnetlink(7) RTM_GETROUTE", "rtnetlink(7) RTM_GETLINK"]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Routes, Wake::Links]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        probe::running(host)?;
        let question = Question {
            what: "routes",
            family: NETLINK_ROUTE,
            message_type: RTM_GETROUTE,
            body: &[0; HEADER],
        };
        let rows = question.ask(HEADER)?;
        facts(&rows, &interface::names()?)
    }
}

/// One fact for each row of the kernel's answer that is no route to the host itself and none of the
/// cache; `names` are those of the interfaces by their index. Pure.
///
/// # Errors
/// When a route is too large for a fact.
pub fn facts(rows: &[Row], names: &BTreeMap<u32, String>) -> Result<Vec<Fact>, Stale> {
    rows.iter()
        .filter(|row| !message::is_cached(row) && message::table(row) != TABLE_LOCAL)
        .filter_map(|row| message::value(row, names))
        .map(|value| probe::fact(KIND, &value.key(), &value))
        .collect()
}

impl Value {
    fn key(&self) -> String {
        let mut key = format!("{} {}", self.table, self.destination);
        let mut say = |word: &str, value: &str| key.extend([" ", word, " ", value]);
        if self.kind != "unicast" {
            say("type", &self.kind);
        }
        if let Some(source) = &self.source {
            say("from", source);
        }
        if let Some(gateway) = &self.gateway {
            say("via", &gateway.to_string());
        }
        if let Some(interface) = &self.interface {
            say("dev", interface);
        }
        for hop in &self.next_hops {
            say(
                "via",
                &hop.gateway.map(|ip| ip.to_string()).unwrap_or_default(),
            );
            say("dev", hop.interface.as_deref().unwrap_or_default());
        }
        if self.tos != 0 {
            say("tos", &self.tos.to_string());
        }
        if let Some(metric) = self.metric {
            say("metric", &metric.to_string());
        }
        key
    }
}

/// `192.0.2.0/24`; without an address the unspecified one.
fn network(address: Option<IpAddr>, prefix: u8, is_v6: bool) -> String {
    let unspecified = if is_v6 {
        IpAddr::from(Ipv6Addr::UNSPECIFIED)
    } else {
        IpAddr::from(Ipv4Addr::UNSPECIFIED)
    };
    format!("{}/{prefix}", address.unwrap_or(unspecified))
}

#[cfg(test)]
mod tests;
