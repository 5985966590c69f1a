//! What the kernel holds, and who is asked for it. Nothing here makes the kernel load a module: a
//! filter that is not there is not asked for.

use std::{io, time::Duration};

use nix::errno::Errno;
use shared::wire::{Stale, StaleReason};

use super::{iptables, malformed, nft, ruleset::Ruleset};
use crate::{
    host::{
        Host, HostError,
        program::{Limits, ProgramError},
    },
    probe::{
        self,
        netlink::{NetlinkError, Question},
    },
};

/// A hundred thousand rules of nft's JSON are twice that; the rest of the agent's memory is small.
const LIMITS: Limits = Limits {
    patience: Duration::from_secs(20),
    max: 16 << 20,
};

const NFT: [&str; 2] = ["/usr/sbin/nft", "/sbin/nft"];

/// The older filter, by address family. The tables are those of the network that the asking thread
/// is in, as for the programs.
const LEGACY: [Legacy; 2] = [
    Legacy {
        family: "ip",
        tables: "/proc/thread-self/net/ip_tables_names",
        prefix: "iptables",
    },
    Legacy {
        family: "ip6",
        tables: "/proc/thread-self/net/ip6_tables_names",
        prefix: "ip6tables",
    },
];

const FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// `NETLINK_NETFILTER`.
const NETFILTER: isize = 12;
/// `NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE`.
const GET_TABLE: u16 = 10 << 8 | 1;
/// Bytes of `struct nfgenmsg`.
const HEADER: usize = 4;

/// One of the two families of the older filter.
struct Legacy {
    family: &'static str,
    /// Names of the tables that the kernel has made.
    tables: &'static str,
    /// Beginning of the names of its programs.
    prefix: &'static str,
}

/// Which of the two filters an `iptables-save` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Legacy,
    Nft,
}

/// Whether the older filter has tables. When that may not be known, they are taken to be there.
pub(super) fn has_legacy_tables(host: &Host) -> bool {
    host.is_live()
        && LEGACY
            .iter()
            .any(|legacy| !legacy.tables(host).is_ok_and(|any| !any))
}

/// Takes in all that is in force.
pub(super) fn read(host: &Host, rules: &mut Ruleset) -> Result<(), Stale> {
    for legacy in &LEGACY {
        if legacy.tables(host)? {
            let Some(program) = legacy.program(host, Variant::Legacy) else {
                return Err(no_program(
                    "iptables' older filter is in force",
                    &format!("{}-legacy-save", legacy.prefix),
                    "install the package iptables",
                ));
            };
            let text = run(host, &program, &[])?;
            let text = String::from_utf8_lossy(&text);
            iptables::read(&text, "iptables-legacy", legacy.family, rules);
        }
    }
    if may_have_nft(host)? {
        nftables(host, rules)?;
    }
    Ok(())
}

fn nftables(host: &Host, rules: &mut Ruleset) -> Result<(), Stale> {
    let Some(program) = NFT.into_iter().find(|path| host.resolve(path).is_ok()) else {
        return if has_nft_tables()? {
            Err(no_program(
                "nftables is in force",
                "nft",
                "install the package nftables",
            ))
        } else {
            Ok(())
        };
    };
    let json = run(host, program, &["-j", "list", "ruleset"])?;
    take_json(program, &json, rules)?;
    // What iptables put there, iptables knows the words for.
    for legacy in &LEGACY {
        if !rules.is_opaque(legacy.family) {
            continue;
        }
        let Some(program) = legacy.program(host, Variant::Nft) else {
            continue;
        };
        // It fails over what is not its own; then nft's words have to do.
        if let Ok(text) = host.run(&program, &[], LIMITS) {
            let text = String::from_utf8_lossy(&text);
            for told in iptables::chains(&text, nft::FRAMEWORK, legacy.family) {
                rules.explain(&told);
            }
        }
    }
    Ok(())
}

/// Takes in what nft, found at this path, prints.
pub(super) fn take_json(program: &str, json: &[u8], rules: &mut Ruleset) -> Result<(), Stale> {
    nft::read(json, rules)
        .map_err(|error| malformed(format!("what {program} prints makes no sense: {error}")))
}

