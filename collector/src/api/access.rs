//! What somebody may do to a host, and why.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::id::HostId;
use sqlx::{PgConnection, PgPool};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    access::{Because, Permission},
    api::{
        error::{ApiError, Problem},
        fact::search::HostRef,
        input::Query,
    },
    store::{
        self,
        access::Bound,
        group::Membership,
        read::{self, snapshot},
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccessQuery {
    /// The account's name.
    account: String,
    /// The host that it is about; of no host in particular when it is left out.
    host: Option<Uuid>,
}

/// What an account may do, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessExplanation {
    account: String,
    /// Whether it is locked: then it may do nothing, whatever its bindings give.
    locked: bool,
    /// Null when none was named.
    #[schema(required)]
    host: Option<HostRef>,
    /// Every permission that there is.
    permissions: Vec<ExplainedPermission>,
}

/// Whether a permission holds, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedPermission {
    permission: &'static str,
    /// What it lets one do.
    says: &'static str,
    /// Whether the account may, on this host; where none was named, on any.
    allowed: bool,
    /// The bindings whose role has it, those too that do not give it here.
    because: Vec<BindingReason>,
}

/// Why a binding gives a permission, or does not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BindingReason {
    binding: Uuid,
    role: String,
    /// Null when it holds for everything.
    #[schema(required)]
    group: Option<GroupRef>,
    gives: bool,
    why: BindingWhy,
}

/// Which group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupRef {
    id: Uuid,
    name: String,
}

/// Why a binding gives a permission, or does not.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BindingWhy {
    /// The binding holds for everything.
    Everything,
    /// The permission is about no host: any binding gives it.
    NoHost,
    /// For the hosts of its group.
    Group,
    /// Somebody named the host as a member of its group, or its enrolment token did.
    MemberByHand,
    /// The host's labels match its group.
    MemberByLabels,
    /// The expression of its group is true for the host.
    MemberByExpression,
    /// The host belongs to a group that is in its group.
    MemberByNesting,
    /// Not given: the host does not belong to its group.
    NoMember,
    /// Not given: the permission is about the whole fleet, and the binding for a group.
    OnlyEverywhere,
}

/// Explain what an account may do, on a host or at all, and through which bindings.
#[utoipa::path(get, path = "/api/v1/access", tag = "accounts", params(AccessQuery),
    responses((status = 200, body = AccessExplanation),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`, `host_not_found`")))]
pub(crate) async fn explain_access(
    State(db): State<PgPool>,
    Query(query): Query<AccessQuery>,
) -> Result<Json<AccessExplanation>, ApiError> {
    let mut tx = snapshot(&db).await?;
    let account = store::account::find(&mut tx, &query.account).await?;
    let account = account.ok_or(ApiError::AccountNotFound(query.account))?;
    let bindings = store::access::bindings(&mut tx, account.id).await?;
    let host = match query.host {
        Some(id) => Some(Asked::find(&mut tx, id).await?),
        None => None,
    };
    let locked = account.disabled_at.is_some();
    let permissions = Permission::ALL.iter();
    let permissions =
        permissions.map(|one| ExplainedPermission::of(*one, locked, &bindings, host.as_ref()));
    Ok(Json(AccessExplanation {
        account: account.name,
        locked,
        permissions: permissions.collect(),
        host: host.map(|host| host.host),
    }))
}

/// The host that is asked about, and the groups that it belongs to.
struct Asked {
    host: HostRef,
    memberships: Vec<Membership>,
    groups: Vec<i32>,
}

impl Asked {
    async fn find(db: &mut PgConnection, id: Uuid) -> Result<Self, ApiError> {
        let found = read::host::find(db, HostId(id), None).await?;
        let (row, _) = found.ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
        let memberships = store::group::of_host(db, row.host_no).await?;
        Ok(Self {
            host: HostRef {
                id,
                hostname: row.hostname,
            },
            groups: memberships.iter().map(|one| one.group_no).collect(),
            memberships,
        })
    }

    /// How it belongs to a group to which it does.
    fn belongs(&self, group: Option<i32>) -> BindingWhy {
        let of = |one: &&Membership| Some(one.group_no) == group;
        match self.memberships.iter().find(of).map(|one| one.why.as_str()) {
            Some("hand") => BindingWhy::MemberByHand,
            Some("label") => BindingWhy::MemberByLabels,
            Some("expression") => BindingWhy::MemberByExpression,
            _ => BindingWhy::MemberByNesting,
        }
    }
}

impl ExplainedPermission {
    fn of(permission: Permission, locked: bool, bound: &[Bound], host: Option<&Asked>) -> Self {
        let groups = host.map(|host| &*host.groups);
        let reason = |bound: &Bound| {
            let because = bound.binding.explain(permission, groups)?;
            Some(BindingReason {
                binding: bound.binding.id,
                role: bound.binding.role.clone(),
                group: bound.group.clone().map(|(id, name)| GroupRef { id, name }),
                gives: because.gives(),
                why: match (because, host) {
                    (Because::Everything, _) => BindingWhy::Everything,
                    (Because::NoHost, _) => BindingWhy::NoHost,
                    (Because::NoMember, _) => BindingWhy::NoMember,
                    (Because::OnlyEverywhere, _) => BindingWhy::OnlyEverywhere,
                    (Because::Member, Some(host)) => host.belongs(bound.binding.group),
                    (Because::Group | Because::Member, _) => BindingWhy::Group,
                },
            })
        };
        let because: Vec<_> = bound.iter().filter_map(reason).collect();
        Self {
            permission: permission.code(),
            says: permission.says(),
            allowed: !locked && because.iter().any(|reason| reason.gives),
            because,
        }
    }
}
