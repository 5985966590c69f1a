//! A folder that stands for a host. Its files are replaced as package managers and `useradd` do:
//! written beside, then renamed over.

use std::{collections::BTreeMap, fs, path::Path};

use agent::host::Host;
use shared::clock::SharedClock;
use tempfile::TempDir;

/// A host that is only files: Debian with some packages, users and groups.
#[derive(Debug)]
pub struct Tree {
    folder: TempDir,
    users: BTreeMap<String, u32>,
    packages: BTreeMap<String, String>,
}

impl Default for Tree {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for path in ["etc", "var/lib/dpkg"] {
            fs::create_dir_all(folder.path().join(path)).expect("a folder");
        }
        let mut tree = Self {
            folder,
            users: BTreeMap::new(),
            packages: BTreeMap::new(),
        };
        tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        tree.write("etc/hostname", "tree\n");
        tree.write(
            "etc/os-release",
            "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=12\n",
        );
        tree.write("etc/group", "root:x:0:\n");
        tree.set_user("root", 0);
        tree.set_package("base-files", "12.4");
        tree
    }
}

impl Tree {
    /// The host, on `clock`.
    pub fn host(&self, clock: SharedClock) -> Host {
        Host::at(self.folder.path(), clock)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a user, or changes the number of one.
    pub fn set_user(&mut self, name: &str, uid: u32) {
        self.users.insert(name.into(), uid);
        self.write_users();
    }

    /// Removes a user.
    pub fn remove_user(&mut self, name: &str) {
        self.users.remove(name);
        self.write_users();
    }

    /// Installs a package, or changes its version.
    pub fn set_package(&mut self, name: &str, version: &str) {
        self.packages.insert(name.into(), version.into());
        self.write_packages();
    }

    /// Removes a package.
    pub fn remove_package(&mut self, name: &str) {
        self.packages.remove(name);
        self.write_packages();
    }

    /// Makes another machine of it, as a clone is that was told so.
    pub fn set_machine_id(&self, id: &str) {
        self.write("etc/machine-id", &format!("{id}\n"));
    }

    fn write_users(&self) {
        let line =
            |(name, uid): (&String, &u32)| format!("{name}:x:{uid}:0::/home/{name}:/bin/sh\n");
        self.write(
            "etc/passwd",
            &self.users.iter().map(line).collect::<String>(),
        );
    }

    fn write_packages(&self) {
        let stanza = |(name, version): (&String, &String)| {
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
            )
        };
        let text: String = self.packages.iter().map(stanza).collect();
        self.write("var/lib/dpkg/status", &text);
    }

    /// Replaces a file of the host.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        let beside = path.with_extension("new");
        fs::write(&beside, text).expect("written");
        fs::rename(&beside, &path).expect("renamed");
    }
}
