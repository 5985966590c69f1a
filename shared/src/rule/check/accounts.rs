//! Accounts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Mode;
use crate::rule::expect::comparing;

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
    /// An age of the password, in days.
    Age(Age),
    /// Hashes of these algorithms, by their names in crypt(5): `yescrypt`, `sha512`.
    HashWith(Vec<String>),
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
