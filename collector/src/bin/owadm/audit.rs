//! The audit log: what was done and refused, and whether anybody has changed what is written down.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use ed25519_dalek::{VerifyingKey, pkcs8::DecodePublicKey as _};
use openwatch_collector::{
    audit::{
        line::Line,
        verify::{End, LogWalk},
    },
    notary,
};
use serde_json::{Value, json};

use crate::{
    client::Client,
    output::{Output, printable, text, time},
};

const PATH: &str = "/api/v1/audit";
/// The most faults that are printed; the others are counted.
const MOST: usize = 1000;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what was done and refused, newest first
    List {
        #[command(flatten)]
        wanted: Wanted,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Show one record, with what was before and what is after
    Show {
        /// `access` or `change`
        stream: String,
        /// Its number
        seq: i64,
    },
    /// Take records away as a file. Only an export of all of them can be verified
    Export {
        #[command(flatten)]
        wanted: Wanted,
        /// `jsonl`, or `csv` for spreadsheets
        #[arg(long, default_value = "jsonl")]
        format: String,
        /// Where to; standard output when it is not given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Find records that were changed, removed, moved or put in. Exit status 1 when there are any
    Verify(Verify),
}

/// Which records.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Only of `access` or `change`
    #[arg(long)]
    stream: Option<String>,
    /// Who did it
    #[arg(long)]
    actor: Option<String>,
    /// Such as rollout.start, or rollout for all that is done to rollouts
    #[arg(long)]
    action: Option<String>,
    /// done, refused or failed
    #[arg(long)]
    outcome: Option<String>,
    /// The kind of what it was done to, such as host
    #[arg(long, value_name = "KIND")]
    target_kind: Option<String>,
    /// The identity of what it was done to
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Where the request came from
    #[arg(long)]
    address: Option<String>,
    /// From then on, such as 2026-03-03T14:05:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// A text in the record
    #[arg(long, short)]
    query: Option<String>,
}

/// What is verified: the collector's log, or an export of it.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An export of all records, jsonl; no collector is asked then
    #[arg(long, value_name = "FILE", requires = "checkpoints")]
    pub(crate) export: Option<PathBuf>,
    /// The collector's audit/checkpoints.jsonl; of several collectors each
    #[arg(long, value_name = "FILE", requires = "key")]
    checkpoints: Vec<PathBuf>,
    /// The collector's audit/public.pem, of which you know that it is; of several collectors each
    #[arg(long, value_name = "FILE", requires = "export")]
    key: Vec<PathBuf>,
}

impl Wanted {
    fn query(&self) -> Vec<(&str, &str)> {
        let fields = [
            ("stream", &self.stream),
            ("actor", &self.actor),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("target_kind", &self.target_kind),
            ("target", &self.target),
            ("address", &self.address),
            ("from", &self.since),
            ("to", &self.until),
            ("q", &self.query),
        ];
        let given = fields.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect()
    }
}

pub(crate) async fn run(client: &Client, command: Audit, output: &Output) -> anyhow::Result<()> {
    match command {
        Audit::List { wanted, limit } => {
            let records = client.list(PATH, &wanted.query(), limit).await?;
            let head = [
                "WHEN", "RECORD", "WHO", "HOW", "WHAT", "ON", "OUTCOME", "FROM",
            ];
            output.list(head, &records, |record| {
                [
                    time(record, "at"),
                    format!("{} {}", text(record, "stream"), text(record, "seq")),
                    text(record, "actor"),
                    text(record, "how"),
                    text(record, "action"),
                    on(&record["target"]),
                    text(record, "outcome"),
                    text(record, "address"),
                ]
            })
        }
        Audit::Show { stream, seq } => {
            let record = client.get(&format!("{PATH}/{stream}/{seq}"), &[]).await?;
            output.object(&record, &describe(&record))
        }
        Audit::Export {
            wanted,
            format,
            output: to,
        } => {
            let mut query = wanted.query();
            query.push(("format", &format));
            let mut answer = client.follow(&format!("{PATH}/export"), &query).await?;
            let mut sink: Box<dyn Write> = match &to {
                Some(path) => {
                    let file = fs::File::create_new(path);
                    Box::new(file.with_context(|| format!("making {}", path.display()))?)
                }
                None => Box::new(stdout()),
            };
            while let Some(part) = answer.chunk().await.context("reading the export")? {
                sink.write_all(&part).context("writing the export")?;
            }
            sink.flush().context("writing the export")
        }
        // It has an exit status of its own, and was done before.
        Audit::Verify(_) => Ok(()),
    }
}

fn on(target: &Value) -> String {
    if target.is_null() {
        return "-".into();
    }
    format!("{} {}", text(target, "kind"), text(target, "name"))
}

