//! How to ask for an operation from a shell.

use serde_json::{Map, Value, json};

use super::{Operation, schema::resolve, text};
use crate::api::permit;

/// How deep bodies are made up. A schema that refers to itself ends here.
const DEPTH: usize = 6;

/// The command.
pub(super) fn curl(document: &Value, operation: Operation<'_>) -> String {
    let said = operation.said;
    let mut lines = vec!["curl".to_owned()];
    if operation.method != "get" {
        lines[0] += &format!(" -X {}", operation.method.to_uppercase());
    }
    let mut address = operation.path.replace('{', "$").replace('}', "");
    let parameters = said["parameters"].as_array().into_iter().flatten();
    let must = |said: &&Value| said["in"] == "query" && said["required"] == true;
    for (n, parameter) in parameters.filter(must).enumerate() {
        let name = text(&parameter["name"]);
        let between = if n == 0 { '?' } else { '&' };
        address += &format!("{between}{name}=${name}");
    }
    match text(&said[permit::EXTENSION]) {
        "local" => {
            lines[0] += " --unix-socket admin.sock";
            lines.push(format!("\"http://localhost{address}\""));
            lines.push("-H 'X-OpenWatch-Request: 1'".into());
        }
        asks => {
            lines.push(format!("\"$OPENWATCH{address}\""));
            if asks != "anonymous" {
                lines.push("-H \"Authorization: Bearer $TOKEN\"".into());
            } else if operation.method != "get" {
                lines.push("-H 'X-OpenWatch-Request: 1'".into());
            }
        }
    }
    let content = said["requestBody"]["content"].as_object();
    if let Some((media_type, content)) = content.and_then(|content| content.iter().next()) {
        lines.push(format!("-H 'Content-Type: {media_type}'"));
        lines.push(if media_type == "application/json" {
            let body = value(document, &content["schema"], DEPTH).to_string();
            format!("-d '{}'", body.replace('\'', "'\\''"))
        } else {
            "--data-binary @FILE".into()
        });
    }
    lines.join(" \\\n  ")
}

/// Something that fits: what the schema gives as an example, or the least of what must be there.
fn value(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolve(document, schema);
    let given = [
        &schema["example"],
        &schema["examples"][0],
        &schema["default"],
        &schema["enum"][0],
    ];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return given.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    let inner = |schema| value(document, schema, depth - 1);
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(inner).filter_map(|part| match part {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        return Value::Object(parts.flatten().collect());
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(first) = schema[word].get(0) {
            return inner(first);
        }
    }
    let types = [&schema["type"], &schema["type"][0]];
    match types.into_iter().find_map(Value::as_str) {
        Some("object") => {
            let musts = schema["required"].as_array().into_iter().flatten();
            let fields = musts.filter_map(Value::as_str);
            let fields = fields.map(|name| (name.to_owned(), inner(&schema["properties"][name])));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Some("array") => Value::Array(vec![inner(&schema["items"])]),
        Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
        Some("boolean") => json!(true),
        _ => match schema["format"].as_str() {
            Some("uuid") => json!("0193a000-0000-7000-8000-000000000001"),
            Some("date-time") => json!("2026-11-21T23:00:00Z"),
            _ => json!("…"),
        },
    }
}
