//! The events that a check asks for, one by one, since each may be recorded by a rule of its own.

use shared::rule::{
    check::{AuditArch, AuditRule},
    expect::Scalar,
    result::Verdict,
};

use super::{
    super::{Seen, Sources, find},
    condition,
    event::{Event, Place},
    line,
};

/// Machines that came after the older system calls, and the calls that they do without: no rule about
/// them can be loaded there.
const NEWER_MACHINES: [&str; 3] = ["aarch64", "loongarch64", "riscv64"];
const OLDER_CALLS: [&str; 20] = [
    "access",
    "chmod",
    "chown",
    "creat",
    "fork",
    "futimesat",
    "lchown",
    "link",
    "mkdir",
    "mknod",
    "open",
    "readlink",
    "rename",
    "rmdir",
    "stime",
    "symlink",
    "unlink",
    "utime",
    "utimes",
    "vfork",
];

/// What these machines have for programs of neither sort.
const NO_CALLS: [&str; 4] = ["create_module", "query_module", "stime", "umount"];

/// Every sort of event that must be recorded by itself, since each may be by a rule of its own.
pub(super) fn events(asked: &AuditRule, sources: &Sources<'_>) -> Result<Vec<Event>, Seen> {
    let mut conditions = Vec::new();
    for field in &asked.fields {
        let condition = condition::wanted(field);
        conditions.push(condition.ok_or_else(|| {
            let why = format!("`{field}` is no condition");
            Seen::verdict(Verdict::Error, "a condition", why)
        })?);
    }
    let machine = machine(sources);
    let both = [AuditArch::B32, AuditArch::B64];
    let arches = asked.arches.as_deref().unwrap_or(&both);
    let mut places: Vec<(String, Place)> = Vec::new();
    let programs = if asked.privileged_commands {
        programs(sources)?
    } else {
        Vec::new()
    };
    let paths = asked.paths.iter().map(|Scalar(path)| path);
    for path in paths.chain(&programs) {
        let known = Place {
            path: place(sources, &line::plain(path)),
            tree: path.ends_with('/'),
        };
        places.push((path.clone(), known));
    }
    let mut events = Vec::new();
    let mut push = |syscall: Option<&String>, of: Option<&(String, Place)>, perm: Option<char>| {
        let has = |arch: &&AuditArch| syscall.is_none_or(|name| is_known(name, **arch, &machine));
        for arch in arches.iter().filter(has) {
            let bits = match arch {
                AuditArch::B32 => "b32",
                AuditArch::B64 => "b64",
            };
            let what = syscall
                .cloned()
                .or(perm.map(String::from))
                .unwrap_or_default();
            let at = of
                .map(|(path, _)| format!(" of {path}"))
                .unwrap_or_default();
            events.push(Event {
                name: format!("{what}{at} ({bits})"),
                arch: *arch,
                syscall: syscall.cloned(),
                path: of.map(|(_, place)| place.clone()),
                perm,
                conditions: conditions.clone(),
            });
        }
    };
    if asked.syscalls.is_empty() {
        let by_default = if asked.privileged_commands { "x" } else { "wa" };
        let perms = asked.perms.as_deref().unwrap_or(by_default);
        for place in &places {
            perms
                .chars()
                .for_each(|perm| push(None, Some(place), Some(perm)));
        }
    } else if places.is_empty() {
        asked
            .syscalls
            .iter()
            .for_each(|name| push(Some(name), None, None));
    } else {
        for name in &asked.syscalls {
            places
                .iter()
                .for_each(|place| push(Some(name), Some(place), None));
        }
    }
    Ok(events)
}

/// Whether a machine has a call, as far as is known; of a tree everything may be.
fn is_known(name: &str, arch: AuditArch, machine: &str) -> bool {
    let is_newer = NEWER_MACHINES.contains(&machine);
    let is_old = arch == AuditArch::B64 && OLDER_CALLS.contains(&name);
    !(is_newer && (is_old || NO_CALLS.contains(&name)))
}

/// What `uname -m` says; nothing of a tree.
fn machine(sources: &Sources<'_>) -> String {
    let rows = sources.rows("os");
    let row = rows.as_ref().as_ref().ok().and_then(|rows| rows.first());
    let machine = row.and_then(|row| row.value["architecture"].as_str());
    machine.unwrap_or_default().to_owned()
}

/// Every program that runs as somebody else than who starts it.
fn programs(sources: &Sources<'_>) -> Result<Vec<String>, Seen> {
    let whole = find::whole(sources);
    let mut programs = Vec::new();
    for sort in [find::Sort::SetUid, find::Sort::SetGid] {
        if let Some((verdict, why)) = whole.unseen(sort) {
            return Err(Seen::verdict(
                verdict,
                "programs that run as somebody else",
                why,
            ));
        }
        let runs = whole.of(sort).iter().filter(|found| !found.inert);
        programs.extend(runs.map(|found| found.path.clone()));
    }
    programs.sort();
    programs.dedup();
    Ok(programs)
}

/// The path by which the kernel knows it: links on the way are followed, the last name is not.
pub(super) fn place(sources: &Sources<'_>, path: &str) -> String {
    let Some((folder, name)) = path.rsplit_once('/').filter(|(_, name)| !name.is_empty()) else {
        return path.to_owned();
    };
    let host = sources.host();
    let (Ok(folder), Ok(root)) = (host.resolve(format!("{folder}/")), host.resolve("/")) else {
        return path.to_owned();
    };
    let folder = folder
        .strip_prefix(root)
        .unwrap_or(&folder)
        .display()
        .to_string();
    format!("/{}", format!("{folder}/{name}").trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use AuditArch::{B32, B64};

    use super::*;

    #[test]
    fn a_machine_is_asked_about_calls_that_it_has() {
        for (name, arch, machine, has) in [
            ("chmod", B64, "x86_64", true),
            ("chmod", B64, "aarch64", false),
            ("chmod", B32, "aarch64", true),
            ("fchmodat", B64, "aarch64", true),
            ("query_module", B64, "x86_64", true),
            ("query_module", B32, "aarch64", false),
            ("query_module", B64, "", true),
        ] {
            assert_eq!(is_known(name, arch, machine), has, "{name} on {machine}");
        }
    }
}
