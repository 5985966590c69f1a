//! What the machine is made of: one fact with the key `hardware`, and one for each disk. Nothing in
//! it moves by itself.

use std::{collections::BTreeMap, time::Duration};

use procfs::{CpuInfo, FromRead as _};
use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::{Host, HostError},
    probe::{self, Probe, Wake},
};

/// Processors: how many, which, what they can.
mod cpu;

/// Disks.
mod disk;

/// What starts the machine, and what it vouches for.
mod firmware;

/// Memory.
mod memory;

/// Whether the machine is one of silicon.
mod virtualisation;

/// Reads kind `hardware`.
#[derive(Debug, Clone, Copy)]
pub struct Hardware;

/// Files of sysfs are a page.
const MAX_FILE: u64 = 64 * 1024;

const CLOCKSOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// The value of the fact `hardware`.
#[derive(Debug, Serialize)]
struct Value {
    /// What the processor calls itself: `AMD EPYC 7763`. `None` where it does not say.
    cpu_model: Option<String>,
    /// Processors that the kernel can use, hyper-threads counted each.
    logical_cores: Option<u64>,
    /// `None` where the kernel does not say which hyper-threads share one.
    physical_cores: Option<u64>,
    /// Chips. `None` as above.
    sockets: Option<u64>,
    /// Of the first processor, those that tell what protects it or what it speeds up, sorted:
    /// `aes`, `nx`, `smep`, `vmx`. `None` where cpuinfo has no flags.
    cpu_flags: Option<Vec<String>>,
    /// Revision of the processor's own code: `0xd0003f5`. `None` where the kernel does not say.
    microcode: Option<String>,
    /// What the kernel does about each weakness of processors that it knows, in its words:
    /// `"meltdown": "Mitigation: PTI"`. Empty where it does not say.
    vulnerabilities: BTreeMap<String, String>,
    /// What time is taken from: `tsc`, `kvm-clock`.
    clocksource: Option<String>,
    /// `MemTotal` of `/proc/meminfo`, bytes: what the firmware and the kernel leave over. `None`
    /// where the file is not what a kernel writes.
    memory_bytes: Option<u64>,
    /// `SwapTotal` of `/proc/meminfo`, bytes.
    swap_bytes: Option<u64>,
    /// Maker, as DMI has it: `Dell Inc.`. `None` where there is no DMI.
    vendor: Option<String>,
    /// Model, as DMI has it.
    product: Option<String>,
    /// Serial number, as DMI has it. `None` also where only root may read it.
    serial: Option<String>,
    /// What the firmware calls the machine, as DMI has it. `None` also where only root may read it.
    uuid: Option<String>,
    /// Version of the firmware, as DMI has it.
    firmware: Option<String>,
    firmware_vendor: Option<String>,
    /// As DMI has it: `04/01/2014`.
    firmware_date: Option<String>,
    /// `uefi` or `bios`; `None` where neither is seen.
    boot_mode: Option<&'static str>,
    /// Whether only signed programs boot. `None` without UEFI, or where the agent may not know.
    secure_boot: Option<bool>,
    /// Version of the TPM: `2`, `1`, or `unknown` before Linux 5.6. `None`: there is none.
    tpm: Option<String>,
    /// What it runs in: `kvm`, `vmware`, `hyperv`, `xen`, …, or `vm` where there is a hypervisor
    /// that is none of those known. `None`: none is seen.
    virtualisation: Option<&'static str>,
    /// What container it is: `docker`, `podman`, `lxc`, `systemd-nspawn`, … `None`: none is seen.
    container: Option<String>,
}

