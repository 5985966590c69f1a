//! Rules tested: each decided on the small hosts that lie beside it, and the verdicts compared with
//! those that are said there.

/// Small hosts on the disk.
mod tree;

use nix::unistd::geteuid;
use shared::{
    clock::SystemClock,
    rule::{
        Check, Rule,
        check::{AccountMust, Accounts},
        fixture::{Case, Entry, Fixtures},
        result::Outcome,
    },
};

pub use self::tree::{Scratch, TreeError};
use crate::{
    host::Host,
    rule::{self, source::Sources},
};

/// What came of a rule on one small host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The verdict that is said there.
    AsSaid,
    /// Another.
    Otherwise(Outcome),
    /// Not tried: files cannot be given to their owners here.
    NeedsRoot,
}

/// Decides `rule` on the tree of each of its cases, in `scratch`.
///
/// # Errors
/// [`TreeError`], when a tree cannot be made.
pub fn test<'f>(
    rule: &Rule,
    fixtures: &'f Fixtures,
    scratch: &Scratch,
) -> Result<Vec<(&'f Case, Came)>, TreeError> {
    let root = geteuid().is_root();
    let asks_owner = asks_owner(&rule.check);
    let each = fixtures.cases.iter().map(|case| {
        let entries = fixtures.entries(case);
        if !root && (asks_owner || entries.values().any(|entry| has_owner(entry))) {
            return Ok((case, Came::NeedsRoot));
        }
        let tree = scratch.tree(&entries)?;
        let host = Host::at(tree.root(), SystemClock::shared());
        let outcome = rule::evaluate(rule, &case.variables, &Sources::of(&host));
        let came = if outcome.verdict == case.verdict {
            Came::AsSaid
        } else {
            Came::Otherwise(outcome)
        };
        Ok((case, came))
    });
    each.collect()
}

fn has_owner(entry: &Entry) -> bool {
    matches!(entry, Entry::Node(node) if node.uid.is_some() || node.gid.is_some())
}

/// Whether it matters whose the files are, so that only root can make a tree for it.
fn asks_owner(check: &Check) -> bool {
    match check {
        Check::File(file) => file.owner.is_some() || file.group.is_some(),
        Check::Accounts(Accounts { must, .. }) => matches!(
            must,
            AccountMust::OwnHome | AccountMust::HaveHomeOfOwnUser | AccountMust::HaveHomeOfOwnGroup
        ),
        check => check.children().iter().any(asks_owner),
    }
}

#[cfg(test)]
mod tests;

/// The rules that are shipped.
#[cfg(test)]
mod shipped;

/// Each of them falsified.
#[cfg(test)]
mod falsified;
