//! Types and fields on the reference page.

use std::fmt::{self, Display, Formatter, Write as _};

use serde_json::Value;

use super::{
    html::{Line, Prose, Text},
    text,
};

/// Where the document keeps its schemas.
const SCHEMAS: &str = "#/components/schemas/";
/// How deep fields of fields are told in one table. What is deeper has a name of its own, or refers to itself.
const DEPTH: usize = 4;

/// What `value` says or refers to.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    place
        .and_then(|place| document.pointer(place))
        .unwrap_or(value)
}

/// One named schema.
pub(super) fn write(
    page: &mut String,
    document: &Value,
    name: &str,
    schema: &Value,
) -> fmt::Result {
    let name = Text(name);
    write!(
        page,
        "<article><h3 id=\"schema-{name}\"><a href=\"#schema-{name}\"><code>{name}</code></a></h3>"
    )?;
    write!(page, "{}", Prose(text(&schema["description"])))?;
    if schema["properties"].is_null() {
        write!(page, "<p>{}</p>", Type(schema))?;
    }
    fields(page, document, schema)?;
    page.push_str("</article>");
    Ok(())
}

/// The fields of a schema; nothing when it has none.
pub(super) fn fields(page: &mut String, document: &Value, schema: &Value) -> fmt::Result {
    let mut rows = String::new();
    nested(&mut rows, document, "", schema, DEPTH)?;
    if rows.is_empty() {
        return Ok(());
    }
    table(page, |page| page.write_str(&rows))
}

/// A table of fields or parameters.
pub(super) fn table(
    page: &mut String,
    rows: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    page.push_str(
        "<div class=\"table\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>",
    );
    rows(page)?;
    page.push_str("</tbody></table></div>");
    Ok(())
}

/// One field or parameter; `beside` is HTML.
pub(super) fn row(
    page: &mut String,
    name: &str,
    beside: &str,
    must: bool,
    schema: &Value,
    description: &str,
) -> fmt::Result {
    let must = if must { " <em>required</em>" } else { "" };
    write!(
        page,
        "<tr><th scope=\"row\"><code>{}</code>{beside}{must}</th><td>{}{}</td><td>{}</td></tr>",
        Text(name),
        Type(schema),
        Bounds(schema),
        Line(description),
    )
}

fn nested(
    page: &mut String,
    document: &Value,
    prefix: &str,
    schema: &Value,
    depth: usize,
) -> fmt::Result {
    if depth == 0 {
        return Ok(());
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        nested(page, document, prefix, resolve(document, part), depth - 1)?;
    }
    for part in alternatives(schema).filter(|part| part["$ref"].is_null()) {
        nested(page, document, prefix, part, depth - 1)?;
    }
    if let Some(items) = schema.get("items") {
        return nested(page, document, &format!("{prefix}[]"), items, depth - 1);
    }
    let musts = schema["required"].as_array();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let dot = if prefix.is_empty() { "" } else { "." };
        let full = format!("{prefix}{dot}{name}");
        let must = musts.is_some_and(|musts| musts.iter().any(|must| must == name));
        let own = std::iter::once(field).chain(alternatives(field));
        let said = own
            .into_iter()
            .find_map(|said| said["description"].as_str());
        row(page, &full, "", must, field, said.unwrap_or_default())?;
        nested(page, document, &full, field, depth - 1)?;
    }
    Ok(())
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf"].map(|word| &schema[word]);
    lists.into_iter().filter_map(Value::as_array).flatten()
}

/// A type in words, with links to those that have a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type<'a>(pub(super) &'a Value);

impl Display for Type<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let schema = self.0;
        if let Some(name) = schema["$ref"].as_str() {
            let name = Text(name.strip_prefix(SCHEMAS).unwrap_or(name));
            return write!(f, "<a href=\"#schema-{name}\">{name}</a>");
        }
        let of = |f: &mut Formatter<'_>, parts: Vec<&Value>, between| {
            let mut parts = parts.into_iter();
            parts
                .next()
                .map_or(Ok(()), |part| write!(f, "{}", Type(part)))?;
            parts.try_for_each(|part| write!(f, " {between} {}", Type(part)))
        };
        if let Some(parts) = schema["allOf"].as_array() {
            return of(f, parts.iter().collect(), "and");
        }
        let parts: Vec<_> = alternatives(schema).collect();
        if !parts.is_empty() {
            return of(f, parts, "or");
        }
        if let Some(values) = schema["enum"].as_array() {
            let mut between = "";
            for value in values {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                write!(f, "{between}<code>{}</code>", Text(&value))?;
                between = " or ";
            }
            return Ok(());
        }
        let types = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec!["anything"],
        };
        let mut between = "";
        for kind in types {
            f.write_str(between)?;
            between = " or ";
            match kind {
                "array" => write!(f, "list of {}", Type(&schema["items"]))?,
                "object" if schema["additionalProperties"].is_object() => {
                    write!(f, "map of {}", Type(&schema["additionalProperties"]))?;
                }
                "string" => match schema["format"].as_str() {
                    Some(format) => write!(f, "{}", Text(format))?,
                    None => f.write_str("string")?,
                },
                other => write!(f, "{}", Text(other))?,
            }
        }
        Ok(())
    }
}

/// What a value must keep to besides its type.
struct Bounds<'a>(&'a Value);

impl Display for Bounds<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bounds = [
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
            ("minItems", "maxItems", " of them"),
        ];
        for (least, most, unit) in bounds {
            match (self.0.get(least), self.0.get(most)) {
                (Some(least), Some(most)) => write!(f, ", {least} to {most}{unit}")?,
                (Some(least), None) => write!(f, ", {least} or more{unit}")?,
                (None, Some(most)) => write!(f, ", up to {most}{unit}")?,
                (None, None) => {}
            }
        }
        if let Some(pattern) = self.0["pattern"].as_str() {
            write!(f, ", <code>{}</code>", Text(pattern))?;
        }
        match self.0.get("default") {
            Some(default) => write!(
                f,
                ", by default <code>{}</code>",
                Text(&default.to_string())
            ),
            None => Ok(()),
        }
    }
}
