//! What there is of a sort, by the names that a site declares it by.

use std::collections::BTreeMap;

use shared::{
    cel::Value,
    rule::{
        check::{Set, SetOf, Where},
        result::Verdict,
    },
};

use super::super::{
    super::source::{Row, Rows},
    Seen, Sources, accounts,
    find::{self, Sort},
    listener, package, unit,
};

/// Steps that a `where` may take of one fact.
const STEPS: u32 = 10_000;

/// What there is.
pub(super) struct Observed {
    /// By name, as it is told.
    pub(super) names: BTreeMap<String, String>,
    pub(super) read: Vec<&'static str>,
    /// Why that is perhaps not all.
    pub(super) unseen: Option<(Verdict, String)>,
}

impl Observed {
    fn of(names: BTreeMap<String, String>, read: &[&'static str]) -> Self {
        Self {
            names,
            read: read.to_vec(),
            unseen: None,
        }
    }
}

/// Reads what is asked about; what was seen where that could not be done.
pub(super) fn read(asked: &Set, sources: &Sources<'_>, expected: &str) -> Result<Observed, Seen> {
    let key = |row: &Row| Some(row.key.clone());
    let kind = |kind: &'static str, name: &dyn Fn(&Row) -> Option<String>| {
        let names = named(&sources.rows(kind), kind, asked, expected, name)?;
        Ok(Observed::of(names, &[kind]))
    };
    match &asked.of {
        SetOf::Accounts => kind("user", &|row| Some(accounts::name(row))),
        SetOf::LoginAccounts => kind("user", &|row| {
            accounts::has_shell(row).then(|| accounts::name(row))
        }),
        SetOf::Groups => kind("group", &|row| Some(accounts::name(row))),
        SetOf::MembersOf(groups) => members(groups, sources, expected),
        SetOf::Services => services(sources, expected),
        SetOf::Ports => ports(asked, sources, expected),
        SetOf::Packages => kind("package", &|row| {
            let name = row.value["name"].as_str();
            name.filter(|_| package::is_there(row)).map(str::to_owned)
        }),
        SetOf::KernelModules => {
            if let Ok(rows) = sources.rows("kernel_module").as_ref()
                && rows.iter().all(|row| row.value["loaded"].is_null())
            {
                let (verdict, why) = match sources.host().is_live() {
                    true => (
                        Verdict::Error,
                        "the kernel does not tell which modules are loaded",
                    ),
                    false => (
                        Verdict::NotAssessable,
                        "the running machine alone has modules loaded",
                    ),
                };
                return Err(Seen::verdict(verdict, expected, why).read(["/proc/modules"]));
            }
            kind("kernel_module", &|row| {
                (row.value["loaded"] == true).then(|| key(row)).flatten()
            })
        }
        SetOf::SetUidPrograms => Ok(set_uid(sources)),
    }
}

/// Rows of a kind by their names, those alone that are asked about.
fn named(
    rows: &Rows,
    read: &'static str,
    asked: &Set,
    expected: &str,
    name: &dyn Fn(&Row) -> Option<String>,
) -> Result<BTreeMap<String, String>, Seen> {
    let rows = rows.as_ref().as_ref();
    let rows = rows.map_err(|stale| Seen::stale(stale, expected).read([read]))?;
    let mut names = BTreeMap::new();
    for row in rows {
        if let Some(name) = name(row)
            && is_asked(asked.only.as_ref(), row).map_err(|why| {
                let why = format!("`where` of {}: {why}", row.key);
                Seen::verdict(Verdict::Error, expected, why).read([read])
            })?
        {
            names.entry(name.clone()).or_insert(if name.is_empty() {
                row.key.clone()
            } else {
                name
            });
        }
    }
    Ok(names)
}

fn is_asked(only: Option<&Where>, row: &Row) -> Result<bool, String> {
    let Some(Where(cel)) = only else {
        return Ok(true);
    };
    let names = |_: &str| Ok(Value::row(&row.key, &row.value));
    match cel.evaluate(&names, STEPS) {
        Ok(Value::Bool(is)) => Ok(is),
        Ok(other) => Err(format!(
            "it gives a {}, and neither true nor false",
            other.sort()
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn members(groups: &[String], sources: &Sources<'_>, expected: &str) -> Result<Observed, Seen> {
    let stale = |stale| Seen::stale(stale, expected).read(["/etc/group", "/etc/passwd"]);
    let (rows, users) = (sources.rows("group"), sources.rows("user"));
    let rows = rows.as_ref().as_ref().map_err(stale)?;
    let users = users.as_ref().as_ref().map_err(stale)?;
    let asked: Vec<&Row> = rows
        .iter()
        .filter(|row| groups.contains(&accounts::name(row)))
        .collect();
    if asked.is_empty() {
        let none = format!("there is no group {}", groups.join(" or "));
        let seen = Seen::verdict(Verdict::NotApplicable, expected, none);
        return Err(seen.read(["/etc/group"]));
    }
    let mut observed = Observed::of(BTreeMap::new(), &["/etc/group", "/etc/passwd"]);
    for row in asked {
        let listed = row.value["members"].as_array().into_iter().flatten();
        let listed = listed.filter_map(|name| name.as_str()).map(str::to_owned);
        let gid = &row.value["gid"];
        let primary = users.iter().filter(|user| user.value["gid"] == *gid);
        for name in listed.chain(primary.map(accounts::name)) {
            let told = format!("{name} ({})", row.key);
            observed.names.entry(name).or_insert(told);
        }
        if row.value["members_left_out"].as_u64() > Some(0) {
            let why = format!("{} has more members than are told", row.key);
            observed.unseen = Some((Verdict::Error, why));
        }
    }
    Ok(observed)
}

fn services(sources: &Sources<'_>, expected: &str) -> Result<Observed, Seen> {
    const READ: &str = "unit files of systemd";
    let started = unit::started(sources);
    let (started, any) = started.map_err(|stale| Seen::stale(&stale, expected).read([READ]))?;
    if !any {
        let seen = Seen::verdict(
            Verdict::NotApplicable,
            expected,
            "systemd has no services here",
        );
        return Err(seen.read([READ]));
    }
    let names = started.into_iter().map(|name| (name.clone(), name));
    Ok(Observed::of(names.collect(), &[READ]))
}

fn ports(asked: &Set, sources: &Sources<'_>, expected: &str) -> Result<Observed, Seen> {
    let sockets = listener::sockets(sources);
    let (rows, read) =
        sockets.map_err(|why| Seen::verdict(Verdict::NotAssessable, expected, why))?;
    let place = |row: &Row| {
        let protocol = row.value["protocol"].as_str()?;
        (!listener::is_loopback(row)).then(|| format!("{}/{protocol}", row.value["port"]))
    };
    let mut observed = Observed::of(named(&rows, read, asked, expected, &place)?, &[read]);
    for row in rows.as_ref().iter().flatten() {
        let programs = listener::programs(row).join(", ");
        let told = place(row).and_then(|place| observed.names.get_mut(&place));
        if let Some(told) = told.filter(|_| !programs.is_empty()) {
            *told = format!("{told} ({programs})");
        }
    }
    Ok(observed)
}

fn set_uid(sources: &Sources<'_>) -> Observed {
    let whole = find::whole(sources);
    let programs = whole.of(Sort::SetUid).iter().filter(|found| !found.inert);
    let names = programs.map(|found| (found.path.clone(), found.path.clone()));
    Observed {
        names: names.collect(),
        read: vec!["/"],
        unseen: whole.unseen(Sort::SetUid),
    }
}
