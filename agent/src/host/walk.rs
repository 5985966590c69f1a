//! A walk of everything below a folder, within bounds, that follows no link and leaves no root.

use std::{
    fs::{self, Metadata},
    io,
    os::{fd::AsRawFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::fcntl::OFlag;

use super::{Host, HostError};

/// How often the clock is looked at, entries.
const STEP: u64 = 1024;

/// What a walk may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub entries: u64,
    pub time: Duration,
}

/// Where a walk may go.
pub trait Way {
    /// Whether a path is left out before anything is asked about it: asking a server that is away
    /// waits for it.
    fn leaves_out(&self, path: &Path) -> bool;

    /// Whether a folder that is another filesystem than the folder around it is walked too.
    fn crosses_into(&self, path: &Path) -> bool;
}

/// How far a walk came.
#[derive(Debug, Default)]
pub struct Walked {
    pub entries: u64,
    /// Why it ended early, if it did.
    pub ended: Option<String>,
    /// The first folder that it was not let into, and how many there are.
    pub denied: Option<PathBuf>,
    pub denied_total: u64,
}

impl Host {
    /// Shows `folder` and everything below it to `visit`, by its path on the host. What goes away
    /// meanwhile is not shown.
    ///
    /// # Errors
    /// [`HostError::Open`] where there is no such folder.
    pub fn walk(
        &self,
        folder: &Path,
        bounds: Bounds,
        way: &dyn Way,
        visit: &mut dyn FnMut(&Path, &Metadata),
    ) -> Result<Walked, HostError> {
        let end = Instant::now() + bounds.time;
        let mut walked = Walked::default();
        let first = self.metadata(folder)?;
        visit(folder, &first);
        let mut todo = Vec::new();
        if first.is_dir() {
            todo.push((folder.to_owned(), first.dev(), true));
        }
        while let Some((folder, device, is_first)) = todo.pop() {
            let entries = match self.entries(&folder, is_first) {
                Ok(entries) => entries,
                Err(error) if is_gone(&error) => continue,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    walked.denied_total += 1;
                    walked.denied.get_or_insert(folder);
                    continue;
                }
                Err(error) => {
                    walked.ended = Some(format!("{} cannot be read: {error}", folder.display()));
                    return Ok(walked);
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        let why = format!("{} cannot be read: {error}", folder.display());
                        walked.ended = Some(why);
                        return Ok(walked);
                    }
                };
                walked.entries += 1;
                if walked.entries > bounds.entries {
                    walked.ended = Some(format!("more than {} entries", bounds.entries));
                    return Ok(walked);
                }
                if walked.entries % STEP == 0 && Instant::now() > end {
                    walked.ended = Some(format!("more than {} s", bounds.time.as_secs()));
                    return Ok(walked);
                }
                let path = folder.join(entry.file_name());
                if way.leaves_out(&path) {
                    continue;
                }
                let metadata = match entry.metadata() {
                    Ok(metadata) => metadata,
                    Err(error) if is_gone(&error) => continue,
                    Err(error) => {
                        walked.ended = Some(format!("{} cannot be seen: {error}", path.display()));
                        return Ok(walked);
                    }
                };
                if !metadata.is_dir() {
                    visit(&path, &metadata);
                    continue;
                }
                if metadata.dev() == device || way.crosses_into(&path) {
                    visit(&path, &metadata);
                    todo.push((path, metadata.dev(), false));
                }
            }
        }
        Ok(walked)
    }

    /// Opened as what it is: a folder that has become a link meanwhile is not followed.
    fn entries(&self, folder: &Path, follow: bool) -> io::Result<fs::ReadDir> {
        let mut flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        if !follow {
            flags |= OFlag::O_NOFOLLOW;
        }
        let opened = self.open_within(folder, flags)?;
        fs::read_dir(format!("/proc/self/fd/{}", opened.as_raw_fd()))
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    ) || error.raw_os_error() == Some(nix::libc::ELOOP)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use shared::clock::SystemClock;

    use super::*;

    struct But(&'static str);

    impl Way for But {
        fn leaves_out(&self, path: &Path) -> bool {
            path == Path::new(self.0)
        }

        fn crosses_into(&self, _: &Path) -> bool {
            false
        }
    }

    const BOUNDS: Bounds = Bounds {
        entries: 1000,
        time: Duration::from_secs(60),
    };

    fn walked(root: &Path, folder: &str, bounds: Bounds) -> (Vec<String>, Walked) {
        let host = Host::at(root, SystemClock::shared());
        let mut seen = Vec::new();
        let walked = host.walk(Path::new(folder), bounds, &But("/a/out"), &mut |path, _| {
            seen.push(path.display().to_string());
        });
        seen.sort();
        (seen, walked.unwrap())
    }

    #[test]
    fn links_are_shown_and_not_followed_and_what_is_left_out_is_not_shown() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::create_dir_all(root.path().join("a/out/side")).unwrap();
        fs::write(root.path().join("a/b/file"), "").unwrap();
        symlink("/", root.path().join("a/root")).unwrap();
        symlink("a", root.path().join("linked")).unwrap();
        let (seen, walk) = walked(root.path(), "/a", BOUNDS);
        assert_eq!(seen, ["/a", "/a/b", "/a/b/file", "/a/root"]);
        assert_eq!((walk.ended, walk.denied_total), (None, 0));
        let (seen, _) = walked(root.path(), "/linked", BOUNDS);
        assert!(seen.contains(&"/linked/b/file".to_owned()), "{seen:?}");
    }

    #[test]
    fn a_bound_ends_it_and_it_says_so() {
        let root = tempfile::tempdir().unwrap();
        for n in 0..5 {
            fs::write(root.path().join(n.to_string()), "").unwrap();
        }
        let few = Bounds {
            entries: 4,
            ..BOUNDS
        };
        assert_eq!(
            walked(root.path(), "/", few).1.ended.unwrap(),
            "more than 4 entries"
        );
        for n in 0..STEP {
            fs::write(root.path().join(format!("x{n}")), "").unwrap();
        }
        let soon = Bounds {
            entries: 10_000,
            time: Duration::ZERO,
        };
        assert_eq!(
            walked(root.path(), "/", soon).1.ended.unwrap(),
            "more than 0 s"
        );
    }
}
