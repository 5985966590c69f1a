use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    time::Duration,
};

use shared::clock::SystemClock;
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// A tree with `/etc/passwd`, and what listens there for kind `user`.
fn watched(path: &str) -> (TempDir, Watch) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/passwd"), "root").unwrap();
    let host = Host::at(folder.path(), SystemClock::shared());
    let (_, heard) = Units::new(&host);
    let mut watch = Watch::new(&host, heard);
    assert!(watch.arm("user", &[Wake::path(path)]));
    (folder, watch)
}

/// That something has happened to `user`; what it may have become is followed.
async fn woken(watch: &mut Watch, path: &str, what: &str) {
    let kinds = timeout(Duration::from_secs(30), watch.woken()).await;
    assert_eq!(kinds.expect(what), BTreeSet::from(["user"]), "{what}");
    watch.arm("user", &[Wake::path(path)]);
    // The other events of the same act.
    while timeout(Duration::from_millis(20), watch.woken())
        .await
        .is_ok()
    {
        watch.arm("user", &[Wake::path(path)]);
    }
}

/// Waits long enough for an event that will not come to have come.
async fn quiet(watch: &mut Watch, what: &str) {
    let kinds = timeout(Duration::from_millis(50), watch.woken()).await;
    assert!(kinds.is_err(), "{what}: {kinds:?}");
}

/// Replaces `path` as editors and package managers do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[tokio::test]
async fn a_file_that_is_written_replaced_removed_or_made_wakes_its_kind() {
    let path = "/etc/passwd";
    let (folder, mut watch) = watched(path);
    let file = folder.path().join("etc/passwd");
    fs::write(&file, "root, ann").unwrap();
    woken(&mut watch, path, "written").await;
    replace(&file, "root, bob");
    woken(&mut watch, path, "replaced").await;
    replace(&file, "root, eve");
    woken(&mut watch, path, "replaced again").await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    woken(&mut watch, path, "its mode").await;
    fs::remove_file(&file).unwrap();
    woken(&mut watch, path, "removed").await;
    fs::write(&file, "root").unwrap();
    woken(&mut watch, path, "made").await;
    fs::write(folder.path().join("etc/motd"), "x").unwrap();
    quiet(&mut watch, "another file").await;
}

#[tokio::test]
async fn what_is_not_there_yet_is_awaited_folder_by_folder() {
    let path = "/var/lib/dpkg/status";
    let (folder, mut watch) = watched(path);
    for made in ["var", "var/lib", "var/lib/dpkg"] {
        fs::create_dir(folder.path().join(made)).unwrap();
        woken(&mut watch, path, made).await;
    }
    fs::write(folder.path().join("var/lib/dpkg/status"), "x").unwrap();
    woken(&mut watch, path, "the file").await;
}

#[tokio::test]
async fn a_folder_that_is_replaced_is_followed() {
    let path = "/etc/passwd";
    let (folder, mut watch) = watched(path);
    let (etc, old) = (folder.path().join("etc"), folder.path().join("old"));
    fs::rename(&etc, &old).unwrap();
    woken(&mut watch, path, "moved away").await;
    fs::create_dir(&etc).unwrap();
    woken(&mut watch, path, "made anew").await;
    fs::write(etc.join("passwd"), "x").unwrap();
    woken(&mut watch, path, "the new file").await;
    fs::write(old.join("passwd"), "x").unwrap();
    quiet(&mut watch, "the old folder").await;
    fs::remove_dir_all(&etc).unwrap();
    woken(&mut watch, path, "removed").await;
}

#[tokio::test]
async fn a_link_and_what_it_leads_to_wake_alike_and_a_turned_link_is_followed() {
    let path = "/etc/os-release";
    let (folder, mut watch) = watched(path);
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("usr/lib")).unwrap();
    fs::write(at("usr/lib/a"), "").unwrap();
    fs::write(at("usr/lib/b"), "").unwrap();
    symlink("../usr/lib/a", at("etc/os-release")).unwrap();
    woken(&mut watch, path, "the link").await;
    fs::write(at("usr/lib/a"), "x").unwrap();
    woken(&mut watch, path, "what it leads to").await;
    // Absolute on the host: inside the tree.
    symlink("/usr/lib/b", at("etc/next")).unwrap();
    fs::rename(at("etc/next"), at("etc/os-release")).unwrap();
    woken(&mut watch, path, "the link turned").await;
    fs::write(at("usr/lib/b"), "x").unwrap();
    woken(&mut watch, path, "what it leads to now").await;
    fs::write(at("usr/lib/a"), "y").unwrap();
    quiet(&mut watch, "what it led to").await;
}

#[tokio::test]
async fn a_folder_wakes_for_everything_in_it() {
    let path = "/etc/sudoers.d";
    let (folder, mut watch) = watched(path);
    let sudoers = folder.path().join("etc/sudoers.d");
    fs::create_dir(&sudoers).unwrap();
    woken(&mut watch, path, "the folder").await;
    fs::write(sudoers.join("ann"), "ann ALL=(ALL) ALL").unwrap();
    woken(&mut watch, path, "a file").await;
    fs::remove_file(sudoers.join("ann")).unwrap();
    woken(&mut watch, path, "no file").await;
}

#[tokio::test]
async fn more_events_than_the_kernel_keeps_wake_everything() {
    let (folder, mut watch) = watched("/etc/passwd");
    watch.arm("group", &[Wake::path("/etc/group")]);
    let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let most: usize = most.trim().parse().unwrap();
    let other = folder.path().join("etc/other");
    // Making, writing and removing are four events and more.
    for _ in 0..most / 3 {
        fs::write(&other, "x").unwrap();
        fs::remove_file(&other).unwrap();
    }
    let kinds = timeout(Duration::from_secs(30), watch.woken()).await;
    assert_eq!(kinds.unwrap(), BTreeSet::from(["user", "group"]));
}

#[tokio::test]
async fn a_kind_that_wants_other_paths_now_is_not_woken_by_the_old_ones() {
    let (folder, mut watch) = watched("/etc/passwd");
    let etc = folder.path().join("etc");
    assert!(!watch.arm("user", &[Wake::path("/etc/passwd")]), "the same");
    assert!(watch.arm("user", &[Wake::path("/etc/shadow")]));
    fs::write(etc.join("passwd"), "x").unwrap();
    quiet(&mut watch, "the old path").await;
    fs::write(etc.join("shadow"), "x").unwrap();
    woken(&mut watch, "/etc/shadow", "the new path").await;
}

#[tokio::test]
async fn a_tree_says_that_no_systemd_tells() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::at(folder.path(), SystemClock::shared());
    let (units, heard) = Units::new(&host);
    let mut watch = Watch::new(&host, heard);
    watch.arm("service", &[Wake::Units]);
    let token = tokio_util::sync::CancellationToken::new();
    token.cancel();
    units.run(token).await;
    assert_eq!(watch.woken().await, BTreeSet::from(["service"]));
    let why = watch.blind("service").unwrap();
    assert!(why.contains("tree"), "{why}");
    assert_eq!(watch.blind("user"), None);
}
