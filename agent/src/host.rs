//! The one door to the machine: a root folder and a clock. Probes read through it and through
//! nothing else, so that each can be tested on a recorded tree, and so that what the agent reads
//! can be listed.

use std::path::{Path, PathBuf};

use shared::clock::SharedClock;

/// A machine, or a recorded tree that stands for one.
#[derive(Debug, Clone)]
pub struct Host {
    root: PathBuf,
    clock: SharedClock,
}

impl Host {
    /// The machine that this program runs on.
    pub fn live(clock: SharedClock) -> Self {
        Self::at("/", clock)
    }

    /// The tree under `root`: a container image, a mounted disk, a test's fixture.
    pub fn at(root: impl Into<PathBuf>, clock: SharedClock) -> Self {
        Self {
            root: root.into(),
            clock,
        }
    }

    /// Whether this is the running machine, so that its kernel and its services can be asked.
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Where `path`, absolute on the host, is found.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The host's clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }
}
