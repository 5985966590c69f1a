//! Groups: `/etc/group` as the C library reads it. A line that it would skip is skipped here too,
//! for the reason given for accounts: it is no group.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use crate::{
    host::Host,
    probe::{Probe, Wake, facts::Facts, user::passwd},
};

/// Reads kind `group`.
#[derive(Debug, Clone, Copy)]
pub struct Groups;

/// Two hundred thousand groups, twice as many as facts fit.
const MAX_FILE: u64 = 8 << 20;

/// Bytes of the names that one fact holds: half of what a value may have, for quotes and escapes.
const MAX_NAMES: usize = 32 * 1024;

/// The value of one fact. The key is the name; of a name that stands in several lines, the second
/// line has the key `name:2`, which no name can be, and an empty name has `:1`.
#[derive(Debug, Serialize)]
struct Value {
    gid: u32,
    /// The names that the line lists, sorted, each once. Accounts whose primary group it is are
    /// not among them.
    members: Vec<String>,
    /// How many members there are beyond those listed, because the fact would be too large.
    members_left_out: usize,
}

impl Probe for Groups {
    fn kind(&self) -> &'static str {
        "group"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["/etc/group"]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![Wake::path("/etc/group")]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let bytes = host.read("/etc/group", MAX_FILE)?;
        let mut seen = BTreeMap::<&[u8], u32>::new();
        let mut facts = Facts::of(self.kind());
        for group in bytes.split(|byte| *byte == b'\n').filter_map(line) {
            let times = seen.entry(group.name).or_default();
            *times += 1;
            let key = passwd::key(group.name, *times);
            facts.push(&key, &value(&group))?;
        }
        if facts.is_empty() {
            return Err(Stale {
                reason: StaleReason::Malformed,
                detail: "/etc/group has no line that is a group".into(),
            });
        }
        Ok(facts.into_vec())
    }
}

/// One line that is a group.
#[derive(Debug)]
pub struct Group<'a> {
    pub name: &'a [u8],
    pub gid: u32,
    /// Names and commas.
    members: &'a [u8],
}

impl<'a> Group<'a> {
    /// The names that the line lists, as they stand there.
    pub fn members(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let names = self.members.split(|byte| *byte == b',');
        names
            .map(<[u8]>::trim_ascii_start)
            .filter(|name| !name.is_empty())
    }
}

/// Reads one line; `None` when it is no group. Pure.
pub fn line(line: &[u8]) -> Option<Group<'_>> {
    let line = line.trim_ascii_start();
    let mut fields = line.splitn(4, |byte| *byte == b':');
    let name = fields.next().filter(|name| passwd::is_name(name))?;
    let _password = fields.next()?;
    let gid = passwd::number(fields.next()?)?;
    let members = fields.next().unwrap_or_default();
    Some(Group { name, gid, members })
}

fn value(group: &Group<'_>) -> Value {
    let mut members: Vec<_> = group
        .members()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    members.sort();
    members.dedup();
    let mut room = MAX_NAMES;
    let kept = members
        .iter()
        .take_while(|name| {
            let fits = name.len() + 3 <= room;
            room = room.saturating_sub(name.len() + 3);
            fits
        })
        .count();
    let members_left_out = members.len() - kept;
    members.truncate(kept);
    Value {
        gid: group.gid,
        members,
        members_left_out,
    }
}

#[cfg(test)]
mod tests;
