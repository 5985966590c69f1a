//! Rules of the kernel's audit.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Missing;
use crate::rule::expect::Scalar;

/// Events that the kernel must record, by whatever rules it is told to.
///
/// Rules are compared by what they record and not by their text. `-w /etc/passwd -p wa` records what
/// `-a always,exit -F path=/etc/passwd -F perm=wa` does; a watch of a folder records what happens
/// below it; several rules may share a list of system calls; a rule that asks for less than it must
/// records more, and passes. `auid!=unset`, `auid!=-1` and `auid!=4294967295` are the same.
///
/// The kernel stops at the first rule that fits. So what stands before counts: a rule `never` that
/// takes the events away makes it fail, and so does `-a task,never`, which some distributions ship
/// and which switches every rule about system calls off, a list `exclude` that drops the records, and
/// `-e 0`; where a `key` is asked for, an earlier rule that records the same under another key fails
/// too. A rule that takes away only some of the events is told and does not fail.
///
/// auditctl stops at a line that it refuses. What stands after a line that is not understood is an
/// `error` where the kernel was not asked whether it has it.
///
/// Read are `/etc/audit/rules.d/*.rules` in the order of augenrules, or `/etc/audit/audit.rules`
/// where there are none of those; and what is loaded, as `auditctl -l` prints it. Both must hold.
/// Where the agent may not ask the kernel, or looks at a tree, the files decide, and the evidence
/// says that the kernel was not asked. Where neither is there, `missing` says what that means, by
/// default `fail`.
///
/// One of `paths`, `syscalls`, `privileged_commands`, `immutable`, `login_uids_immutable`,
/// `failure_mode` and `continue_loading` says what it is about; `paths` and `syscalls` may stand
/// together, for a system call on a file. A call that this machine does not have is
/// `not_applicable`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditRule {
    /// Files and folders, each of which must be watched. One that ends with `/` is meant with all
    /// that is below it.
    #[serde(default)]
    pub paths: Vec<Scalar>,
    /// Of `paths`, what must be recorded: letters of `rwxa`. `wa` where it is not said.
    pub perms: Option<String>,
    /// System calls, each of which must be recorded; `all` for all.
    #[serde(default)]
    pub syscalls: Vec<String>,
    /// Of which system calls; both where it is not said.
    pub arches: Option<Vec<AuditArch>>,
    /// The events that are meant, where not all are: `auid>=1000`, `auid!=unset`, `exit=-EACCES`,
    /// `a0=0`, `uid!=euid` for a comparison of two fields.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The key that they must be recorded under. Any will do where it is not said.
    pub key: Option<String>,
    /// No rule can be changed until the next boot: `-e 2`.
    #[serde(default)]
    pub immutable: bool,
    /// Nobody can change the number of the user who began a session: `--loginuid-immutable`.
    #[serde(default)]
    pub login_uids_immutable: bool,
    /// What the kernel does, at least, when it can record no more: `-f 1` it says so, `-f 2` it stops
    /// the machine. Without a line it is `-f 1`.
    pub failure_mode: Option<u8>,
    /// auditctl goes on after a line that it refuses: `-c` before the first rule. Of what is loaded
    /// nothing can be told.
    #[serde(default)]
    pub continue_loading: bool,
    /// Every program on this host that runs as somebody else than who starts it (set-uid or set-gid)
    /// must be recorded when it is run. The programs are found as `find` finds them.
    #[serde(default)]
    pub privileged_commands: bool,
    /// Where there are neither files nor loaded rules: by default `fail`.
    pub missing: Option<Missing>,
}

/// Which of a machine's system calls: those of 32 bits are numbered otherwise, and a rule for the
/// others does not see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditArch {
    B32,
    B64,
}

impl AuditRule {
    pub(super) fn validate(&self) -> Result<(), String> {
        let about_events = !self.paths.is_empty() || !self.syscalls.is_empty();
        let about_audit = [
            self.immutable,
            self.login_uids_immutable,
            self.failure_mode.is_some(),
            self.continue_loading,
        ];
        let mut subjects = about_audit.to_vec();
        subjects.extend([about_events, self.privileged_commands]);
        if subjects.into_iter().filter(|is| *is).count() != 1 {
            let why = "wants `paths` or `syscalls`, or one of `privileged_commands`, `immutable`, \
                       `login_uids_immutable`, `failure_mode` and `continue_loading`";
            return Err(why.into());
        }
        if self
            .failure_mode
            .is_some_and(|mode| !(1..=2).contains(&mode))
        {
            return Err("`failure_mode` is 1 or 2".into());
        }
        if let Some(perms) = &self.perms {
            if self.paths.is_empty() {
                return Err("`perms` is for `paths`".into());
            }
            if perms.is_empty() || !perms.chars().all(|c| "rwxa".contains(c)) {
                return Err(format!("`perms`: `{perms}` is not letters of `rwxa`"));
            }
        }
        let is_about_audit = about_audit.into_iter().any(|is| is);
        if is_about_audit && (!self.fields.is_empty() || self.key.is_some()) {
            return Err("`fields` and `key` are for events".into());
        }
        if self.arches.as_ref().is_some_and(Vec::is_empty) {
            return Err("`arches` is empty".into());
        }
        let is_field = |field: &&String| {
            let name = field.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let value = name.trim_start_matches(['=', '!', '<', '>', '&']);
            name.len() < field.len() && value.len() < name.len() && !value.is_empty()
        };
        match self.fields.iter().find(|field| !is_field(field)) {
            Some(field) => Err(format!(
                "`fields`: `{field}` is no field, operator and value"
            )),
            None => Ok(()),
        }
    }
}