impl Probe for Hardware {
    fn kind(&self) -> &'static str {
        "hardware"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/proc/cpuinfo",
            "/proc/meminfo",
            "/sys/devices/system/cpu/online",
            "/sys/devices/system/cpu/cpu*/topology/*",
            "/sys/class/dmi/id/sys_vendor",
            "/sys/class/dmi/id/product_name",
            "/sys/class/dmi/id/product_serial",
            "/sys/class/dmi/id/product_uuid",
            "/sys/class/dmi/id/bios_vendor",
            "/sys/class/dmi/id/bios_version",
            "/sys/class/dmi/id/bios_date",
            "/sys/devices/system/cpu/vulnerabilities/*",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource",
            "/sys/firmware/efi",
            "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
            "/sys/class/tpm/tpm0/tpm_version_major",
            "/sys/block/*/{size,removable,ro,serial,wwid,queue/rotational}",
            "/sys/block/*/device/{model,serial,wwid}",
            "/sys/hypervisor/type",
            "/run/systemd/container",
            "/run/.containerenv",
            "/.dockerenv",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::Every(Duration::from_secs(600))]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        // One block for each processor, some of more than a KiB.
        let cpuinfo = file(host, "/proc/cpuinfo", 64 << 20)?.unwrap_or_default();
        let cpuinfo = CpuInfo::from_read(cpuinfo.as_bytes()).ok();
        // The kernels of some architectures name their processors otherwise.
        let cpuinfo = cpuinfo.filter(|info| info.get_field(0, "processor").is_some());
        let flags = cpuinfo.as_ref().and_then(|info| info.flags(0));
        let meminfo = file(host, "/proc/meminfo", MAX_FILE)?.unwrap_or_default();
        let dmi = |name: &str| word(host, &format!("/sys/class/dmi/id/{name}"));
        let (vendor, product) = (dmi("sys_vendor")?, dmi("product_name")?);
        let virtualisation = virtualisation::hypervisor(
            flags
                .as_ref()
                .is_some_and(|flags| flags.contains(&"hypervisor")),
            vendor.as_deref().unwrap_or_default(),
            product.as_deref().unwrap_or_default(),
            word(host, "/sys/hypervisor/type")?.as_deref(),
        );
        let topology = cpu::topology(host)?;
        let value = Value {
            cpu_model: cpu::model(host, cpuinfo.as_ref()),
            logical_cores: cpu::logical(host, cpuinfo.as_ref())?,
            physical_cores: topology.cores,
            sockets: topology.sockets,
            cpu_flags: flags.as_deref().map(cpu::telling),
            microcode: cpuinfo
                .as_ref()
                .and_then(|info| info.get_field(0, "microcode"))
                .map(str::to_owned),
            vulnerabilities: cpu::vulnerabilities(host)?,
            clocksource: word(host, CLOCKSOURCE)?,
            memory_bytes: memory::bytes(&meminfo, "MemTotal"),
            swap_bytes: memory::bytes(&meminfo, "SwapTotal"),
            vendor,
            product,
            serial: dmi("product_serial")?,
            uuid: dmi("product_uuid")?,
            firmware: dmi("bios_version")?,
            firmware_vendor: dmi("bios_vendor")?,
            firmware_date: dmi("bios_date")?,
            boot_mode: firmware::boot_mode(host),
            secure_boot: firmware::secure_boot(host)?,
            tpm: firmware::tpm(host)?,
            virtualisation,
            container: virtualisation::container(host)?,
        };
        let mut facts = vec![probe::fact(self.kind(), "hardware", &value)?];
        for (name, disk) in disk::disks(host)? {
            facts.push(probe::fact(self.kind(), &format!("disk:{name}"), &disk)?);
        }
        Ok(facts)
    }
}

/// The text of a file; `None` where there is none or it may not be read.
fn file(host: &Host, path: &str, max: u64) -> Result<Option<String>, HostError> {
    match host.read_text(path, max) {
        Err(error) if error.is_absent() || error.is_denied() => Ok(None),
        read => read.map(Some),
    }
}

/// The text of a small file, without white space around it; `None` where it is empty. Some
/// drivers answer with an error where they have nothing to say, which is the same.
fn word(host: &Host, path: &str) -> Result<Option<String>, HostError> {
    let text = match file(host, path, MAX_FILE) {
        Err(HostError::Read { .. }) => None,
        read => read?,
    };
    let word = text.as_deref().unwrap_or_default().trim();
    Ok((!word.is_empty()).then(|| word.to_owned()))
}

#[cfg(test)]
mod tests;
