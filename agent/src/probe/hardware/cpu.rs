//! Processors: how many, which, what they can.

use std::collections::{BTreeMap, BTreeSet};

use procfs::CpuInfo;
use sysinfo::{CpuRefreshKind, System};

use super::word;
use crate::host::{Host, HostError};

/// Where architectures name their processor in cpuinfo.
const MODEL: [&str; 4] = ["model name", "cpu model", "cpu", "machine"];

const FOLDER: &str = "/sys/devices/system/cpu";

/// Flags that are told, as cpuinfo names them, sorted. The others are hundreds, and no question of
/// security or of what software can run there hangs on them.
const FLAGS: [&str; 36] = [
    "aes",
    "avx",
    "avx2",
    "avx512f",
    "cet_ss",
    "ept",
    "hypervisor",
    "ibpb",
    "ibrs",
    "ibrs_enhanced",
    "ibt",
    "la57",
    "lm",
    "md_clear",
    "nx",
    "ospke",
    "pcid",
    "pku",
    "rdrand",
    "rdseed",
    "sev",
    "sev_es",
    "sev_snp",
    "sgx",
    "sha_ni",
    "smap",
    "smep",
    "ssbd",
    "sse4_2",
    "stibp",
    "svm",
    "tdx_guest",
    "umip",
    "user_shstk",
    "vaes",
    "vmx",
];

/// The name of the processor. ARM's cpuinfo has numbers only, which sysinfo knows names for.
pub(super) fn model(host: &Host, cpuinfo: Option<&CpuInfo>) -> Option<String> {
    let field = |name: &&str| {
        cpuinfo?
            .get_field(0, name)
            .filter(|value| !value.is_empty())
    };
    let said = MODEL.iter().find_map(field);
    match said {
        Some(model) => Some(model.split_whitespace().collect::<Vec<_>>().join(" ")),
        None if host.is_live() => {
            let mut system = System::new().ok()?;
            system.refresh_cpu_list(CpuRefreshKind::nothing());
            let brand = system.cpus().first()?.brand().trim();
            (!brand.is_empty()).then(|| brand.to_owned())
        }
        None => None,
    }
}

/// How many processors are online.
pub(super) fn logical(host: &Host, cpuinfo: Option<&CpuInfo>) -> Result<Option<u64>, HostError> {
    let online = word(host, &format!("{FOLDER}/online"))?;
    let counted = online.and_then(|ranges| count(&ranges));
    let listed = cpuinfo.map(|info| info.num_cores() as u64);
    Ok(counted.or(listed))
}

/// What the processors are part of. `None` where the kernel does not say.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) cores: Option<u64>,
    pub(super) sockets: Option<u64>,
}

/// How many different cores and sockets the processors are part of.
pub(super) fn topology(host: &Host) -> Result<Topology, HostError> {
    let mut cores = BTreeSet::new();
    let mut sockets = BTreeSet::new();
    for folder in names(host, FOLDER)? {
        let number = folder.strip_prefix("cpu").unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let topology = |name: &str| word(host, &format!("{FOLDER}/{folder}/topology/{name}"));
        let place = (topology("physical_package_id")?, topology("core_id")?);
        // A processor that is offline has no topology.
        if let (Some(package), Some(core)) = place {
            sockets.insert(package.clone());
            cores.insert((package, core));
        }
    }
    if cores.is_empty() && host.is_live() {
        return Ok(Topology {
            cores: System::physical_core_count().ok().map(|n| n as u64),
            sockets: None,
        });
    }
    let count = |length: usize| (length > 0).then_some(length as u64);
    Ok(Topology {
        cores: count(cores.len()),
        sockets: count(sockets.len()),
    })
}

/// Those of the flags that tell something, sorted.
pub(super) fn telling(flags: &[&str]) -> Vec<String> {
    let known = FLAGS.iter().filter(|flag| flags.contains(flag));
    known.map(|flag| (*flag).to_owned()).collect()
}

/// What the kernel says of each weakness.
pub(super) fn vulnerabilities(host: &Host) -> Result<BTreeMap<String, String>, HostError> {
    let folder = format!("{FOLDER}/vulnerabilities");
    let mut found = BTreeMap::new();
    for name in names(host, &folder)? {
        if let Some(text) = word(host, &format!("{folder}/{name}"))? {
            found.insert(name, text);
        }
    }
    Ok(found)
}

fn names(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    let names = match host.list(folder) {
        Err(error) if error.is_absent() || error.is_denied() => Vec::new(),
        listed => listed?,
    };
    let names = names.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.collect())
}

/// How many numbers `0-3,8` stands for.
fn count(ranges: &str) -> Option<u64> {
    ranges.split(',').try_fold(0_u64, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.trim().parse::<u64>(), last.trim().parse::<u64>());
        let width = last.ok()?.checked_sub(first.ok()?)?.checked_add(1)?;
        sum.checked_add(width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telling_flags_are_told_and_in_order() {
        assert!(FLAGS.is_sorted());
        assert_eq!(telling(&["vmx", "fpu", "aes", "tsc"]), ["aes", "vmx"]);
    }

    #[test]
    fn ranges_are_counted_and_nonsense_is_not() {
        assert_eq!(count("0"), Some(1));
        assert_eq!(count("0-3,8,10-11"), Some(7));
        for text in ["", "3-1", "a", "0-", "0-18446744073709551615"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
