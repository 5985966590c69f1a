use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use nix::sys::stat::Mode as Permissions;
use shared::clock::SystemClock;

use super::*;

/// Leaves out what is `out`, in whatever folder.
struct But(BTreeSet<OsString>);

impl Way for But {
    fn left_out(&self, _: &Path) -> Option<&BTreeSet<OsString>> {
        Some(&self.0)
    }

    fn crosses_into(&self, _: &Path) -> bool {
        false
    }
}

const BOUNDS: Bounds = Bounds {
    entries: 1000,
    time: Duration::from_secs(60),
};

fn walk(
    root: &Path,
    folder: &str,
    bounds: Bounds,
    visit: &mut dyn FnMut(&Entry<'_>),
) -> (Vec<String>, Walked) {
    let host = Host::at(root, SystemClock::shared());
    let mut seen = Vec::new();
    let out = But(BTreeSet::from(["out".into()]));
    let walked = host.walk(Path::new(folder), bounds, &out, &mut |entry| {
        seen.push(entry.path().display().to_string());
        visit(entry);
    });
    seen.sort();
    (seen, walked.unwrap())
}

fn walked(root: &Path, folder: &str, bounds: Bounds) -> (Vec<String>, Walked) {
    walk(root, folder, bounds, &mut |_| {})
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
fn files_and_folders_are_shown_with_owner_and_mode_and_others_as_what_they_are() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::create_dir_all(path("a/folder")).unwrap();
    fs::write(path("a/file"), "").unwrap();
    fs::set_permissions(path("a/file"), fs::Permissions::from_mode(0o4640)).unwrap();
    fs::set_permissions(path("a/folder"), fs::Permissions::from_mode(0o1750)).unwrap();
    symlink("file", path("a/link")).unwrap();
    nix::unistd::mkfifo(&path("a/pipe"), Permissions::S_IRWXU).unwrap();
    let mut shown = Vec::new();
    let (_, walk) = walk(root.path(), "/a", BOUNDS, &mut |entry| {
        let name = entry.name().unwrap().display().to_string();
        let what = match entry.shown {
            Shown::Folder(inode) => format!("folder {:o}", inode.permissions()),
            Shown::File(inode) => format!("file {:o}", inode.permissions()),
            Shown::Link => "link".to_owned(),
            Shown::Other => "other".to_owned(),
        };
        let owner = entry.inode().map(|inode| (inode.uid, inode.gid));
        let own = (
            nix::unistd::geteuid().as_raw(),
            nix::unistd::getegid().as_raw(),
        );
        assert!(owner.is_none_or(|owner| owner == own), "{owner:?}");
        shown.push(format!("{name} {what}"));
    });
    shown.remove(0);
    shown.sort();
    let expected = [
        "file file 4640",
        "folder folder 1750",
        "link link",
        "pipe other",
    ];
    assert_eq!(shown, expected);
    assert_eq!(walk.entries, 4);
}

#[test]
fn a_folder_that_becomes_a_link_while_it_is_walked_leads_nowhere_else() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    for folder in ["a/next", "a/around/within", "else/within"] {
        fs::create_dir_all(path(folder)).unwrap();
    }
    fs::write(path("else/secret"), "").unwrap();
    fs::write(path("else/within/secret"), "").unwrap();
    let replace = |name: &str| {
        fs::rename(path(name), path("moved").join(name.replace('/', "-"))).unwrap();
        symlink(path("else"), path(name)).unwrap();
    };
    fs::create_dir(path("moved")).unwrap();
    let (seen, walk) = walk(root.path(), "/a", BOUNDS, &mut |entry| {
        match entry.path().to_str().unwrap() {
            // Before it is opened, and while a folder in it waits for its turn.
            "/a/next" => replace("a/next"),
            "/a/around/within" => replace("a/around"),
            _ => {}
        }
    });
    assert_eq!(seen, ["/a", "/a/around", "/a/around/within", "/a/next"]);
    assert_eq!(walk.ended, None);
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

#[test]
fn what_is_too_deep_is_said_and_the_rest_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("a/".repeat(MAX_DEPTH + 2));
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir_all(root.path().join("b/beside")).unwrap();
    let (seen, walk) = walked(root.path(), "/", BOUNDS);
    assert!(seen.contains(&"/b/beside".to_owned()));
    let why = walk.ended.unwrap();
    assert!(
        why.ends_with(&format!("a is {MAX_DEPTH} folders deep")),
        "{why}"
    );
    assert_eq!(seen.len(), MAX_DEPTH + 4, "{why}");
}
