//! `bundle build`: the same content with the same words about it is the same bytes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use shared::{
    bundle::{Archive, File, Hash, Manifest, Version, features_of, files_of},
    trust::Signed,
};

use crate::{
    content, documents,
    output::Output,
    time::{End, end, instant, now},
};

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The content: a folder with `rules/` and `frameworks/`
    #[arg(required_unless_present = "from")]
    content: Option<PathBuf>,
    /// Take the content of this bundle: to roll back is to publish old content anew
    #[arg(long, value_name = "FILE", conflicts_with = "content")]
    from: Option<PathBuf>,
    /// Higher than that of every bundle before
    #[arg(long, value_name = "N")]
    serial: u64,
    /// When hosts stop taking it: an instant, or a time such as 90d
    #[arg(long, value_name = "TIME", value_parser = end)]
    expires: End,
    /// When it is made; now when it is not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    created: Option<DateTime<Utc>>,
    /// The lowest version of the agent that can use it; this one when it is not given
    #[arg(long, value_name = "VERSION")]
    minimum_agent: Option<Version>,
    /// What people are told about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// The folder of roots, which go along with it
    #[arg(long, value_name = "DIR")]
    root_chain: PathBuf,
    /// Where to write it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// What hosts get, and what they need for it.
struct Source {
    content: BTreeMap<String, Vec<u8>>,
    features: Vec<String>,
    minimum_agent: Version,
}

pub(super) fn run(asked: &Asked, output: &Output) -> anyhow::Result<()> {
    let (root, roots) = documents::chain(&asked.root_chain)?;
    let source = match (&asked.from, &asked.content) {
        (Some(bundle), _) => of_bundle(bundle)?,
        (None, Some(folder)) => of_folder(folder)?,
        (None, None) => return Err(anyhow!("neither content nor --from")),
    };
    let created = asked.created.unwrap_or_else(now);
    let manifest = Manifest {
        format: 1,
        serial: asked.serial,
        created,
        expires: asked.expires.of(created)?,
        minimum_agent: asked.minimum_agent.unwrap_or(source.minimum_agent),
        features: source.features,
        note: asked.note.clone(),
        files: source
            .content
            .iter()
            .map(|(path, bytes)| (path.clone(), File::of(bytes)))
            .collect(),
    };
    let document = manifest.write()?;
    let hash = Hash::of(&document);
    let archive = Archive {
        manifest: Signed {
            document,
            signatures: Vec::new(),
        },
        roots,
        content: source.content,
    };
    let bytes = packed(&archive)?;
    documents::replace(&asked.output, &bytes)?;
    let (serial, files) = (manifest.serial, manifest.files.len());
    let needed = root.publisher.threshold;
    output.object(
        &json!({"serial": serial, "manifest": hash, "files": files, "bytes": bytes.len()}),
        &format!(
            "bundle {serial} of {files} files, {} bytes\nmanifest {hash}\nsignatures that it lacks: {needed}",
            bytes.len()
        ),
    )
}

/// The bytes of an archive, which can be read again.
pub(super) fn packed(archive: &Archive) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.write(&mut bytes).context("packing the bundle")?;
    Archive::read(bytes.as_slice()).context("that would be no bundle")?;
    Ok(bytes)
}

fn of_bundle(path: &Path) -> anyhow::Result<Source> {
    let archive = documents::archive(path)?;
    let manifest = Manifest::read(&archive.manifest.document)?;
    Ok(Source {
        content: archive.content,
        features: manifest.features,
        minimum_agent: manifest.minimum_agent,
    })
}

fn of_folder(folder: &Path) -> anyhow::Result<Source> {
    let loaded = content::load(folder)?;
    let content = files_of(folder).map_err(|problem| anyhow!("{problem}"))?;
    let features = features_of(&loaded);
    Ok(Source {
        content,
        features: features.into_iter().map(str::to_owned).collect(),
        minimum_agent: env!("CARGO_PKG_VERSION")
            .parse()
            .map_err(|why: String| anyhow!(why))?,
    })
}
