//! What came of rules on a host.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    args::{OneResult, Results},
    client::Client,
    host::{PATH, find, given},
    output::{Output, printable, text, time},
};

pub(crate) async fn all(client: &Client, asked: Results, output: &Output) -> anyhow::Result<()> {
    let host = asked.host.as_deref().unwrap_or_default();
    let id = find(client, host).await?;
    let query = given([
        ("status", &asked.status),
        ("profile", &asked.profile),
        ("at", &asked.at),
    ]);
    let results = client
        .list(&format!("{PATH}/{id}/results"), &query, usize::MAX)
        .await?;
    let head = ["STATUS", "SEVERITY", "RULE", "SINCE", "BECAUSE"];
    output.list(head, &results, |result| {
        [
            text(result, "status"),
            text(result, "severity"),
            rule(result),
            time(result, "valid_from"),
            text(result, "because"),
        ]
    })
}

pub(crate) async fn one(client: &Client, asked: OneResult, output: &Output) -> anyhow::Result<()> {
    let id = find(client, &asked.host).await?;
    let query = given([("at", &asked.at)]);
    let path = format!("{PATH}/{id}/results/{}", asked.rule);
    let result = client.get(&path, &query).await?;
    output.object(&result, &told(&result))
}

/// The rule, and of a further set of values the profile that has it.
fn rule(result: &Value) -> String {
    match result["profile"].as_str() {
        None => text(result, "rule"),
        Some(profile) => format!("{}@{profile}", text(result, "rule")),
    }
}

/// The result with its evidence, and a line for each before it.
fn told(detail: &Value) -> String {
    let mut lines = String::new();
    let now = &detail["result"];
    if now.is_null() {
        let _ = writeln!(lines, "{}: nothing had come of it", rule(detail));
    } else {
        let _ = writeln!(lines, "{}: {}", rule(detail), line(now));
    }
    for (name, value) in now["values"].as_object().into_iter().flatten() {
        let _ = writeln!(lines, "  {name} = {value}");
    }
    for seen in now["evidence"].as_array().into_iter().flatten() {
        let _ = writeln!(
            lines,
            "  {} ({})",
            text(seen, "check"),
            text(seen, "status")
        );
        let read = seen["read"].as_array().into_iter().flatten();
        let read: Vec<_> = read.filter_map(Value::as_str).collect();
        let _ = writeln!(lines, "    reads   {}", read.join(", "));
        let _ = writeln!(lines, "    wants   {}", text(seen, "expected"));
        let _ = writeln!(lines, "    finds   {}", text(seen, "actual"));
        let offenders = seen["offenders"].as_array().into_iter().flatten();
        for offender in offenders.filter_map(Value::as_str) {
            let _ = writeln!(lines, "            {offender}");
        }
    }
    for before in detail["before"].as_array().into_iter().flatten() {
        let _ = writeln!(lines, "before: {}", line(before));
    }
    let lines: Vec<_> = lines.trim_end().lines().map(printable).collect();
    lines.join("\n")
}

fn line(result: &Value) -> String {
    let status = text(result, "status");
    let (since, because) = (time(result, "valid_from"), text(result, "because"));
    format!("{status} since {since}, {because}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_is_told_with_its_evidence_and_what_was_before() {
        let result = |status: &str, actual: &str| {
            json!({"status": status, "because": actual, "valid_from": "2026-03-02T00:00:00Z",
                "evidence": [{"check": "sshd", "status": status, "read": ["/etc/ssh/sshd_config"],
                    "expected": "no", "actual": actual, "offenders": ["line 3\u{1b}"]}]})
        };
        let mut now = result("fail", "yes");
        now["values"] = json!({"tries": 3});
        let detail = json!({"rule": "root-login-off", "profile": "stig", "result": now,
            "before": [result("pass", "no")]});
        let text = told(&detail);
        assert!(
            text.starts_with("root-login-off@stig: fail since "),
            "{text}"
        );
        assert!(text.contains("\n  tries = 3\n"), "{text}");
        assert!(
            text.contains("    finds   yes\n            line 3\u{fffd}\n"),
            "{text}"
        );
        assert!(
            text.ends_with(", no") && text.contains("\nbefore: pass since "),
            "{text}"
        );
        let never = told(&json!({"rule": "r", "result": null, "before": []}));
        assert_eq!(never, "r: nothing had come of it");
    }
}
