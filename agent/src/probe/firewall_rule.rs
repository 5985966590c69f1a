//! The packet filter: the rules that the kernel holds, whoever made them, and beside them what ufw
//! and firewalld are told to make of it.
//!
//! No counter, no handle, no comment, no element that goes by itself. A rule's key is made of the
//! rule, so that another before it changes nothing; the order is the chain's.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use crate::{
    host::Host,
    probe::{self, Probe, Wake},
};

/// What is told of chains, rules and sets.
pub mod ruleset;

/// What the kernel holds, and who is asked for it.
mod kernel;

/// The parser of what `nft -j list ruleset` prints.
pub mod nft;

/// The parser of what `iptables-save` prints.
pub mod iptables;

/// ufw's files.
pub mod ufw;

/// firewalld's files.
pub mod firewalld;

use ruleset::{Chain, Rule, Ruleset, Set};

/// Reads kind `firewall_rule`.
#[derive(Debug, Clone, Copy)]
pub struct FirewallRules;

/// The value of one fact.
#[derive(Debug, Serialize)]
#[serde(tag = "item", rename_all = "snake_case")]
enum Value<'a> {
    /// There once, key `firewall`.
    Summary(&'a Summary),
    Chain(&'a Chain),
    Rule(&'a Rule),
    Set(&'a Set),
    /// Key `ufw`.
    Ufw(&'a ufw::Settings),
    /// Key `firewalld`.
    Firewalld(&'a firewalld::Settings),
    Zone(&'a firewalld::Zone),
}

#[derive(Debug, Serialize)]
struct Summary {
    /// Whether the kernel was asked: without, no rule here is in force.
    in_force_known: bool,
    /// How many chains and rules are in force.
    chains: u64,
    rules: u64,
    /// Whether a chain sees what comes in and its policy is to drop it.
    drops_input_by_default: bool,
    /// Whether ufw is told to be on. `None`: it is not installed.
    ufw_enabled: Option<bool>,
    /// Whether firewalld is configured here. Whether it runs, its service tells.
    firewalld_configured: bool,
}

impl Probe for FirewallRules {
    fn kind(&self) -> &'static str {
        "firewall_rule"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/proc/thread-self/net/ip_tables_names",
            "/proc/thread-self/net/ip6_tables_names",
            "/sys/module/nf_tables, /proc/modules, /lib/modules/<running release>/modules.builtin (whether nf_tables is there)",
            "program /usr/sbin/nft -j list ruleset (or /sbin/nft)",
            "program /usr/sbin/iptables-legacy-save, ip6tables-legacy-save (or in /sbin; or iptables-save where it is the same)",
            "program /usr/sbin/iptables-nft-save, ip6tables-nft-save (or in /sbin; or iptables-save where it is the same)",
            "nfnetlink NFT_MSG_GETTABLE (where there is no nft)",
            "/etc/ufw/ufw.conf",
            "/etc/default/ufw",
            "/etc/ufw/user.rules",
            "/etc/ufw/user6.rules",
            "/etc/firewalld/firewalld.conf",
            "/etc/firewalld/zones/*.xml",
            "/usr/lib/firewalld/zones/*.xml",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let files = ufw::FILES.into_iter().chain(firewalld::WATCHED);
        let mut wakes: Vec<_> = files.map(Wake::path).collect();
        wakes.push(Wake::Firewall);
        if kernel::has_legacy_tables(host) {
            // Those tables change without an event.
            wakes.push(Wake::Every(Duration::from_secs(60)));
        }
        wakes
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let mut rules = Ruleset::default();
        if host.is_live() {
            kernel::read(host, &mut rules)?;
        }
        let in_force = rules.summary();
        let ufw = ufw::read(host, &mut rules)?;
        let firewalld = firewalld::read(host)?;
        if !host.is_live() && ufw.is_none() && firewalld.is_none() {
            return Err(probe::unavailable(
                "needs the running machine: neither ufw nor firewalld is configured here",
            ));
        }
        let summary = Summary {
            in_force_known: host.is_live(),
            chains: in_force.chains,
            rules: in_force.rules,
            drops_input_by_default: in_force.drops_input,
            ufw_enabled: ufw.as_ref().map(|settings| settings.enabled),
            firewalld_configured: firewalld.is_some(),
        };
        let rows = rules.rows()?;
        let mut values = BTreeMap::from([("firewall".to_owned(), Value::Summary(&summary))]);
        values.extend(rows.iter().map(|(key, row)| (key.clone(), row.into())));
        if let Some(settings) = &ufw {
            values.insert("ufw".into(), Value::Ufw(settings));
        }
        if let Some(firewalld) = &firewalld {
            values.insert("firewalld".into(), Value::Firewalld(&firewalld.settings));
            for zone in &firewalld.zones {
                values.insert(format!("firewalld:{}", zone.name), Value::Zone(zone));
            }
        }
        let facts = values.iter();
        facts
            .map(|(key, value)| probe::fact(self.kind(), key, value))
            .collect()
    }
}

impl<'a> From<&'a ruleset::Row> for Value<'a> {
    fn from(row: &'a ruleset::Row) -> Self {
        match row {
            ruleset::Row::Chain(chain) => Self::Chain(chain),
            ruleset::Row::Rule(rule) => Self::Rule(rule),
            ruleset::Row::Set(set) => Self::Set(set),
        }
    }
}

fn malformed(detail: String) -> Stale {
    Stale {
        reason: StaleReason::Malformed,
        detail,
    }
}

#[cfg(test)]
mod tests;
