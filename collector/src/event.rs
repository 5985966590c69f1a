//! What a change of a fact means to people: events, in one vocabulary. Pure.
//!
//! An event is made of one transition, and says what it is about, how serious it is when nobody expects it, and in
//! one line what happened. The first report of a kind makes no transitions (`store/fact/plan.rs`), so that a
//! host that joins makes no events.

/// Accounts, groups, keys and logins.
mod account;

/// What came of rules.
mod result;

/// Packages, services, ports and the rest of a system.
mod system;

use std::fmt;

use serde_json::Value;
use shared::rule::Severity;

/// The code of an event: `thing.act`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident;)*) => {
        impl Code {
            $($(#[doc = $doc])+ pub const $name: Self = Self($code);)*

            /// All of them: the code, how serious it is when nobody expects it, and what it tells.
            pub const ALL: &[(Self, Severity, &str)] = &[
                $((Self::$name, Severity::$severity, concat!($($doc),+).trim_ascii()),)*
            ];
        }
    };
}

codes! {
    /// An account was made.
    USER_CREATED = "user.created", Medium;
    /// An account is gone.
    USER_DELETED = "user.deleted", Medium;
    /// No password opens the account any more.
    USER_LOCKED = "user.locked", Medium;
    /// A password opens the account again.
    USER_UNLOCKED = "user.unlocked", Info;
    /// The account opens without a password.
    USER_NO_PASSWORD = "user.no_password", Critical;
    /// The password of an account is another.
    PASSWORD_CHANGED = "user.password_changed", Info;
    /// Somebody has the rights of root: another account with the number 0.
    USER_IS_ROOT = "user.is_root", Critical;
    /// An account may run any command as somebody else.
    USER_MAY_SUDO = "user.sudo_granted", High;
    /// An account may not any more.
    USER_MAY_NOT_SUDO = "user.sudo_withdrawn", Info;
    /// Somebody joined a group that gives the rights of root.
    PRIVILEGED_GROUP_ADDED = "user.privileged_group_added", Critical;
    /// Somebody left a group that gives the rights of root.
    PRIVILEGED_GROUP_REMOVED = "user.privileged_group_removed", Info;
    /// A group was made.
    GROUP_CREATED = "group.created", Info;
    /// A group is gone.
    GROUP_DELETED = "group.deleted", Info;
    /// Other accounts belong to a group.
    GROUP_CHANGED = "group.changed", Low;
    /// A key opens an account.
    SSH_KEY_ADDED = "ssh_key.added", High;
    /// A key opens an account no more.
    SSH_KEY_REMOVED = "ssh_key.removed", Low;
    /// A rule of sudo was added.
    SUDO_RULE_ADDED = "sudo_rule.added", High;
    /// A rule of sudo is gone.
    SUDO_RULE_REMOVED = "sudo_rule.removed", Low;
    /// Somebody logged in from where they did not before.
    LOGIN_NEW_SOURCE = "login.new_source", Medium;
    /// Logins failed, ten or more since it was looked at last.
    LOGIN_FAILURES = "login.failed_threshold", Medium;

    /// A package was installed.
    PACKAGE_INSTALLED = "package.installed", Info;
    /// A package has another version.
    PACKAGE_UPDATED = "package.updated", Info;
    /// A package is gone.
    PACKAGE_REMOVED = "package.removed", Medium;
    /// An update that mends a vulnerability is to be had.
    SECURITY_UPDATE = "update.security", Medium;
    /// The kernel that runs is another.
    KERNEL_UPDATED = "kernel.updated", Medium;
    /// The host waits for a restart.
    REBOOT_REQUIRED = "reboot.required", Medium;
    /// The host was started anew.
    REBOOT_COMPLETED = "reboot.completed", Info;
    /// The host has another name.
    HOSTNAME_CHANGED = "host.renamed", Medium;
    /// A kernel module was loaded.
    MODULE_LOADED = "kernel_module.loaded", Low;
    /// A kernel module was unloaded.
    MODULE_UNLOADED = "kernel_module.unloaded", Low;
    /// A setting of the kernel is another.
    SYSCTL_CHANGED = "sysctl.changed", Medium;

    /// A service started.
    SERVICE_STARTED = "service.started", Info;
    /// A service stopped.
    SERVICE_STOPPED = "service.stopped", Info;
    /// A service failed.
    SERVICE_FAILED = "service.failed", High;
    /// A service is started at boot.
    SERVICE_ENABLED = "service.enabled", Low;
    /// A service is not started at boot any more.
    SERVICE_DISABLED = "service.disabled", Low;
    /// Something is run at certain times.
    TIMER_ADDED = "timer.added", Medium;
    /// Something is not run at certain times any more, or otherwise.
    TIMER_REMOVED = "timer.removed", Low;
    /// A container runs.
    CONTAINER_STARTED = "container.started", Info;
    /// A container runs no more.
    CONTAINER_STOPPED = "container.stopped", Info;

    /// A program listens on a port.
    PORT_OPENED = "port.opened", High;
    /// Nobody listens on a port any more.
    PORT_CLOSED = "port.closed", Info;
    /// Rules of the firewall are others.
    FIREWALL_CHANGED = "firewall.rule_changed", High;
    /// The host has another address.
    ADDRESS_ADDED = "address.added", Info;
    /// The host has an address no more.
    ADDRESS_REMOVED = "address.removed", Info;
    /// A filesystem was mounted.
    FILESYSTEM_MOUNTED = "filesystem.mounted", Info;
    /// A filesystem was unmounted.
    FILESYSTEM_UNMOUNTED = "filesystem.unmounted", Medium;
    /// A certificate was added.
    CERTIFICATE_ADDED = "certificate.added", Info;
    /// A certificate is gone.
    CERTIFICATE_REMOVED = "certificate.removed", Info;

    /// A rule fails that did not.
    RESULT_FAILED = "result.failed", Medium;
    /// A rule fails no more.
    RESULT_FIXED = "result.fixed", Info;
    /// What came of a rule is another verdict, neither of which is that it fails.
    RESULT_TURNED = "result.turned", Info;
    /// What came of a rule is the same verdict, and something else was seen.
    RESULT_VALUE = "result.value_changed", Low;

    /// A host is not heard of any more.
    HOST_UNREACHABLE = "host.unreachable", High;
    /// The agent of a host was killed.
    AGENT_KILLED = "host.agent_killed", High;
    /// The agent of a host was stopped, or its host shut down.
    HOST_LEFT = "host.left", Low;
    /// A host is heard of again.
    HOST_RECOVERED = "host.recovered", Info;
}

