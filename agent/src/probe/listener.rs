//! Sockets that wait for others to speak first: TCP in state LISTEN and UDP that is not connected,
//! as `ss -tuln` lists them, and the names of the programs that hold them.
//!
//! Of a program only its name is read, never its arguments. A process whose sockets may not be
//! seen is simply not named.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::IpAddr,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake, interface, netlink},
};

/// How many sockets there are.
pub mod count;

/// The sockets, from the kernel's socket monitor.
pub mod diag;

/// The sockets, from the tables in /proc.
pub mod table;

/// The programs that hold sockets.
mod holder;

use count::Counts;

/// Reads kind `listener`.
#[derive(Debug)]
pub struct Listeners {
    glance: Mutex<Option<Glance>>,
    /// `None` where the kernel does not count.
    counts: OnceLock<Option<Counts>>,
}

/// The last look at the sockets for [`Probe::peek`].
#[derive(Debug)]
struct Glance {
    /// How many there were.
    in_use: String,
    at: Instant,
    told: u64,
}

/// How often sockets are peeked at: a port is told within a second, and nothing else that a quiet
/// agent does costs as much as waking up for this.
const PEEK: Duration = Duration::from_millis(700);

/// How long equal numbers of sockets count as the same sockets: one that took the place of another
/// between two peeks is told after this long.
const BELIEVED: Duration = Duration::from_secs(10);

const KIND: &str = "listener";

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Socket {
    protocol: Protocol,
    ip: IpAddr,
    port: u16,
    /// The interface that it is bound to. `None`: all, or not known.
    ifindex: Option<u32>,
    v6_only: Option<bool>,
    uid: u32,
    inode: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// The value of one fact. The key is `tcp 0.0.0.0:22`, `udp [::]:53`, `udp 0.0.0.0%eth0:68` for a
/// socket that is bound to an interface, and `tcp [::]:22 v6only` for one that takes no IPv4
/// although its address would. Sockets that share an address are one fact.
#[derive(Debug, Serialize)]
struct Value {
    protocol: Protocol,
    /// `0.0.0.0` and `::` stand for every address.
    ip: IpAddr,
    port: u16,
    /// The interface that it is bound to, by name; `None`: all.
    interface: Option<String>,
    /// Whether a socket of IPv6 takes no IPv4. `None` of IPv4, and where the kernel does not say.
    v6_only: Option<bool>,
    /// Names of the programs that hold a socket on it (`comm`), sorted.
    programs: BTreeSet<String>,
    /// Owners of the sockets, sorted.
    uids: BTreeSet<u32>,
}

impl Probe for Listeners {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "sock_diag(7) for TCP and UDP",
            "/proc/net/sockstat",
            "/proc/net/sockstat6",
            "/proc/net/tcp",
            "/proc/net/tcp6",
            "/proc/net/udp",
            "/proc/net/udp6",
            "/proc",
            "/proc/*/fd",
            "/proc/*/comm",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Peek(PEEK)]
    }

    /// Of the sockets alone. Who holds them is a walk over every process, some hundred times as
    /// dear, and a socket that passes to another program is told by the next reconciliation.
    fn peek(&self, host: &Host) -> Option<u64> {
        probe::running(host).ok()?;
        let counts = self.counts.get_or_init(|| Counts::open(host)).as_ref();
        let Some(in_use) = counts.and_then(Counts::in_use) else {
            return sockets().ok();
        };
        let mut glance = self.glance.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |last: &&Glance| last.in_use == in_use && last.at.elapsed() < BELIEVED;
        if let Some(last) = glance.as_ref().filter(holds) {
            return Some(last.told);
        }
        // Where the monitor refuses, numbers are all that is cheap to know.
        let told = sockets().unwrap_or_else(|_| {
            let mut hasher = DefaultHasher::new();
            in_use.hash(&mut hasher);
            hasher.finish()
        });
        *glance = Some(Glance {
            in_use,
            at: Instant::now(),
            told,
        });
        Some(told)
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        probe::running(host)?;
        let mut sockets = Vec::new();
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            // Without its module, or in a sandbox, the monitor refuses; the tables say less, but
            // never less sockets.
            match diag::sockets(protocol) {
                Ok(mut seen) => sockets.append(&mut seen),
                Err(_) => sockets.append(&mut table::sockets(host, protocol)?),
            }
        }
        let holders = holder::of(host, sockets.iter().map(|socket| socket.inode).collect());
        let names = if sockets.iter().any(|socket| socket.ifindex.is_some()) {
            interface::names()?
        } else {
            BTreeMap::new()
        };
        facts(&sockets, &holders, &names)
    }
}

/// One fact for each address that sockets wait on, with the names of the programs that hold them by
/// inode, and those of the interfaces by index. Pure.
///
/// # Errors
/// When an address has more programs or owners than fit a fact.
pub fn facts(
    sockets: &[Socket],
    holders: &BTreeMap<u64, BTreeSet<String>>,
    names: &BTreeMap<u32, String>,
) -> Result<Vec<Fact>, Stale> {
    fold(sockets, holders, names)
        .into_iter()
        .map(|(key, value)| probe::fact(KIND, &key, &value))
        .collect()
}

/// The facts of the tables that a running machine left in a tree; who held a socket is not told.
///
/// # Errors
/// When a table cannot be read or is none.
pub fn recorded(host: &Host) -> Result<Vec<Fact>, Stale> {
    let mut sockets = table::sockets(host, Protocol::Tcp)?;
    sockets.append(&mut table::sockets(host, Protocol::Udp)?);
    facts(&sockets, &BTreeMap::new(), &BTreeMap::new())
}

impl Listeners {
    /// Has not looked yet.
    pub const fn new() -> Self {
        Self {
            glance: Mutex::new(None),
            counts: OnceLock::new(),
        }
    }
}

impl Default for Listeners {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that is the same as long as the sockets are.
fn sockets() -> Result<u64, netlink::NetlinkError> {
    let mut hasher = DefaultHasher::new();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut sockets = diag::sockets(protocol)?;
        sockets.sort();
        sockets.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// One value for each address.
fn fold(
    sockets: &[Socket],
    holders: &BTreeMap<u64, BTreeSet<String>>,
    names: &BTreeMap<u32, String>,
) -> BTreeMap<String, Value> {
    let mut folded = BTreeMap::new();
    for socket in sockets {
        let interface = socket.ifindex.map(|index| {
            let name = names.get(&index).cloned();
            name.unwrap_or_else(|| index.to_string())
        });
        let key = key(socket, interface.as_deref());
        let value = folded.entry(key).or_insert_with(|| Value {
            protocol: socket.protocol,
            ip: socket.ip,
            port: socket.port,
            interface,
            v6_only: socket.v6_only,
            programs: BTreeSet::new(),
            uids: BTreeSet::new(),
        });
        value.uids.insert(socket.uid);
        if let Some(programs) = holders.get(&socket.inode) {
            value.programs.extend(programs.iter().cloned());
        }
    }
    folded
}

fn key(socket: &Socket, interface: Option<&str>) -> String {
    let protocol = match socket.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let bound = interface.map(|name| format!("%{name}")).unwrap_or_default();
    let port = socket.port;
    match socket.ip {
        IpAddr::V4(ip) => format!("{protocol} {ip}{bound}:{port}"),
        IpAddr::V6(ip) => {
            let only = ip.is_unspecified() && socket.v6_only == Some(true);
            let only = if only { " v6only" } else { "" };
            format!("{protocol} [{ip}]{bound}:{port}{only}")
        }
    }
}

#[cfg(test)]
mod tests;
