//! Disks: what the kernel has a driver of its own for. What is made of them (RAID, LVM, loops) and
//! what has no medium of its own (readers of CDs and floppies) is none.

use std::collections::BTreeMap;

use serde::Serialize;

use super::word;
use crate::host::{Host, HostError};

const FOLDER: &str = "/sys/block";

/// What the kernel counts disks in, whatever their own sectors are.
const SECTOR_BYTES: u64 = 512;

/// A host with more disks than this is a storage array.
const MAX_DISKS: usize = 4096;

/// Beginnings of names that are no disks.
const OTHERS: [&str; 8] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"];

/// The value of one fact. The key is the kernel's name, `disk:sda`.
#[derive(Debug, Serialize)]
pub(super) struct Disk {
    /// `None` of virtual disks, mostly.
    model: Option<String>,
    /// `None` where the driver does not say.
    serial: Option<String>,
    /// Name that is the disk's own in the whole world.
    wwid: Option<String>,
    /// `None` where the kernel does not say, as of the following.
    size_bytes: Option<u64>,
    /// Whether it turns.
    rotational: Option<bool>,
    removable: Option<bool>,
    read_only: Option<bool>,
}

pub(super) fn disks(host: &Host) -> Result<BTreeMap<String, Disk>, HostError> {
    let names = match host.list(FOLDER) {
        Err(error) if error.is_absent() || error.is_denied() => Vec::new(),
        listed => listed?,
    };
    let mut disks = BTreeMap::new();
    for name in names.iter().filter_map(|name| name.to_str()) {
        let is_hardware = host.resolve(format!("{FOLDER}/{name}/device")).is_ok();
        let is_other = OTHERS.iter().any(|other| name.starts_with(other));
        if is_hardware && !is_other && disks.len() < MAX_DISKS {
            disks.insert(name.to_owned(), disk(host, name)?);
        }
    }
    Ok(disks)
}

fn disk(host: &Host, name: &str) -> Result<Disk, HostError> {
    let file = |path: &str| word(host, &format!("{FOLDER}/{name}/{path}"));
    let either = |path: &str| match file(path)? {
        Some(text) => Ok(Some(text)),
        None => file(&format!("device/{path}")),
    };
    let claim = |path: &str| Ok::<_, HostError>(file(path)?.map(|text| text == "1"));
    let sectors = file("size")?.and_then(|text| text.parse::<u64>().ok());
    Ok(Disk {
        model: file("device/model")?,
        serial: either("serial")?,
        wwid: either("wwid")?,
        size_bytes: sectors.map(|count| count.saturating_mul(SECTOR_BYTES)),
        rotational: claim("queue/rotational")?,
        removable: claim("removable")?,
        read_only: claim("ro")?,
    })
}