fn describe(record: &Value) -> String {
    let target = &record["target"];
    let mut said = format!(
        "{} {}, {}\n{} by {} ({}) from {}: {}",
        text(record, "stream"),
        text(record, "seq"),
        time(record, "at"),
        text(record, "action"),
        text(record, "actor"),
        text(record, "how"),
        text(record, "address"),
        text(record, "outcome"),
    );
    if !target.is_null() {
        said.push_str(&format!("\non {}, {}", on(target), text(target, "id")));
    }
    for when in ["before", "after"] {
        if !record[when].is_null() {
            said.push_str(&format!("\n{when}: {:#}", record[when]));
        }
    }
    said.push_str(&format!(
        "\nrequest {}\nhash {}",
        text(record, "request"),
        text(record, "hash")
    ));
    let lines: Vec<_> = said.lines().map(printable).collect();
    lines.join("\n")
}

/// What a verification came to.
#[derive(Debug, Default)]
struct Report {
    faults: Vec<Value>,
    /// How many there are, of which the first are told.
    total: u64,
    records: u64,
    witnessed: Value,
    checkpoints: u64,
}

impl Report {
    fn fault(&mut self, fault: Value) {
        self.total += 1;
        if self.faults.len() < MOST {
            self.faults.push(fault);
        }
    }

    fn say(self, output: &Output) -> anyhow::Result<ExitCode> {
        let mut said = String::new();
        for fault in &self.faults {
            let (stream, detail) = (text(fault, "stream"), text(fault, "detail"));
            let (first, last) = (text(fault, "first"), text(fault, "last"));
            let to = if first == last {
                String::new()
            } else {
                format!(" to {last}")
            };
            said.push_str(&printable(&format!("{stream} {first}{to}: {detail}")));
            said.push('\n');
        }
        let counted = format!("{} records, {} checkpoints", self.records, self.checkpoints);
        said.push_str(&match self.total {
            0 => format!("{counted}: everything fits"),
            n => format!("{counted}: {n} things do not fit, and the log is not what was written"),
        });
        let seen = self.witnessed.as_object().into_iter().flatten();
        for (stream, seq) in seen {
            said.push_str(&format!("\ncheckpoints vouch for {stream} up to {seq}"));
        }
        let all = json!({
            "records": self.records,
            "checkpoints": self.checkpoints,
            "witnessed": self.witnessed,
            "faults_total": self.total,
            "faults": self.faults,
        });
        output.object(&all, &said)?;
        Ok(if self.total == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Has the collector verify its log.
pub(crate) async fn verify(client: &Client, output: &Output) -> anyhow::Result<ExitCode> {
    let mut answer = client.follow(&format!("{PATH}/verify"), &[]).await?;
    let mut report = Report::default();
    let (mut rest, mut done) = (Vec::new(), false);
    while let Some(part) = answer.chunk().await.context("reading what was found")? {
        rest.extend_from_slice(&part);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let mut line: Value = serde_json::from_slice(&line).context("what was found")?;
            if line["begun"].is_object() {
                report.checkpoints = line["begun"]["checkpoints"].as_u64().unwrap_or_default();
            } else if line["fault"].is_object() {
                report.fault(line["fault"].take());
            } else if line["done"].is_object() {
                done = true;
                report.records = line["done"]["records"].as_u64().unwrap_or_default();
                report.total = line["done"]["faults"].as_u64().unwrap_or(report.total);
                report.witnessed = line["done"]["witnessed"].take();
            }
        }
    }
    if !done {
        bail!("the collector did not come to the end of its log");
    }
    report.say(output)
}

/// Verifies an export; asks no collector.
pub(crate) fn verify_export(asked: &Verify, output: &Output) -> anyhow::Result<ExitCode> {
    let export = asked.export.as_deref().context("--export names no file")?;
    let reading = |path: &Path| format!("reading {}", path.display());
    let mut keys = Vec::new();
    for path in &asked.key {
        let pem = fs::read_to_string(path).with_context(|| reading(path))?;
        let key = VerifyingKey::from_public_key_pem(&pem);
        keys.push(key.map_err(|_| anyhow::anyhow!("{} is no public key", path.display()))?);
    }
    let mut report = Report::default();
    let mut checkpoints = Vec::new();
    for path in &asked.checkpoints {
        let text = fs::read_to_string(path).with_context(|| reading(path))?;
        let kept = notary::Kept::of(&text, &keys);
        checkpoints.extend(kept.checkpoints);
        for (line, error) in kept.strangers {
            report.fault(json!({
                "stream": path.display().to_string(), "first": line, "last": line,
                "what": "checkpoint", "detail": error.to_string(),
            }));
        }
    }
    report.checkpoints = checkpoints.len() as u64;
    let mut walk = LogWalk::new(&checkpoints);
    let file = fs::File::open(export).with_context(|| reading(export))?;
    let mut told = Vec::new();
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| reading(export))?;
        let line: Line = serde_json::from_str(&line)
            .with_context(|| format!("{}, line {}, is no record", export.display(), n + 1))?;
        told.extend(walk.step(&line.stream, &line.row()));
        report.records += 1;
    }
    let (summaries, more) = walk.end(|_| End::Unsaid);
    told.extend(more);
    for fault in told {
        report.fault(json!({
            "stream": fault.stream, "first": fault.first, "last": fault.last,
            "what": fault.what.name(), "detail": fault.detail,
        }));
    }
    let witnessed = summaries.into_iter();
    report.witnessed = witnessed
        .map(|(stream, summary)| (stream.name().to_owned(), summary.witnessed.into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    report.say(output)
}
