//! `target`: what the host is started to.

use std::{collections::BTreeSet, path::Path};

use shared::rule::{
    check::{Missing, Target},
    result::Verdict,
};

use super::{Seen, Sources};

const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

const DEFAULT: &str = "default.target";

/// What a masked unit is a link to.
const NOTHING: &str = "/dev/null";

pub(super) fn judge(asked: &Target, sources: &Sources<'_>) -> Seen {
    if !asked.masked.is_empty() {
        return masked(&asked.masked, sources);
    }
    let expected = format!("{DEFAULT} is {}", asked.default.join(" or "));
    let mut name = DEFAULT.to_owned();
    let mut read = Vec::new();
    let mut seen = BTreeSet::new();
    loop {
        if !seen.insert(name.clone()) {
            let why = format!("links of {DEFAULT} go in a circle");
            return Seen::verdict(Verdict::Error, expected, why).read(read);
        }
        let next = match next(&name, sources) {
            Ok(next) => next,
            Err(seen) => return Seen { expected, ..seen },
        };
        let Some((path, target)) = next else { break };
        read.push(path);
        match target {
            Some(target) => name = target,
            None => break,
        }
    }
    if read.is_empty() {
        let means = asked.missing.unwrap_or(Missing::Fail);
        let actual = format!("there is no {DEFAULT}");
        return Seen::missing(means, expected, actual).read([FOLDERS[0]]);
    }
    let passes = asked.default.contains(&name);
    Seen::of(passes, expected, name).read(read)
}

/// Targets that nothing can start.
fn masked(names: &[String], sources: &Sources<'_>) -> Seen {
    let expected = format!("{} masked", names.join(" and "));
    let mut offenders = Vec::new();
    let mut read = Vec::new();
    for name in names {
        let found = match next(name, sources) {
            Ok(found) => found,
            Err(seen) => return Seen { expected, ..seen },
        };
        let is = match found {
            None => "not there".to_owned(),
            Some((path, target)) => {
                let is_null = sources
                    .host()
                    .read_link(&path)
                    .is_ok_and(|to| to.as_path() == Path::new(NOTHING));
                let is_empty = target.is_none()
                    && sources
                        .metadata(&path)
                        .is_ok_and(|file| file.is_file() && file.len() == 0);
                let lasts = !path.starts_with("/run/");
                read.push(path.clone());
                if (is_null || is_empty) && lasts {
                    continue;
                }
                match target {
                    _ if !lasts => format!("masked until the next boot alone, by {path}"),
                    Some(target) if target != *name => format!("{path} leads to {target}"),
                    _ => format!("by {path} not masked"),
                }
            }
        };
        offenders.push(format!("{name} is {is}"));
    }
    let actual = offenders.first().cloned();
    let mut seen = Seen::of(
        offenders.is_empty(),
        expected,
        actual.unwrap_or("masked".into()),
    );
    seen.offenders = offenders;
    seen.read(read)
}

/// Where the unit of this name is, and which other unit it is a link to.
fn next(name: &str, sources: &Sources<'_>) -> Result<Option<(String, Option<String>)>, Seen> {
    let host = sources.host();
    for folder in FOLDERS {
        let path = format!("{folder}/{name}");
        if let Ok(target) = host.read_link(&path) {
            let target = target.file_name().and_then(|name| name.to_str());
            return Ok(Some((path, target.map(str::to_owned))));
        }
        match host.open(&path) {
            Ok(_) => return Ok(Some((path, None))),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(Seen::unreadable(&error, "").read([path])),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::Path};

    use super::super::testing::{Verdict::*, on};

    const CHECK: &str = "{target: {default: [multi-user.target]}}";

    fn link(root: &Path, path: &str, target: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    #[test]
    fn links_are_followed_by_their_names_the_administrators_first() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(on(root.path(), CHECK).verdict, Fail);
        let missing = "{target: {default: [x.target], missing: not_applicable}}";
        assert_eq!(on(root.path(), missing).verdict, NotApplicable);
        link(
            root.path(),
            "usr/lib/systemd/system/default.target",
            "graphical.target",
        );
        assert_eq!(on(root.path(), CHECK).because, "graphical.target");
        link(
            root.path(),
            "usr/lib/systemd/system/runlevel3.target",
            "multi-user.target",
        );
        link(
            root.path(),
            "etc/systemd/system/default.target",
            "/lib/systemd/system/runlevel3.target",
        );
        assert_eq!(on(root.path(), CHECK).verdict, Pass);
        link(
            root.path(),
            "etc/systemd/system/multi-user.target",
            "multi-user.target.d",
        );
        assert_eq!(on(root.path(), CHECK).verdict, Fail, "a longer name");
    }

    #[test]
    fn a_target_is_masked_where_its_first_file_is_nothing_and_that_lasts() {
        let check = "{target: {masked: [ctrl-alt-del.target]}}";
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        assert_eq!(on(root.path(), check).verdict, Fail, "not there");
        link(
            root.path(),
            "usr/lib/systemd/system/ctrl-alt-del.target",
            "reboot.target",
        );
        assert_eq!(on(root.path(), check).verdict, Fail);
        link(
            root.path(),
            "etc/systemd/system/ctrl-alt-del.targetx",
            "/dev/null",
        );
        assert_eq!(on(root.path(), check).verdict, Fail, "a longer name");
        link(
            root.path(),
            "run/systemd/system/ctrl-alt-del.target",
            "/dev/null",
        );
        assert_eq!(on(root.path(), check).verdict, Fail, "until the next boot");
        link(
            root.path(),
            "etc/systemd/system/ctrl-alt-del.target",
            "/dev/null",
        );
        assert_eq!(on(root.path(), check).verdict, Pass);
        let two = "{target: {masked: [ctrl-alt-del.target, x.target]}}";
        assert_eq!(on(root.path(), two).verdict, Fail);
        let own = root.path().join("etc/systemd/system/ctrl-alt-del.target");
        fs::remove_file(&own).unwrap();
        link(
            root.path(),
            "etc/systemd/system/ctrl-alt-del.target",
            "/dev/zero",
        );
        assert_eq!(on(root.path(), check).verdict, Fail);
        fs::remove_file(&own).unwrap();
        fs::write(&own, "").unwrap();
        assert_eq!(on(root.path(), check).verdict, Pass);
        fs::write(&own, "[Unit]\n").unwrap();
        assert_eq!(on(root.path(), check).verdict, Fail);
    }

    #[test]
    fn a_circle_and_a_folder_are_errors() {
        let root = tempfile::tempdir().unwrap();
        link(root.path(), "etc/systemd/system/default.target", "a.target");
        link(root.path(), "etc/systemd/system/a.target", "default.target");
        assert_eq!(on(root.path(), CHECK).verdict, Error);
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc/systemd/system/default.target")).unwrap();
        assert_eq!(on(root.path(), CHECK).verdict, Error);
    }
}
