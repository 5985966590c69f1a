//! The kernel's netlink groups: it tells when interfaces, addresses, routes and the rules of the
//! firewall change. Of a message only its number is looked at.

use std::{collections::BTreeSet, io, os::fd::OwnedFd};

use netlink_packet_core::NetlinkBuffer;
use netlink_sys::{
    Socket, SocketAddr,
    protocols::{NETLINK_NETFILTER, NETLINK_ROUTE},
};
use tokio::io::{Interest, unix::AsyncFd};

use super::ready::ready;
use crate::probe::Wake;

/// Bits of `sockaddr_nl.nl_groups`: rtnetlink(7)'s groups for links, and for addresses and routes
/// of both families.
const NETWORK_GROUPS: u32 = 0x1 | 0x10 | 0x100 | 0x40 | 0x400;
/// `NFNLGRP_NFTABLES` is the seventh group.
const FIREWALL_GROUPS: u32 = 1 << 6;

/// A message that is longer is cut, and its number still read.
const BUFFER: usize = 16 * 1024;

/// A socket in some of the groups of one family.
#[derive(Debug)]
pub(super) struct Multicast {
    socket: Socket,
    ready: AsyncFd<OwnedFd>,
    wake: fn(u16) -> Option<Wake>,
    all: &'static [Wake],
}

impl Multicast {
    /// Interfaces, addresses and routes.
    pub(super) fn network() -> Result<Self, String> {
        Self::open(
            NETLINK_ROUTE,
            NETWORK_GROUPS,
            network,
            &[Wake::Links, Wake::Addresses, Wake::Routes],
        )
        .map_err(|error| format!("the kernel does not tell of network changes: {error}"))
    }

    /// The rules of nftables.
    pub(super) fn firewall() -> Result<Self, String> {
        Self::open(
            NETLINK_NETFILTER,
            FIREWALL_GROUPS,
            |_| Some(Wake::Firewall),
            &[Wake::Firewall],
        )
        .map_err(|error| format!("the kernel does not tell of firewall changes: {error}"))
    }

    fn open(
        family: isize,
        groups: u32,
        wake: fn(u16) -> Option<Wake>,
        all: &'static [Wake],
    ) -> io::Result<Self> {
        let mut socket = Socket::new(family)?;
        socket.set_non_blocking(true)?;
        socket.bind(&SocketAddr::new(0, groups))?;
        Ok(Self {
            ready: ready(&socket, Interest::READABLE)?,
            socket,
            wake,
            all,
        })
    }

    /// What has happened, when something has.
    pub(super) async fn heard(&mut self) -> Vec<Wake> {
        let mut buffer = vec![0_u8; BUFFER];
        loop {
            let Ok(mut ready) = self.ready.readable().await else {
                // The runtime shuts down.
                return std::future::pending().await;
            };
            let mut heard = BTreeSet::new();
            // Everything that waits at once: a new interface sends a dozen messages.
            loop {
                let read = ready.try_io(|_| self.socket.recv(&mut &mut buffer[..], 0));
                match read {
                    Ok(Ok(length)) => heard.extend(
                        types(buffer.get(..length).unwrap_or(&buffer)).filter_map(self.wake),
                    ),
                    // The kernel had more to tell than it keeps (ENOBUFS), or worse.
                    Ok(Err(_)) => heard.extend(self.all.iter().cloned()),
                    Err(_would_block) => break,
                }
            }
            if !heard.is_empty() {
                return heard.into_iter().collect();
            }
        }
    }
}

/// The numbers of the messages in these bytes.
fn types(mut bytes: &[u8]) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        let message = NetlinkBuffer::new_checked(bytes).ok()?;
        let kind = message.message_type();
        let next = (message.length() as usize).next_multiple_of(4);
        bytes = bytes.get(next..).unwrap_or_default();
        Some(kind)
    })
}

/// `RTM_NEWLINK`, `RTM_DELLINK`; `…ADDR`; `…ROUTE`.
fn network(message_type: u16) -> Option<Wake> {
    match message_type {
        16 | 17 => Some(Wake::Links),
        20 | 21 => Some(Wake::Addresses),
        24 | 25 => Some(Wake::Routes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_message_the_number_is_read_and_of_rubbish_nothing() {
        let message = |kind: u16| {
            let mut bytes = 18_u32.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.resize(20, 0);
            bytes
        };
        let both = [message(20), message(17)].concat();
        let wakes: Vec<_> = types(&both).filter_map(network).collect();
        assert_eq!(wakes, [Wake::Addresses, Wake::Links]);
        assert_eq!(types(&both[..19]).count(), 1);
        assert_eq!(types(&[0; 40]).count(), 0);
    }
}
