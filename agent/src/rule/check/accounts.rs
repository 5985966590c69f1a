//! `accounts`: predicates over passwd, shadow and group. Each account that is not as it must be is an
//! offender. What is told of a password is what the probe derives from it, never the hash.

use std::collections::BTreeMap;

use shared::rule::{
    check::{AccountMust, Accounts, AccountsOf, AgeField},
    expect::{self, Expect, Scalar},
    result::Verdict,
    variable::Values,
};

use super::{super::source::Row, Seen, Sources};

/// Their homes.
mod home;

/// Accounts from here on are people's, where login.defs does not say (its own default).
const UID_MIN: u64 = 1000;
const NOBODY: u64 = 65_534;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// In the place of a shell: what refuses, and what does one thing and ends, as for the accounts `sync`,
/// `shutdown` and `halt` that distributions ship.
const SHELLS_THAT_REFUSE: [&str; 12] = [
    "/usr/sbin/nologin",
    "/sbin/nologin",
    "/usr/bin/nologin",
    "/bin/false",
    "/usr/bin/false",
    "/dev/null",
    "/bin/sync",
    "/usr/bin/sync",
    "/sbin/shutdown",
    "/usr/sbin/shutdown",
    "/sbin/halt",
    "/usr/sbin/halt",
];

/// Names for numbers of users and groups.
pub(super) struct Names {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

impl Names {
    /// The host's; none where its files cannot be read: root is still root.
    pub(super) fn read(sources: &Sources<'_>) -> Self {
        let of = |kind: &'static str, id: &str| {
            let rows = sources.rows(kind);
            let rows = rows.as_ref().as_ref().map_or(&[][..], Vec::as_slice);
            let named = rows.iter().rev().filter_map(|row| {
                Some((
                    u32::try_from(row.value[id].as_u64()?).ok()?,
                    row.key.clone(),
                ))
            });
            std::iter::once((0, "root".to_owned()))
                .chain(named)
                .collect()
        };
        Self {
            users: of("user", "uid"),
            groups: of("group", "gid"),
        }
    }

    pub(super) fn user(&self, uid: u32) -> Option<&str> {
        self.users.get(&uid).map(String::as_str)
    }

    pub(super) fn group(&self, gid: u32) -> Option<&str> {
        self.groups.get(&gid).map(String::as_str)
    }
}

