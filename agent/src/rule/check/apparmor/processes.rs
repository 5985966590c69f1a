//! Processes that run, and what confines them.

use super::Sources;
use crate::host::HostError;

pub(super) const FOLDER: &str = "/proc";

/// Where a kernel with several security modules tells of this one, and where it tells of the first.
const LABELS: [&str; 2] = ["attr/apparmor/current", "attr/current"];

/// What the kernel says of a process that nothing confines.
const UNCONFINED: &str = "unconfined";

/// What the kernel adds to the path of a program that was replaced while it runs.
const REPLACED: &str = " (deleted)";

/// Processes whose program has a profile.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Processes {
    pub(super) with_a_profile: usize,
    pub(super) unconfined: Vec<String>,
}

/// Those that run unconfined although a profile of their program's path is loaded.
pub(super) fn unconfined(
    profiles: &[(String, String)],
    sources: &Sources<'_>,
) -> Result<Processes, HostError> {
    let mut processes = Processes::default();
    for number in sources.host().list(FOLDER)? {
        let Some(number) = number.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
            continue;
        };
        let program = match sources.host().read_link(format!("{FOLDER}/{number}/exe")) {
            Ok(program) => program.to_string_lossy().into_owned(),
            // One of the kernel's own, or one that has ended.
            Err(error) if error.is_absent() => continue,
            Err(error) => return Err(error),
        };
        let program = program.strip_suffix(REPLACED).unwrap_or(&program);
        if !profiles.iter().any(|(name, _)| name == program) {
            continue;
        }
        match label(number, sources) {
            Ok(Some(label)) => {
                processes.with_a_profile += 1;
                if label == UNCONFINED {
                    let told = format!("process {number}, {program}, runs unconfined");
                    processes.unconfined.push(told);
                }
            }
            Ok(None) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(processes)
}

/// What confines a process; `None` of one that has ended.
fn label(number: &str, sources: &Sources<'_>) -> Result<Option<String>, HostError> {
    for name in LABELS {
        let path = format!("{FOLDER}/{number}/{name}");
        match sources.host().read_text(&path, 4096) {
            Ok(text) => return Ok(Some(text.trim_end_matches(['\0', '\n']).to_owned())),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{
        super::super::testing::{Verdict::*, on, tree},
        super::{PROFILES, SWITCH},
    };

    #[test]
    fn a_process_that_has_a_profile_and_runs_without_it_is_named() {
        let check = "{apparmor: {profiles: [enforce], confined: true}}";
        let root = tree(&[
            (SWITCH, "Y\n"),
            (PROFILES, "/usr/bin/a (enforce)\nman (enforce)\n"),
            ("/proc/1/attr/current", "unconfined\n"),
            ("/proc/20/attr/apparmor/current", "/usr/bin/a (enforce)\n"),
            ("/proc/20/attr/current", "unconfined\n"),
            ("/proc/30/attr/current", "unconfined\n"),
            ("/proc/x/attr/current", "unconfined\n"),
        ]);
        let program = |number: &str, path: &str| {
            symlink(path, root.path().join(format!("proc/{number}/exe"))).unwrap();
        };
        program("1", "/usr/lib/systemd/systemd");
        program("20", "/usr/bin/a");
        program("x", "/usr/bin/a");
        assert_eq!(on(root.path(), check).verdict, Pass);
        program("30", "/usr/bin/a (deleted)");
        let outcome = on(root.path(), check);
        assert_eq!(outcome.verdict, Fail);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["process 30, /usr/bin/a, runs unconfined"]
        );
        fs::write(
            root.path().join("proc/30/attr/current"),
            "/usr/bin/a (enforce)\n",
        )
        .unwrap();
        assert_eq!(on(root.path(), check).verdict, Pass);
    }
}
