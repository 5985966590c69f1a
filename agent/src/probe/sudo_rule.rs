//! What sudo allows: the rules and settings of the sudoers files, read as sudo reads them.
//!
//! A file that is included and cannot be read makes the kind stale: a rule may be in it. A line
//! that makes no sense is a row as well, because sudo goes on without it or, before 1.9.3, not at
//! all. Rules can also come from elsewhere (`sss`, `ldap`); that they may is a row.

use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{Probe, Wake},
};

/// The lexical rules of a sudoers file.
pub mod cursor;

/// What a sudoers file consists of.
pub mod entry;

/// Aliases, written out.
pub mod expand;

/// The files and what they include.
pub mod load;

/// The grammar of a sudoers file.
pub mod parse;

/// The rows.
mod row;

pub(crate) use row::text;
use row::{Rows, Value};

/// Reads kind `sudo_rule`.
#[derive(Debug, Clone, Copy)]
pub struct SudoRules;

const KIND: &str = "sudo_rule";

impl Probe for SudoRules {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &load::SOURCES
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        wakes(host)
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let sudoers = load::read(host)?;
        let mut rows = Rows::new();
        for policy in &sudoers.policies {
            rows.policy(policy)?;
        }
        for name in &sudoers.elsewhere {
            rows.push(format!("elsewhere: {name}"), &Value::Elsewhere { name })?;
        }
        Ok(rows.facts.into_vec())
    }
}

/// What changes the policy: every file that is part of it or would be.
pub(in crate::probe) fn wakes(host: &Host) -> Vec<Wake> {
    let mut paths: Vec<String> = [
        "/etc/sudoers",
        "/etc/sudoers.d",
        "/usr/etc/sudoers",
        "/etc/sudoers-rs",
        "/etc/nsswitch.conf",
    ]
    .map(str::to_owned)
    .into();
    if let Ok(sudoers) = load::read(host) {
        for policy in sudoers.policies {
            let missing = policy.missing.into_iter().map(|(_, path)| path);
            paths.extend(
                policy
                    .files
                    .into_iter()
                    .chain(policy.folders)
                    .chain(missing),
            );
        }
    }
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .map(|path| Wake::Path(path.into()))
        .collect()
}

#[cfg(test)]
mod tests;
