//! Expressions, and what they come to of a host.
#![no_main]

use shared::cel::{Expression, Value};

/// Names that may stand in one.
const KNOWN: [&str; 4] = ["os", "labels", "user", "package"];

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(expression) = Expression::parse(text, &KNOWN) else {
        return;
    };
    let rows: serde_json::Value = serde_json::json!([
        {"uid": 0, "shell": "/bin/sh", "more": {"a": [1, 2.5, null, true]}},
        {"uid": 1000, "key": "anna"},
    ]);
    let labels = serde_json::json!(["web", "eu"]);
    let names = |name: &str| match name {
        "labels" => Ok(Value::from(&labels)),
        "package" => Err("not read".to_owned()),
        "os" => Ok(Value::row("os", &rows[0])),
        _ => {
            let rows = rows.as_array().into_iter().flatten();
            Ok(Value::list(rows.map(|row| Value::row("root", row))))
        }
    };
    let _ = expression.evaluate(&names, 100_000);
    let _ = expression.why(&names, 100_000);
});
