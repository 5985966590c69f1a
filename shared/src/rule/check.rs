//! Checks: what a rule may ask, as a closed language of typed questions.
//!
//! Each sort of check has a struct, and its comment is what whoever writes rules must know: what is
//! read, what passes, what it means that something is not there. What holds for all of them:
//!
//! - A key that a check does not know is an error, with its line. A check that can never be decided,
//!   because nothing is said of the value or two things are said that do not go together, is refused
//!   when it is loaded.
//! - Values are compared by comparators, the same everywhere: `is`, `is_not`, `at_least`, `at_most`,
//!   `between`, `one_of`, `matches` (the whole value), and `only`, `with`, `without` for lists. Of
//!   several all must hold. Where 0 means "off", a bound alone lets 0 through: use `between`. A
//!   stricter value than asked passes. `$name` is a variable of the rule.
//! - What a missing file or key means is said in the check (`missing`), and is by default what the
//!   program itself would make of it.
//! - What could not be seen is never a pass: a pipe, a folder or a broken file in the place of a file
//!   is an `error`, a right that the agent lacks `not_assessable`. Where a check asks about now and
//!   about the next boot, both must hold. Of a tree nothing runs, and its files decide; where they
//!   cannot, it is `not_assessable`.
//! - Whatever can be one of many is an offender with a name, and the verdict is `fail` if there is
//!   one.

/// Accounts.
mod accounts;

/// Rules of the kernel's audit.
mod audit;

/// AppArmor, SELinux, the crypto policy.
mod confine;

/// What users write themselves.
mod expr;

/// Files, and lines in them.
mod file;

/// Files that are looked for.
mod find;

/// Settings, modules and the command line of the kernel.
mod kernel;

/// The firewall, and who listens.
mod network;

/// Modules of PAM.
mod pam;

/// Checks in Wazuh's grammar.
mod sca;

/// What there is, against what a site has declared.
mod set;

/// Settings of programs.
mod setting;

/// What sudo allows.
mod sudo;

/// What is installed, started and mounted.
mod system;

/// What can never be decided.
mod validate;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    accounts::*, audit::*, confine::*, expr::*, file::*, find::*, kernel::*, network::*, pam::*,
    sca::*, set::*, setting::*, sudo::*, system::*,
};
use super::expect::{Expect, Scalar};

/// One question, or several.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Every one must pass.
    All(Vec<Check>),
    /// One must pass.
    Any(Vec<Check>),
    /// It must fail.
    Not(Box<Check>),
    /// So many must pass.
    AtLeast(AtLeast),
    /// A person must look at this.
    Manual(String),
    File(File),
    Lines(Lines),
    Setting(Setting),
    Sshd(Sshd),
    Sysctl(Sysctl),
    Package(Package),
    Service(Unit),
    Socket(Unit),
    Timer(Unit),
    Mount(Mount),
    Mounts(Mounts),
    KernelModule(KernelModule),
    Accounts(Accounts),
    AuditRule(AuditRule),
    KernelArgument(KernelArgument),
    Find(Find),
    Pam(Pam),
    Sudo(Sudo),
    Apparmor(Apparmor),
    Selinux(Selinux),
    Fips(Fips),
    CryptoPolicy(CryptoPolicy),
    SecureBoot(SecureBoot),
    Firewall(Firewall),
    Listener(Listener),
    Target(Target),
    Set(Set),
    Expr(Expr),
    Sca(Sca),
}

/// `at_least: {count: 2, of: [...]}`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    pub count: usize,
    pub of: Vec<Check>,
}

/// What it means that a file, a key or a program is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    Fail,
    Pass,
    NotApplicable,
}

/// Whether it must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Present,
    Absent,
}

/// What must hold for a rule to be about a host.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// It is installed.
    Package(String),
    /// It is there.
    File(String),
}

impl Check {
    /// What [`Check::name`] may be.
    pub const NAMES: &[&str] = &[
        "all",
        "any",
        "not",
        "at_least",
        "manual",
        "file",
        "lines",
        "setting",
        "sshd",
        "sysctl",
        "package",
        "service",
        "socket",
        "timer",
        "mount",
        "mounts",
        "kernel_module",
        "accounts",
        "audit_rule",
        "kernel_argument",
        "find",
        "pam",
        "sudo",
        "apparmor",
        "selinux",
        "fips",
        "crypto_policy",
        "secure_boot",
        "firewall",
        "listener",
        "target",
        "set",
        "expr",
        "sca",
    ];