impl Code {
    /// How serious it is when nobody expects it.
    pub fn severity(self) -> Severity {
        let found = Self::ALL.iter().find(|(code, ..)| *code == self);
        found.map_or(Severity::Info, |(_, severity, _)| *severity)
    }

    /// What it tells, in one sentence.
    pub fn says(self) -> &'static str {
        let found = Self::ALL.iter().find(|(code, ..)| *code == self);
        found.map_or("", |(.., says)| *says)
    }

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Something that happened on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub code: Code,
    pub severity: Severity,
    /// What it is about: a package, an account, a port, a rule.
    pub subject: String,
    /// What happened, in one line for people.
    pub text: String,
}

impl Event {
    fn new(code: Code, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            subject: subject.into(),
            text: text.into(),
        }
    }
}

/// A fact that is another than it was.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    pub kind: &'a str,
    pub key: &'a str,
    /// `None` when it appeared.
    pub before: Option<&'a Value>,
    /// `None` when it went away.
    pub after: Option<&'a Value>,
}

/// What a transition means; nothing where nobody would want to hear of it. `severity` says how severe a rule is.
pub fn events(of: Transition<'_>, severity: impl Fn(&str) -> Option<Severity>) -> Vec<Event> {
    match of.kind {
        "result" => result::event(of, severity).into_iter().collect(),
        "user" => account::user(of),
        "group" => account::group(of),
        "ssh_key" => account::ssh_key(of),
        "sudo_rule" => account::sudo_rule(of),
        "login" => account::login(of),
        _ => system::events(of),
    }
}

/// What it means that a host is heard of otherwise: states as `collector/src/liveness.rs` names them. A host that was never heard of
/// has not come back.
pub fn heard(before: Option<&str>, state: &str, detail: &str) -> Option<Event> {
    let (code, text) = match state {
        "link_lost" => (Code::HOST_UNREACHABLE, "the host is not heard of any more"),
        "agent_killed" => (Code::AGENT_KILLED, "the host's agent was killed"),
        "agent_stopped" => (Code::HOST_LEFT, "the host's agent was stopped"),
        "host_shutdown" => (Code::HOST_LEFT, "the host shut down"),
        "host_rebooting" => (Code::HOST_LEFT, "the host restarts"),
        "online" if before.is_some_and(|before| before != "never_seen") => {
            (Code::HOST_RECOVERED, "the host is heard of again")
        }
        _ => return None,
    };
    let text = match detail {
        "" => text.to_owned(),
        detail => format!("{text}: {detail}"),
    };
    Some(Event::new(code, "host", text))
}

/// A field of a fact as it was and as it is.
fn fields<'a>(of: Transition<'a>, name: &str) -> (Option<&'a Value>, Option<&'a Value>) {
    let field = |value: Option<&'a Value>| {
        value
            .and_then(|value| value.get(name))
            .filter(|field| !field.is_null())
    };
    (field(of.before), field(of.after))
}

/// A field as it was and as it is, where both are texts that differ.
fn turned<'a>(of: Transition<'a>, name: &str) -> Option<(&'a str, &'a str)> {
    let (before, after) = fields(of, name);
    let (before, after) = (before?.as_str()?, after?.as_str()?);
    (before != after).then_some((before, after))
}

/// A text of a fact as it is, or as it was.
fn text<'a>(of: Transition<'a>, name: &str) -> &'a str {
    let (before, after) = fields(of, name);
    after.or(before).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
