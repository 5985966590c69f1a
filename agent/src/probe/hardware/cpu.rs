//! Processors: how many, which.

use std::collections::BTreeSet;

use procfs::CpuInfo;
use sysinfo::{CpuRefreshKind, System};

use super::word;
use crate::host::{Host, HostError};

/// Where architectures name their processor in cpuinfo.
const MODEL: [&str; 4] = ["model name", "cpu model", "cpu", "machine"];

const FOLDER: &str = "/sys/devices/system/cpu";

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

/// How many different cores the processors are part of.
pub(super) fn physical(host: &Host) -> Result<Option<u64>, HostError> {
    let folders = match host.list(FOLDER) {
        Err(error) if error.is_absent() || error.is_denied() => Vec::new(),
        listed => listed?,
    };
    let mut cores = BTreeSet::new();
    for folder in folders.iter().filter_map(|name| name.to_str()) {
        let number = folder.strip_prefix("cpu").unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let topology = |name: &str| word(host, &format!("{FOLDER}/{folder}/topology/{name}"));
        let place = (topology("physical_package_id")?, topology("core_id")?);
        // A processor that is offline has no topology.
        if let (Some(package), Some(core)) = place {
            cores.insert((package, core));
        }
    }
    if cores.is_empty() && host.is_live() {
        return Ok(System::physical_core_count().ok().map(|n| n as u64));
    }
    Ok((!cores.is_empty()).then_some(cores.len() as u64))
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
    fn ranges_are_counted_and_nonsense_is_not() {
        assert_eq!(count("0"), Some(1));
        assert_eq!(count("0-3,8,10-11"), Some(7));
        for text in ["", "3-1", "a", "0-", "0-18446744073709551615"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
