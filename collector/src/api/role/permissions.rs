use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{self, Reach},
    api::page::Page,
};

/// What a permission is about, and so which scopes of a role's binding count for it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    /// Hosts: it holds for those of the binding's scope.
    Hosts,
    /// What belongs to no host: any binding gives it.
    Anything,
    /// The whole fleet or the installation: only a binding for everything gives it.
    Fleet,
}

/// One thing that can be done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Permission {
    code: &'static str,
    /// For people.
    says: &'static str,
    about: About,
    /// Whether one must have shown lately that it is still oneself.
    needs_proof: bool,
}

/// List everything that can be permitted, as roles and tokens name it.
#[utoipa::path(get, path = "/api/v1/permissions", tag = "roles",
    responses((status = 200, body = Page<Permission>)))]
pub(crate) async fn list_permissions() -> Json<Page<Permission>> {
    let permission = |of: &access::Permission| Permission {
        code: of.code(),
        says: of.says(),
        about: match of.reach() {
            Reach::Hosts => About::Hosts,
            Reach::Any => About::Anything,
            Reach::Fleet => About::Fleet,
        },
        needs_proof: of.needs_proof(),
    };
    let items = access::Permission::ALL.iter().map(permission).collect();
    Json(Page { items, next: None })
}