pub(super) fn judge(asked: &Accounts, values: &Values, sources: &Sources<'_>) -> Seen {
    let expected = expected(&asked.must);
    let users = sources.rows("user");
    let users = match users.as_ref() {
        Ok(users) => users,
        Err(stale) => return Seen::stale(stale, expected).read(["/etc/passwd"]),
    };
    if asks_passwords(asked)
        && let Some(seen) = hidden(&expected, sources)
    {
        return seen;
    }
    let asked_about = select(asked.of, users, sources);
    let files = match &asked.must {
        AccountMust::HaveNoHomeFiles(names) => Some(home::no_files(&asked_about, names, sources)),
        AccountMust::HaveHomeFiles(files) => Some(home::files(&asked_about, files, sources)),
        _ => None,
    };
    if let Some(files) = files {
        return files.seen(expected).read(read_of(asked));
    }
    let offenders: Result<Vec<String>, Seen> = match &asked.must {
        AccountMust::HaveNoEmptyPassword => Ok(offending(&asked_about, |row| {
            password(row)["empty"] == true
        })),
        AccountMust::BeShadowed => unshadowed(sources),
        AccountMust::HaveUniqueNames => Ok(repeated(users, name)),
        AccountMust::HaveUniqueUids => Ok(repeated(users, |row| row.value["uid"].to_string())),
        AccountMust::NotHaveUidZeroButRoot => Ok(offending(&asked_about, |row| {
            row.value["uid"] == 0 && row.key != "root"
        })),
        AccountMust::HaveNoLoginShell => Ok(offending(&asked_about, has_shell)),
        AccountMust::BeLockedOrShellless => Ok(offending(&asked_about, |row| {
            has_shell(row) && password(row)["locked"] != true
        })),
        AccountMust::NotBeInGroup(group) => {
            members(group, values, &asked_about, sources, &expected)
        }
        AccountMust::HaveExistingGroup => of_groups(sources, &expected, |rows| {
            let gids: Vec<_> = rows.iter().map(|row| row.value["gid"].as_u64()).collect();
            offending(&asked_about, |row| {
                !gids.contains(&row.value["gid"].as_u64())
            })
        }),
        AccountMust::OwnHome => Ok(home::offending(&asked_about, home::Must::BeSafe, sources)),
        AccountMust::HaveHome => Ok(home::offending(&asked_about, home::Must::Exist, sources)),
        AccountMust::HaveHomeOfOwnUser => {
            Ok(home::offending(&asked_about, home::Must::HaveUser, sources))
        }
        AccountMust::HaveHomeOfOwnGroup => Ok(home::offending(
            &asked_about,
            home::Must::HaveGroup,
            sources,
        )),
        AccountMust::HaveHomeMode(mode) => {
            let must = home::Must::HaveMode(*mode);
            Ok(home::offending(&asked_about, must, sources))
        }
        AccountMust::BeLocked => Ok(offending(&asked_about, |row| {
            password(row).is_object() && password(row)["locked"] != true
        })),
        AccountMust::HaveChangedInThePast => {
            let today = sources.host().clock().now().timestamp() / SECONDS_OF_A_DAY;
            Ok(offending(&asked_about, |row| {
                let changed = password(row)["changed_day"].as_i64();
                changed.is_some_and(|day| day > today)
            }))
        }
        AccountMust::HaveUniqueGids => of_groups(sources, &expected, |rows| {
            repeated(rows, |row| row.value["gid"].to_string())
        }),
        AccountMust::HaveUniqueGroupNames => {
            of_groups(sources, &expected, |rows| repeated(rows, name))
        }
        AccountMust::HashWith(known) => Ok(offending(&asked_about, |row| {
            let algorithm = password(row)["algorithm"].as_str();
            algorithm.is_some_and(|name| !known.iter().any(|one| one == name))
        })),
        AccountMust::HaveNoHomeFiles(_) | AccountMust::HaveHomeFiles(_) => {
            unreachable!("judged file by file")
        }
        AccountMust::Age(_) => unreachable!("judged with its comparators"),
    };
    match offenders {
        Ok(offenders) => {
            let of = match asked.must {
                AccountMust::HaveUniqueGids | AccountMust::HaveUniqueGroupNames => {
                    of_groups(sources, &expected, <[Row]>::len).unwrap_or_default()
                }
                _ => asked_about.len(),
            };
            Seen::offenders(offenders, of, expected).read(read_of(asked))
        }
        Err(seen) => seen,
    }
}

/// As [`judge`], of an age in days.
pub(super) fn judge_age(
    of: AccountsOf,
    field: AgeField,
    expect: &Expect,
    sources: &Sources<'_>,
) -> Seen {
    let name = match field {
        AgeField::MinDays => "min_days",
        AgeField::MaxDays => "max_days",
        AgeField::WarnDays => "warn_days",
        AgeField::InactiveDays => "inactive_days",
    };
    let expected = format!("{name} {expect}");
    let users = sources.rows("user");
    let users = match users.as_ref() {
        Ok(users) => users,
        Err(stale) => return Seen::stale(stale, expected).read(["/etc/passwd"]),
    };
    if let Some(seen) = hidden(&expected, sources) {
        return seen;
    }
    let asked_about = select(of, users, sources);
    let wrong = asked_about.iter().filter_map(|row| {
        let days = password(row)[name].as_i64();
        let told = days.map_or("not set".to_owned(), |days| days.to_string());
        let fits = days.is_some_and(|days| expect.admits(&days.to_string()));
        (!fits).then(|| format!("{} {told}", row.key))
    });
    Seen::offenders(wrong.collect(), asked_about.len(), expected)
        .read(["/etc/passwd", "/etc/shadow"])
}

fn select<'r>(of: AccountsOf, users: &'r [Row], sources: &Sources<'_>) -> Vec<&'r Row> {
    let uid_min = uid_min(sources);
    let shells = sources.text("/etc/shells");
    let shells = shells.as_ref().as_ref().map_or("", String::as_str);
    let is_listed = |shell: &str| shells.lines().any(|line| line.trim() == shell);
    let is = |row: &&Row| {
        let uid = row.value["uid"].as_u64().unwrap_or(0);
        match of {
            AccountsOf::All => true,
            AccountsOf::Root => row.key == "root",
            AccountsOf::System => uid < uid_min && row.key != "root" || uid == NOBODY,
            AccountsOf::People => uid >= uid_min && uid != NOBODY,
            AccountsOf::WithoutShell => {
                let shell = row.value["shell"].as_str().unwrap_or_default();
                let shell = if shell.is_empty() { "/bin/sh" } else { shell };
                row.key != "root" && (!has_shell(row) || !is_listed(shell))
            }
            AccountsOf::WithPassword => {
                let password = password(row);
                password["algorithm"].is_string() && password["locked"] == false
            }
        }
    };
    users.iter().filter(is).collect()
}

