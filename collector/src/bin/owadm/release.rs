//! `owadm release`: which builds of the agent are genuine. No collector is asked.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::json;
use shared::{
    bundle::Version,
    release::{MAX_RELEASE, Release},
    trust::Sort,
};

use crate::{
    documents,
    output::{Output, printable},
    root,
    signer::With,
    time::{instant, now},
};

/// Largest program, bytes.
const MAX_PROGRAM: usize = 256 << 20;

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Make a release that nobody signed yet
    New {
        /// Each PLATFORM=PROGRAM, such as x86_64-linux-gnu=openwatch-agent
        #[arg(required = true, value_name = "BUILD", value_parser = build)]
        builds: Vec<(String, PathBuf)>,
        /// The version of the programs
        #[arg(long)]
        version: Version,
        /// When it is made; now when it is not given
        #[arg(long, value_name = "TIME", value_parser = instant)]
        created: Option<DateTime<Utc>>,
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "release.json")]
        output: PathBuf,
    },
    /// Sign a release; each who may does
    Sign {
        /// The release
        file: PathBuf,
        #[command(flatten)]
        with: With,
    },
    /// Say whether a release is genuine, and whether programs are of it
    Verify {
        /// The release
        file: PathBuf,
        /// The root that is trusted
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// A program that must be of it; repeat it for each
        #[arg(long, value_name = "FILE")]
        program: Vec<PathBuf>,
    },
}

pub(crate) fn run(command: ReleaseCommand, out: &Output) -> anyhow::Result<()> {
    match command {
        ReleaseCommand::New {
            builds,
            version,
            created,
            output,
        } => {
            let mut release = Release::new(version, created.unwrap_or_else(now));
            for (platform, program) in builds {
                let bytes = documents::read_file(&program, MAX_PROGRAM)?;
                release.add(platform, &bytes);
            }
            documents::create(&output, &release.write()?)?;
            tell(&release, "not signed yet", out)
        }
        ReleaseCommand::Sign { file, with } => sign(&file, &with, out),
        ReleaseCommand::Verify {
            file,
            root,
            program,
        } => verify(&file, &root, &program, out),
    }
}

fn sign(file: &Path, with: &With, out: &Output) -> anyhow::Result<()> {
    let mut signed = documents::read(file, MAX_RELEASE)?;
    let release = Release::read(&signed.document).with_context(|| file.display().to_string())?;
    let signer = with.open()?;
    signed.add(signer.sign(Sort::Release, &signed.document)?);
    documents::write_signatures(file, &signed)?;
    tell(&release, &format!("signed by {}", signer.public.id()), out)
}

fn verify(file: &Path, root: &Path, programs: &[PathBuf], out: &Output) -> anyhow::Result<()> {
    let signed = documents::read(file, MAX_RELEASE)?;
    let release = Release::verify(&signed, &root::pinned(root)?, now())
        .with_context(|| format!("{} is not genuine", file.display()))?;
    for program in programs {
        let bytes = documents::read_file(program, MAX_PROGRAM)?;
        if release.platform_of(&bytes).is_none() {
            bail!(
                "{} is not of version {}",
                program.display(),
                release.version
            );
        }
    }
    tell(&release, "genuine", out)
}

fn tell(release: &Release, what: &str, out: &Output) -> anyhow::Result<()> {
    let version = release.version;
    let builds = release.builds.iter();
    let builds = builds.map(|(platform, hash)| format!("\n{hash}  {}", printable(platform)));
    let builds: String = builds.collect();
    out.object(
        &json!({"version": version, "builds": release.builds}),
        &format!("version {version}, {what}{builds}"),
    )
}

/// `PLATFORM=PROGRAM`.
fn build(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((platform, program)) if !platform.is_empty() && !program.is_empty() => {
            Ok((platform.to_owned(), program.into()))
        }
        _ => Err(format!("{text:?} is not PLATFORM=PROGRAM")),
    }
}
