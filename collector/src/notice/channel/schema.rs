//! The schema of a channel's settings. Each kind takes its own fields, `kind`, and no other: derived, the schema would be
//! all of one that has only `kind` and of one that has all but that, which nothing fits.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, OneOfBuilder, Schema, Type},
    },
};

use super::{Email, Hook, Pagerduty, Settings, Syslog, Webhook};

impl PartialSchema for Settings {
    fn schema() -> RefOr<Schema> {
        let kinds = [
            ("email", Email::schema()),
            ("slack", Hook::schema()),
            ("teams", Hook::schema()),
            ("pagerduty", Pagerduty::schema()),
            ("webhook", Webhook::schema()),
            ("syslog", Syslog::schema()),
        ];
        let says = "Which kind a channel is, and where it leads. What must stay secret is not here";
        let all = OneOfBuilder::new().description(Some(says));
        let all = kinds
            .into_iter()
            .fold(all, |all, (kind, fields)| all.item(with_kind(kind, fields)));
        all.into()
    }
}

impl ToSchema for Settings {
    fn name() -> Cow<'static, str> {
        "ChannelSettings".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Email::schemas(schemas);
        Hook::schemas(schemas);
        Pagerduty::schemas(schemas);
        Webhook::schemas(schemas);
        Syslog::schemas(schemas);
    }
}

fn with_kind(kind: &str, fields: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut fields)) = fields else {
        return fields;
    };
    let word = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([kind]));
    fields.properties.insert("kind".into(), word.into());
    fields.required.push("kind".into());
    RefOr::T(Schema::Object(fields))
}