fn uid_min(sources: &Sources<'_>) -> u64 {
    let text = sources.text("/etc/login.defs");
    let text = text.as_ref().as_ref().map_or("", String::as_str);
    let line = |line: &str| line.trim().strip_prefix("UID_MIN")?.trim().parse().ok();
    text.lines().filter_map(line).next_back().unwrap_or(UID_MIN)
}

fn password(row: &Row) -> &serde_json::Value {
    &row.value["password"]
}

pub(super) fn has_shell(row: &Row) -> bool {
    let shell = row.value["shell"].as_str().unwrap_or_default();
    !SHELLS_THAT_REFUSE.contains(&shell)
}

fn asks_passwords(asked: &Accounts) -> bool {
    asked.of == AccountsOf::WithPassword
        || matches!(
            asked.must,
            AccountMust::HaveNoEmptyPassword
                | AccountMust::BeLockedOrShellless
                | AccountMust::BeLocked
                | AccountMust::HaveChangedInThePast
                | AccountMust::HashWith(_)
        )
}

/// What is seen where the agent may not read the passwords.
fn hidden(expected: &str, sources: &Sources<'_>) -> Option<Seen> {
    let error = sources.host().open("/etc/shadow").err()?;
    (!error.is_absent()).then(|| Seen::unreadable(&error, expected).read(["/etc/shadow"]))
}

fn offending(rows: &[&Row], is: impl Fn(&Row) -> bool) -> Vec<String> {
    rows.iter()
        .filter(|row| is(row))
        .map(|row| row.key.clone())
        .collect()
}

/// Accounts that have something in common which must be their own.
fn repeated(users: &[Row], of: impl Fn(&Row) -> String) -> Vec<String> {
    let mut by = BTreeMap::<String, Vec<&str>>::new();
    for row in users {
        by.entry(of(row)).or_default().push(&row.key);
    }
    let several = by.into_iter().filter(|(_, names)| names.len() > 1);
    several
        .map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .collect()
}

/// Lines whose password is not left to shadow.
fn unshadowed(sources: &Sources<'_>) -> Result<Vec<String>, Seen> {
    let text = sources.text("/etc/passwd");
    let text = text.as_ref().as_ref();
    let text = text.map_err(|error| Seen::unreadable(error, "x in the second field"))?;
    let name = |line: &str| {
        let mut fields = line.split(':');
        let (name, field) = (fields.next()?, fields.next()?);
        (field != "x" && !name.starts_with('#')).then(|| name.to_owned())
    };
    Ok(text.lines().filter_map(name).collect())
}

/// What `of` makes of the rows of `/etc/group`.
fn of_groups<T>(
    sources: &Sources<'_>,
    expected: &str,
    of: impl FnOnce(&[Row]) -> T,
) -> Result<T, Seen> {
    match sources.rows("group").as_ref() {
        Ok(rows) => Ok(of(rows)),
        Err(stale) => Err(Seen::stale(stale, expected).read(["/etc/group"])),
    }
}

/// The accounts that are in a group, which must be there.
fn members(
    group: &Scalar,
    values: &Values,
    asked_about: &[&Row],
    sources: &Sources<'_>,
    expected: &str,
) -> Result<Vec<String>, Seen> {
    let named = expect::bound(std::slice::from_ref(group), values);
    let named = named.map_err(|why| Seen::verdict(Verdict::Error, expected, why))?;
    let is_it = |row: &&Row| named.iter().any(|Scalar(one)| *one == name(row));
    of_groups(sources, expected, |rows| {
        let found: Vec<&Row> = rows.iter().filter(is_it).collect();
        if found.is_empty() {
            let names: Vec<_> = named.iter().map(|one| one.0.as_str()).collect();
            return vec![format!("there is no group {}", names.join(" or "))];
        }
        let mut offenders = Vec::new();
        for row in found {
            let listed = row.value["members"].as_array().into_iter().flatten();
            offenders.extend(listed.filter_map(|name| name.as_str()).map(str::to_owned));
            let gid = &row.value["gid"];
            let primary = asked_about.iter().filter(|user| user.value["gid"] == *gid);
            offenders.extend(primary.map(|user| format!("{}, by its primary group", user.key)));
        }
        offenders
    })
}

