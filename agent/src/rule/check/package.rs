//! `package`: whether one of these is installed. One that dpkg has removed and whose settings are
//! left is not.

use shared::rule::check::{Package, Presence};

use super::{super::source::Row, Seen, Sources};

pub(in crate::rule) fn judge(asked: &Package, sources: &Sources<'_>) -> Seen {
    let names = asked.names.join(" or ");
    let expected = match asked.must {
        Presence::Present => format!("{names} installed"),
        Presence::Absent => format!("{names} not installed"),
    };
    let rows = sources.rows("package");
    let rows = match rows.as_ref() {
        Ok(rows) => rows,
        Err(stale) => return Seen::stale(stale, expected).read(["package"]),
    };
    let is_asked = |row: &&Row| {
        let name = row.value["name"].as_str().unwrap_or_default();
        asked.names.iter().any(|one| one == name) && is_there(row)
    };
    let found: Vec<String> = rows
        .iter()
        .filter(is_asked)
        .map(|row| {
            format!(
                "{} {}",
                row.key,
                row.value["version"].as_str().unwrap_or_default()
            )
        })
        .collect();
    let passes = found.is_empty() == (asked.must == Presence::Absent);
    let actual = match found.as_slice() {
        [] => "not installed".to_owned(),
        found => format!("installed: {}", found.join(", ")),
    };
    let mut seen = Seen::of(passes, expected, actual).read(["package"]);
    if !passes {
        seen.offenders = found;
    }
    seen
}

/// Whether more of it is there than its settings.
pub(super) fn is_there(row: &Row) -> bool {
    let status = row.value["status"].as_str().unwrap_or("installed");
    !["config-files", "not-installed"].contains(&status)
}
