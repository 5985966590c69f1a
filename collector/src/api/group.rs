//! Groups of hosts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        etag::Editable,
        input::{check_labels, printable},
        time::Time,
    },
    membership::Condition,
    store::{self, group::Put},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod errors;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod preview;
pub(crate) mod replace;

/// Longest name, characters; as of the group that an enrolment token names.
const MAX_NAME: usize = 100;
/// Longest description, characters.
const MAX_DESCRIPTION: usize = 1000;
/// Furthest that precedences reach on either side of 0.
const MAX_PRECEDENCE: i32 = 1_000_000;
/// Most groups in one.
const MAX_GROUPS: usize = 100;

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    id: Uuid,
    name: String,
    description: String,
    /// Where the settings of two groups of a host differ, those of the higher one hold.
    precedence: i32,
    /// Hosts with all these labels belong to it as well; null when there is no such rule.
    #[schema(required)]
    r#match: Option<BTreeMap<String, String>>,
    /// Hosts for which this expression is true belong to it as well; null when there is none.
    #[schema(required)]
    expression: Option<String>,
    /// The groups in it, by name: their hosts belong to it as well.
    groups: Vec<Uuid>,
    created_at: Time,
    /// How many hosts belong to it.
    hosts: i64,
    /// Of how many hosts the expression has not been asked yet; they do not belong to it by that.
    unasked: i64,
    /// On how many hosts the expression comes to nothing; they do not belong to it by that.
    errors: i64,
}

impl Editable for Group {
    const SEEN: &'static [&'static str] = &["hosts", "unasked", "errors"];
}

/// What is said of a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupFields {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Up to 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    description: String,
    /// -1000000 to 1000000. Where the settings of two groups of a host differ, those of the higher
    /// one hold; of equals, those of the name that comes first.
    #[serde(default)]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    precedence: i32,
    /// Hosts with all these labels belong to it as well, whenever they have them.
    #[serde(default)]
    r#match: Option<BTreeMap<String, String>>,
    /// Hosts for which it is true belong to it as well: an expression of CEL over `labels`, `hostname`
    /// and kinds of facts (docs/groups.md), such as `os.id == "debian" && "web" in labels`.
    #[serde(default)]
    #[schema(max_length = 4096)]
    expression: Option<String>,
    /// Groups whose hosts belong to it as well, 100 at most.
    #[serde(default)]
    #[schema(max_items = 100)]
    groups: Vec<Uuid>,
}

/// What is said of a group, and may be.
#[derive(Debug)]
pub(crate) struct Checked {
    group: store::group::Group,
    condition: Option<Condition>,
}

impl From<store::group::Group> for Group {
    fn from(row: store::group::Group) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            precedence: row.precedence,
            r#match: row.matches.map(|Json(labels)| labels),
            expression: row.expression,
            groups: row.groups,
            created_at: row.created_at.into(),
            hosts: row.hosts,
            unasked: row.unasked,
            errors: row.errors,
        }
    }
}

impl GroupFields {
    fn check(self, id: Uuid, created_at: DateTime<Utc>) -> Result<Checked, ApiError> {
        let reach = -MAX_PRECEDENCE..=MAX_PRECEDENCE;
        if !reach.contains(&self.precedence) {
            let detail = format!("is not -{MAX_PRECEDENCE} to {MAX_PRECEDENCE}");
            return Err(ApiError::parameter("precedence", detail));
        }
        if let Some(labels) = &self.r#match {
            check_labels(labels)?;
            if labels.is_empty() {
                let detail = "names no label: every host would match; leave it out for none";
                return Err(ApiError::parameter("match", detail));
            }
        }
        if self.groups.len() > MAX_GROUPS {
            let detail = format!("names more than {MAX_GROUPS} groups; put some of them into one");
            return Err(ApiError::parameter("groups", detail));
        }
        let condition = self.expression.as_deref().map(Condition::read).transpose();
        let condition = condition.map_err(ApiError::Expression)?;
        let group = store::group::Group {
            id,
            name: printable("name", &self.name, 1, MAX_NAME)?,
            description: printable("description", &self.description, 0, MAX_DESCRIPTION)?,
            precedence: self.precedence,
            matches: self.r#match.map(Json),
            expression: self.expression,
            groups: self.groups,
            created_at,
            hosts: 0,
            unasked: 0,
            errors: 0,
        };
        Ok(Checked { group, condition })
    }
}

impl Checked {
    /// Keeps it, and returns what it has become, with its short number.
    async fn put(self, tx: &mut PgConnection) -> Result<(i32, store::group::Group), ApiError> {
        let Self { group, condition } = self;
        match store::group::put(tx, &group, condition.as_ref()).await? {
            Put::Done => {}
            Put::NameTaken => return Err(ApiError::GroupExists(group.name)),
            Put::NoGroup(id) => return Err(ApiError::GroupNotFound(id.to_string())),
            Put::Cycle(inner) => return Err(ApiError::GroupCycle(group.name, inner)),
        }
        let found = store::group::find(tx, group.id, None).await?;
        found.ok_or_else(|| ApiError::GroupNotFound(group.id.to_string()))
    }
}
