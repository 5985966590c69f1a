//! Where a path leads, and what to watch on the way: the symlinks that could be replaced, and what
//! is at the end of them, or is not there yet.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs,
    path::{Component, Path, PathBuf},
};

/// As many links as Linux follows (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// Something to watch: a folder, and one name in it or all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) folder: PathBuf,
    /// `None`: everything directly in the folder.
    pub(super) name: Option<OsString>,
}

/// What to watch so that every change of what `path` is, seen from `root`, is noticed: each link on
/// the way, and the end. `root` holds no link itself.
pub(super) fn spots(root: &Path, path: &Path) -> Vec<Spot> {
    let mut spots = Vec::new();
    let mut rest = names(path);
    let mut at = root.to_owned();
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            // The root is its own parent.
            if at != root {
                at.pop();
            }
            continue;
        }
        let next = at.join(&name);
        let Ok(found) = fs::symlink_metadata(&next) else {
            spots.push(spot(&at, Some(&name)));
            break;
        };
        let last = rest.is_empty();
        if found.is_symlink() {
            spots.push(spot(&at, Some(&name)));
            links += 1;
            let Ok(target) = fs::read_link(&next) else {
                break;
            };
            if links > MAX_LINKS {
                break;
            }
            if target.is_absolute() {
                root.clone_into(&mut at);
            }
            for name in names(&target).into_iter().rev() {
                rest.push_front(name);
            }
        } else if found.is_dir() {
            if last {
                spots.push(spot(&at, Some(&name)));
                spots.push(spot(&next, None));
            }
            at = next;
        } else {
            spots.push(spot(&at, Some(&name)));
            break;
        }
    }
    spots
}

fn spot(folder: &Path, name: Option<&OsStr>) -> Spot {
    Spot {
        folder: folder.into(),
        name: name.map(Into::into),
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// The spots of `path` in `root`, as text relative to it.
    fn of(root: &Path, path: &str) -> Vec<String> {
        let text = |spot: Spot| {
            let folder = spot.folder.strip_prefix(root).expect("inside the root");
            let name = spot.name.map(|name| name.to_string_lossy().into_owned());
            format!("{} {}", folder.display(), name.as_deref().unwrap_or("*"))
        };
        spots(root, Path::new(path)).into_iter().map(text).collect()
    }

    #[test]
    fn every_link_on_the_way_is_watched_and_what_is_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("usr/lib")).unwrap();
        fs::create_dir(root.join("etc")).unwrap();
        fs::write(root.join("usr/lib/os-release"), "").unwrap();
        symlink("../usr/lib/os-release", root.join("etc/os-release")).unwrap();
        symlink("/etc", root.join("conf")).unwrap();
        symlink("../../../../etc", root.join("usr/up")).unwrap();
        symlink("round", root.join("round")).unwrap();

        let file = ["etc os-release", "usr/lib os-release"];
        assert_eq!(of(&root, "/etc/os-release"), file);
        assert_eq!(
            of(&root, "/conf/os-release"),
            [&[" conf"][..], &file].concat()
        );
        assert_eq!(
            of(&root, "/usr/up/os-release"),
            [&["usr up"][..], &file].concat()
        );
        assert_eq!(of(&root, "/usr/lib"), ["usr lib", "usr/lib *"]);
        assert_eq!(of(&root, "/var/lib/dpkg"), [" var"], "it is awaited");
        assert_eq!(
            of(&root, "/etc/os-release/x").len(),
            2,
            "a file is no folder"
        );
        assert_eq!(of(&root, "/round").len(), MAX_LINKS + 1);
        assert_eq!(of(&root, "/"), [""; 0]);
    }
}
