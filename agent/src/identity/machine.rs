//! What a machine says of itself when it calls: enough to recognise a clone, nothing that tells
//! more.

use std::{fs::File, io::Read as _, path::Path};

use sha2::{Digest as _, Sha256};

use crate::host::Host;

/// The machine that an agent runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// As the kernel has it.
    pub hostname: String,
    /// SHA-256 of `/etc/machine-id`: equal as long as the machine is the same, and tells nothing.
    pub id_hash: [u8; 32],
    /// `/proc/sys/kernel/random/boot_id`; empty when it cannot be read.
    pub boot_id: String,
    /// SHA-256 of the agent's executable file; zeros when it cannot be read.
    pub build: [u8; 32],
}

impl Machine {
    /// Reads the machine, and the agent's own executable.
    pub fn read(host: &Host) -> Self {
        let hostname = ["/proc/sys/kernel/hostname", "/etc/hostname"]
            .iter()
            .map(|path| line(host, path))
            .find(|name| !name.is_empty());
        Self {
            hostname: hostname.unwrap_or_else(|| "localhost".into()),
            id_hash: Sha256::digest(line(host, "/etc/machine-id")).into(),
            boot_id: line(host, "/proc/sys/kernel/random/boot_id"),
            build: executable_hash().unwrap_or_default(),
        }
    }
}

fn line(host: &Host, path: &str) -> String {
    let text = std::fs::read_to_string(host.path(path)).unwrap_or_default();
    text.trim().to_owned()
}

/// In pieces: the executable is nearly as large as the memory that the agent may use.
fn executable_hash() -> std::io::Result<[u8; 32]> {
    let mut file = File::open(Path::new("/proc/self/exe"))?;
    let mut hash = Sha256::new();
    let mut piece = [0; 16 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(&piece[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::clock::SystemClock;

    use super::*;

    #[test]
    fn a_machine_is_read_under_its_root_and_missing_files_are_empty() {
        let root = tempfile::tempdir().unwrap();
        let host = Host::at(root.path(), SystemClock::shared());
        let bare = Machine::read(&host);
        assert_eq!(
            (bare.hostname.as_str(), bare.boot_id.as_str()),
            ("localhost", "")
        );
        assert_ne!(bare.build, [0; 32]);
        fs::create_dir_all(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/hostname"), "web-1\n").unwrap();
        fs::write(root.path().join("etc/machine-id"), "abc\n").unwrap();
        let named = Machine::read(&host);
        assert_eq!(named.hostname, "web-1");
        assert_eq!(named.id_hash, <[u8; 32]>::from(Sha256::digest("abc")));
    }
}
