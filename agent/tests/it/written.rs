//! Content and hosts written for a test, and the program run on them.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

pub(crate) const UMASK: &str = "\
id: login-umask
title: New files are closed to others
severity: low
category: access
why: What nobody closes stays open.
variables:
  umask: {type: text, about: the mask of new files, default: \"027\"}
check:
  setting: {file: /etc/login.defs, form: words, key: UMASK, is: $umask}
";

pub(crate) const UMASK_TESTS: &str = "\
cases:
  - name: others are shut out
    files: {/etc/login.defs: \"UMASK 027\\n\"}
    verdict: pass
  - name: others read
    files: {/etc/login.defs: \"UMASK 022\\n\"}
    verdict: fail
  - name: the site wants more
    files: {/etc/login.defs: \"UMASK 027\\n\"}
    variables: {umask: \"077\"}
    verdict: fail
  - name: nothing is said
    verdict: fail
    absent: true
";

pub(crate) const SHADOW: &str = "\
id: shadow-closed
title: Only root reads the hashes of passwords
severity: high
category: files
why: A hash that is read is guessed at leisure.
check:
  file: {paths: [/etc/shadow], mode_at_most: \"0640\"}
";

pub(crate) const SHADOW_TESTS: &str = "\
cases:
  - name: it is closed
    files: {/etc/shadow: {text: \"root:*:1::::::\\n\", mode: \"0600\"}}
    verdict: pass
  - name: it is open
    files: {/etc/shadow: {text: \"root:*:1::::::\\n\", mode: \"0644\"}}
    verdict: fail
  - name: it is not there
    verdict: fail
    absent: true
";

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The two rules, with their tests.
pub(crate) fn content() -> TempDir {
    folder(&[
        ("rules/access/login-umask.yaml", UMASK),
        ("rules/access/login-umask.tests.yaml", UMASK_TESTS),
        ("rules/files/shadow-closed.yaml", SHADOW),
        ("rules/files/shadow-closed.tests.yaml", SHADOW_TESTS),
    ])
}

/// How the program ended, what it printed, and what it said on standard error.
pub(crate) fn agent(args: &[&dyn AsRef<OsStr>]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_openwatch-agent"))
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}
