//! Which numbers are those of accounts and groups of this host.

use std::collections::BTreeSet;

use shared::{
    rule::{check::FindMust, result::Verdict},
    wire::Stale,
};

use super::super::{Seen, Sources};
use crate::rule::source::Row;

/// Numbers that systemd gives to services while they run, and takes back.
const DYNAMIC: std::ops::RangeInclusive<u32> = 61_184..=65_519;

/// What nsswitch.conf(5) names that this host's own files answer.
const OWN: [&str; 4] = ["files", "compat", "systemd", "altfiles"];

/// Numbers that somebody has.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    users: BTreeSet<u32>,
    groups: BTreeSet<u32>,
}

impl Numbers {
    /// Those that the files name.
    pub(super) fn read(sources: &Sources<'_>) -> Self {
        let of = |kind: &'static str, name: &str| {
            let rows = sources.rows(kind);
            let rows = rows.as_ref().as_ref().map_or(&[][..], Vec::as_slice);
            let number = |row: &Row| {
                row.value[name]
                    .as_u64()
                    .and_then(|id| u32::try_from(id).ok())
            };
            rows.iter().filter_map(number).collect()
        };
        Self {
            users: of("user", "uid"),
            groups: of("group", "gid"),
        }
    }

    pub(super) fn has_user(&self, uid: u32) -> bool {
        self.users.contains(&uid) || DYNAMIC.contains(&uid)
    }

    pub(super) fn has_group(&self, gid: u32) -> bool {
        self.groups.contains(&gid) || DYNAMIC.contains(&gid)
    }
}

/// What has no name in the files of the host may have one where nsswitch.conf says.
pub(super) fn unless_known_elsewhere(
    must: &FindMust,
    sources: &Sources<'_>,
    mut seen: Seen,
) -> Seen {
    let kind = match must {
        FindMust::HaveAnOwner => "user",
        FindMust::HaveAGroup => "group",
        _ => return seen,
    };
    match elsewhere(kind, sources) {
        Err(stale) => Seen::stale(&stale, seen.expected),
        Ok(others) if seen.verdict == Verdict::Fail && !others.is_empty() => {
            seen.verdict = Verdict::NotAssessable;
            seen.actual += &format!("; whether {} knows them is not seen", others.join(" or "));
            seen
        }
        Ok(_) => seen,
    }
}

/// Who else knows accounts or groups (`kind` is `user` or `group`): what has no name here may have
/// one there.
fn elsewhere(kind: &'static str, sources: &Sources<'_>) -> Result<Vec<String>, Stale> {
    if let Err(stale) = sources.rows(kind).as_ref() {
        return Err(stale.clone());
    }
    let line = if kind == "user" { "passwd:" } else { "group:" };
    let text = sources.text("/etc/nsswitch.conf");
    let text = text.as_ref().as_ref().map_or("", String::as_str);
    let said = text.lines().find_map(|text| text.trim().strip_prefix(line));
    let words = said
        .unwrap_or_default()
        .split('#')
        .next()
        .unwrap_or_default();
    Ok(words
        .split_whitespace()
        .filter(|word| !word.starts_with('[') && !OWN.contains(word))
        .map(str::to_owned)
        .collect())
}
