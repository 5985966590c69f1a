//! `find`: files and folders below some folders, each of which must be so. What asks about the whole
//! host shares one walk, and so does what names the same folder.

use std::{collections::BTreeSet, path::PathBuf, rc::Rc};

use shared::rule::{
    check::{FileType, Find, FindMust, Missing, Ownership},
    expect::{self, Scalar},
    result::Verdict,
    variable::Values,
};

use super::{Seen, Sources, accounts::Names};
use crate::{host::walk::Inode, probe::pattern::fits};

/// The folders that rules name.
mod below;

/// Numbers of accounts and groups.
mod numbers;

/// Where a walk goes.
mod way;

/// The walk that all share.
mod whole;

use self::below::Below;
pub(super) use self::whole::{Sort, Whole};

/// The walk of the whole host, done when it is first asked for.
pub(super) fn whole(sources: &Sources<'_>) -> Rc<Whole> {
    sources.once(|| sources.walked(|| Whole::walk(sources)))
}

pub(super) fn judge(asked: &Find, values: &Values, sources: &Sources<'_>) -> Seen {
    let expected = expected(asked);
    let except = match expect::bound(&asked.except, values) {
        Ok(except) => except,
        Err(why) => return Seen::verdict(Verdict::Error, expected, why),
    };
    let is_asked = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let named = asked.names.as_ref();
        named.is_none_or(|names| names.iter().any(|pattern| fits(pattern, name)))
            && !except.iter().any(|Scalar(pattern)| fits(pattern, path))
    };
    let seen = if asked.is_everywhere() {
        everywhere(asked, &is_asked, sources, expected)
    } else {
        sources.walked(|| below(asked, &is_asked, sources, expected))
    };
    numbers::unless_known_elsewhere(&asked.must, sources, seen).read(&asked.within)
}

/// What of the shared walk this rule asks about.
fn everywhere(
    asked: &Find,
    is_asked: &dyn Fn(&str) -> bool,
    sources: &Sources<'_>,
    expected: String,
) -> Seen {
    let whole = whole(sources);
    let Some(sort) = sort(&asked.must) else {
        return Seen::verdict(
            Verdict::Error,
            expected,
            "the whole host is not asked about this",
        );
    };
    let found = whole.of(sort).iter();
    let found = found.filter(|found| is_about(asked, &found.inode) && is_asked(&found.path));
    let offenders = found
        .map(|found| sort.told(&found.inode, &found.path))
        .collect();
    finish(offenders, whole.entries(), whole.unseen(sort), expected)
}

/// What is below the folders that the rule names.
fn below(
    asked: &Find,
    is_asked: &dyn Fn(&str) -> bool,
    sources: &Sources<'_>,
    expected: String,
) -> Seen {
    let mounts = match whole::mounts(sources) {
        Ok(mounts) => mounts,
        Err(seen) => return seen,
    };
    let names = Names::read(sources);
    let numbers = numbers::Numbers::read(sources);
    let offence = |inode: &Inode, path: &str| match &asked.must {
        FindMust::Be(be) => wrong(be, inode, &names).map(|what| format!("{path}: {what}")),
        must => sort(must)
            .filter(|sort| whole::sorts(inode, &numbers).contains(sort))
            .map(|sort| sort.told(inode, path)),
    };
    let may_offend = |inode: &Inode| is_about(asked, inode) && offence(inode, "").is_some();
    let mut offenders = Vec::new();
    let mut unseen = None;
    let (mut looked_at, mut entries) = (BTreeSet::<PathBuf>::new(), 0);
    for pattern in &asked.within {
        let folders = match sources.paths(pattern) {
            Ok(folders) => folders,
            Err(error) => return Seen::unreadable(&error, expected).read([pattern]),
        };
        for folder in folders {
            let place = match sources.host().resolve(&folder) {
                Ok(place) => place,
                Err(error) if error.is_absent() => continue,
                Err(error) => return Seen::unreadable(&error, expected).read([pattern]),
            };
            // Two names of one folder.
            if !looked_at.insert(place.clone()) {
                continue;
            }
            let found = Below::of(&folder, &place, &mounts, sources, &may_offend);
            let found = match found.as_ref() {
                Ok(found) => found,
                Err(error) if error.is_absent() => continue,
                Err(error) => return Seen::unreadable(error, expected).read([pattern]),
            };
            entries += found.walked.entries + 1;
            unseen = unseen.or(whole::unseen(&found.walked));
            for (inode, paths) in found.kept.iter().filter(|(inode, _)| may_offend(inode)) {
                let paths = paths.iter().map(|path| path.display().to_string());
                let asked = paths.filter(|path| is_asked(path));
                offenders.extend(asked.filter_map(|path| offence(inode, &path)));
            }
        }
    }
    if looked_at.is_empty() {
        let actual = format!("{} not there", asked.within.join(", "));
        return Seen::missing(asked.missing.unwrap_or(Missing::Pass), expected, actual);
    }
    finish(offenders, entries, unseen, expected)
}