impl Legacy {
    /// Whether there are any tables.
    fn tables(&self, host: &Host) -> Result<bool, HostError> {
        match host.read_text(self.tables, 4096) {
            Err(error) if error.is_absent() => Ok(false),
            read => Ok(!read?.trim().is_empty()),
        }
    }

    /// The program that asks this variant, under its own name or the common one.
    fn program(&self, host: &Host, variant: Variant) -> Option<String> {
        let word = match variant {
            Variant::Legacy => "legacy",
            Variant::Nft => "nft",
        };
        let names = [
            format!("{}-{word}-save", self.prefix),
            format!("{}-save", self.prefix),
        ];
        let paths = names
            .iter()
            .flat_map(|name| FOLDERS.map(|folder| format!("{folder}/{name}")));
        paths.into_iter().find(|path| {
            let found = host.resolve(path).ok();
            let file = found.as_deref().and_then(|path| path.file_name()?.to_str());
            file.is_some_and(|file| is_of(file, variant))
        })
    }
}

/// Both variants are one program under many names; only the newer says `nft` in its own.
fn is_of(file: &str, variant: Variant) -> bool {
    file.contains("nft") == (variant == Variant::Nft)
}

/// Whether nf_tables can be asked without the kernel loading it for that.
fn may_have_nft(host: &Host) -> Result<bool, HostError> {
    if host.resolve("/sys/module/nf_tables").is_ok() {
        return Ok(true);
    }
    match host.read_text("/proc/modules", 16 << 20) {
        // A kernel that loads no modules: it has it or not.
        Err(error) if error.is_absent() => return Ok(true),
        read => drop(read?),
    }
    let release = host.read_text("/proc/sys/kernel/osrelease", 4096)?;
    let index = format!("/lib/modules/{}/modules.builtin", release.trim());
    match host.read_text(&index, 16 << 20) {
        // Only there where the host's own files are: a container cannot tell, and asks.
        Err(error) if error.is_absent() => Ok(true),
        read => Ok(read?.contains("/nf_tables.ko")),
    }
}

/// Whether the kernel has any table, asked without nft.
fn has_nft_tables() -> Result<bool, Stale> {
    let question = Question {
        what: "tables of nftables",
        family: NETFILTER,
        message_type: GET_TABLE,
        body: &[0; HEADER],
    };
    match question.ask(HEADER) {
        Ok(tables) => Ok(!tables.is_empty()),
        Err(NetlinkError::Ask { source, .. } | NetlinkError::Refused { source, .. })
            if is_unknown(&source) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// How a kernel without it answers: no such family of questions, or no such question.
fn is_unknown(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EPROTONOSUPPORT | Errno::EINVAL))
}

fn run(host: &Host, program: &str, arguments: &[&str]) -> Result<Vec<u8>, Stale> {
    host.run(program, arguments, LIMITS).map_err(|error| {
        let (reason, mend) = match &error {
            _ if error.is_denied() => (
                StaleReason::Denied,
                "; the kernel shows its packet filter only to who has CAP_NET_ADMIN",
            ),
            ProgramError::TimedOut { .. } => (StaleReason::TimedOut, ""),
            ProgramError::TooLarge { .. } => (StaleReason::TooLarge, ""),
            _ => (StaleReason::Failed, ""),
        };
        Stale {
            reason,
            detail: format!("{error}{mend}"),
        }
    })
}

fn no_program(what: &str, program: &str, mend: &str) -> Stale {
    probe::unavailable(format!(
        "{what}, and there is no {program} to read it: {mend}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_variant_is_in_the_name_of_its_file() {
        for (file, variant) in [
            ("xtables-nft-multi", Variant::Nft),
            ("xtables-legacy-multi", Variant::Legacy),
            ("xtables-multi", Variant::Legacy),
        ] {
            assert!(is_of(file, variant), "{file}");
            let other = [Variant::Legacy, Variant::Nft]
                .into_iter()
                .find(|v| *v != variant);
            assert!(!is_of(file, other.unwrap()), "{file}");
        }
    }
}
