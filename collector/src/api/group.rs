//! Groups of hosts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        input::{check_labels, printable},
        time::Time,
    },
    store,
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod replace;

/// Longest name, characters; as of the group that an enrolment token names.
const MAX_NAME: usize = 100;
/// Longest description, characters.
const MAX_DESCRIPTION: usize = 1000;
/// Furthest that precedences reach on either side of 0.
const MAX_PRECEDENCE: i32 = 1_000_000;

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
    created_at: Time,
    /// How many hosts belong to it.
    hosts: i64,
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
}

impl From<store::group::Group> for Group {
    fn from(row: store::group::Group) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            precedence: row.precedence,
            r#match: row.matches.map(|Json(labels)| labels),
            created_at: row.created_at.into(),
            hosts: row.hosts,
        }
    }
}

impl GroupFields {
    fn check(self, id: Uuid, created_at: DateTime<Utc>) -> Result<store::group::Group, ApiError> {
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
        Ok(store::group::Group {
            id,
            name: printable("name", &self.name, 1, MAX_NAME)?,
            description: printable("description", &self.description, 0, MAX_DESCRIPTION)?,
            precedence: self.precedence,
            matches: self.r#match.map(Json),
            created_at,
            hosts: 0,
        })
    }
}
