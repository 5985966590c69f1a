//! Which database there is, by rpm's own order.
//!
//! rpm takes the form that it is configured for and, where that one is not there, the first that is
//! of SQLite, NDB, Berkeley DB. The configured form is the one that its distribution's rpm makes,
//! and of those the newer one always stands before the older in that order: an older one beside it
//! is what a conversion left behind. So the order alone gives what rpm would take.

use crate::host::{Host, HostError};

/// Where distributions keep it, the newer place first. Often one is a symlink to the other.
const FOLDERS: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

/// The forms in rpm's order, each with the file that gives it away.
const FORMS: [(&str, Form); 3] = [
    ("rpmdb.sqlite", Form::Sqlite),
    ("Packages.db", Form::Ndb),
    ("Packages", Form::Bdb),
];

/// How packages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// RHEL 9 and later, Fedora, Amazon Linux 2023.
    Sqlite,
    /// SUSE.
    Ndb,
    /// RHEL 8 and earlier, Amazon Linux 2.
    Bdb,
}

/// The database that rpm would use.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) form: Form,
    /// The file with the headers. Absolute on the host.
    pub(super) path: String,
    /// What rpm locks for writing while it changes packages.
    pub(super) lock: String,
}

/// Finds it; `None` where there is none.
pub(super) fn find(host: &Host) -> Result<Option<Place>, HostError> {
    for folder in FOLDERS {
        for (name, form) in FORMS {
            let path = format!("{folder}/{name}");
            match host.open(&path) {
                Ok(_) => {
                    let lock = format!("{folder}/.rpm.lock");
                    return Ok(Some(Place { form, path, lock }));
                }
                Err(error) if error.is_absent() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(None)
}
