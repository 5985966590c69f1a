//! Homes of accounts with a shell.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _};

use shared::rule::check::{HomeFiles, Mode};

use super::{Row, Seen, Sources, has_shell};
use crate::{host::HostError, probe::pattern::fits};

/// What must hold of each home.
#[derive(Debug, Clone, Copy)]
pub(super) enum Must {
    Exist,
    /// It belongs to the account's user.
    HaveUser,
    /// It belongs to the account's own group.
    HaveGroup,
    HaveMode(Mode),
    /// It is there, belongs to the account, and nobody else may write to it.
    BeSafe,
}

/// The accounts whose homes are not so, with what they are.
pub(super) fn offending(rows: &[&Row], must: Must, sources: &Sources<'_>) -> Vec<String> {
    let wrong = rows.iter().filter(|row| has_shell(row)).filter_map(|row| {
        let home = row.value["home"].as_str().unwrap_or_default();
        let what = match sources.metadata(home) {
            Ok(metadata) => wrong(row, &metadata, must)?,
            Err(error) if !error.is_absent() => error.to_string(),
            Err(_) if matches!(must, Must::Exist | Must::BeSafe) => "is not there".into(),
            // That it is not there is another rule's to tell.
            Err(_) => return None,
        };
        Some(format!("{}: {home} {what}", row.key))
    });
    wrong.collect()
}

/// Files in homes.
#[derive(Default)]
pub(super) struct Files {
    offenders: Vec<String>,
    looked_at: usize,
    /// The first that could not be looked at.
    unseen: Option<HostError>,
}

impl Files {
    /// What was seen is wrong, whatever the rest is; what was not seen is no pass.
    pub(super) fn seen(self, expected: String) -> Seen {
        match self.unseen {
            Some(error) if self.offenders.is_empty() => Seen::unreadable(&error, expected),
            _ if self.looked_at == 0 => Seen::of(true, expected, "there is no such file"),
            _ => Seen::offenders(self.offenders, self.looked_at, expected),
        }
    }
}

/// Each file of these names offends, be it a link that leads nowhere.
pub(super) fn no_files(rows: &[&Row], names: &[String], sources: &Sources<'_>) -> Files {
    let offends = |_: &Row, _: Option<&Metadata>| Some("is there".to_owned());
    look(rows, names, offends, sources)
}

/// Each file must be as it is asked for.
pub(super) fn files(rows: &[&Row], asked: &HomeFiles, sources: &Sources<'_>) -> Files {
    let offends = |row: &Row, metadata: Option<&Metadata>| wrong_file(row, metadata?, asked);
    look(rows, &asked.names, offends, sources)
}

/// Files of these names in homes, of which `wrong` says what is not as it must be. It is given
/// nothing where a link leads nowhere. Two accounts that share a home are each told.
fn look(
    rows: &[&Row],
    names: &[String],
    wrong: impl Fn(&Row, Option<&Metadata>) -> Option<String>,
    sources: &Sources<'_>,
) -> Files {
    let mut files = Files::default();
    for row in rows.iter().filter(|row| has_shell(row)) {
        let home = row.value["home"].as_str().unwrap_or_default();
        let listed = match sources.host().list(home) {
            Ok(listed) => listed,
            Err(error) if error.is_absent() => continue,
            Err(error) => {
                files.unseen = files.unseen.or(Some(error));
                continue;
            }
        };
        for name in listed {
            let Some(name) = name.to_str() else { continue };
            if !names.iter().any(|pattern| fits(pattern, name)) {
                continue;
            }
            let path = format!("{}/{name}", home.trim_end_matches('/'));
            let what = match sources.metadata(&path) {
                Ok(metadata) if !metadata.is_file() => continue,
                Ok(metadata) => wrong(row, Some(&metadata)),
                Err(error) if error.is_absent() => wrong(row, None),
                Err(error) => {
                    files.unseen = files.unseen.or(Some(error));
                    continue;
                }
            };
            files.looked_at += 1;
            files
                .offenders
                .extend(what.map(|what| format!("{}: {path} {what}", row.key)));
        }
    }
    files
}

/// What of a file in a home is not as it must be.
fn wrong_file(row: &Row, metadata: &Metadata, files: &HomeFiles) -> Option<String> {
    let must = [
        files.own_user.then_some(Must::HaveUser),
        files.own_group.then_some(Must::HaveGroup),
        files.mode_at_most.map(Must::HaveMode),
    ];
    let wrong = must.into_iter().flatten();
    let wrong: Vec<_> = wrong
        .filter_map(|must| self::wrong(row, metadata, must))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

fn wrong(row: &Row, metadata: &Metadata, must: Must) -> Option<String> {
    let is = |id: u32, field: &str| row.value[field].as_u64() == Some(id.into());
    let user = || {
        let user = metadata.uid();
        (!is(user, "uid")).then(|| format!("belongs to user {user}"))
    };
    let mode = |most: u32| {
        let mode = metadata.mode() & 0o7777;
        (mode & !most != 0).then(|| format!("has mode {mode:04o}"))
    };
    match must {
        Must::Exist => (!metadata.is_dir()).then(|| "is no folder".into()),
        Must::HaveUser => user(),
        Must::HaveGroup => {
            let group = metadata.gid();
            (!is(group, "gid")).then(|| format!("belongs to group {group}"))
        }
        Must::HaveMode(most) => mode(most.0),
        Must::BeSafe => user().or_else(|| mode(0o7755)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use crate::rule::check::testing::{
        Verdict::{Fail, Pass},
        on, tree,
    };

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/bash\n\
                          own:x:10:10::/home/own:/usr/sbin/nologin\n";

    #[test]
    fn a_file_in_a_home_is_named_and_a_longer_name_or_a_folder_is_another() {
        let check = "{accounts: {of: all, must: {have_no_home_files: [.netrc]}}}";
        let root = tree(&[
            ("/etc/passwd", PASSWD),
            ("/home/anna/.netrcx", ""),
            ("/home/anna/x/.netrc", ""),
            ("/home/own/.netrc", ""),
            ("/root/.netrc/x", ""),
        ]);
        assert_eq!(on(root.path(), check).verdict, Pass);
        symlink("/nowhere", root.path().join("home/anna/.netrc")).unwrap();
        let outcome = on(root.path(), check);
        assert_eq!(outcome.verdict, Fail);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["anna: /home/anna/.netrc is there"]
        );
    }

    #[test]
    fn files_in_homes_have_a_mode_and_an_owner() {
        let root = tree(&[
            ("/etc/passwd", "anna:x:4242:4243::/home/anna:/bin/bash\n"),
            ("/home/anna/.bashrc", ""),
            ("/home/anna/bashrc", ""),
        ]);
        let check = |what: &str| {
            format!(
                "{{accounts: {{of: all, must: {{have_home_files: {{names: ['.*'], {what}}}}}}}}}"
            )
        };
        let mode = check("mode_at_most: \"0640\"");
        let outcome = on(root.path(), &mode);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["anna: /home/anna/.bashrc has mode 0644"]
        );
        let file = root.path().join("home/anna/.bashrc");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(on(root.path(), &mode).verdict, Pass);
        assert_eq!(on(root.path(), &check("own_user: true")).verdict, Fail);
        assert_eq!(on(root.path(), &check("own_group: true")).verdict, Fail);
    }
}
