//! Accounts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Mode;
use crate::rule::expect::{Scalar, comparing};

/// Accounts of `/etc/passwd`, `/etc/shadow` and `/etc/group`. Each that is not as it must be is an
/// offender.
///
/// `of` says which accounts are asked about, `must` what must hold of each. Of a password only what
/// it is made with is ever told. Where `/etc/passwd` cannot be read it is an `error`; what needs
/// `/etc/shadow` is `not_assessable` where the agent may not read it. A check about no account at
/// all passes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// Which ones are asked about.
    pub of: AccountsOf,
    pub must: AccountMust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountsOf {
    All,
    /// Those with a password that opens them.
    WithPassword,
    /// Those below `UID_MIN` of login.defs, but root.
    System,
    /// Those from `UID_MIN` on, but nobody.
    People,
    /// Those whose shell refuses, or is not one of `/etc/shells`, but root.
    WithoutShell,
    Root,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountMust {
    /// No account may open without a password.
    HaveNoEmptyPassword,
    /// The hash lies in `/etc/shadow`.
    BeShadowed,
    HaveUniqueNames,
    HaveUniqueUids,
    /// Only root has UID 0.
    NotHaveUidZeroButRoot,
    /// `/usr/sbin/nologin`, `/bin/false`.
    HaveNoLoginShell,
    BeLockedOrShellless,
    /// No password opens it.
    BeLocked,
    /// The password was not changed on a day that is still to come.
    HaveChangedInThePast,
    /// Of groups, whatever accounts are asked about: each number once.
    HaveUniqueGids,
    /// The same of their names.
    HaveUniqueGroupNames,
    /// None is a member of this group, be it by its primary group; the group is there.
    NotBeInGroup(Scalar),
    /// The primary group is one of `/etc/group`.
    HaveExistingGroup,
    /// The home is a folder that the account owns, and no other may write to.
    OwnHome,
    /// The home is a folder. This and what follows is asked of accounts with a shell alone.
    HaveHome,
    /// The home belongs to the account; one that is not there belongs to nobody else.
    HaveHomeOfOwnUser,
    /// The home belongs to the account's own group.
    HaveHomeOfOwnGroup,
    /// No bit of the home's mode may be set that is not set here.
    HaveHomeMode(Mode),
    /// No file of these names lies in the home.
    HaveNoHomeFiles(Vec<String>),
    /// Files of these names that lie in the home are so.
    HaveHomeFiles(HomeFiles),
    /// An age of the password, in days.
    Age(Box<Age>),
    /// Hashes of these algorithms, by their names in crypt(5): `yescrypt`, `sha512`.
    HashWith(Vec<String>),
}

/// Files that lie in a home itself and not in a folder of it. Links are followed; folders, and what
/// is no file, are not asked about.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeFiles {
    /// With `*` and `?`.
    pub names: Vec<String>,
    /// Each belongs to the account.
    #[serde(default)]
    pub own_user: bool,
    /// Each belongs to the account's own group.
    #[serde(default)]
    pub own_group: bool,
    /// Octal, in quotes: no bit may be set that is not set here.
    pub mode_at_most: Option<Mode>,
}

impl Accounts {
    pub(super) fn validate(&self) -> Result<(), String> {
        let names = match &self.must {
            AccountMust::HaveNoHomeFiles(names) => names,
            AccountMust::HaveHomeFiles(files) => &files.names,
            _ => return Ok(()),
        };
        if names.is_empty()
            || names
                .iter()
                .any(|name| name.is_empty() || name.contains('/'))
        {
            return Err("`names`: names of files are wanted, without a folder".into());
        }
        match &self.must {
            AccountMust::HaveHomeFiles(files)
                if !files.own_user && !files.own_group && files.mode_at_most.is_none() =>
            {
                Err("`have_home_files` says nothing of them".into())
            }
            _ => Ok(()),
        }
    }
}

comparing! {
    /// One of the ages of shadow(5).
    pub struct Age {
        pub field: AgeField,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgeField {
    MinDays,
    MaxDays,
    WarnDays,
    InactiveDays,
}
