//! Rollouts. Only the newest can be moved, so that it need not be named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::Client,
    output::{Output, printable, text, time},
};

const PATH: &str = "/api/v1/rollouts";
/// Changes of verdict that are shown to people.
const SHOWN: usize = 20;

/// What is asked about rollouts.
#[derive(Debug, Subcommand)]
pub(crate) enum Rollout {
    /// List rollouts, newest first
    List,
    /// Show how one goes: its rings, what it would turn, and what happened
    Show {
        /// Its identity, as `rollout list` shows it; the newest when it is not given
        id: Option<Uuid>,
    },
    /// Roll a bundle out; one that is tried comes in force
    Start {
        /// Of a bundle that is published
        serial: u64,
        /// Only try it in the first ring, and tell what would turn
        #[arg(long)]
        what_if: bool,
        /// A file with rings and gates, JSON; 2 % of the fleet for a day, 20 % for two, then all
        /// when it is not given
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        /// Why, for those who read what happened
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Offer the bundle to nobody new
    Pause {
        /// Why, for those who read what happened
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Go on with one that is paused or halted
    Resume {
        /// Why, for those who read what happened
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Take the bundle back from those that have not taken it
    Halt {
        /// Why, for those who read what happened
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Give all that were offered the bundle the content of before, at once
    Rollback {
        /// Of a published bundle with that content, higher than the one that went wrong
        serial: u64,
        /// Why, for those who read what happened
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
}

pub(crate) async fn run(client: &Client, command: Rollout, output: &Output) -> anyhow::Result<()> {
    match command {
        Rollout::List => list(client, output).await,
        Rollout::Show { id } => show(client, id, output).await,
        Rollout::Start {
            serial,
            what_if,
            plan,
            reason,
        } => {
            let tried = newest(client).await.ok().filter(|newest| {
                newest["state"] == "what_if" && newest["serial"] == serial && plan.is_none()
            });
            let begun = match tried.filter(|_| !what_if) {
                Some(tried) => steer(client, &tried, "start", json!({"reason": reason})).await?,
                None => begin(client, serial, what_if, plan.as_deref()).await?,
            };
            said(&begun, output)
        }
        Rollout::Pause { reason } => newest_does(client, "pause", &reason, output).await,
        Rollout::Resume { reason } => newest_does(client, "resume", &reason, output).await,
        Rollout::Halt { reason } => newest_does(client, "halt", &reason, output).await,
        Rollout::Rollback { serial, reason } => {
            let body = json!({"serial": serial, "reason": reason});
            let newest = newest(client).await?;
            said(&steer(client, &newest, "rollback", body).await?, output)
        }
    }
}

async fn list(client: &Client, output: &Output) -> anyhow::Result<()> {
    let rollouts = client.list(PATH, &[], usize::MAX).await?;
    let head = ["ID", "BUNDLE", "STATE", "RING", "BEGUN", "BY"];
    output.list(head, &rollouts, |rollout| {
        [
            text(rollout, "id"),
            text(rollout, "serial"),
            text(rollout, "state"),
            text(rollout, "ring"),
            time(rollout, "created_at"),
            text(rollout, "created_by"),
        ]
    })
}

async fn show(client: &Client, id: Option<Uuid>, output: &Output) -> anyhow::Result<()> {
    let id = match id {
        Some(id) => id.to_string(),
        None => text(&newest(client).await?, "id"),
    };
    let path = format!("{PATH}/{id}");
    let mut rollout = client.get(&path, &[]).await?;
    let predicted = client.get(&format!("{path}/prediction"), &[]).await?;
    let events = format!("{path}/events");
    let events = client.list(&events, &[], usize::MAX).await?;
    rollout["events"] = events.into();
    rollout["prediction"] = predicted;
    output.object(&rollout, &describe(&rollout))
}

async fn begin(
    client: &Client,
    serial: u64,
    what_if: bool,
    plan: Option<&Path>,
) -> anyhow::Result<Value> {
    let mode = if what_if { "what_if" } else { "start" };
    let mut body = json!({"serial": serial, "mode": mode});
    if let Some(path) = plan {
        let name = path.display();
        let document = fs::read(path).with_context(|| format!("reading {name}"))?;
        body["plan"] = serde_json::from_slice(&document).with_context(|| format!("{name}"))?;
    }
    client.post(PATH, &body).await
}

async fn newest_does(
    client: &Client,
    command: &str,
    reason: &str,
    output: &Output,
) -> anyhow::Result<()> {
    let newest = newest(client).await?;
    let body = json!({"reason": reason});
    said(&steer(client, &newest, command, body).await?, output)
}

async fn steer(
    client: &Client,
    rollout: &Value,
    command: &str,
    body: Value,
) -> anyhow::Result<Value> {
    let path = format!("{PATH}/{}/{command}", text(rollout, "id"));
    client.post(&path, &body).await
}

async fn newest(client: &Client) -> anyhow::Result<Value> {
    match client.list(PATH, &[], 1).await?.pop() {
        Some(newest) => Ok(newest),
        None => bail!("there was no rollout yet; `owadm rollout start SERIAL` begins one"),
    }
}

fn said(rollout: &Value, output: &Output) -> anyhow::Result<()> {
    let said = format!(
        "The rollout of bundle {} is {}; `owadm rollout show` tells how it goes.",
        text(rollout, "serial"),
        text(rollout, "state")
    );
    output.object(rollout, &said)
}

fn describe(rollout: &Value) -> String {
    let mut lines = vec![format!(
        "bundle {}  {}",
        text(rollout, "serial"),
        text(rollout, "state")
    )];
    for (name, value) in [
        ("identity", text(rollout, "id")),
        ("before", text(rollout, "before")),
        ("back", text(rollout, "back")),
        ("begun", time(rollout, "created_at")),
        ("ring", text(rollout, "ring")),
        ("settled", time(rollout, "settled_at")),
    ] {
        lines.push(format!("  {name:<12}{value}"));
    }
    for ring in items(rollout, "rings") {
        lines.push(format!("  {:<12}{}", text(ring, "name"), stands(ring)));
        let alarm = ring["alarm"].as_str();
        lines.extend(alarm.map(|alarm| format!("  {:<12}{alarm}", "")));
    }
    let predicted = &rollout["prediction"];
    if predicted["hosts"] != 0 {
        let (hosts, fleet) = (text(predicted, "hosts"), text(predicted, "fleet"));
        lines.push(format!(
            "what {hosts} hosts that tried it found, and of {fleet}:"
        ));
        for rule in items(predicted, "rules").take(SHOWN) {
            let (from, to) = (text(rule, "from"), text(rule, "to"));
            let (hosts, all) = (text(rule, "hosts"), text(rule, "in_fleet"));
            let rule = text(rule, "rule");
            lines.push(format!("  {hosts:>6} {all:>8}  {rule}: {from} -> {to}"));
        }
    }
    for event in items(rollout, "events") {
        let mark = if event["alert"] == true { "!" } else { " " };
        let (at, what, by) = (time(event, "at"), text(event, "what"), text(event, "by"));
        let (ring, detail) = (text(event, "ring"), text(event, "detail"));
        lines.push(format!("{mark} {at}  {what:<13}{ring:<12}{detail} ({by})"));
    }
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    lines.join("\n")
}

/// How many of a ring's hosts stand how, without those of which there are none.
fn stands(ring: &Value) -> String {
    let stages = [
        "silent", "waiting", "fetching", "trying", "tried", "in_force", "returned", "refused",
        "declined",
    ];
    let some = stages.iter().filter(|stage| ring[**stage] != 0);
    let some: Vec<_> = some
        .map(|stage| format!("{} {stage}", text(ring, stage)))
        .collect();
    format!("{} hosts: {}", text(ring, "hosts"), some.join(", "))
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_told_by_the_stages_that_hosts_are_in() {
        let mut ring = json!({"hosts": 25, "in_force": 20, "refused": 5});
        for stage in [
            "silent", "waiting", "fetching", "trying", "tried", "returned", "declined",
        ] {
            ring[stage] = json!(0);
        }
        assert_eq!(stands(&ring), "25 hosts: 20 in_force, 5 refused");
    }
}
