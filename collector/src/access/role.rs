//! The roles that every installation has. Others are made by administrators, and kept in the tables.

use super::permission::Permission;

/// A role that every installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sees hosts, what they are and how they do.
    Viewer,
    /// Sees everything that is evidence, the audit log too, and changes nothing.
    Auditor,
    /// Runs hosts: labels, groups, windows, enrolment, settings.
    Operator,
    /// Decides what hosts are held to, and how content comes to them.
    SecurityAdmin,
    /// May do everything.
    Admin,
}

impl Role {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 5] = [
        Self::Viewer,
        Self::Auditor,
        Self::Operator,
        Self::SecurityAdmin,
        Self::Admin,
    ];

    /// As bindings name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::SecurityAdmin => "security_admin",
            Self::Admin => "admin",
        }
    }

    /// What it is for, for people.
    pub fn says(self) -> &'static str {
        match self {
            Self::Viewer => "Sees hosts, what they are and how they do",
            Self::Auditor => "Sees everything that is evidence, the audit log too; changes nothing",
            Self::Operator => "Runs hosts: labels, groups, windows, enrolment, settings",
            Self::SecurityAdmin => "Decides what hosts are held to and how content comes to them",
            Self::Admin => "May do everything",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it lets one do.
    pub fn permissions(self) -> Vec<Permission> {
        use Permission as P;
        let viewer = [
            P::HostsRead,
            P::FactsRead,
            P::MetricsRead,
            P::ResultsRead,
            P::WaiversRead,
            P::DriftRead,
            P::BaselinesRead,
            P::AlertsRead,
            P::RulesRead,
            P::GroupsRead,
            P::MaintenanceRead,
            P::SystemRead,
            P::TokensOwn,
        ];
        let auditor = [
            P::SettingsRead,
            P::AlertRulesRead,
            P::EnrolmentRead,
            P::ContentRead,
            P::RolloutsRead,
            P::AccountsRead,
            P::ChannelsRead,
            P::RetentionRead,
            P::ArchivesRead,
            P::AuditRead,
            P::AuditExport,
        ];
        let operator = [
            P::SettingsRead,
            P::SettingsWrite,
            P::GroupsMembers,
            P::HostsLabel,
            P::MaintenanceWrite,
            P::WaiversRequest,
            P::DriftAcknowledge,
            P::BaselinesWrite,
            P::AlertsWrite,
            P::AlertRulesRead,
            P::EnrolmentRead,
            P::EnrolmentWrite,
            P::ContentRead,
            P::RolloutsRead,
            P::ChannelsRead,
        ];
        let security = [
            P::HostsRevoke,
            P::HostsRelease,
            P::GroupsWrite,
            P::SettingsFleet,
            P::WaiversApprove,
            P::AlertRulesWrite,
            P::BundlesPublish,
            P::ReleasesPublish,
            P::RolloutsWrite,
            P::RolloutsSteer,
            P::ChannelsWrite,
            P::AuditRead,
        ];
        match self {
            Self::Viewer => viewer.into(),
            Self::Auditor => [&viewer[..], &auditor].concat(),
            Self::Operator => [&viewer[..], &operator].concat(),
            Self::SecurityAdmin => [&viewer[..], &operator, &security].concat(),
            Self::Admin => P::ALL.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_found_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }

    #[test]
    fn nobody_but_an_admin_can_make_themselves_more() {
        let makes_more = [
            Permission::RolesWrite,
            Permission::AccountsWrite,
            Permission::ProvidersWrite,
        ];
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            let permissions = role.permissions();
            assert!(
                !makes_more.iter().any(|more| permissions.contains(more)),
                "{role:?}"
            );
        }
    }

    #[test]
    fn an_auditor_writes_nothing() {
        for permission in Role::Auditor.permissions() {
            let act = permission.code().split_once('.').unwrap().1;
            assert!(["read", "export", "own"].contains(&act), "{permission}");
        }
    }
}
