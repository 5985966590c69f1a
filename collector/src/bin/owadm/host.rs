//! Hosts, their facts and their changes.

use std::collections::BTreeSet;

use anyhow::bail;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    args::{Changes, Facts, Host},
    client::Client,
    output::{Output, printable, text, time},
};

pub(crate) const PATH: &str = "/api/v1/hosts";

pub(crate) async fn run(client: &Client, command: Host, output: &Output) -> anyhow::Result<()> {
    match command {
        Host::List { query } => {
            let query: Vec<_> = query.as_deref().map(|q| ("q", q)).into_iter().collect();
            let hosts = client.list(PATH, &query, usize::MAX).await?;
            let head = ["ID", "NAME", "STATE", "SYSTEM", "GROUP", "LAST SEEN"];
            output.list(head, &hosts, |host| {
                [
                    text(host, "id"),
                    text(host, "hostname"),
                    text(host, "state"),
                    text(host, "os_name"),
                    text(host, "group"),
                    time(host, "last_seen_at"),
                ]
            })
        }
        Host::Show { host } => {
            let id = find(client, &host).await?;
            let host = client.get(&format!("{PATH}/{id}"), &[]).await?;
            output.object(&host, &describe(&host))
        }
        Host::Revoke { host } => {
            let id = find(client, &host).await?;
            client
                .post(&format!("{PATH}/{id}/revoke"), &json!({}))
                .await?;
            output.object(&json!({"id": id}), &format!("Host {id} is revoked."))
        }
        Host::Release { host } => {
            let id = find(client, &host).await?;
            client
                .post(&format!("{PATH}/{id}/release"), &json!({}))
                .await?;
            output.object(
                &json!({"id": id}),
                &format!("Host {id} is not in quarantine."),
            )
        }
    }
}

pub(crate) async fn facts(client: &Client, asked: Facts, output: &Output) -> anyhow::Result<()> {
    let id = find(client, &asked.host).await?;
    let query = given([("kind", &asked.kind), ("at", &asked.at)]);
    let facts = client
        .list(&format!("{PATH}/{id}/facts"), &query, usize::MAX)
        .await?;
    output.list(["KIND", "KEY", "SINCE", "VALUE"], &facts, |fact| {
        [
            text(fact, "kind"),
            text(fact, "key"),
            time(fact, "valid_from"),
            text(fact, "value"),
        ]
    })
}

pub(crate) async fn changes(
    client: &Client,
    asked: Changes,
    output: &Output,
) -> anyhow::Result<()> {
    let id = find(client, &asked.host).await?;
    let query = given([
        ("kind", &asked.kind),
        ("since", &asked.since),
        ("until", &asked.until),
    ]);
    let changes = client
        .list(&format!("{PATH}/{id}/changes"), &query, asked.limit)
        .await?;
    output.list(["WHEN", "KIND", "KEY", "CHANGE"], &changes, |change| {
        [
            time(change, "occurred_at"),
            text(change, "kind"),
            text(change, "key"),
            told(&change["before"], &change["after"]),
        ]
    })
}

/// A transition in a line: what appeared, what went away, or the fields that differ.
fn told(before: &Value, after: &Value) -> String {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        let (sign, value) = if before.is_null() {
            ('+', after)
        } else {
            ('-', before)
        };
        return printable(&format!("{sign} {value}"));
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let word = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "null".into(),
    };
    let fields = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    let fields = fields
        .map(|name| format!("{name}: {} -> {}", word(old.get(name)), word(new.get(name))))
        .collect::<Vec<_>>();
    printable(&fields.join(", "))
}

/// The parameters that have a value.
pub(crate) fn given<'a, const N: usize>(
    parameters: [(&'static str, &'a Option<String>); N],
) -> Vec<(&'static str, &'a str)> {
    parameters
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
        .collect()
}

/// The host with this identity or this name.
pub(crate) async fn find(client: &Client, host: &str) -> anyhow::Result<Uuid> {
    if let Ok(id) = host.parse() {
        return Ok(id);
    }
    let found = client.list(PATH, &[("q", host)], usize::MAX).await?;
    one(host, &found)
}

fn one(name: &str, found: &[Value]) -> anyhow::Result<Uuid> {
    let named: Vec<_> = found
        .iter()
        .filter(|host| host["hostname"] == name)
        .collect();
    match named[..] {
        [host] => Ok(text(host, "id").parse()?),
        [] => bail!("there is no host {name:?}; see `owadm host list`"),
        _ => {
            let ids: Vec<_> = named.iter().map(|host| text(host, "id")).collect();
            bail!(
                "several hosts are called {name:?}; name one of {}",
                ids.join(", ")
            )
        }
    }
}

fn describe(host: &Value) -> String {
    let mut lines = vec![format!(
        "{}  {}",
        text(host, "hostname"),
        text(host, "state")
    )];
    for (name, value) in [
        ("identity", text(host, "id")),
        ("system", text(host, "os_name")),
        ("group", text(host, "group")),
        ("agent", text(host, "agent_version")),
        ("enrolled", time(host, "enrolled_at")),
        ("last seen", time(host, "last_seen_at")),
        ("connected", time(host, "connected_since")),
        ("revoked", time(host, "revoked_at")),
        ("quarantine", text(host, "quarantine")),
    ] {
        lines.push(format!("  {name:<12}{value}"));
    }
    for kind in host["kinds"].as_array().into_iter().flatten() {
        let stale = match &kind["stale"] {
            Value::Null => String::new(),
            stale => format!(
                "  stale: {}, {}",
                text(stale, "reason"),
                text(stale, "detail")
            ),
        };
        let (name, rows) = (text(kind, "kind"), text(kind, "rows"));
        lines.push(format!(
            "  {name:<16}{rows:>6} facts, {}{stale}",
            time(kind, "reported_at")
        ));
    }
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_what_differs() {
        let (old, new) = (
            json!({"version": "1", "arch": "all"}),
            json!({"version": "2", "arch": "all"}),
        );
        assert_eq!(told(&old, &new), "version: 1 -> 2");
        assert_eq!(told(&Value::Null, &json!({"uid": 7})), "+ {\"uid\":7}");
        assert_eq!(told(&json!({"uid": 7}), &Value::Null), "- {\"uid\":7}");
        assert_eq!(
            told(&json!({}), &json!({"shell": "x\u{1b}"})),
            "shell: null -> x\u{fffd}"
        );
    }

    #[test]
    fn a_name_is_a_host_only_when_it_is_all_of_it_and_its_alone() {
        let host = |id: u128, name: &str| json!({"id": Uuid::from_u128(id), "hostname": name});
        let found = [
            host(1, "web"),
            host(2, "web-2"),
            host(3, "db"),
            host(4, "db"),
        ];
        assert_eq!(one("web", &found).unwrap(), Uuid::from_u128(1));
        assert!(
            one("we", &found)
                .unwrap_err()
                .to_string()
                .contains("no host")
        );
        let several = one("db", &found).unwrap_err().to_string();
        assert!(
            several.contains(&Uuid::from_u128(4).to_string()),
            "{several}"
        );
    }
}
