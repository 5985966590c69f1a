//! What there is to get: where the API has it, what it is called by, and its columns.

use serde_json::Value;

use crate::{host, manifest::Sort, output::text};

/// One kind of thing.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
    pub(super) path: &'static str,
    pub(super) source: Source,
    /// The fields that it is called by; the first is its name.
    pub(super) names: &'static [&'static str],
    /// Head and field of each column.
    pub(super) columns: &'static [(&'static str, &'static str)],
    /// Those that a wide table has besides.
    pub(super) wide: &'static [(&'static str, &'static str)],
    /// What it is in files that are applied.
    pub(super) manifest: Option<Sort>,
}

/// How the API gives all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Page by page.
    List,
    /// At once.
    Whole,
    /// Those of the fleet and of each group.
    Settings,
    /// Those of each account.
    Bindings,
}

impl Kind {
    /// Whether `item` is called `name`.
    pub(super) fn called(&self, item: &Value, name: &str) -> bool {
        self.names.iter().any(|field| text(item, field) == name)
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        one: "host",
        many: "hosts",
        path: host::PATH,
        source: Source::List,
        names: &["hostname", "id"],
        columns: &[
            ("NAME", "hostname"),
            ("STATE", "state"),
            ("SYSTEM", "os_name"),
            ("GROUPS", "groups"),
            ("LAST SEEN", "last_seen_at"),
        ],
        wide: &[
            ("ID", "id"),
            ("AGENT", "agent_version"),
            ("CONTENT", "content_serial"),
            ("LABELS", "labels"),
            ("ENROLLED", "enrolled_at"),
        ],
        manifest: None,
    },
    Kind {
        one: "group",
        many: "groups",
        path: "/api/v1/groups",
        source: Source::List,
        names: &["name", "id"],
        columns: &[
            ("NAME", "name"),
            ("HOSTS", "hosts"),
            ("PRECEDENCE", "precedence"),
            ("DESCRIPTION", "description"),
        ],
        wide: &[
            ("ID", "id"),
            ("MATCH", "match"),
            ("EXPRESSION", "expression"),
            ("GROUPS", "groups"),
            ("MADE", "created_at"),
        ],
        manifest: Some(Sort::Group),
    },
    Kind {
        one: "setting",
        many: "settings",
        path: "/api/v1/settings",
        source: Source::Settings,
        names: &["of"],
        columns: &[
            ("OF", "of"),
            ("PROFILES", "settings/compliance/profiles"),
            ("CHANGED", "updated_at"),
            ("BY", "updated_by"),
        ],
        wide: &[("SETTINGS", "settings")],
        manifest: Some(Sort::Settings),
    },
    Kind {
        one: "maintenance-window",
        many: "maintenance",
        path: "/api/v1/maintenance",
        source: Source::List,
        names: &["id", "reason"],
        columns: &[
            ("ID", "id"),
            ("OPEN", "open"),
            ("FROM", "from"),
            ("TO", "to"),
            ("REASON", "reason"),
        ],
        wide: &[
            ("HOST", "host"),
            ("GROUP", "group"),
            ("WEEKLY", "weekly"),
            ("BY", "created_by"),
        ],
        manifest: Some(Sort::Maintenance),
    },
    Kind {
        one: "waiver",
        many: "waivers",
        path: "/api/v1/waivers",
        source: Source::List,
        names: &["id"],
        columns: &[
            ("ID", "id"),
            ("STATE", "state"),
            ("SCOPE", "scope"),
            ("OF", "scope_name"),
            ("RULE", "rule"),
            ("CONTROL", "control"),
            ("EXPIRES", "expires_at"),
        ],
        wide: &[
            ("FRAMEWORK", "framework"),
            ("ASKED BY", "requested_by"),
            ("APPROVED BY", "approved_by"),
            ("REASON", "reason"),
        ],
        manifest: None,
    },
    Kind {
        one: "role",
        many: "roles",
        path: "/api/v1/roles",
        source: Source::List,
        names: &["name"],
        columns: &[("NAME", "name"), ("DESCRIPTION", "description")],
        wide: &[("PERMISSIONS", "permissions")],
        manifest: Some(Sort::Role),
    },
    Kind {
        one: "binding",
        many: "bindings",
        path: "/api/v1/accounts",
        source: Source::Bindings,
        names: &["account", "id"],
        columns: &[("ACCOUNT", "account"), ("ROLE", "role"), ("GROUP", "group")],
        wide: &[("ID", "id"), ("MADE", "created_at"), ("BY", "created_by")],
        manifest: Some(Sort::Binding),
    },
    Kind {
        one: "account",
        many: "accounts",
        path: "/api/v1/accounts",
        source: Source::List,
        names: &["name"],
        columns: &[
            ("NAME", "name"),
            ("CALLED", "display_name"),
            ("STATE", "state"),
            ("SIGNED IN", "signed_in_at"),
        ],
        wide: &[
            ("MADE", "created_at"),
            ("BY", "created_by"),
            ("EMERGENCIES", "break_glass"),
        ],
        manifest: None,
    },
    Kind {
        one: "token",
        many: "tokens",
        path: "/api/v1/tokens",
        source: Source::List,
        names: &["name", "id"],
        columns: &[
            ("ID", "id"),
            ("ACCOUNT", "account"),
            ("NAME", "name"),
            ("STATE", "state"),
            ("EXPIRES", "expires_at"),
            ("USED", "used_at"),
        ],
        wide: &[("PERMISSIONS", "permissions"), ("GROUPS", "groups")],
        manifest: None,
    },
    Kind {
        one: "enrolment-token",
        many: "enrolment-tokens",
        path: "/api/v1/enrollment-tokens",
        source: Source::List,
        names: &["name", "id"],
        columns: &[
            ("ID", "id"),
            ("NAME", "name"),
            ("GROUP", "group"),
            ("STATE", "state"),
            ("EXPIRES", "expires_at"),
        ],
        wide: &[("USES", "uses"), ("OF", "max_uses"), ("BY", "created_by")],
        manifest: None,
    },
    Kind {
        one: "rollout",
        many: "rollouts",
        path: "/api/v1/rollouts",
        source: Source::List,
        names: &["id"],
        columns: &[
            ("ID", "id"),
            ("BUNDLE", "serial"),
            ("STATE", "state"),
            ("RING", "ring"),
            ("BEGUN", "created_at"),
        ],
        wide: &[
            ("BY", "created_by"),
            ("BEFORE", "before"),
            ("SETTLED", "settled_at"),
        ],
        manifest: None,
    },
    Kind {
        one: "bundle",
        many: "bundles",
        path: "/api/v1/bundles",
        source: Source::List,
        names: &["serial"],
        columns: &[
            ("SERIAL", "serial"),
            ("CREATED", "created"),
            ("EXPIRES", "expires"),
            ("HOSTS", "hosts"),
            ("NOTE", "note"),
        ],
        wide: &[
            ("FILES", "files"),
            ("BY", "published_by"),
            ("MANIFEST", "manifest"),
        ],
        manifest: None,
    },
    Kind {
        one: "root",
        many: "roots",
        path: "/api/v1/roots",
        source: Source::List,
        names: &["version"],
        columns: &[
            ("VERSION", "version"),
            ("EXPIRES", "expires"),
            ("ADDED", "added_at"),
        ],
        wide: &[("BY", "added_by")],
        manifest: None,
    },
    Kind {
        one: "release",
        many: "releases",
        path: "/api/v1/agent-releases",
        source: Source::Whole,
        names: &["version"],
        columns: &[
            ("VERSION", "version"),
            ("PUBLISHED", "published_at"),
            ("BY", "published_by"),
        ],
        wide: &[("BUILDS", "builds")],
        manifest: None,
    },
    Kind {
        one: "rule",
        many: "rules",
        path: "/api/v1/rules",
        source: Source::List,
        names: &["id"],
        columns: &[("ID", "id"), ("SEVERITY", "severity"), ("TITLE", "title")],
        wide: &[("CATEGORY", "category")],
        manifest: None,
    },
    Kind {
        one: "framework",
        many: "frameworks",
        path: "/api/v1/frameworks",
        source: Source::Whole,
        names: &["key"],
        columns: &[("KEY", "key"), ("CONTROLS", "controls"), ("RULES", "rules")],
        wide: &[
            ("LEVELS", "levels"),
            ("PLATFORM", "platform"),
            ("AUTOMATED", "automated"),
        ],
        manifest: None,
    },
    Kind {
        one: "profile",
        many: "profiles",
        path: "/api/v1/profiles",
        source: Source::Whole,
        names: &["key"],
        columns: &[("KEY", "key"), ("RULES", "rules"), ("TITLE", "title")],
        wide: &[("FRAMEWORK", "framework"), ("LEVELS", "levels")],
        manifest: None,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_word_means_one_kind() {
        let words: Vec<_> = KINDS
            .iter()
            .flat_map(|kind| [kind.one, kind.many])
            .collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }
}