    /// Its name, as a rule has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::AtLeast(_) => "at_least",
            Self::Manual(_) => "manual",
            Self::File(_) => "file",
            Self::Lines(_) => "lines",
            Self::Setting(_) => "setting",
            Self::Sshd(_) => "sshd",
            Self::Sysctl(_) => "sysctl",
            Self::Package(_) => "package",
            Self::Service(_) => "service",
            Self::Socket(_) => "socket",
            Self::Timer(_) => "timer",
            Self::Mount(_) => "mount",
            Self::Mounts(_) => "mounts",
            Self::KernelModule(_) => "kernel_module",
            Self::Accounts(_) => "accounts",
            Self::AuditRule(_) => "audit_rule",
            Self::KernelArgument(_) => "kernel_argument",
            Self::Find(_) => "find",
            Self::Pam(_) => "pam",
            Self::Sudo(_) => "sudo",
            Self::Apparmor(_) => "apparmor",
            Self::Selinux(_) => "selinux",
            Self::Fips(_) => "fips",
            Self::CryptoPolicy(_) => "crypto_policy",
            Self::SecureBoot(_) => "secure_boot",
            Self::Firewall(_) => "firewall",
            Self::Listener(_) => "listener",
            Self::Target(_) => "target",
            Self::Set(_) => "set",
            Self::Expr(_) => "expr",
            Self::Sca(_) => "sca",
        }
    }

    /// The checks within.
    pub fn children(&self) -> &[Check] {
        match self {
            Self::All(of) | Self::Any(of) => of,
            Self::AtLeast(at_least) => &at_least.of,
            Self::Not(check) => std::slice::from_ref(check),
            _ => &[],
        }
    }

    /// Whether it, or a check within, walks filesystems: that can take minutes.
    pub fn walks(&self) -> bool {
        match self {
            Self::Find(_) => true,
            Self::AuditRule(check) => check.privileged_commands,
            Self::Set(check) => check.of == SetOf::SetUidPrograms,
            other => other.children().iter().any(Self::walks),
        }
    }

    /// Whether it walks folders that it names, and not the whole host.
    pub fn names_folders(&self) -> bool {
        match self {
            Self::Find(find) => !find.is_everywhere(),
            other => other.children().iter().any(Self::names_folders),
        }
    }

    /// What its value must be, where it compares one.
    pub fn expect(&self) -> Option<Expect> {
        let optional = |expect: Expect| (expect != Expect::default()).then_some(expect);
        match self {
            Self::Lines(check) => optional(check.expect()),
            Self::Setting(check) => Some(check.expect()),
            Self::Sshd(check) => Some(check.expect()),
            Self::Sysctl(check) => Some(check.expect()),
            Self::Accounts(Accounts {
                must: AccountMust::Age(age),
                ..
            }) => Some(age.expect()),
            Self::KernelArgument(check) if check.must.is_none() => Some(check.expect()),
            Self::KernelArgument(check) => optional(check.expect()),
            Self::Pam(check) => optional(check.expect()),
            Self::Sudo(check) => optional(check.expect()),
            Self::CryptoPolicy(check) => Some(check.expect()),
            _ => None,
        }
    }

    /// Names of the variables among those that hold what a site has declared, and must be lists.
    pub fn declared(&self) -> BTreeSet<&str> {
        let own = match self {
            Self::Set(check) => check.declared.variable(),
            _ => None,
        };
        let within = self.children().iter().flat_map(Self::declared);
        own.into_iter().chain(within).collect()
    }

    /// Names of the variables that it and the checks within name.
    pub fn variables(&self) -> BTreeSet<&str> {
        let scalars = match self {
            Self::File(check) => check.words.iter().collect(),
            Self::Lines(check) => check.scalars(),
            Self::Setting(check) => check.scalars(),
            Self::Sshd(check) => check.scalars(),
            Self::Sysctl(check) => check.scalars(),
            Self::Accounts(Accounts {
                must: AccountMust::Age(age),
                ..
            }) => age.scalars(),
            Self::Accounts(Accounts {
                must: AccountMust::NotBeInGroup(group),
                ..
            }) => vec![group],
            Self::KernelArgument(check) => check.scalars(),
            Self::Pam(check) => check.scalars(),
            Self::Sudo(check) => check.scalars(),
            Self::CryptoPolicy(check) => check.scalars(),
            Self::AuditRule(check) => check.paths.iter().collect(),
            Self::Find(check) => check.except.iter().collect(),
            Self::Listener(check) => check.allowed.iter().collect(),
            Self::Set(check) => vec![&check.declared],
            _ => Vec::new(),
        };
        let own = scalars.into_iter().filter_map(Scalar::variable);
        own.chain(self.children().iter().flat_map(Self::variables))
            .collect()
    }
}

#[cfg(test)]
mod tests;