fn finish(
    mut offenders: Vec<String>,
    entries: u64,
    unseen: Option<(Verdict, String)>,
    expected: String,
) -> Seen {
    offenders.sort();
    let why = unseen
        .as_ref()
        .map(|(_, why)| format!("; {why}"))
        .unwrap_or_default();
    let mut seen = match (offenders.as_slice(), unseen) {
        ([], Some((verdict, why))) => Seen::verdict(verdict, expected, why),
        ([], None) => Seen::of(true, expected, format!("none of {entries} is otherwise")),
        ([one], _) => Seen::of(false, expected, format!("{one}{why}")),
        (more, _) => Seen::of(
            false,
            expected,
            format!("{} of {entries} are otherwise{why}", more.len()),
        ),
    };
    seen.offenders = offenders;
    seen
}

fn is_about(asked: &Find, inode: &Inode) -> bool {
    match asked.sort {
        Some(FileType::File) => !inode.is_folder(),
        Some(FileType::Folder) => inode.is_folder(),
        _ => true,
    }
}

fn sort(must: &FindMust) -> Option<Sort> {
    match must {
        FindMust::NotBeWorldWritable => Some(Sort::WorldWritable),
        FindMust::HaveAnOwner => Some(Sort::NoOwner),
        FindMust::HaveAGroup => Some(Sort::NoGroup),
        FindMust::NotBeSetUid => Some(Sort::SetUid),
        FindMust::NotBeSetGid => Some(Sort::SetGid),
        FindMust::Be(_) => None,
    }
}

/// What of a file is not as it must be, with what it is.
fn wrong(be: &Ownership, inode: &Inode, names: &Names) -> Option<String> {
    let mut wrong = Vec::new();
    let mode = inode.permissions();
    let most = be.mode_at_most.map(|most| most.0 | whole::STICKY);
    if most.is_some_and(|most| mode & !most != 0) {
        wrong.push(format!("mode {mode:04o}"));
    }
    let mut owner = |wanted: &Option<Vec<Scalar>>, id: u32, name: Option<&str>, what: &str| {
        let is = |scalar: &Scalar| name == Some(scalar.0.as_str()) || scalar.0 == id.to_string();
        if !wanted.as_ref().is_none_or(|wanted| wanted.iter().any(is)) {
            let name = name.map_or(id.to_string(), str::to_owned);
            wrong.push(format!("{what} {name}"));
        }
    };
    let (uid, gid) = (inode.uid, inode.gid);
    owner(&be.owner, uid, names.user(uid), "owner");
    let is_set_gid = !inode.is_folder() && mode & whole::SET_GID != 0;
    if !(be.any_group_if_set_gid && is_set_gid) {
        owner(&be.group, gid, names.group(gid), "group");
    }
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

fn expected(asked: &Find) -> String {
    let list = |list: &[Scalar]| {
        let names: Vec<_> = list.iter().map(|scalar| scalar.0.as_str()).collect();
        names.join(" or ")
    };
    let what = match &asked.must {
        FindMust::NotBeWorldWritable => "not writable for everybody".to_owned(),
        FindMust::HaveAnOwner => "of an account that exists".to_owned(),
        FindMust::HaveAGroup => "of a group that exists".to_owned(),
        FindMust::NotBeSetUid => "not set-uid".to_owned(),
        FindMust::NotBeSetGid => "not set-gid".to_owned(),
        FindMust::Be(be) => {
            let mode = be
                .mode_at_most
                .map(|mode| format!("mode {:04o} or stricter", mode.0));
            let owner = be
                .owner
                .as_deref()
                .map(|owner| format!("owner {}", list(owner)));
            let group = be
                .group
                .as_deref()
                .map(|group| format!("group {}", list(group)));
            let parts: Vec<_> = [mode, owner, group].into_iter().flatten().collect();
            parts.join(", ")
        }
    };
    format!("below {}: {what}", asked.within.join(", "))
}

#[cfg(test)]
mod tests;
