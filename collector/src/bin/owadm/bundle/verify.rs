//! `bundle verify`: what an agent asks, which never had a bundle before.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use shared::bundle::{Engine, Known, verify};

use crate::{
    documents,
    output::{Output, printable},
    root,
    time::{instant, now},
};

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The bundle
    file: PathBuf,
    /// The root that hosts trust
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The instant; now when it is not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<DateTime<Utc>>,
}

pub(super) fn run(asked: &Asked, output: &Output) -> anyhow::Result<()> {
    let archive = documents::archive(&asked.file)?;
    let root = root::pinned(&asked.root)?;
    let known = Known {
        root: &root,
        newest: None,
        engine: Engine::here().map_err(|why| anyhow!(why))?,
    };
    let now = asked.at.unwrap_or_else(now);
    let verified = verify(known, &archive.roots, &archive.manifest, now)
        .with_context(|| format!("{} is refused", asked.file.display()))?;
    let (manifest, root, newest) = (&verified.manifest, &verified.root, &verified.newest);
    let names: Vec<_> = newest.signers.iter().map(|key| root.name(*key)).collect();
    let mut told = format!(
        "bundle {} of {} files, made at {}, until {}\nmanifest {}\nsigned by {}, as root {} allows",
        manifest.serial,
        manifest.files.len(),
        manifest.created,
        manifest.expires,
        newest.manifest,
        printable(&names.join(", ")),
        root.version,
    );
    if !manifest.note.is_empty() {
        told = format!("{told}\n{}", printable(&manifest.note));
    }
    let value = json!({
        "serial": manifest.serial,
        "created": manifest.created,
        "expires": manifest.expires,
        "manifest": newest.manifest,
        "signers": newest.signers,
        "root": root.version,
        "files": manifest.files.len(),
        "note": manifest.note,
    });
    output.object(&value, &told)
}
