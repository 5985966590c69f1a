//! sudo.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Missing;
use crate::rule::expect::{Scalar, comparing};

comparing! {
    /// What sudo allows, by the sudoers files with all that they include, read as sudo reads them.
    ///
    /// Either `setting` with comparators, for a `Defaults` line; or `must`, for what no line may do.
    ///
    /// A setting that is switched on is `yes`, one that is switched off `no`, or `0` where it is a
    /// number. Of several lines the last counts. A line for some users, hosts, users to run as or
    /// commands (`Defaults:anna !use_pty`) that says otherwise is an offender: by it somebody gets
    /// around. Numbers with a fraction are taken away from zero, so that `0.5` is within 1 and `-0.5`,
    /// which means that a password is asked for once and never again, is `-1`.
    ///
    /// A line that makes no sense is no pass: newer versions of sudo leave it out, older ones refuse
    /// to work, and what it was meant to say is not known. That rules can come from elsewhere
    /// (`sss`, `ldap`) is told.
    ///
    /// Where there is no sudo, `missing` says what that means, by default `not_applicable`.
    pub struct Sudo {
        /// `use_pty`, `logfile`, `timestamp_timeout`.
        pub setting: Option<String>,
        /// What sudo does where no line says anything; without one it fails.
        pub default: Option<Scalar>,
        pub must: Option<SudoMust>,
        pub missing: Option<Missing>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SudoMust {
    /// No rule with `NOPASSWD`, no `Defaults !authenticate`, no `exempt_group`.
    AskForAPassword,
    /// No rule with `NOPASSWD`.
    HaveNoNopasswd,
    /// No `Defaults !authenticate` and no `timestamp_timeout` below zero.
    AskAgain,
    /// No rule lets a user run every command; root and groups may.
    LetNoUserRunEverything,
    /// No rule lets everybody (`ALL`) run every command.
    LetNotEverybodyRunEverything,
}

impl Sudo {
    pub(super) fn validate(&self) -> Result<(), String> {
        let compares = self.expect() != Default::default();
        match (&self.setting, self.must) {
            (Some(_), None) if compares => Ok(()),
            (None, Some(_)) if !compares && self.default.is_none() => Ok(()),
            _ => Err("wants either `setting` with what it must be, or `must` alone".into()),
        }
    }
}
