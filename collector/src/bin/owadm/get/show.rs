//! The forms in which things are shown.

use serde_json::Value;

use super::kind::Kind;
use crate::{
    output::{self, print, printable, to_the_second},
    yaml,
};

/// Columns for people.
pub(super) fn table(kind: &Kind, items: &[Value], wide: bool) -> anyhow::Result<()> {
    let more = if wide { kind.wide } else { &[] };
    let columns: Vec<_> = kind.columns.iter().chain(more).collect();
    let head = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let row = |item: &Value| columns.iter().map(|(_, field)| cell(item, field)).collect();
    let rows = [head].into_iter().chain(items.iter().map(row));
    print(&output::table(rows))
}

/// The names alone, one a line.
pub(super) fn names(kind: &Kind, items: &[Value]) -> anyhow::Result<()> {
    let names = items.iter().map(|item| cell(item, kind.names[0]) + "\n");
    print(&names.collect::<String>())
}

pub(super) fn yaml(value: &Value) -> anyhow::Result<()> {
    print(&yaml::document(&value.clone().into()))
}

/// What is at a path such as `settings/profiles`, on one line.
fn cell(item: &Value, path: &str) -> String {
    let found = item.pointer(&format!("/{path}")).unwrap_or(&Value::Null);
    printable(&word(found))
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => to_the_second(text),
        Value::Array(items) if items.is_empty() => "-".into(),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(","),
        Value::Object(fields) if fields.is_empty() => "-".into(),
        // What names another thing.
        Value::Object(fields) if fields.contains_key("id") && fields.contains_key("name") => {
            word(&fields["name"])
        }
        Value::Object(fields) => {
            let pairs = fields
                .iter()
                .map(|(name, value)| format!("{name}={}", word(value)));
            pairs.collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_is_one_line_for_people() {
        let item = json!({
            "at": "2026-03-03T14:05:00.123456Z", "never": null, "none": [], "groups": ["a", "b"],
            "labels": {"role": "db", "web": ""}, "deep": {"er": 7},
            "of": [{"id": 1, "name": "web"}], "evil": "x\u{1b}[2J\n",
        });
        for (path, told) in [
            ("at", "2026-03-03 14:05:00Z"),
            ("never", "-"),
            ("missing", "-"),
            ("none", "-"),
            ("groups", "a,b"),
            ("labels", "role=db,web="),
            ("deep/er", "7"),
            ("of", "web"),
            ("evil", "x\u{fffd}[2J\u{fffd}"),
        ] {
            assert_eq!(cell(&item, path), told, "{path}");
        }
    }
}
