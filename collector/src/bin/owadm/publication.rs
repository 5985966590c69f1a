//! Bundles and roots on a collector: what publishers have signed is brought there, and listed.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    client::Client,
    output::{Output, printable, text, time},
};

const BUNDLES: &str = "/api/v1/bundles";
const ROOTS: &str = "/api/v1/roots";
const RELEASES: &str = "/api/v1/agent-releases";
const MEDIA_TYPE: &str = "application/vnd.openwatch.bundle";

/// What a collector is asked about bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Bring a signed bundle to the collector, which offers it to nobody by that alone
    #[command(visible_alias = "import")]
    Publish {
        /// The bundle, NAME.owb
        file: PathBuf,
    },
    /// List published bundles, newest first
    List,
    /// Show a published bundle
    Show {
        /// Its serial
        serial: u64,
    },
}

/// What a collector is asked about roots.
#[derive(Debug, Subcommand)]
pub(crate) enum Root {
    /// Make the collector trust a root: the fleet's first, or the one that follows
    Import {
        /// The root, NAME.json, with NAME.json.sig beside it
        file: PathBuf,
    },
    /// List roots, newest first
    List,
}

/// What a collector is asked about releases of the agent.
#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Bring a signed release to the collector: agents of its version are held against it from then on
    Publish {
        /// The release, NAME.json, with NAME.json.sig beside it
        file: PathBuf,
    },
    /// List published releases, newest first
    List,
}

pub(crate) async fn bundle(
    client: &Client,
    command: Bundle,
    output: &Output,
) -> anyhow::Result<()> {
    match command {
        Bundle::Publish { file } => {
            let bytes = read(&file)?;
            let bundle = client.upload(BUNDLES, MEDIA_TYPE, bytes).await?;
            output.object(&bundle, &format!("Published.\n{}", describe(&bundle)))
        }
        Bundle::List => {
            let bundles = client.list(BUNDLES, &[], usize::MAX).await?;
            let head = [
                "SERIAL", "CREATED", "EXPIRES", "FILES", "HOSTS", "BY", "NOTE",
            ];
            output.list(head, &bundles, |bundle| {
                [
                    text(bundle, "serial"),
                    time(bundle, "created"),
                    time(bundle, "expires"),
                    text(bundle, "files"),
                    text(bundle, "hosts"),
                    text(bundle, "published_by"),
                    text(bundle, "note"),
                ]
            })
        }
        Bundle::Show { serial } => {
            let bundle = client.get(&format!("{BUNDLES}/{serial}"), &[]).await?;
            output.object(&bundle, &describe(&bundle))
        }
    }
}

pub(crate) async fn root(client: &Client, command: Root, output: &Output) -> anyhow::Result<()> {
    match command {
        Root::Import { file } => {
            let root = client.post(ROOTS, &signed(&file)?).await?;
            let version = text(&root, "version");
            output.object(&root, &format!("Root {version} is trusted."))
        }
        Root::List => {
            let roots = client.list(ROOTS, &[], usize::MAX).await?;
            let head = ["VERSION", "EXPIRES", "PUBLISHERS", "ADDED", "BY"];
            output.list(head, &roots, |root| {
                [
                    text(root, "version"),
                    time(root, "expires"),
                    part(&root["publisher"]),
                    time(root, "added_at"),
                    text(root, "added_by"),
                ]
            })
        }
    }
}

pub(crate) async fn release(
    client: &Client,
    command: Release,
    output: &Output,
) -> anyhow::Result<()> {
    match command {
        Release::Publish { file } => {
            let release = client.post(RELEASES, &signed(&file)?).await?;
            let version = text(&release, "version");
            output.object(&release, &format!("Release {version} is published."))
        }
        Release::List => {
            let mut releases = client.get(RELEASES, &[]).await?;
            let items = releases["items"].take();
            let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
            output.list(["VERSION", "BUILDS", "PUBLISHED", "BY"], items, |release| {
                [
                    text(release, "version"),
                    text(release, "builds"),
                    time(release, "published_at"),
                    text(release, "published_by"),
                ]
            })
        }
    }
}

/// A document with the signatures beside it.
fn signed(file: &Path) -> anyhow::Result<Value> {
    let mut beside = OsString::from(file);
    beside.push(".sig");
    Ok(json!({
        "document": read_text(file)?,
        "signatures": read_text(Path::new(&beside))?,
    }))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("reading {}", file.display()))
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

fn describe(bundle: &Value) -> String {
    let mut lines = vec![format!("bundle {}", text(bundle, "serial"))];
    for (name, value) in [
        ("manifest", text(bundle, "manifest")),
        ("created", time(bundle, "created")),
        ("expires", time(bundle, "expires")),
        ("root", text(bundle, "root")),
        ("files", text(bundle, "files")),
        ("published", time(bundle, "published_at")),
        ("by", text(bundle, "published_by")),
        ("hosts", text(bundle, "hosts")),
        ("note", text(bundle, "note")),
    ] {
        lines.push(format!("  {name:<12}{value}"));
    }
    for signer in bundle["signers"].as_array().into_iter().flatten() {
        let (name, key) = (text(signer, "name"), text(signer, "key"));
        lines.push(format!("  signed by   {name} ({key})"));
    }
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    lines.join("\n")
}

/// `2 of anna, bert, carla`.
fn part(part: &Value) -> String {
    let keys = part["keys"].as_array().into_iter().flatten();
    let names: Vec<_> = keys.map(|key| text(key, "name")).collect();
    format!("{} of {}", text(part, "threshold"), names.join(", "))
}
