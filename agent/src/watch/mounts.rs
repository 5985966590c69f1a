//! The table of mounts: the kernel tells of a change by `poll(2)` on it (proc_pid_mountinfo(5)).

use std::{fs::File, io, os::fd::OwnedFd};

use tokio::io::{Interest, unix::AsyncFd};

use super::ready::ready;

/// The table, held open.
#[derive(Debug)]
pub(super) struct Mounts {
    ready: AsyncFd<OwnedFd>,
}

const TABLE: &str = "/proc/self/mountinfo";

impl Mounts {
    pub(super) fn open() -> Result<Self, String> {
        let open = || -> io::Result<_> {
            let table = File::open(TABLE)?;
            ready(&table, Interest::PRIORITY | Interest::ERROR)
        };
        open()
            .map(|ready| Self { ready })
            .map_err(|error| format!("{TABLE} does not tell of mounts: {error}"))
    }

    /// Something was mounted or unmounted since the last call.
    pub(super) async fn changed(&mut self) {
        match self.ready.ready(Interest::PRIORITY | Interest::ERROR).await {
            Ok(mut ready) => ready.clear_ready(),
            // The runtime shuts down.
            Err(_) => std::future::pending().await,
        }
    }
}
