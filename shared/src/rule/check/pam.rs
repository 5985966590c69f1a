//! PAM.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Missing, Presence};
use crate::rule::expect::{Scalar, comparing};

comparing! {
    /// A module in the stacks of some services.
    ///
    /// A stack is what `/etc/pam.d/<service>` says of a facility, or the file of the same name that
    /// the distribution ships, where there is none; `@include`, `include` and `substack` are followed
    /// in their place. A file that includes one that is not there is an `error`: PAM lets nobody in
    /// by it. Lines are compared by meaning: `[success=ok new_authtok_reqd=ok ignore=ignore
    /// default=bad]` is `required`, the path before a module's name does not count.
    ///
    /// Each service that is there is asked; each that is not as it must be is an offender. Where
    /// none is there, `missing` says what that means, by default `fail`.
    ///
    /// `must: present`, which is meant where it is not said: some line of the module must have the
    /// arguments `having`, the control, the position; with `argument` that argument too, and with
    /// comparators a value that they admit. A module that stands several times with the argument
    /// must have such a value each time. `must: absent`: there is no such line, or none with the
    /// argument.
    ///
    /// What a module reads from a file of its own (`faillock.conf`, `pwquality.conf`) is asked with
    /// `setting`.
    pub struct Pam {
        /// `common-auth`, `system-auth`, `sshd`.
        pub services: Vec<String>,
        pub facility: Facility,
        /// `pam_faillock.so`.
        pub module: String,
        pub must: Option<Presence>,
        /// One of these: `required`, or in brackets.
        pub control: Option<Vec<String>>,
        /// Only lines with all of these arguments are meant: `preauth`.
        pub having: Option<Vec<String>>,
        /// It must stand before the first line of this module, where that is there.
        pub before: Option<String>,
        /// It must stand after the first line of this module, which must be there.
        pub after: Option<String>,
        /// `remember` of `remember=5`; one without `=` has the value `yes`.
        pub argument: Option<String>,
        /// Arguments that exclude each other: the last that is there counts, and its name is the
        /// value. `[md5, sha256, sha512]`. In the place of `argument`.
        pub last_of: Option<Vec<String>>,
        /// What the module does when the argument is not there.
        pub default: Option<Scalar>,
        pub missing: Option<Missing>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Facility {
    Auth,
    Account,
    Password,
    Session,
}

impl Facility {
    /// As a line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Account => "account",
            Self::Password => "password",
            Self::Session => "session",
        }
    }
}

impl Pam {
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.services.is_empty() {
            return Err("`services` is empty".into());
        }
        if let Some(name) = self.services.iter().find(|name| name.contains('/')) {
            return Err(format!("`services`: `{name}` is a path and no name"));
        }
        let compares = self.expect() != Default::default();
        let asks_a_value = self.argument.is_some() || self.last_of.is_some();
        if !asks_a_value && (compares || self.default.is_some()) {
            return Err("comparators and `default` want an `argument`".into());
        }
        if self.last_of.is_some() && (self.argument.is_some() || !compares) {
            return Err("`last_of` wants comparators, and no `argument`".into());
        }
        if self.default.is_some() && !compares {
            return Err("`default` wants something to compare it with".into());
        }
        let asks_a_place = self.control.is_some() || self.before.is_some() || self.after.is_some();
        if self.must == Some(Presence::Absent) && (compares || asks_a_place) {
            return Err("what must be absent has neither a value nor a place".into());
        }
        Ok(())
    }
}
