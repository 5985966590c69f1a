//! What differs in a rule, as JSON has it. What a host is asked comes first, what only people read last.

use serde_json::{Map, Value};

use super::turn::{self, Turn};

/// What people are told of fields that are no check.
const OTHERS: &[(&str, &[&str])] = &[
    ("severity", &["severity"]),
    ("scope", &["platforms", "when", "category"]),
    ("evidence", &["redact"]),
    ("mapping", &["subjects", "references"]),
    ("text", &["title", "why"]),
];

/// Tells what differs.
pub(super) fn compare(old: &Value, new: &Value, add: &mut impl FnMut(&'static str, String)) {
    // A variable is told where its value counts: a lower default makes a bound stricter.
    let differences = turn::compare(&bound(old), &bound(new));
    let all = |turn: Turn| differences.iter().all(|one| one.turn == turn);
    let told = |one: &turn::Difference| format!("{}: {} -> {}", one.path, one.old, one.new);
    let told: Vec<_> = differences.iter().map(told).collect();
    match () {
        () if differences.is_empty() => {}
        () if all(Turn::Stricter) => add("stricter", told.join("; ")),
        () if all(Turn::Looser) => add("looser", told.join("; ")),
        () => add("check", told.join("; ")),
    }
    if bounds(old) != bounds(new) {
        add("variables", String::new());
    }
    for (how, fields) in OTHERS {
        let changed = fields.iter().filter(|field| old[**field] != new[**field]);
        let changed: Vec<_> = changed.copied().collect();
        if changed.is_empty() {
            continue;
        }
        let detail = match changed[..] {
            [one @ "severity"] => format!("{} -> {}", word(&old[one]), word(&new[one])),
            _ => changed.join(", "),
        };
        add(how, detail);
    }
}

/// The check with the defaults of variables in their places.
fn bound(rule: &Value) -> Value {
    bind(&rule["check"], &rule["variables"])
}

fn bind(value: &Value, variables: &Value) -> Value {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix('$');
            let default = name.and_then(|name| variables[name].get("default"));
            default.unwrap_or(value).clone()
        }
        Value::Array(items) => items.iter().map(|item| bind(item, variables)).collect(),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| (key.clone(), bind(value, variables));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// What may be set, without what is set by default.
fn bounds(rule: &Value) -> Value {
    let mut variables = rule["variables"].clone();
    let each = variables
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut);
    for fields in each.filter_map(Value::as_object_mut) {
        fields.remove("default");
    }
    variables
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
