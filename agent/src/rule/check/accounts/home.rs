//! Homes of accounts with a shell.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _};

use shared::rule::check::Mode;

use super::{Row, Sources, has_shell};

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
