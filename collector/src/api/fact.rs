//! Facts of the whole fleet, and what all facts have in common.

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, ObjectBuilder, Schema},
    },
};

pub(crate) mod search;

/// The value of a fact: an object whose fields depend on the kind.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct FactValue(pub(crate) Value);

impl PartialSchema for FactValue {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("What is known; the fields depend on the kind"))
            .into()
    }
}

impl ToSchema for FactValue {}
