//! Who told results: the chain over those of a host, and the proof of one.

use std::{fmt::Write as _, fs, path::Path, process::ExitCode};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use openwatch_collector::proof::{Proof, Proved};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};

use crate::{
    args::OneResult,
    client::Client,
    host::{PATH, find, given},
    output::{Output, json, printable, text, time},
};

/// Verifies the results of one host, or of every host. What does not hold is told, and no success.
pub(crate) async fn walk(
    client: &Client,
    host: Option<&str>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let hosts = match host {
        Some(host) => {
            let id = find(client, host).await?;
            vec![client.get(&format!("{PATH}/{id}"), &[]).await?]
        }
        None => client.list(PATH, &[], usize::MAX).await?,
    };
    let mut holds = true;
    for host in hosts {
        let path = format!("{PATH}/{}/chain", text(&host, "id"));
        let mut report = client.get(&path, &[]).await?;
        holds &= report["faults_total"] == 0;
        let name = text(&host, "hostname");
        let told = printable_lines(&walked(&name, &report));
        report["host"] = json!({"id": host["id"], "hostname": name});
        output.object(&report, &told)?;
    }
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What came of a walk, for people.
fn walked(name: &str, report: &Value) -> String {
    let number = |field: &str| report[field].as_u64().unwrap_or_default();
    let (links, sealed) = (number("links"), number("sealed"));
    let mut said = format!(
        "{name}: {} results, told in {links} records, {sealed} of them sealed by {} seals\n",
        number("results"),
        number("seals"),
    );
    if links > sealed {
        let _ = writeln!(said, "  {} records are unsealed", links - sealed);
    }
    if number("untold") > 0 {
        let _ = writeln!(
            said,
            "  {} results are told by no record that is kept: nothing proves them",
            number("untold"),
        );
    }
    for one in report["breaks"].as_array().into_iter().flatten() {
        let (at, because) = (time(one, "at"), text(one, "because"));
        let _ = writeln!(said, "  the chain begins anew at {at}: {because}");
    }
    for (n, one) in report["faults"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let first = if n == 0 {
            "does not fit first"
        } else {
            "does not fit"
        };
        let (place, what) = (text(one, "place"), text(one, "what"));
        let _ = writeln!(said, "  {first}: {place} {what}");
    }
    match number("faults_total") {
        0 => said.push_str("  everything fits"),
        n => {
            let _ = write!(said, "  {n} faults: what is kept is not what the host told");
        }
    }
    said
}

/// Prints the proof of a result.
pub(crate) async fn show(client: &Client, asked: OneResult) -> anyhow::Result<()> {
    let id = find(client, &asked.host).await?;
    let path = format!("{PATH}/{id}/results/{}/proof", asked.rule);
    let proof = client.get(&path, &given([("at", &asked.at)])).await?;
    json(&proof)
}

/// Checks a proof, and says what it shows.
pub(crate) fn verify(
    file: &Path,
    authority: Option<&Path>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let proof: Proof = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no proof of a result", file.display()))?;
    let trusted = authority.map(|path| {
        CertificateDer::from_pem_file(path)
            .with_context(|| format!("{} is no PEM certificate", path.display()))
    });
    let trusted = trusted.transpose()?;
    let proved = proof
        .verify(trusted.as_ref())
        .with_context(|| format!("{} proves nothing", file.display()))?;
    output.object(
        &as_json(&proved),
        &printable_lines(&words(&proved, trusted.is_some())),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(proved: &Proved) -> Value {
    json!({
        "host": proved.host.to_string(),
        "rule": proved.rule,
        "status": proved.verdict,
        "at": proved.at,
        "certificate": proved.certificate.to_string(),
        "authority": proved.authority.to_string(),
        "received_at": proved.received_at,
        "following": proved.following,
    })
}

fn words(proved: &Proved, trusted: bool) -> String {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.6fZ").to_string();
    let status = proved.verdict.as_deref().unwrap_or("unknown");
    let whose = if trusted {
        "is the one that you trust"
    } else {
        "is the proof's own: compare it with `owadm ca show`, or name it with --authority"
    };
    format!(
        "It holds.\n\
         Host {} said: {} is {status}, at {} by its own clock.\n\
         It signed that with the key of certificate {}, {} records later;\n\
         the collector says that the signature came at {}.\n\
         The authority {} issued the certificate; it {whose}.",
        proved.host,
        proved.rule,
        instant(proved.at),
        proved.certificate,
        proved.following,
        instant(proved.received_at),
        proved.authority,
    )
}

/// Without what would steer the terminal, line by line.
fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}
