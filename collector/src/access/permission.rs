//! The registry of permissions.

use std::{fmt, str::FromStr};

/// What a permission is about, and so which scopes of a binding count for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Hosts: a binding gives it for the hosts of its scope.
    Hosts,
    /// What belongs to no host and tells nothing of any: a binding gives it whatever its scope is.
    Any,
    /// The installation or the whole fleet: only a binding whose scope is everything gives it.
    Fleet,
}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $reach:ident, $care:ident;)*) => {
        /// One thing that can be done. Its code goes into roles, tokens, the audit log and the document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Permission {
            /// All of them, in the order of the registry.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As it is written everywhere, `thing.act`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is about.
            pub fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }

            /// Whether somebody who is signed in must have shown lately that it is still them.
            pub fn needs_proof(self) -> bool {
                match self { $(Self::$name => Care::$care == Care::Proof,)* }
            }

            /// What it lets one do, for people.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

#[derive(PartialEq, Eq)]
enum Care {
    Plain,
    Proof,
}

permissions! {
    /// See hosts, how they are heard of, their changes and the live feed.
    HostsRead = "hosts.read", Hosts, Plain;
    /// Set the labels of hosts.
    HostsLabel = "hosts.label", Hosts, Plain;
    /// Withdraw the certificates of hosts.
    HostsRevoke = "hosts.revoke", Hosts, Proof;
    /// Put retired hosts into the archive, or have everything that is known of them deleted.
    HostsForget = "hosts.forget", Hosts, Proof;
    /// Let hosts out of quarantine.
    HostsRelease = "hosts.release", Hosts, Plain;
    /// See and search the facts of hosts.
    FactsRead = "facts.read", Hosts, Plain;
    /// See the metrics of hosts.
    MetricsRead = "metrics.read", Hosts, Plain;
    /// See what came of rules on hosts, with evidence and proofs.
    ResultsRead = "results.read", Hosts, Plain;
    /// See waivers of what fails on hosts.
    WaiversRead = "waivers.read", Hosts, Plain;
    /// Ask for waivers, for hosts and groups of one's scope, and comment on them.
    WaiversRequest = "waivers.request", Hosts, Plain;
    /// Approve and reject waivers that somebody else asks for, and revoke them.
    WaiversApprove = "waivers.approve", Hosts, Plain;
    /// See what of hosts drifted, and what explains it.
    DriftRead = "drift.read", Hosts, Plain;
    /// Say a word about drift that nothing explains, and take it back.
    DriftAcknowledge = "drift.acknowledge", Hosts, Plain;
    /// See baselines of hosts and groups, and what has become of them since.
    BaselinesRead = "baselines.read", Hosts, Plain;
    /// Pin, promote and delete baselines of hosts and groups.
    BaselinesWrite = "baselines.write", Hosts, Plain;
    /// See alerts about hosts.
    AlertsRead = "alerts.read", Hosts, Plain;
    /// Acknowledge, snooze, dismiss and assign alerts about hosts.
    AlertsWrite = "alerts.write", Hosts, Plain;
    /// See what alerts are made by.
    AlertRulesRead = "alert_rules.read", Fleet, Plain;
    /// Make, change and delete what alerts are made by.
    AlertRulesWrite = "alert_rules.write", Fleet, Plain;
    /// See rules, frameworks and profiles.
    RulesRead = "rules.read", Any, Plain;
    /// See groups of hosts.
    GroupsRead = "groups.read", Hosts, Plain;
    /// Name hosts as members of groups, of those in one's scope.
    GroupsMembers = "groups.members", Hosts, Plain;
    /// Make, define and delete groups of hosts.
    GroupsWrite = "groups.write", Fleet, Plain;
    /// See the settings of hosts and groups, and what they are held to.
    SettingsRead = "settings.read", Hosts, Plain;
    /// Change the settings of hosts and groups, and what they are held to.
    SettingsWrite = "settings.write", Hosts, Plain;
    /// Change the settings of the whole fleet.
    SettingsFleet = "settings.fleet", Fleet, Plain;
    /// See maintenance windows.
    MaintenanceRead = "maintenance.read", Hosts, Plain;
    /// Plan, change and delete maintenance windows.
    MaintenanceWrite = "maintenance.write", Hosts, Plain;
    /// See enrolment tokens.
    EnrolmentRead = "enrolment.read", Hosts, Plain;
    /// Issue and withdraw enrolment tokens, for groups of one's scope.
    EnrolmentWrite = "enrolment.write", Hosts, Plain;
    /// See bundles, roots, published builds of the agent, and what content is in force.
    ContentRead = "content.read", Fleet, Plain;
    /// Publish bundles.
    BundlesPublish = "bundles.publish", Fleet, Plain;
    /// Publish roots of trust.
    RootsPublish = "roots.publish", Fleet, Proof;
    /// Publish which builds of the agent are genuine.
    ReleasesPublish = "releases.publish", Fleet, Plain;
    /// See rollouts and what they would turn.
    RolloutsRead = "rollouts.read", Fleet, Plain;
    /// Plan rollouts.
    RolloutsWrite = "rollouts.write", Fleet, Plain;
    /// Start, pause, go on with, halt and roll back rollouts.
    RolloutsSteer = "rollouts.steer", Fleet, Plain;
    /// See what can be had of the collector: where agents connect, its authority.
    SystemRead = "system.read", Any, Plain;
    /// See accounts, roles, bindings, and what anybody may do.
    AccountsRead = "accounts.read", Fleet, Plain;
    /// Make, change, lock and delete accounts, invite people, end others' sessions and tokens.
    AccountsWrite = "accounts.write", Fleet, Proof;
    /// Make and change roles, and give them to accounts: nothing that one may not do oneself.
    RolesWrite = "roles.write", Fleet, Proof;
    /// Make and change what people sign in with: identity providers and certificate authorities.
    ProvidersWrite = "providers.write", Fleet, Proof;
    /// Make API tokens for oneself.
    TokensOwn = "tokens.own", Any, Proof;
    /// See where notices of alerts go, what became of each, and which jobs were given up.
    ChannelsRead = "channels.read", Fleet, Plain;
    /// Decide where notices of alerts go, try channels, and have what was given up done again.
    ChannelsWrite = "channels.write", Fleet, Proof;
    /// See how long history is kept, and what was let go.
    RetentionRead = "retention.read", Fleet, Plain;
    /// Decide how long history is kept, and delete files of the archive.
    RetentionWrite = "retention.write", Fleet, Proof;
    /// List the hosts of the archive, and take their files away.
    ArchivesRead = "archives.read", Fleet, Plain;
    /// Read and search the audit log.
    AuditRead = "audit.read", Fleet, Plain;
    /// Take the audit log away as a file.
    AuditExport = "audit.export", Fleet, Plain;
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A text that is no permission's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no permission {0:?}")]
pub struct UnknownPermission(String);

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(code: &str) -> Result<Self, UnknownPermission> {
        let known = Self::ALL.iter().find(|known| known.code() == code);
        known.copied().ok_or_else(|| UnknownPermission(code.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_permission_has_a_code_of_its_own_that_names_it() {
        let codes: BTreeSet<&str> = Permission::ALL.iter().map(|p| p.code()).collect();
        assert_eq!(codes.len(), Permission::ALL.len());
        for permission in Permission::ALL {
            assert_eq!(permission.code().parse(), Ok(*permission));
            assert!(permission.says().ends_with('.'), "{permission}");
        }
        assert!("hosts.write".parse::<Permission>().is_err());
    }
}