/// A line's own name, without what tells a second line of that name apart.
pub(super) fn name(row: &Row) -> String {
    row.key.split(':').next().unwrap_or_default().to_owned()
}

fn read_of(asked: &Accounts) -> Vec<&'static str> {
    let mut read = vec!["/etc/passwd"];
    if asks_passwords(asked) {
        read.push("/etc/shadow");
    }
    if matches!(
        asked.must,
        AccountMust::HaveExistingGroup
            | AccountMust::HaveUniqueGids
            | AccountMust::HaveUniqueGroupNames
            | AccountMust::NotBeInGroup(_)
    ) {
        read.push("/etc/group");
    }
    read
}

fn expected(must: &AccountMust) -> String {
    match must {
        AccountMust::HaveNoEmptyPassword => "no account that opens without a password".into(),
        AccountMust::BeShadowed => "no hash in /etc/passwd".into(),
        AccountMust::HaveUniqueNames => "each name once".into(),
        AccountMust::HaveUniqueUids => "each UID once".into(),
        AccountMust::NotHaveUidZeroButRoot => "UID 0 for root alone".into(),
        AccountMust::HaveNoLoginShell => "a shell that refuses".into(),
        AccountMust::BeLockedOrShellless => "a locked password or a shell that refuses".into(),
        AccountMust::NotBeInGroup(group) => format!("nobody in the group {}", group.0),
        AccountMust::HaveExistingGroup => "a primary group that exists".into(),
        AccountMust::BeLocked => "a locked password".into(),
        AccountMust::HaveChangedInThePast => "a password of the past".into(),
        AccountMust::HaveUniqueGids => "each GID once".into(),
        AccountMust::HaveUniqueGroupNames => "each name of a group once".into(),
        AccountMust::HaveHome => "a home that is there".into(),
        AccountMust::HaveHomeOfOwnUser => "a home of its own".into(),
        AccountMust::HaveHomeOfOwnGroup => "a home of its own group".into(),
        AccountMust::HaveHomeMode(mode) => format!("a home of mode {:04o} or stricter", mode.0),
        AccountMust::HaveNoHomeFiles(names) => format!("no {} in a home", names.join(", ")),
        AccountMust::HaveHomeFiles(files) => {
            let own = files.own_user.then(|| "their own".to_owned());
            let group = files.own_group.then(|| "of their own group".to_owned());
            let mode = files.mode_at_most;
            let mode = mode.map(|mode| format!("of mode {:04o} or stricter", mode.0));
            let parts: Vec<_> = [own, group, mode].into_iter().flatten().collect();
            format!("{} in homes {}", files.names.join(", "), parts.join(", "))
        }
        AccountMust::OwnHome => "a home of its own that no other may write to".into(),
        AccountMust::HashWith(known) => format!("hashes of {}", known.join(", ")),
        AccountMust::Age(_) => "an age".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::check::testing::is;

    #[test]
    fn members_of_a_group_are_named_however_they_are_members() {
        let check = "{accounts: {of: all, must: {not_be_in_group: own}}}";
        let passwd = (
            "/etc/passwd",
            "root:x:0:0::/root:/bin/sh\nanna:x:1000:50::/:/bin/sh\n",
        );
        let group = |text: &'static str| ("/etc/group", text);
        is(
            Verdict::Pass,
            check,
            &[passwd, group("root:x:0:\nown:x:51:\n")],
        );
        is(
            Verdict::Fail,
            check,
            &[passwd, group("root:x:0:\nown:x:51:anna\n")],
        );
        let outcome = is(Verdict::Fail, check, &[passwd, group("own:x:50:\n")]);
        assert_eq!(
            outcome.evidence[0].offenders,
            ["anna, by its primary group"]
        );
        is(
            Verdict::Pass,
            check,
            &[passwd, group("own:x:51:\nowner:x:50:anna\n")],
        );
        is(Verdict::Fail, check, &[passwd, group("owner:x:50:\n")]);
    }

    #[test]
    fn what_two_accounts_share_is_named_with_both() {
        let row = |key: &str, uid: u64| Row {
            key: key.into(),
            value: serde_json::json!({"uid": uid}),
        };
        let users = [row("a", 1), row("b", 2), row("c", 1)];
        assert_eq!(
            repeated(&users, |row| row.value["uid"].to_string()),
            ["1: a, c"]
        );
    }
}
