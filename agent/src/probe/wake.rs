//! What makes a kind worth another look.

use std::{fmt, path::PathBuf, time::Duration};

/// An event, or the passing of time, after which a kind is read again.
///
/// An event says *when* to look and never what is there: one that is missed costs time until the
/// next reconciliation, and can never make a row wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wake {
    /// This file, or anything directly in this folder, is written, made, renamed or removed
    /// (inotify). Symlinks on the way are followed, each watched too; what is not there yet is
    /// awaited. Absolute on the host.
    Path(PathBuf),
    /// Network interfaces come, go, change (rtnetlink).
    Links,
    /// Addresses do (rtnetlink).
    Addresses,
    /// Routes do (rtnetlink).
    Routes,
    /// Filesystems are mounted and unmounted (`poll` on `/proc/self/mountinfo`).
    Mounts,
    /// systemd starts, stops, loads and forgets units (D-Bus signals).
    Units,
    /// The firewall's rules change (nfnetlink).
    Firewall,
    /// [`super::Probe::peek`] tells something else than before. Asked this often.
    Peek(Duration),
    /// No event tells: read again after this long.
    Every(Duration),
}

impl Wake {
    /// The file or folder of a probe that knows its name when it is compiled.
    pub fn path(path: &str) -> Self {
        Self::Path(path.into())
    }
}

/// In words, for `openwatch-agent facts --sources`.
impl fmt::Display for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "inotify {}", path.display()),
            Self::Links => f.write_str("rtnetlink links"),
            Self::Addresses => f.write_str("rtnetlink addresses"),
            Self::Routes => f.write_str("rtnetlink routes"),
            Self::Mounts => f.write_str("poll /proc/self/mountinfo"),
            Self::Units => f.write_str("systemd's D-Bus signals"),
            Self::Firewall => f.write_str("nfnetlink nftables"),
            Self::Peek(every) => write!(f, "a look each {every:?} whether anything changed"),
            Self::Every(every) => write!(f, "a timer of {every:?}"),
        }
    }
}
