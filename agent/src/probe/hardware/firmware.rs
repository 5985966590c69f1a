//! What starts the machine, and what it vouches for.

use super::word;
use crate::host::{Host, HostError};

const EFI: &str = "/sys/firmware/efi";

/// The variable that UEFI defines for it, by its vendor's GUID.
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

const TPM: &str = "/sys/class/tpm/tpm0";

/// `uefi` where the kernel was started by it, `bios` on other machines that have DMI.
pub(super) fn boot_mode(host: &Host) -> Option<&'static str> {
    let is_there = |path: &str| host.resolve(path).is_ok();
    if is_there(EFI) {
        Some("uefi")
    } else {
        is_there("/sys/class/dmi/id").then_some("bios")
    }
}

/// Four bytes of attributes stand before the variable's one byte.
pub(super) fn secure_boot(host: &Host) -> Result<Option<bool>, HostError> {
    match host.read(SECURE_BOOT, 64) {
        Ok(bytes) => Ok(bytes.get(4).map(|byte| *byte == 1)),
        Err(HostError::Read { .. }) => Ok(None),
        Err(error) if error.is_absent() || error.is_denied() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn tpm(host: &Host) -> Result<Option<String>, HostError> {
    if host.resolve(TPM).is_err() {
        return Ok(None);
    }
    let version = word(host, &format!("{TPM}/tpm_version_major"))?;
    Ok(Some(version.unwrap_or_else(|| "unknown".into())))
}
