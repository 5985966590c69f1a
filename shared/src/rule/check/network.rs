//! What comes in.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Missing;
use crate::rule::expect::Scalar;

/// What becomes of a packet that no rule decides on.
///
/// On a running host what the kernel holds decides, whoever told it so: for each family a chain of
/// the hook must refuse by its policy, or end with a rule that refuses everything. Of a tree what ufw
/// or firewalld are told decides; firewalld refuses what comes in unless the zone's target accepts,
/// and what it is told of the other hooks is not known, which is an `error`. A tree with neither is
/// `not_assessable`: a script may load rules.
///
/// Where the kernel has no chain of the hook the check fails, unless `missing` says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Firewall {
    pub hook: FirewallHook,
    /// Families of addresses, both where it is not said.
    pub families: Option<Vec<FirewallFamily>>,
    pub missing: Option<Missing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirewallHook {
    Input,
    Forward,
    Output,
}

impl FirewallHook {
    /// As nftables has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirewallFamily {
    Ip,
    Ip6,
}

impl FirewallFamily {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ip, Self::Ip6];

    /// As nftables has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
        }
    }
}

/// Sockets that wait for others to speak first, against those that are declared. Each that is not is
/// an offender.
///
/// Of a tree the tables of sockets decide that a running machine left in it (`/proc/net/tcp`); without
/// them it is `not_assessable`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Only sockets in these places are asked about, as `tcp/25`; all where it is not said.
    #[serde(default)]
    pub at: Vec<String>,
    /// `tcp/22`, `udp/68`; `tcp/22 sshd` where only that program may; `$name` for a list that the
    /// site declares. An empty list: none may.
    pub allowed: Vec<Scalar>,
    /// Whether those count that only this host can reach.
    #[serde(default)]
    pub loopback: bool,
}

impl Listener {
    pub(super) fn validate(&self) -> Result<(), String> {
        let wrong = |scalar: &&Scalar| {
            let place = scalar.0.split(' ').next().unwrap_or_default();
            scalar.variable().is_none() && !is_place(place)
        };
        if let Some(Scalar(text)) = self.allowed.iter().find(wrong) {
            return Err(format!("`allowed`: `{text}` is not like `tcp/22`"));
        }
        match self.at.iter().find(|text| !is_place(text)) {
            Some(text) => Err(format!("`at`: `{text}` is not like `tcp/22`")),
            None => Ok(()),
        }
    }
}

/// `tcp/22`
fn is_place(text: &str) -> bool {
    let (protocol, port) = text.split_once('/').unwrap_or_default();
    ["tcp", "udp"].contains(&protocol) && port.parse::<u16>().is_ok()
}
