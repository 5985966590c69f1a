//! What confines programs, and what they may trust: AppArmor, SELinux, the crypto policy.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Missing, When};
use crate::rule::expect::comparing;

/// AppArmor, by what the kernel says in `/sys`.
///
/// Where the kernel has no AppArmor, or it is switched off, the check fails, unless `missing` says
/// otherwise. The profiles are those that are loaded; each that is in another mode is an offender.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apparmor {
    /// Modes that loaded profiles may be in: `enforce`, `complain`, `kill`, `unconfined`. At least
    /// one profile must be loaded. Where it is not said, AppArmor itself must be on and no more.
    pub profiles: Option<Vec<String>>,
    /// No process runs unconfined whose program has a profile that is loaded: one that was started
    /// before its profile was. Beside `profiles`.
    #[serde(default)]
    pub confined: bool,
    /// Where the kernel has none: by default `fail`.
    pub missing: Option<Missing>,
}

impl Apparmor {
    pub(super) fn validate(&self) -> Result<(), String> {
        match &self.profiles {
            Some(modes) if modes.is_empty() => Err("`profiles` is empty".into()),
            None if self.confined => Err("`confined` wants `profiles`".into()),
            _ => Ok(()),
        }
    }
}

/// SELinux, as it is (`/sys/fs/selinux/enforce`) and as the next boot has it
/// (`/etc/selinux/config`).
///
/// Both must be one of `mode`, where `when` does not say which: what was set by hand is gone with
/// the next boot. A kernel without SELinux is `disabled`. Of a tree nothing runs, and the file alone
/// decides. Where there is neither, `missing` says what that means, by default `fail`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selinux {
    /// `enforcing`, `permissive`, `disabled`.
    pub mode: Option<Vec<SelinuxMode>>,
    /// `targeted`, `mls`, by `SELINUXTYPE`.
    pub policy: Option<Vec<String>>,
    /// Which of the two is asked for the mode.
    pub when: Option<When>,
    pub missing: Option<Missing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelinuxMode {
    Enforcing,
    Permissive,
    Disabled,
}

impl SelinuxMode {
    /// As the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforcing => "enforcing",
            Self::Permissive => "permissive",
            Self::Disabled => "disabled",
        }
    }
}

impl Selinux {
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.mode.is_none() && self.policy.is_none() {
            return Err("says neither `mode` nor `policy`".into());
        }
        if self.mode.is_none() && self.when.is_some() {
            return Err("`when` is for `mode`".into());
        }
        Ok(())
    }
}

comparing! {
    /// The policy that the distribution's libraries for cryptography follow: what is in force
    /// (`/etc/crypto-policies/state/current`) and what is configured (`/etc/crypto-policies/config`).
    ///
    /// Both must be as asked: the configured one is in force only after `update-crypto-policies` has
    /// been run. `DEFAULT:NO-SHA1:AD-SUPPORT` has the policy `DEFAULT` and the modules `NO-SHA1` and
    /// `AD-SUPPORT`. Where neither file is there, `missing` says what that means, by default
    /// `not_applicable`: the distribution has none.
    pub struct CryptoPolicy {
        /// Which part is compared.
        pub part: PolicyPart,
        pub missing: Option<Missing>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyPart {
    /// `DEFAULT`, `FUTURE`, `FIPS`, `LEGACY`.
    Policy,
    /// A list: compare it with `with`, `without`, `only`.
    Modules,
}
